"""Shared by the matcher oracles: crystals, the table of structures and pairs, and pymatgen's answers.

A fixture holds `versions`, `configs` (option sets), `structures` and `pairs`.
A structure is {"l": 9 numbers (rows), "z": atomic numbers, "x": flat fractional coordinates, "o"?: occupancies, "n": sites of
the reduced primitive cell, "m"?: the 9 numbers of its basis}; with "of": i it has z and x of structure i unless given itself.
A pair is [kind, a, b, config, fit, rms or null, max_dist or null].
"""

import csv
import gzip
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pymatgen.core import Composition, Element, Lattice, Structure
from pymatgen.core.structure_matcher import StructureMatcher

warnings.simplefilter("ignore")

CONFIGS = {
    "study": {"ltol": 0.1, "stol": 0.2, "angle_tol": 5.0},
    "default": {"ltol": 0.2, "stol": 0.3, "angle_tol": 5.0},
    "no-scale": {"ltol": 0.2, "stol": 0.3, "angle_tol": 5.0, "scale": False},
    "no-primitive": {"ltol": 0.2, "stol": 0.3, "angle_tol": 5.0, "primitive_cell": False},
    "study-plain": {"ltol": 0.1, "stol": 0.2, "angle_tol": 5.0, "primitive_cell": False, "scale": False},
    "wide": {"ltol": 0.3, "stol": 0.5, "angle_tol": 10.0},
    "symmetric": {"ltol": 0.1, "stol": 0.2, "angle_tol": 5.0, "symmetric": True},
    "supercell": {"ltol": 0.2, "stol": 0.3, "angle_tol": 5.0, "primitive_cell": False, "attempt_supercell": True},
    "supercell-primitive": {"ltol": 0.1, "stol": 0.2, "angle_tol": 5.0, "attempt_supercell": True},
    "anonymous": {"ltol": 0.2, "stol": 0.3, "angle_tol": 5.0, "anonymous": True},
}


def mp20(shared):
    """All rows of the development file, as pymatgen reads their CIF."""
    with open(Path(shared) / "mp20_dev.csv", newline="") as f:
        return [Structure.from_str(row["cif"], fmt="cif") for row in csv.DictReader(f)]


def ten(shared):
    """The ten study crystals in their conventional cells."""
    data = json.loads((Path(shared) / "ten_structures.json").read_text())
    return [
        Structure(
            Lattice.from_parameters(*(s[k] for k in ("a", "b", "c", "alpha", "beta", "gamma"))),
            [site["element"] for site in s["sites"]],
            [site["frac"] for site in s["sites"]],
        )
        for s in data["structures"]
    ]


def strained(s, sigma, rng):
    """x' = S x, s_ii ~ U(1 - sigma, 1 + sigma), s_ij ~ U(-sigma, sigma), fractional coordinates kept."""
    m = rng.uniform(-sigma, sigma, (3, 3)) + np.eye(3)
    return Structure(s.lattice.matrix @ m.T, s.species_and_occu, s.frac_coords)


def displaced(s, sigma, rng):
    """Each fractional coordinate + N(0, sigma^2), wrapped to [0, 1)."""
    x = (s.frac_coords + rng.normal(0.0, sigma, s.frac_coords.shape)) % 1.0
    return Structure(s.lattice, s.species_and_occu, x)


def shuffled(s, rng):
    """Sites permuted, origin moved."""
    order = rng.permutation(len(s))
    x = (s.frac_coords[order] + rng.uniform(0, 1, 3)) % 1.0
    return Structure(s.lattice, [s.species_and_occu[i] for i in order], x)


def rebased(s, rng):
    """The same crystal in a basis skewed by a unimodular matrix."""
    m = np.eye(3, dtype=int)
    for _ in range(3):
        i, j = rng.choice(3, 2, replace=False)
        e = np.eye(3, dtype=int)
        e[i, j] = rng.integers(-2, 3)
        m = e @ m
    return Structure(m @ s.lattice.matrix, s.species_and_occu, s.frac_coords @ np.linalg.inv(m))


def mirrored(s):
    """The mirror image: a left-handed set of vectors with the same fractional coordinates."""
    return Structure(s.lattice.matrix * np.array([-1.0, 1.0, 1.0]), s.species_and_occu, s.frac_coords)


def swapped(s):
    """The same crystal described by a left-handed basis."""
    return Structure(s.lattice.matrix[[1, 0, 2]], s.species_and_occu, s.frac_coords[:, [1, 0, 2]])


def supercell(s, size, rng):
    """A random supercell of `size` cells in Hermite normal form."""
    forms = []
    for a in range(1, size + 1):
        for e in range(1, size + 1):
            if size % (a * e) == 0:
                g = size // (a * e)
                forms.append([[a, rng.integers(0, a), rng.integers(0, a)], [0, e, rng.integers(0, e)], [0, 0, g]])
    m = np.array(forms[rng.integers(len(forms))]).T
    return s * m


class Table:
    """Collects structures and pairs."""

    def __init__(self, configs=CONFIGS):
        self.structures, self.pairs, self.objects, self.configs = [], [], [], configs
        self.matchers = {
            name: StructureMatcher(**{k: v for k, v in c.items() if k not in ("symmetric", "anonymous")})
            for name, c in configs.items()
        }

    def add(self, s, of=None, cell=False):
        z, x, o = [], [], []
        for species, frac in zip(s.species_and_occu, s.frac_coords):
            for element, amount in species.items():
                z.append(element.Z)
                x.extend(float(v) for v in frac)
                o.append(float(amount))
        entry = {"l": [float(v) for v in s.lattice.matrix.ravel()]}
        base = self.structures[of] if of is not None else {}
        if of is not None:
            entry["of"] = of
        if z != base.get("z"):
            entry["z"] = z
        if x != base.get("x"):
            entry["x"] = x
        if any(v != 1.0 for v in o):
            entry["o"] = o
        StructureMatcher._get_reduced_istructure.cache_clear()
        reduced = StructureMatcher._get_reduced_structure(s)
        entry["n"] = len(reduced)
        if cell:
            entry["m"] = [float(v) for v in reduced.lattice.matrix.ravel()]
        self.structures.append(entry)
        self.objects.append(s)
        return len(self.structures) - 1

    def pair(self, kind, a, b, *configs):
        for name in configs:
            m, c = self.matchers[name], self.configs[name]
            sa, sb = self.objects[a], self.objects[b]
            # The answer to this pair alone, as in a fresh process: reductions are remembered by approximate equality.
            StructureMatcher._get_reduced_istructure.cache_clear()
            if c.get("anonymous"):
                fit = bool(m.fit_anonymous(sa, sb))
                rms, largest = m.get_rms_anonymous(sa, sb)[0], None
            else:
                fit = bool(m.fit(sa, sb, symmetric=c.get("symmetric", False)))
                rms, largest = m.get_rms_dist(sa, sb) or (None, None)
            number = lambda v: None if v is None else float(v)
            self.pairs.append([kind, a, b, list(self.configs).index(name), fit, number(rms), number(largest)])

    def write(self, path):
        data = {
            "versions": {p: version(p) for p in ("pymatgen", "pymatgen-core", "numpy", "scipy")},
            "configs": list(self.configs.values()),
            "structures": self.structures,
            "pairs": self.pairs,
        }
        text = json.dumps(data, separators=(",", ":")).encode()
        with open(path, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as g:
            g.write(text)
        fits = sum(p[4] for p in self.pairs)
        print(f"{path}: {len(self.structures)} structures, {len(self.pairs)} pairs, {fits} fit, {Path(path).stat().st_size} bytes")
