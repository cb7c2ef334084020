"""Average minimum distances, pointwise distance distributions and their earth mover's distances of average-minimum-distance.

Structures are those of `crystal_mp20.json.gz` and the ten study crystals, strained, displaced and described in other cells, and
some made for the purpose; coordinates are rounded to 1e-7 before the package sees them. Sites are points of equal weight: no
asymmetric unit is given.

Two parts of the package are not exact, and are checked and replaced here. It misses neighbours in badly described cells: every vector
is compared with the distances to all periodic images within the farthest distance that the package found, and taken from those
where they are nearer. Its earth mover's distance is off by some 1e-8 of its value: SciPy's linear program stands beside it.

A fixture holds

structures: {"l": 9 numbers (rows), "x": flat fractional coordinates}, with "of": i those of structure i unless given itself
amd: [structure, k, vector, whether the package agreed]
pdd: [structure, k, collapse_tol, [[weight, distances...], ...]]
emd: [kind, first, second, k, collapse_tol, package's earth mover's distance, that of the linear program, AMD l-infinity]

usage: script.py --shared DIR --out FILE
"""

import argparse
import gzip
import json
from importlib.metadata import version
from pathlib import Path

import amd
import numpy as np
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

STRAINS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
DISPLACEMENTS = (0.005, 0.01, 0.02, 0.05, 0.1)
TOLERANCE = 1e-4


def cell_of(a, b, c, alpha, beta, gamma):
    ca, cb, cg = np.cos(np.radians([alpha, beta, gamma]))
    sg = np.sin(np.radians(gamma))
    y = (ca - cb * cg) / sg
    return np.array([[a, 0, 0], [b * cg, b * sg, 0], [c * cb, c * y, c * np.sqrt(1 - cb**2 - y**2)]])


class Table:
    def __init__(self):
        self.structures, self.sets, self.known, self.checked = [], [], {}, {}
        self.amd, self.pdd, self.emd = [], [], []

    def add(self, rows, frac, of=None, good=None):
        """A structure; `good` is the index of the same crystal in a better cell, which the package is then given."""
        if good is None:
            rows, frac = np.round(rows, 7), np.round(frac, 7)
        entry = {"l": [float(v) for v in np.ravel(rows)], "x": [float(v) for v in np.ravel(frac)]}
        if of is not None:
            entry = {"of": of} | {k: v for k, v in entry.items() if v != self.structures[of][k]}
            assert self.structures[of].keys() == {"l", "x"}
        self.structures.append(entry)
        self.sets.append((rows, frac, amd.PeriodicSet(frac @ rows, rows)) if good is None else self.sets[good])
        return len(self.sets) - 1

    def exact(self, i, k):
        """Rows of all points from every periodic image that can matter, and whether the package has the same."""
        if (i, k) not in self.checked:
            rows, frac, points = self.sets[i]
            package = amd.PDD(points, k, collapse=False, lexsort=False)[:, 1:]
            spacings = 1 / np.linalg.norm(np.linalg.inv(rows), axis=0)
            frac = frac % 1.0
            top = np.floor(package[:, -1].max() / spacings + 1).astype(int)
            axes = [np.arange(-n, n + 1) for n in top]
            shifts = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
            found = []
            for f in frac:
                d = np.concatenate([np.linalg.norm((shifts + g - f) @ rows, axis=1) for g in frac])
                found.append(np.sort(np.partition(d, k)[: k + 1])[1:])
            found = np.array(found)
            # The package's farthest distance bounds the true one, so that nothing is missing.
            self.checked[i, k] = found, bool(np.abs(np.sort(found, 0) - np.sort(package, 0)).max() < 1e-9)
        return self.checked[i, k]

    def distribution(self, i, k, tolerance=TOLERANCE):
        key = (i, k, tolerance)
        if key not in self.known:
            pdd = amd.PDD(self.sets[i][2], k, collapse_tol=tolerance)
            found, agrees = self.exact(i, k)
            if not agrees:
                apart = cdist(found, found, "chebyshev") + np.eye(len(found))
                assert apart.min() > tolerance, "rows that would collapse"
                pdd = np.column_stack([np.full(len(found), 1 / len(found)), found])
            self.known[key] = pdd
        return self.known[key]

    def vector(self, i, k):
        found, agrees = self.exact(i, k)
        vector = amd.AMD(self.sets[i][2], k) if agrees else found.mean(0)
        self.amd.append([i, k, [round(float(v), 10) for v in vector], agrees])

    def rows(self, i, k, tolerance=TOLERANCE):
        pdd = self.distribution(i, k, tolerance)
        self.pdd.append([i, k, tolerance, [[round(float(v), 10) for v in row] for row in pdd]])

    def pair(self, kind, i, j, k=100, tolerance=TOLERANCE):
        a, b = self.distribution(i, k, tolerance), self.distribution(j, k, tolerance)
        linf = np.abs(amd.PDD_to_AMD(a) - amd.PDD_to_AMD(b)).max()
        costs = cdist(a[:, 1:], b[:, 1:], "chebyshev")
        n, m = costs.shape
        sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
        # Weights in whole units, so that the corners of the program are exact, and tolerances that do not show.
        units = np.lcm(*(len(self.sets[s][1]) for s in (i, j)))
        weights = np.rint(np.r_[a[:, 0], b[:, 0]] * units)
        assert weights[:n].sum() == weights[n:].sum() == units
        tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
        exact = linprog(costs.ravel(), A_eq=sums, b_eq=weights, method="highs-ds", options=tight).fun / units
        numbers = [round(float(v), 12) for v in (amd.EMD(a, b), exact, linf)]
        self.emd.append([kind, i, j, k, tolerance, *numbers])


