"""pymatgen's verdicts on rows of MP-20 at every noise level, nearly degenerate lattices, conventional cells and supercells,
prototypes with exchanged elements, cells of a hundred sites and mixed sites, under combinations of every option."""

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

sys.path.insert(0, str(Path(__file__).parents[1]))
import matcher_common as mc  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--shared", required=True)
args = parser.parse_args()


def options(ltol=0.2, stol=0.3, angle_tol=5.0, **others):
    return {"ltol": ltol, "stol": stol, "angle_tol": angle_tol, **others}


CONFIGS = {
    "default": options(),
    "study": options(0.1, 0.2),
    "generative": options(0.3, 0.5, 10.0),
    "tight": options(0.05, 0.05, 1.0),
    "loose sites": options(0.2, 1.0, 5.0),
    "loose angles": options(0.2, 0.3, 25.0),
    "no scale": options(scale=False),
    "no primitive": options(primitive_cell=False),
    "symmetric": options(symmetric=True),
    "symmetric, as given": options(0.3, 0.5, 10.0, symmetric=True, primitive_cell=False, scale=False),
    "supercell": options(attempt_supercell=True, primitive_cell=False),
    "supercell, primitive": options(attempt_supercell=True),
    "supercell, no scale": options(attempt_supercell=True, primitive_cell=False, scale=False),
    "supercell, symmetric": options(attempt_supercell=True, primitive_cell=False, symmetric=True),
    "anonymous": options(anonymous=True),
    "anonymous, as given": options(0.3, 0.5, 10.0, anonymous=True, primitive_cell=False, scale=False),
    "anonymous, study": options(0.1, 0.2, anonymous=True),
    "anonymous, supercell": options(anonymous=True, attempt_supercell=True, primitive_cell=False),
}
STRAINS = (0.01, 0.05, 0.1, 0.15, 0.2)
DISPLACEMENTS = (0.001, 0.005, 0.01, 0.05, 0.1)

rng = np.random.default_rng(20241124)
table = mc.Table(CONFIGS)
rows = mc.mp20(args.shared)

# Noise at the levels of the study: strain, displacement, both. The option sets take turns.
plain = itertools.cycle(itertools.combinations(("default", "study", "generative", "tight", "loose sites"), 2))
other = itertools.cycle(("loose angles", "no scale", "no primitive", "symmetric", "symmetric, as given"))
for n, crystal in enumerate(rows[1::4]):
    a = table.add(crystal, cell=True)
    for strain, displacement in zip(STRAINS, DISPLACEMENTS, strict=True):
        for kind, s in (
            (f"strain {strain}", mc.strained(crystal, strain, rng)),
            (f"coords {displacement}", mc.displaced(crystal, displacement, rng)),
            (f"strain {strain}, coords {displacement}", mc.strained(mc.displaced(crystal, displacement, rng), strain, rng)),
        ):
            b = table.add(s, of=a)
            table.pair(kind, a, b, *next(plain))
            if n % 2 == 0:
                table.pair(f"{kind}, reversed", b, a, next(other))

