"""What two other programs read from the CIF corpus in `tests/data/cif/good`.

pymatgen is the oracle. Where it cannot read a file, or is known to read it wrongly, gemmi is (`GEMMI`, with the reasons),
and where neither can, the sites were worked out by hand (`BY_HAND`).

usage: script.py --out FILE
"""

import argparse
import gzip
import json
import warnings
from pathlib import Path

import gemmi
import numpy as np
from pymatgen.core import Element
from pymatgen.io.cif import CifParser

warnings.simplefilter("ignore")
GOOD = Path(__file__).resolve().parents[2] / "data" / "cif" / "good"

GEMMI = {
    "bom.cif": "pymatgen does not skip a byte-order mark",
    "glide_e_old_name.cif": "pymatgen knows no C m c a and falls back to P 1",
    "hall_only.cif": "pymatgen looks Hall symbols up among Hermann-Mauguin symbols",
    "hall_unusual_setting.cif": "pymatgen looks Hall symbols up among Hermann-Mauguin symbols",
    "letter_case.cif": "pymatgen compares tags with their letter case",
    "multiline.cif": "pymatgen ends a block at `data_` within a text field",
    "origin_by_formula.cif": "pymatgen takes the first origin, which gives 16 atoms where the formula says 8",
    "origin_suffix.cif": "pymatgen does not know the suffix :2",
    "rhombohedral_axes_hm.cif": "pymatgen takes hexagonal axes whatever the cell",
    "two_blocks.cif": "pymatgen stops at a first block without sites",
}

BY_HAND = {
    # file: (why, cell, sites as (Z, occupancy, x, y, z))
    "placeholders.cif": (
        "the occupancy `?` is read as 1, the default of the dictionary",
        [4.2, 4.2, 4.2, 90, 90, 90],
        [(12, 1.0, 0, 0, 0), (8, 1.0, 0.5, 0.5, 0.5)],
    ),
    "dotted.cif": (
        "neither knows the dotted names",
        [5.43, 5.43, 5.43, 90, 90, 90],
        [
            (14, 1.0, x + s, y + s, z + s)
            for s in (0, 0.25)
            for x, y, z in [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
        ],
    ),
    "monoclinic_c_by_cell.cif": (
        "both take unique axis b whatever the cell; P 1 1 21/m is meant",
        [4.0, 5.0, 6.0, 90, 90, 101],
        [
            (22, 1.0, 0.11, 0.22, 0.33),
            (22, 1.0, -0.11, -0.22, -0.33),
            (22, 1.0, -0.11, -0.22, 0.83),
            (22, 1.0, 0.11, 0.22, 0.17),
        ],
    ),
    "default_angles.cif": (
        "pymatgen refuses angles that are not given; 90 degrees is the default of the dictionary",
        [4.0, 5.0, 6.0, 90, 90, 90],
        [(23, 1.0, s * 0.1 + t, r * 0.2, 0.3 + t) for s in (1, -1) for r in (1, -1) for t in (0, 0.5)],
    ),
    "unquoted_operations.cif": (
        "both split `x, y, z` without quotation marks into three values",
        [4.0, 5.0, 6.0, 90, 90, 90],
        [(50, 1.0, 0.1, 0.2, 0.3), (50, 1.0, -0.1, -0.2, 0.3)],
    ),
    "thirds_three_digits.cif": (
        "pymatgen multiplies atoms that are rounded off their special position, gemmi leaves them there",
        [3.2094, 3.2094, 5.2108, 90, 90, 120],
        [(12, 1.0, 1 / 3, 2 / 3, 0.25), (12, 1.0, 2 / 3, 1 / 3, 0.75)],
    ),
    "label_by_formula.cif": (
        "both read the label CO1 as cobalt",
        [5.0, 5.0, 5.0, 90, 90, 90],
        [(6, 1.0, 0, 0, 0), (6, 1.0, 0.5, 0.5, 0.5), (8, 1.0, 0.2, 0.2, 0), (8, 1.0, 0.7, 0.7, 0.5)],
    ),
}


def from_pymatgen(path):
    structure = CifParser(path).parse_structures(primitive=False, on_error="raise")[0]
    sites = []
    for site in structure:
        shares = {}
        for species, occupancy in site.species.items():
            z = Element(species.symbol).Z
            shares[z] = shares.get(z, 0.0) + occupancy
        sites += [(z, o, *map(float, site.frac_coords)) for z, o in shares.items()]
    return list(structure.lattice.parameters), sites


def from_gemmi(path):
    doc = gemmi.cif.read_string(path.read_bytes().decode("utf-8-sig", errors="replace"))
    small = next(s for s in map(gemmi.make_small_structure_from_block, doc) if s.sites)
    small.setup_cell_images()
    cell = small.cell
    sites = [(s.element.atomic_number, s.occ, *s.fract.tolist()) for s in small.get_all_unit_cell_sites()]
    return [cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma], sites


def differ(a, b):
    if len(a) != len(b):
        return f"{len(a)} and {len(b)} sites"
    for s in a:
        same = [t for t in b if t[0] == s[0] and abs(t[1] - s[1]) < 1e-6]
        d = [np.abs((x := np.array(t[2:]) - s[2:]) - np.round(x)).max() for t in same]
        if not d or min(d) > 2e-4:
            return f"no site like {s}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    files = {}
    for path in sorted(GOOD.glob("*.cif")):
        results = {}
        for name, read in (("pymatgen", from_pymatgen), ("gemmi", from_gemmi)):
            try:
                results[name] = read(path)
            except Exception as e:  # what an oracle cannot read is a finding
                results[name] = None
                if args.verbose:
                    print(f"{path.name}: {name}: {type(e).__name__}: {str(e)[:150]}")
        if args.verbose and all(results.values()):
            d = differ(results["pymatgen"][1], results["gemmi"][1])
            if d:
                print(f"{path.name}: pymatgen and gemmi differ: {d}")
        if path.name in BY_HAND:
            why, cell, sites = BY_HAND[path.name]
            files[path.name] = {"oracle": "hand", "why": why, "cell": cell, "sites": sites}
            continue
        oracle = "gemmi" if path.name in GEMMI else "pymatgen"
        if results[oracle] is None:
            print(f"{path.name}: {oracle} cannot read it")
            continue
        cell, sites = results[oracle]
        files[path.name] = {"oracle": oracle, "why": GEMMI.get(path.name, ""), "cell": cell, "sites": sites}
    data = json.dumps({"files": files}, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
