"""pymatgen's StructureMatcher on pairs of a crystal and a distorted copy, and how long it takes, one thread.

The pairs are given in a file {"structures": [{"rows", "numbers", "coords"}, ..], "pairs": [{"a", "b", "ltol", "stol", "angle_tol"},
..]}, the structures made beforehand. Timed are `fit(a, b)` and `get_rms_dist(a, b)`, each with the cache of reduced structures cold, as it
is for structures not seen before.

Output: {"versions", "rows": [{"fit": seconds, "rms": seconds, "match": bool, "rms_dist": [rms, max_dist] or null}, ..]} in the order of
the pairs; seconds are the median of the runs and processor time, which on a busy machine does not count the waiting.

usage: script.py --pairs FILE --out FILE [--runs N]
"""

import argparse
import json
import statistics
import time
import warnings
from importlib.metadata import version
from pathlib import Path

from pymatgen.core import Lattice, Structure
from pymatgen.core.structure_matcher import StructureMatcher

warnings.simplefilter("ignore")


def timed(call, n_runs):
    """What the call gives, and the median time of the runs with a cold cache."""
    seconds = []
    for _ in range(n_runs):
        StructureMatcher._get_reduced_istructure.cache_clear()
        start = time.process_time()
        result = call()
        seconds.append(time.process_time() - start)
    return result, statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    data = json.loads(args.pairs.read_text())
    structures = [Structure(Lattice(s["rows"]), s["numbers"], s["coords"]) for s in data["structures"]]
    rows = []
    for pair in data["pairs"]:
        matcher = StructureMatcher(ltol=pair["ltol"], stol=pair["stol"], angle_tol=pair["angle_tol"])
        a, b = structures[pair["a"]], structures[pair["b"]]
        if not rows:
            matcher.fit(a, b)
        fit, fit_seconds = timed(lambda: matcher.fit(a, b), args.runs)
        rms, rms_seconds = timed(lambda: matcher.get_rms_dist(a, b), args.runs)
        rms = rms and [float(x) for x in rms]
        rows.append({"fit": fit_seconds, "rms": rms_seconds, "match": bool(fit), "rms_dist": rms})
    print(f"pymatgen: {sum(r['fit'] + r['rms'] for r in rows):.1f} s for {len(rows)} pairs")
    data = {"versions": {p: version(p) for p in ("pymatgen", "pymatgen-core", "numpy")}, "rows": rows}
    args.out.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
