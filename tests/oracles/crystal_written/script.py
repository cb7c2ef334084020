"""What pymatgen reads from the texts that our writers write (`tests/golden/crystal`).

For each text: its fingerprint, and the cell and sites that pymatgen finds in it.

usage: script.py --out FILE
"""

import argparse
import gzip
import json
import warnings
from pathlib import Path

from pymatgen.core import Element, Structure
from pymatgen.io.cif import CifParser
from pymatgen.io.vasp import Poscar

warnings.simplefilter("ignore")
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "crystal"


def fingerprint(text):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


def read(path, text):
    if path.suffix == ".cif":
        return CifParser.from_str(text).parse_structures(primitive=False, on_error="raise")[0]
    if path.suffix == ".vasp":
        return Poscar.from_str(text).structure
    data = json.loads(text)
    occupancies = data.get("occupancies", [1.0] * len(data["numbers"]))
    positions = {}
    for z, frac, occupancy in zip(data["numbers"], data["frac_coords"], occupancies):
        positions.setdefault(tuple(frac), {})[Element.from_Z(z)] = occupancy
    return Structure(data["lattice"], list(positions.values()), list(positions))


def entry(path):
    text = path.read_text()
    structure = read(path, text)
    sites = [
        (Element(species.symbol).Z, occupancy, *(round(float(x), 14) for x in site.frac_coords))
        for site in structure
        for species, occupancy in site.species.items()
    ]
    return {
        "fingerprint": fingerprint(text),
        "cell": [float(x) for x in structure.lattice.parameters],
        "sites": sites,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    files = {path.name: entry(path) for path in sorted(GOLDEN.iterdir()) if path.suffix in (".cif", ".vasp", ".json")}
    data = json.dumps({"files": files}, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