def strained(rows, sigma, rng):
    return rows @ (rng.uniform(-sigma, sigma, (3, 3)) + np.eye(3)).T


def skewed(rows, frac, rng, n_shears, size):
    m = np.eye(3, dtype=int)
    for _ in range(n_shears):
        i, j = rng.choice(3, 2, replace=False)
        e = np.eye(3, dtype=int)
        e[i, j] = rng.integers(-size, size + 1)
        m = e @ m
    return m @ rows, frac @ np.rint(np.linalg.inv(m))


def supercell(rows, frac, size):
    shifts = np.array([[i, j, k] for i in range(size[0]) for j in range(size[1]) for k in range(size[2])])
    return rows * np.array(size)[:, None], ((frac[:, None] + shifts[None]) / size).reshape(-1, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(20241107)
    t = Table()

    ten = []
    for s in json.loads((args.shared / "ten_structures.json").read_text())["structures"]:
        rows = cell_of(*(s[k] for k in ("a", "b", "c", "alpha", "beta", "gamma")))
        ten.append(t.add(rows, np.array([site["frac"] for site in s["sites"]])))
    fixture = Path(__file__).parents[2] / "fixtures" / "crystal_mp20.json.gz"
    mp20 = []
    for row in json.loads(gzip.decompress(fixture.read_bytes()))["rows"]:
        mp20.append(t.add(cell_of(*row["parameters"]), np.array(row["frac_coords"])))

    for i in ten:
        t.vector(i, 100)
        t.rows(i, 100)
        rows, frac, _ = t.sets[i]
        for level in STRAINS:
            t.pair(f"strain {level}", i, t.add(strained(rows, level, rng), frac, i))
        for level in DISPLACEMENTS:
            t.pair(f"displacement {level}", i, t.add(rows, frac + rng.normal(0, level, frac.shape), i))
        both = t.add(strained(rows, 0.05, rng), frac + rng.normal(0, 0.02, frac.shape))
        for k in (1, 10, 1000):
            t.pair(f"k {k}", i, both, k)
        for tolerance in (0.0, 0.01, 0.3):
            t.pair(f"collapse {tolerance}", i, both, 100, tolerance)
            t.rows(both, 10, tolerance)
    for n, i in enumerate(mp20):
        rows, frac, _ = t.sets[i]
        t.vector(i, 100 if n % 12 else 200)
        if n % 4 == 0:
            t.rows(i, 10)
        copy = t.add(strained(rows, STRAINS[n % 6], rng), frac, i)
        t.pair(f"strain {STRAINS[n % 6]}", i, copy)
        if n % 2 == 0:
            level = DISPLACEMENTS[n // 2 % 5]
            other = t.add(rows, frac + rng.normal(0, level, frac.shape), i)
            t.pair(f"displacement {level}", i, other)
            t.pair("two copies", copy, other)
        t.pair("different materials", i, mp20[(n + 1 + n % 7) % len(mp20)])
    for i in (mp20 + ten)[::29]:
        for k in (1, 10, 1000):
            t.vector(i, k)
    # Rows in a chain, each within the tolerance of the next: pairs of points far from each other.
    for n, lengths in enumerate(([0, 0.8, 1.6], [0.8, 0, 1.6], [0, 1.6, 0.8], [0, 0.8, 1.6, 2.4, 3.2], [0, 0.8, 1.1])):
        points = [[20 + 50 * i, 20, z] for i, d in enumerate(lengths) for z in (20, 22 + 0.01 * d + 0.1 * n)]
        size = 50.0 * len(lengths)
        chain = t.add(np.diag([size, 50, 50]), np.array(points) / [size, 50, 50])
        t.rows(chain, 1, 0.01)
        t.rows(chain, 4, 0.01)
    # One point a cell, flat and long cells, cells described by long vectors, supercells.
    singles = [t.add(rng.uniform(-1, 1, (3, 3)) * rng.uniform(2, 9, 3)[:, None], np.zeros((1, 3))) for _ in range(12)]
    for i, j in zip(singles, singles[1:], strict=False):
        t.vector(i, 100)
        t.pair("one point", i, j)
        t.pair("one point", i, ten[i % 10])
    for a, b, c in ((2.5, 3.1, 30.0), (2.2, 21.0, 25.0), (1.6, 1.7, 30.0)):
        flat = t.add(np.array([[a, 0, 0], [0.3, b, 0], [0.2, 0.4, c]]), rng.uniform(0, 1, (5, 3)))
        for k in (1, 100, 1000):
            t.vector(flat, k)
        t.pair("flat and long", flat, ten[0])
    for n, i in enumerate(ten + mp20[::12]):
        rows, frac, _ = t.sets[i]
        other = t.add(*skewed(rows, frac, rng, 3 + n % 3, 3 + n % 4), good=i)
        t.vector(other, 100)
        t.pair("skewed", other, mp20[n])
    for n, size in enumerate(((2, 1, 1), (1, 2, 2), (3, 1, 1), (2, 2, 1), (1, 1, 4), (2, 2, 2))):
        rows, frac, _ = t.sets[ten[n]]
        rows, frac = supercell(rows, frac, size)
        big = t.add(strained(rows, 0.02, rng), frac + rng.normal(0, 0.002, frac.shape))
        t.pair("supercell", ten[n], big)
        t.pair("supercell", big, mp20[n])

    data = {
        "versions": {p: version(p) for p in ("average-minimum-distance", "numpy", "scipy")},
        "structures": t.structures,
        "amd": t.amd,
        "pdd": t.pdd,
        "emd": t.emd,
    }
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    inexact = sum(not row[3] for row in t.amd)
    print(f"the package misses neighbours in {inexact} of {len(t.amd)} AMD")
    print(f"its earth mover's distance is off by up to {max(abs(row[5] - row[6]) for row in t.emd):.1e}")
    print(f"{len(t.structures)} structures, {len(t.amd)} AMD, {len(t.pdd)} PDD, {len(t.emd)} pairs")


if __name__ == "__main__":
    main()
