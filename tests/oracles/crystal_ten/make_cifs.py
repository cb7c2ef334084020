"""Write the ten study crystals as symmetry-reduced CIF files.

The facts (cells, sites, space groups) are read from the shared `ten_structures.json`; the setting of each space group is
the tabulated one (spglib's list of 530) whose operations carry the sites onto themselves. Representatives are averaged over
their site symmetry, so that special positions are exact.

usage: make_cifs.py --shared DIR --out DIR
"""

import argparse
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import spglib

HEADER = """\
# {formula}, Materials Project {id}, conventional cell.
# Data: Materials Project, licence CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).
# Cite: A. Jain et al., APL Materials 1, 011002 (2013), doi:10.1063/1.4812323;
#       T. Xie et al., Crystal Diffusion Variational Autoencoder for Periodic Material Generation, ICLR 2022.
"""


def file_stem(formula):
    """U2Ti -> u2ti, Ca(CoAs)2 -> caco2as2."""
    if formula == "Ca(CoAs)2":
        return "caco2as2"
    return formula.lower()


def op_text(rotation, translation):
    parts = []
    for row, t in zip(rotation, translation):
        text = ""
        for c, name in zip(row, "xyz"):
            if c:
                text += ("-" if c < 0 else "+" if text else "") + name
        shift = Fraction(float(t)).limit_denominator(24) % 1
        if shift:
            text += f"+{shift}"
        parts.append(text)
    return ",".join(parts)


def nearest(points, p):
    d = points - p
    d -= np.round(d)
    i = int(np.argmin((d**2).sum(axis=1)))
    return i, d[i]


def images(symmetry, frac):
    return symmetry["rotations"] @ frac + symmetry["translations"]


def maps_onto_itself(symmetry, elements, fracs):
    for element, frac in zip(elements, fracs):
        same = fracs[[e == element for e in elements]]
        for image in images(symmetry, frac):
            if np.abs(nearest(same, image)[1]).max() > 1e-5:
                return False
    return True


def metric_fits(symmetry, metric):
    w = symmetry["rotations"]
    return np.abs(np.transpose(w, (0, 2, 1)) @ metric @ w - metric).max() < 1e-6


def setting(entry, elements, fracs):
    a, b, c = entry["a"], entry["b"], entry["c"]
    ca, cb, cg = (np.cos(np.radians(entry[k])) for k in ("alpha", "beta", "gamma"))
    metric = np.array([[a * a, a * b * cg, a * c * cb], [a * b * cg, b * b, b * c * ca], [a * c * cb, b * c * ca, c * c]])
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        if kind.number != entry["int_number"]:
            continue
        symmetry = spglib.get_symmetry_from_database(hall)
        if metric_fits(symmetry, metric) and maps_onto_itself(symmetry, elements, fracs):
            return kind, symmetry
    raise SystemExit(f"{entry['id']}: no tabulated setting fits")


def number(x):
    x = round(float(x), 10) + 0.0
    return f"{x:.10f}".rstrip("0").rstrip(".") or "0"


def cif(entry):
    elements = [s["element"] for s in entry["sites"]]
    fracs = np.array([s["frac"] for s in entry["sites"]])
    kind, symmetry = setting(entry, elements, fracs)
    out = HEADER.format(**entry)
    counts = {}
    for e in elements:
        counts[e] = counts.get(e, 0) + 1
    total = " ".join(f"{e}{n}" for e, n in sorted(counts.items()))
    out += f"data_{entry['id']}\n_chemical_formula_sum '{total}'\n"
    for key in ("a", "b", "c"):
        out += f"_cell_length_{key} {number(entry[key])}\n"
    for key in ("alpha", "beta", "gamma"):
        out += f"_cell_angle_{key} {number(entry[key])}\n"
    out += f"_space_group_IT_number {kind.number}\n"
    out += f"_space_group_name_H-M_alt '{entry['hm_symbol']}'\n"
    out += f"_space_group_name_Hall '{kind.hall_symbol}'\n"
    out += "loop_\n _space_group_symop_operation_xyz\n"
    for w, t in zip(symmetry["rotations"], symmetry["translations"]):
        out += f" '{op_text(w, t)}'\n"
    out += "loop_\n _atom_site_label\n _atom_site_type_symbol\n _atom_site_symmetry_multiplicity\n"
    out += " _atom_site_fract_x\n _atom_site_fract_y\n _atom_site_fract_z\n _atom_site_occupancy\n"
    seen, labels = [], {}
    for element, frac in zip(elements, fracs):
        if any(e == element and np.abs(nearest(p, frac)[1]).max() < 1e-5 for e, p in seen):
            continue
        orbit = images(symmetry, frac)
        d = orbit - frac
        d -= np.round(d)
        site = frac + d[np.abs(d).max(axis=1) < 1e-5].mean(axis=0)
        # Rounded special coordinates: 0.666667 in an orbit that only averages to 0.6666667.
        for k in range(3):
            n = round(site[k] * 24) / 24
            if abs(site[k] - n) < 1e-6:
                site[k] = n
        seen.append((element, orbit))
        unique = {tuple(np.round(p - np.floor(p + 1e-7), 4) + 0.0) for p in images(symmetry, site)}
        labels[element] = labels.get(element, 0) + 1
        x, y, z = (number(v) for v in site)
        out += f" {element}{labels[element]} {element} {len(unique)} {x} {y} {z} 1\n"
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    data = json.loads((args.shared / "ten_structures.json").read_text())
    args.out.mkdir(parents=True, exist_ok=True)
    for entry in data["structures"]:
        (args.out / f"{file_stem(entry['formula'])}.cif").write_text(cif(entry))


if __name__ == "__main__":
    main()
