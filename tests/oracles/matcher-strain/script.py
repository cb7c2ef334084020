"""pymatgen's verdicts on strained crystals, both orders of the arguments."""

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

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
rng = np.random.default_rng(20240601)
table = mc.Table()
crystals = mc.ten(args.shared) * 3 + [s for s in mc.mp20(args.shared)[::5]]
known = {}
for n, crystal in enumerate(crystals):
    key = n % 10 if n < 30 else n
    if key not in known:
        known[key] = table.add(crystal, cell=True)
    a = known[key]
    for level in LEVELS:
        b = table.add(mc.strained(crystal, level, rng), of=a, cell=level == 0.02)
        kind = f"strain {level}"
        table.pair(kind, a, b, "study", "default")
        table.pair(kind, b, a, "study", "default")
        if n % 3 == 0:
            table.pair(kind, a, b, "no-scale", "no-primitive", "symmetric")
            c = table.add(mc.strained(crystal, level, rng), of=a)
            table.pair(f"two strains {level}", b, c, "default", "study")
table.write(args.out)
