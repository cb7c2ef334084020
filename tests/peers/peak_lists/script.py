"""Peak lists of pymatgen's XRDCalculator and of XRD-Rust, and how long each takes, one thread.

Structures are the fully occupied ones of `tests/fixtures/peaks.json.gz`, made beforehand; only `get_pattern` is timed, with the
default options of both (Cu K-alpha, 0 to 90 degrees 2theta, scaled to 100).

Output: {"versions", "problems": {calculator: why it is missing}, "rows": [{"calculator": "pymatgen" | "xrd-rust", "index", "name",
"sites", "seconds", "seconds_min", "wall_seconds", "peaks": [[2theta, intensity], ..]}, ..]}, median and minimum of the runs after a warm-up.
Seconds are processor time, which on one thread of a quiet machine is that of the clock, and on a busy one does not count the waiting.

usage: script.py --fixture FILE --out FILE [--runs N]
"""

import argparse
import gzip
import json
import statistics
import time
import warnings
from importlib.metadata import version
from pathlib import Path

from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Lattice, Structure

warnings.simplefilter("ignore")


def structures(fixture):
    """(index, name, structure) of the fully occupied structures."""
    for index, entry in enumerate(json.loads(gzip.decompress(fixture.read_bytes()))["structures"]):
        if min(entry["occupancies"]) >= 1:
            yield index, entry["name"], Structure(Lattice(entry["rows"]), entry["numbers"], entry["coords"])


def calculators():
    """The calculators that are there, and why one is not."""
    found, problems = {"pymatgen": XRDCalculator()}, {}
    try:
        from xrd_rust_calculator import XRDCalculatorRust

        found["xrd-rust"] = XRDCalculatorRust(parallel=False, use_simd=True)
    except ImportError as error:
        problems["xrd-rust"] = str(error)
    return found, problems


def row(name, calculator, structure, n_runs):
    pattern = calculator.get_pattern(structure)
    seconds, wall = [], []
    for _ in range(n_runs):
        start, wall_start = time.process_time(), time.perf_counter()
        calculator.get_pattern(structure)
        seconds.append(time.process_time() - start)
        wall.append(time.perf_counter() - wall_start)
    return {
        "calculator": name,
        "sites": len(structure),
        "seconds": statistics.median(seconds),
        "seconds_min": min(seconds),
        "wall_seconds": statistics.median(wall),
        "peaks": [[float(x), float(y)] for x, y in zip(pattern.x, pattern.y, strict=True)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixture", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    listed = list(structures(args.fixture))
    found, problems = calculators()
    rows = []
    for name, calculator in found.items():
        for index, label, structure in listed:
            try:
                rows.append({"index": index, "name": label} | row(name, calculator, structure, args.runs))
            except Exception as error:  # one calculator's failure is its own row's matter
                problems[name] = f"{label}: {type(error).__name__}: {error}"
        print(f"{name}: {sum(r['seconds'] for r in rows if r['calculator'] == name):.3f} s for {len(listed)} structures")
    data = {"versions": {p: version(p) for p in ("pymatgen", "xrd-rust", "numpy")}, "problems": problems, "rows": rows}
    args.out.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
