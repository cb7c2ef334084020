"""pymatgen's verdicts on settings, supercells, hands, single atoms, prototypes, mixed sites and every option."""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from pymatgen.core import Lattice, Structure

sys.path.insert(0, str(Path(__file__).parents[1]))
import matcher_common as mc  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--shared", required=True)
args = parser.parse_args()

rng = np.random.default_rng(20240603)
table = mc.Table()
all_mp20 = mc.mp20(args.shared)
small = [s for s in all_mp20 if len(s) <= 8]
crystals = mc.ten(args.shared) + all_mp20[1::9]

for n, crystal in enumerate(crystals):
    a = table.add(crystal, cell=True)
    settings = {
        "niggli": crystal.get_reduced_structure(),
        "primitive": crystal.get_primitive_structure(),
        "rebased": mc.rebased(crystal, rng),
        "shuffled": mc.shuffled(crystal, rng),
        "mirrored": mc.mirrored(crystal),
        "swapped": mc.swapped(crystal),
    }
    if len(crystal) <= 12:
        settings["supercell 2"] = mc.supercell(crystal, 2, rng)
        settings["supercell 3"] = mc.shuffled(mc.supercell(crystal, 3, rng), rng)
    for kind, s in settings.items():
        b = table.add(s, of=a, cell=True)
        table.pair(kind, a, b, "default", "study-plain")
        if kind in ("supercell 2", "primitive"):
            table.pair(kind, a, b, "supercell")
            table.pair(kind, b, a, "supercell")
        c = table.add(mc.strained(mc.displaced(s, 0.01, rng), 0.03, rng), of=b)
        table.pair(f"{kind}, distorted", a, c, "default", "study")
        table.pair(f"{kind}, distorted", c, a, "symmetric", "no-scale")
        if kind.startswith(("supercell", "primitive")):
            table.pair(f"{kind}, distorted", a, c, "supercell", "supercell-primitive")
            table.pair(f"{kind}, distorted", c, a, "supercell", "supercell-primitive")
    # Nearly symmetric lattices: strains near the tolerances of the reductions.
    for level in (1e-7, 1e-6, 3e-6, 1e-5, 1e-4, 1e-3):
        b = table.add(mc.strained(crystal, level, rng), of=a, cell=True)
        table.pair(f"strain {level}", a, b, "default", "no-primitive")
        table.pair(f"strain {level}", b, a, "study")
    for level in (1e-7, 1e-6, 1e-5):
        b = table.add(mc.displaced(crystal, level, rng), of=a)
        table.pair(f"coords {level}", a, b, "default")

# Single atoms, at every strain, against themselves and each other.
lattices = {
    "sc": np.eye(3) * 3.3,
    "fcc": np.array([[0, 2, 2], [2, 0, 2], [2, 2, 0.0]]),
    "bcc": np.array([[-1.6, 1.6, 1.6], [1.6, -1.6, 1.6], [1.6, 1.6, -1.6]]),
    "hex": np.array([[3.0, 0, 0], [-1.5, 1.5 * 3**0.5, 0], [0, 0, 2.8]]),
}
atoms = [table.add(Structure(Lattice(m), ["Po"], [[0.1, 0.2, 0.3]]), cell=True) for m in lattices.values()]
for a in atoms:
    for b in atoms:
        table.pair("single atoms", a, b, "default", "study", "wide", "no-scale")
    for level in (0.01, 0.05, 0.1, 0.2):
        for _ in range(5):
            b = table.add(mc.strained(table.objects[a], level, rng), of=a, cell=True)
            table.pair(f"single atom, strain {level}", a, b, "default", "study")
            table.pair(f"single atom, strain {level}", b, a, "default", "study")

# Prototypes: equal anonymous formulas, and polymorphs.
by_formula = defaultdict(list)
for s in small:
    by_formula[s.composition.anonymized_formula].append(s)
for _, group in sorted(by_formula.items()):
    ids = [table.add(s) for s in group[:7]]
    for i, a in enumerate(ids):
        for b in ids[i + 1 :]:
            table.pair("prototype", a, b, "anonymous")
            substituted = table.objects[b]
            if sorted(table.objects[a].composition.values()) == sorted(substituted.composition.values()):
                elements = lambda s: [e for e, _ in sorted(s.composition.items(), key=lambda t: (t[1], t[0].Z))]
                mapping = dict(zip(elements(substituted), elements(table.objects[a])))
                c = table.add(
                    Structure(substituted.lattice, [mapping[e] for e in substituted.species], substituted.frac_coords), of=b
                )
                table.pair("prototype, substituted", a, c, "wide", "default")
            if i == 0:
                table.pair("different materials", a, b, "default")

# Mixed and partly empty sites.
for n, crystal in enumerate(small[::6]):
    first = crystal.species[0]
    share = [0.5, 0.25, 1 / 3][n % 3]
    species = [{first: share, "Kr": 1 - share} if e == first else {e: 0.75} if n % 2 else e for e in crystal.species]
    mixed = Structure(crystal.lattice, species, crystal.frac_coords)
    a = table.add(mixed, cell=True)
    b = table.add(mc.shuffled(mc.displaced(mixed, 0.005, rng), rng), of=a)
    c = table.add(mc.strained(mc.rebased(mixed, rng), 0.02, rng), of=a)
    d = table.add(crystal, of=a)
    table.pair("mixed sites", a, b, "default", "no-primitive", "anonymous")
    table.pair("mixed sites", a, c, "default", "study")
    table.pair("mixed against full", a, d, "default")

# Large cells.
for n, crystal in enumerate(all_mp20[7::60]):
    size = 100 // len(crystal)
    if size < 2:
        continue
    big = mc.displaced(mc.supercell(crystal, size, rng), 0.004, rng)
    a, b = table.add(big), table.add(mc.shuffled(mc.strained(mc.displaced(big, 0.004, rng), 0.01, rng), rng))
    table.pair("large", a, b, "default", "no-primitive")
table.write(args.out)
