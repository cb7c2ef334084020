"""pymatgen's verdicts on crystals with displaced sites."""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import matcher_common as mc  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--shared", required=True)
args = parser.parse_args()

LEVELS = (0.001, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1)
rng = np.random.default_rng(20240602)
table = mc.Table()
crystals = mc.ten(args.shared) * 4 + [s for s in mc.mp20(args.shared)[2::4]]
known = {}
for n, crystal in enumerate(crystals):
    key = n % 10 if n < 40 else n
    if key not in known:
        known[key] = table.add(crystal, cell=True)
    a = known[key]
    for level in LEVELS:
        b = table.add(mc.displaced(crystal, level, rng), of=a, cell=level == 0.005)
        kind = f"coords {level}"
        table.pair(kind, a, b, "study", "default")
        if n % 4 == 0:
            table.pair(kind, b, a, "study", "no-primitive", "symmetric")
table.write(args.out)
