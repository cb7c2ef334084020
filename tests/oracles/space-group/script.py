"""Displaced study crystals projected onto their space groups by linear algebra on spglib's operations.

The invariant coordinates are the solutions of (W x_i + w) - x_j = t for all operations and sites, one large linear system. Its orthogonal
projection comes from the null space and the least-squares solution of that system: no orbits, no special positions.
"""

import argparse
import gzip
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import spglib
from scipy.linalg import lstsq, null_space

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
args = parser.parse_args()

NAMES = ["u2ti", "au2s", "na3mnconio6", "al2hgs4", "caco2as2", "tialrh2", "li5sbo5", "nas", "csybbr3", "cosi4ni3"]
FOLDER = Path(__file__).resolve().parents[2] / "golden" / "crystal"


def read(path):
    """Lattice rows, elements and coordinates of a POSCAR file in direct coordinates."""
    lines = path.read_text().splitlines()
    scale = float(lines[1])
    lattice = scale * np.array([[float(v) for v in line.split()[:3]] for line in lines[2:5]])
    symbols, counts = lines[5].split(), [int(n) for n in lines[6].split()]
    assert lines[7].strip().lower().startswith("d"), path
    elements = [s for s, n in zip(symbols, counts) for _ in range(n)]
    sites = np.array([[float(v) for v in line.split()[:3]] for line in lines[8 : 8 + len(elements)]])
    return lattice, elements, sites


def system(lattice, elements, sites):
    """The equations A x = b of all operations; translations snapped to 1/24."""
    numbers = [sorted(set(elements)).index(e) + 1 for e in elements]
    symmetry = spglib.get_symmetry((lattice, sites, numbers), symprec=0.01)
    rows, rest = [], []
    n = len(sites)
    for rotation, translation in zip(symmetry["rotations"], symmetry["translations"]):
        w = np.round(24 * translation) / 24
        assert np.abs(w - translation).max() < 1e-5, translation
        for i in range(n):
            image = rotation @ sites[i] + w
            gaps = [
                np.linalg.norm(((image - s) - np.round(image - s)) @ lattice) if elements[j] == elements[i] else np.inf
                for j, s in enumerate(sites)
            ]
            j = int(np.argmin(gaps))
            assert gaps[j] < 0.05, gaps
            block = np.zeros((3, 3 * n))
            block[:, 3 * i : 3 * i + 3] += rotation
            block[:, 3 * j : 3 * j + 3] -= np.eye(3)
            rows.append(block)
            rest.append(np.round(image - sites[j]) - w)
    return np.concatenate(rows), np.concatenate(rest), len(symmetry["rotations"])


rng = np.random.default_rng(20260)
cases = []
for name in NAMES:
    lattice, elements, sites = read(FOLDER / f"{name}.vasp")
    a, b, n_operations = system(lattice, elements, sites)
    free = null_space(a, rcond=1e-9)
    point = lstsq(a, b, cond=1e-9)[0]
    assert np.abs(a @ point - b).max() < 1e-9, name
    draws = []
    for sigma in (0.01, 0.03):
        x = sites.ravel() + sigma * rng.standard_normal(sites.size).clip(-2, 2)
        g = rng.standard_normal(sites.size)
        draws.append(
            {
                "x": x.round(12).tolist(),
                "projected": (point + free @ (free.T @ (x.round(12) - point))).tolist(),
                "g": g.tolist(),
                "tangent": (free @ (free.T @ g)).tolist(),
            }
        )
    cases.append(
        {
            "name": name,
            "lattice": lattice.tolist(),
            "elements": elements,
            "sites": sites.tolist(),
            "n_operations": n_operations,
            "n_free": free.shape[1],
            "draws": draws,
        }
    )

data = {"versions": {p: version(p) for p in ("numpy", "scipy", "spglib")}, "cases": cases}
with open(args.out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as g:
    g.write(json.dumps(data, separators=(",", ":"), sort_keys=True).encode())
print(f"{args.out}: {[(c['name'], c['n_operations'], c['n_free']) for c in cases]}")