# Lattices at the edges of Niggli's and Lovasz's conditions, with one to four sites.
f, s3 = 4.1, 3**0.5
EDGES = {
    "a near b, tetragonal": lambda e: (f, f * (1 + e), 5.3, 90, 90, 90),
    "a near b near c, cubic": lambda e: (f, f * (1 + e), f * (1 - 0.7 * e), 90, 90, 90),
    "alpha near 90": lambda e: (f, 4.9, 5.7, 90 + 57 * e, 90, 90),
    "alpha, beta, gamma near 90": lambda e: (f, f, f, 90 + 57 * e, 90 - 40 * e, 90 + 20 * e),
    "gamma near 60": lambda e: (f, f, 5.9, 90, 90, 60 + 57 * e),
    "gamma near 120": lambda e: (f, f * (1 + 0.5 * e), 5.9, 90, 90, 120 + 57 * e),
    "rhombohedral near 60": lambda e: (f, f, f, 60 + 57 * e, 60 + 57 * e, 60 + 57 * e),
    "rhombohedral near 109.47": lambda e: (f, f, f) + (np.degrees(np.arccos(-1 / 3)) + 57 * e,) * 3,
    "fcc, sheared": lambda e: (f, f * (1 + e), f, 60 - 57 * e, 60, 60 + 30 * e),
    "2 a.b near a.a": lambda e: (f, 5.2, 6.1, 90, 90, np.degrees(np.arccos((1 + e) * f / (2 * 5.2)))),
    "2 a.c near -a.a": lambda e: (f, 5.2, 6.1, 90, np.degrees(np.arccos(-(1 + e) * f / (2 * 6.1))), 90),
    "Lovasz edge": lambda e: (f, f * s3 / 2 * (1 + e), 6.1, 90, 90, 90),
}
for number, (kind, cell) in enumerate(EDGES.items()):
    for n_sites in (1, 2, 4):
        species = ["Fe", "O", "O", "Fe"][:n_sites]
        x = np.array([[0.1, 0.2, 0.3], [0.6, 0.7, 0.75], [0.13, 0.68, 0.33], [0.61, 0.22, 0.84]])[:n_sites]
        a = table.add(Structure(Lattice.from_parameters(*cell(0.0)), species, x), cell=True)
        for step, size in enumerate((1e-3, 1e-4, 1e-5, 1e-6)):
            for sign in (1, -1):
                s = Structure(Lattice.from_parameters(*cell(sign * size)), species, x)
                b = table.add(s, of=a, cell=True)
                c = table.add(mc.shuffled(mc.rebased(s, rng), rng), of=a, cell=True)
                name = ("default", "study", "tight", "no primitive", "no scale")[(number + step) % 5]
                table.pair(f"{kind} within {size}", a, b, name)
                table.pair(f"{kind} within {size}", b, a, "symmetric")
                table.pair(f"{kind} within {size}, another basis", b, c, name)
                table.pair(f"{kind} within {size}, another basis", c, a, "default")

# Conventional and primitive cells and supercells of them, either hand, distorted or not.
for n, crystal in enumerate(rows[2::9]):
    analyzer = SpacegroupAnalyzer(crystal, symprec=0.05)
    conventional = analyzer.get_conventional_standard_structure()
    primitive = analyzer.get_primitive_standard_structure()
    a = table.add(primitive, cell=True)
    for kind, s in (
        ("conventional", conventional),
        ("conventional, shuffled", mc.shuffled(conventional, rng)),
        ("conventional, left-handed", mc.swapped(conventional)),
        ("conventional, mirrored", mc.mirrored(conventional)),
        ("supercell 2 of primitive", mc.supercell(primitive, 2, rng)),
        ("supercell 4 of primitive", mc.shuffled(mc.supercell(primitive, 4, rng), rng)),
    ):
        if len(s) > 60:
            continue
        b = table.add(s, of=a if len(s) == len(primitive) else None, cell=True)
        table.pair(kind, a, b, "default", "supercell, no scale")
        table.pair(kind, b, a, "symmetric, as given", "supercell")
        c = table.add(mc.strained(mc.displaced(s, 0.004, rng), 0.04, rng), of=b)
        table.pair(f"{kind}, distorted", a, c, "supercell", "no primitive" if n % 2 else "study")
        table.pair(f"{kind}, distorted", c, a, "supercell, primitive", "supercell, symmetric")

# One prototype, other elements and another size; and crystals that share nothing but their anonymous formula.
series = ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Fe", "Co", "F", "Cl", "Br", "O", "S", "Se"]
for n, crystal in enumerate(rows[3::7]):
    elements = sorted(crystal.composition, key=lambda e: e.Z)
    fresh = rng.permutation([e for e in series if e not in {x.symbol for x in elements}])
    replaced = dict(zip(elements, fresh))
    s = Structure(crystal.lattice.scale(crystal.volume * rng.uniform(0.8, 1.25)), [replaced[e] for e in crystal.species], crystal.frac_coords)
    s = mc.shuffled(mc.strained(mc.displaced(s, (0.0, 0.005, 0.02)[n % 3], rng), (0.0, 0.03, 0.08)[n % 3], rng), rng)
    a, b = table.add(crystal), table.add(s)
    exchanged = dict(zip(elements, elements[1:] + elements[:1]))
    c = table.add(Structure(crystal.lattice, [exchanged[e] for e in crystal.species], crystal.frac_coords), of=a)
    table.pair("same prototype", a, b, "default", "anonymous", "anonymous, study", "anonymous, as given")
    table.pair("same prototype, reversed", b, a, "anonymous", "generative")
    table.pair("elements exchanged", a, c, "default", "anonymous", "anonymous, as given")
    if len(crystal) <= 10 and len(elements) <= 3:
        d = table.add(mc.supercell(s, 2, rng))
        table.pair("same prototype, supercell", a, d, "anonymous", "anonymous, supercell")
        table.pair("same prototype, supercell", d, a, "anonymous, supercell")
