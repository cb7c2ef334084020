"""Peak lists of pymatgen's XRDCalculator for the ten study crystals and 100 crystals of the development sample.

A fixture holds `versions`, `structures` and `cases`.
A structure is {"name", "rows": lattice vectors, "numbers", "coords", "occupancies"}, one entry a species of a site.
A case is {"structure": index, "wavelength": name or Å, "range": [from, to] or null, "scaled", "b": {symbol: B},
"peaks": [[2theta, intensity, d, [[indices, multiplicity], ..]], ..],
"edges": 2theta of reflections within 1e-9 degrees of where two bins meet,
"thresholds": 2theta of bins within 1e-9 of the percentage at which peaks are left out}.

The two lists of delicate places come from pymatgen as well: with a bin so narrow that no two reflections share one, and with
no threshold.

usage: script.py --shared DIR --out FILE
"""

import argparse
import csv
import gzip
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pymatgen.analysis.diffraction.core import AbstractDiffractionPatternCalculator as Base
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Lattice, Structure

warnings.simplefilter("ignore")

TOL, LEAST = Base.TWO_THETA_TOL, Base.SCALED_INTENSITY_TOL
CLOSE = 1e-9
N_ROWS = 100


def sample(shared):
    """100 rows spread evenly over the development file."""
    with (shared / "mp20_dev.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    chosen = [rows[i * len(rows) // N_ROWS] for i in range(N_ROWS)]
    return [(row["material_id"], Structure.from_str(row["cif"], fmt="cif")) for row in chosen]


def ten(shared):
    """The ten study crystals in their conventional cells."""
    data = json.loads((shared / "ten_structures.json").read_text())
    for s in data["structures"]:
        lattice = Lattice.from_parameters(*(s[k] for k in ("a", "b", "c", "alpha", "beta", "gamma")))
        sites = s["sites"]
        yield s["formula"], Structure(lattice, [a["element"] for a in sites], [a["frac"] for a in sites])


def mixed(s, share):
    """The first element diluted by krypton, all other sites three quarters full."""
    first = s.species[0]
    species = [{first: share, "Kr": 1 - share} if e == first else {e: 0.75} for e in s.species]
    return Structure(s.lattice, species, s.frac_coords)


def entry(name, s):
    species = [(e, x, frac) for site in s for frac in [site.frac_coords] for e, x in site.species.items()]
    return {
        "name": name,
        "rows": s.lattice.matrix.tolist(),
        "numbers": [e.Z for e, _, _ in species],
        "coords": [[float(v) for v in frac] for _, _, frac in species],
        "occupancies": [float(x) for _, x, _ in species],
    }


def case(index, s, wavelength="CuKa", window=(0, 90), scaled=True, b=None):
    calculator = XRDCalculator(wavelength=wavelength, debye_waller_factors=b)
    pattern = calculator.get_pattern(s, scaled=scaled, two_theta_range=window)
    Base.SCALED_INTENSITY_TOL = -1.0
    every_bin = calculator.get_pattern(s, scaled=True, two_theta_range=window)
    Base.TWO_THETA_TOL = 1e-14
    every_angle = calculator.get_pattern(s, scaled=True, two_theta_range=window).x
    Base.TWO_THETA_TOL, Base.SCALED_INTENSITY_TOL = TOL, LEAST
    distance = np.abs(every_angle / TOL % 1.0 - 0.5) * TOL
    return {
        "structure": index,
        "wavelength": wavelength,
        "range": window,
        "scaled": scaled,
        "b": b or {},
        "peaks": [
            [x, y, d, [[f["hkl"], f["multiplicity"]] for f in families]]
            for x, y, d, families in zip(
                pattern.x.tolist(), pattern.y.tolist(), pattern.d_hkls, pattern.hkls, strict=True
            )
        ],
        "edges": every_angle[distance <= CLOSE].tolist(),
        "thresholds": every_bin.x[np.abs(every_bin.y - LEAST) <= CLOSE].tolist(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    structures, cases = [], []

    def add(name, s, *settings):
        structures.append(entry(name, s))
        cases.extend(case(len(structures) - 1, s, **setting) for setting in settings)

    for n, (name, s) in enumerate(ten(args.shared)):
        more = [
            {"wavelength": "CuKa1", "window": (20, 60)},
            {"wavelength": 1.5406, "window": (10.5, 90), "scaled": False},
            {"wavelength": "CrKb1", "window": None},
            {"b": {s.species[0].symbol: 0.8, s.species[-1].symbol: 1.3}},
            {"wavelength": "FeKa", "window": (0, 160), "scaled": False},
        ]
        add(name, s, {}, more[n % len(more)])
    for n, (name, s) in enumerate(sample(args.shared)):
        add(name, s, {})
        if n % 25 == 0:
            symbol = s.species[0].symbol
            add(f"{name}, mixed", mixed(s, [0.5, 0.25][n % 2]), {}, {"scaled": False, "b": {symbol: 0.6, "Kr": 2.0}})
        if n % 20 == 7 and len(s) <= 8:
            index = len(structures) - 1
            cases.append(case(index, s, wavelength="MoKa", window=(5, 50)))
            cases.append(case(index, s, wavelength="AgKa1", window=(0, 30), scaled=False))
            cases.append(case(index, s, wavelength="CoKa", window=None))

    data = {
        "versions": {p: version(p) for p in ("pymatgen", "pymatgen-core", "numpy")},
        "structures": structures,
        "cases": cases,
    }
    text = json.dumps(data, separators=(",", ":")).encode()
    args.out.write_bytes(gzip.compress(text, mtime=0))
    peaks = sum(len(c["peaks"]) for c in cases)
    print(f"{args.out}: {len(structures)} structures, {len(cases)} lists, {peaks} peaks, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
