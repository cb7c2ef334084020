"""AMD and PDD earth mover's distances of average-minimum-distance, and how long each takes, one thread.

Crystals are those that `amd-timings --cases` writes; periodic sets, and for the distances PDDs, are made beforehand. Kinds are those
of `amd-timings`: "amd" (k = 100), "emd-copy" (a crystal and its distorted copy), "emd-next" (a crystal and the next one).

Output: {"versions", "rows": [{"kind", "name", "seconds", "seconds_min", "wall_seconds", "numbers"}, ..]}, median and minimum of batches
of ten calls after a warm-up. Seconds are processor time, which on one thread of a quiet machine is that of the clock, and on a busy one
does not count the waiting.

usage: script.py --cases FILE --out FILE [--runs N]
"""

import argparse
import json
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import amd
import numpy as np

K = 100
CALLS = 10


def periodic_set(s):
    rows = np.array(s["rows"])
    return amd.PeriodicSet(np.array(s["frac"]) @ rows, rows)


def row(kind, name, call, n_runs):
    numbers = np.atleast_1d(call())
    seconds, wall = [], []
    for _ in range(n_runs):
        start, wall_start = time.process_time(), time.perf_counter()
        for _ in range(CALLS):
            call()
        seconds.append((time.process_time() - start) / CALLS)
        wall.append((time.perf_counter() - wall_start) / CALLS)
    return {
        "kind": kind,
        "name": name,
        "seconds": statistics.median(seconds),
        "seconds_min": min(seconds),
        "wall_seconds": statistics.median(wall),
        "numbers": [float(v) for v in numbers],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=11)
    args = parser.parse_args()
    cases = json.loads(args.cases.read_text())["cases"]
    sets = [(periodic_set(c["structure"]), periodic_set(c["copy"])) for c in cases]
    pdds = [[amd.PDD(s, K) for s in pair] for pair in sets]
    rows = []
    for i, case in enumerate(cases):
        first, copy, following = sets[i][0], pdds[i][1], pdds[(i + 1) % len(cases)][0]
        rows.append(row("amd", case["name"], lambda s=first: amd.AMD(s, K), args.runs))
        for kind, other in (("emd-copy", copy), ("emd-next", following)):
            rows.append(row(kind, case["name"], lambda a=pdds[i][0], b=other: amd.EMD(a, b), args.runs))
    for kind in ("amd", "emd-copy", "emd-next"):
        print(f"{kind}: {statistics.mean(r['seconds'] for r in rows if r['kind'] == kind) * 1e3:.3f} ms")
    data = {"versions": {p: version(p) for p in ("average-minimum-distance", "numpy", "scipy")}, "rows": rows}
    args.out.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