for i, j in rng.integers(0, len(rows), (4000, 2)):
    x, y = rows[i].composition, rows[j].composition
    if i < j and x.anonymized_formula == y.anonymized_formula and len(rows[i]) == len(rows[j]):
        a, b = table.add(rows[i]), table.add(rows[j])
        table.pair("other material of one formula", a, b, "default", "anonymous", "anonymous, as given")
        table.pair("other material of one formula", b, a, "anonymous")

# A hundred sites.
for n, crystal in enumerate(rows[5::14]):
    if len(crystal) > 50:
        continue
    big = mc.displaced(mc.supercell(crystal, 100 // len(crystal), rng), DISPLACEMENTS[n % 3], rng)
    a = table.add(big)
    b = table.add(mc.shuffled(mc.strained(mc.displaced(big, 0.002, rng), (0.01, 0.05)[n % 2], rng), rng))
    table.pair("a hundred sites", a, b, "default", "no primitive")
    table.pair("a hundred sites, reversed", b, a, "study", "symmetric, as given")
    c = table.add(crystal)
    table.pair("a hundred sites, small cell", a, c, "default", "supercell, primitive")

# Mixed and partly empty sites.
for n, crystal in enumerate([s for s in rows if len(s) <= 12][4::8]):
    first, last = crystal.species[0], crystal.species[-1]
    share = (0.5, 0.3, 2 / 3, 0.125)[n % 4]
    mixture = {first: {first: share, "Kr": 1 - share}, last: {last: 0.9} if n % 2 else {last: 0.5, "Xe": 0.5}}
    mixed = Structure(crystal.lattice, [mixture.get(e, e) for e in crystal.species], crystal.frac_coords)
    a = table.add(mixed, cell=True)
    b = table.add(mc.shuffled(mc.displaced(mixed, 0.01, rng), rng), of=a)
    c = table.add(mc.strained(mc.rebased(mixed, rng), 0.05, rng), of=a)
    d = table.add(mc.shuffled(mc.supercell(mixed, 2, rng), rng))
    table.pair("mixed sites", a, b, "default", "generative", "anonymous", "anonymous, as given")
    table.pair("mixed sites", b, a, "symmetric", "tight")
    table.pair("mixed sites", a, c, "default", "study", "no scale")
    table.pair("mixed sites, supercell", a, d, "default", "supercell")
    table.pair("mixed sites, supercell", d, a, "supercell, primitive", "supercell, no scale")
    other_share = {first: {first: share - 0.05, "Kr": 1.05 - share}}
    e = table.add(Structure(mixed.lattice, [other_share.get(s, mixture.get(s, s)) for s in crystal.species], mixed.frac_coords), of=a)
    table.pair("other shares", a, e, "default", "anonymous")

# Single atoms in supercells and other hands.
for kind, m in (
    ("sc", np.eye(3) * 3.3),
    ("fcc", np.array([[0, 2, 2], [2, 0, 2], [2, 2, 0.0]])),
    ("bcc", np.array([[-1.6, 1.6, 1.6], [1.6, -1.6, 1.6], [1.6, 1.6, -1.6]])),
    ("triclinic", np.array([[3.0, 0.2, 0.1], [0.3, 3.4, -0.5], [-0.7, 0.4, 4.1]])),
):
    one = Structure(Lattice(m), ["Po"], [[0.4, 0.1, 0.9]])
    a = table.add(one, cell=True)
    for size in (2, 3, 4, 8):
        b = table.add(mc.shuffled(mc.supercell(one, size, rng), rng), cell=True)
        c = table.add(mc.strained(table.objects[b], 0.02, rng), of=b)
        for x, y in ((a, b), (b, a), (a, c), (c, a)):
            table.pair(f"single atom {kind}, supercell {size}", x, y, "default", "supercell", "supercell, no scale")
    b = table.add(mc.swapped(one), of=a, cell=True)
    table.pair(f"single atom {kind}, left-handed", a, b, "default", "symmetric, as given")
table.write(args.out)
