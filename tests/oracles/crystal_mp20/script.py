"""What pymatgen and moyopy find in the 355 crystals of the development sample.

For each row: the CIF text, the lattice parameters and sites that pymatgen reads from it, its formulae, the space group that
moyopy finds at symprec 0.01, and the number recorded in the sample.

usage: script.py --shared DIR --out FILE
"""

import argparse
import csv
import gzip
import json
import warnings
from pathlib import Path

import moyopy
from pymatgen.io.cif import CifParser

warnings.simplefilter("ignore")


def row_of(record):
    structure = CifParser.from_str(record["cif"]).parse_structures(primitive=False, on_error="raise")[0]
    numbers = [site.specie.Z for site in structure]
    fracs = [[round(float(x), 12) for x in site.frac_coords] for site in structure]
    cell = moyopy.Cell(structure.lattice.matrix.tolist(), structure.frac_coords.tolist(), numbers)
    dataset = moyopy.MoyoDataset(cell, symprec=0.01)
    return {
        "id": record["material_id"],
        "cif": record["cif"],
        "recorded": int(record["spacegroup.number"]),
        "parameters": [float(x) for x in structure.lattice.parameters],
        "numbers": numbers,
        "frac_coords": fracs,
        "formula": structure.composition.formula,
        "reduced_formula": structure.composition.reduced_formula,
        "moyo_number": dataset.number,
        "moyo_hall_number": dataset.hall_number,
        # Orbit sizes by element; Wyckoff letters depend on the choice of origin, which is arbitrary.
        "orbits": sorted((numbers[i], dataset.orbits.count(i)) for i in set(dataset.orbits)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with (args.shared / "mp20_dev.csv").open(newline="") as f:
        rows = [row_of(record) for record in csv.DictReader(f)]
    data = json.dumps({"symprec": 0.01, "rows": rows}, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
