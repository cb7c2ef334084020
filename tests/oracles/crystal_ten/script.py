"""The facts of the ten study crystals: cells, full sites, space groups.

usage: script.py --shared DIR --out FILE
"""

import argparse
import gzip
import json
from pathlib import Path

from pymatgen.core import Composition


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    structures = json.loads((args.shared / "ten_structures.json").read_text())["structures"]
    keys = ("id", "formula", "int_number", "hm_symbol", "family", "a", "b", "c", "alpha", "beta", "gamma", "sites")
    keep = [{k: s[k] for k in keys} for s in structures]
    for s in keep:
        s["wyckoffs"] = {}
        original = next(o for o in structures if o["id"] == s["id"])
        for site in original["asymmetric_unit"]:
            key = site["element"] + site["wyckoff"]
            s["wyckoffs"][key] = s["wyckoffs"].get(key, 0) + site["multiplicity"]
        s["reduced_formula"] = Composition("".join(x["element"] for x in s["sites"])).reduced_formula
    data = json.dumps({"structures": keep}, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
