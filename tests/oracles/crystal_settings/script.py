"""The 530 tabulated settings of the space groups, with their operations, by spglib.

usage: script.py --out FILE
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import spglib


def setting(hall):
    kind = spglib.get_spacegroup_type(hall)
    symmetry = spglib.get_symmetry_from_database(hall)
    twenty_fourths = np.rint(symmetry["translations"] * 24).astype(int) % 24
    return {
        "hall_number": hall,
        "number": kind.number,
        "hall_symbol": kind.hall_symbol,
        "full": kind.international_full,
        "choice": kind.choice,
        "rotations": [w.ravel().tolist() for w in symmetry["rotations"]],
        "translations_24": twenty_fourths.tolist(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    settings = [setting(hall) for hall in range(1, 531)]
    data = json.dumps({"settings": settings}, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
