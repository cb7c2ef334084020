"""Energies, forces, stresses, moments and relaxations of the package chgnet, run in double precision.

Crystals: 60 of mp20_dev.csv, evenly spaced in the file, three of the study, and 12 distorted copies (strain and displacement). The package
computes in single precision by itself; here its graphs and its network are made double, because rounding of positions costs it more
than the tolerances of the tests.

structures: {"name", "l": 9 numbers (rows), "z": atomic numbers, "x": flat fractional coordinates}
results: {"structure", "model", "e": eV an atom, "f": flat forces, "s": 9 numbers, GPa, "m": moments}
relaxations: {"structure", "fmax", "fixed_cell", "frames": geometries that were recorded, the last one twice, "e": eV an atom of
it, "l", "x": its cell and coordinates}

usage: script.py --shared DIR --out FILE
"""

import argparse
import contextlib
import csv
import gzip
import io
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import chgnet.graph.converter
import chgnet.graph.crystalgraph
import chgnet.model.model
import numpy as np
import torch
from chgnet.model import CHGNet, StructOptimizer
from pymatgen.core import Lattice, Structure

N_CRYSTALS = 60
STUDY = ("mp-1709", "mp-947", "mp-1221227")
MODELS = {"chgnet-0.3.0": "0.3.0", "chgnet-r2scan": "r2scan"}


def double():
    torch.set_default_dtype(torch.float64)
    # Its one use is to round fractions of elements.
    torch.Tensor.float = torch.Tensor.double
    for module in (chgnet.graph.converter, chgnet.graph.crystalgraph, chgnet.model.model):
        module.TORCH_DTYPE = torch.float64


def rounded(structure):
    lattice = Lattice(np.round(structure.lattice.matrix, 8))
    return Structure(lattice, [s.specie for s in structure], np.round(structure.frac_coords, 8))


def crystals(shared):
    rows = list(csv.DictReader((shared / "mp20_dev.csv").open()))
    by_name = {row["material_id"]: row for row in rows}
    chosen = [by_name[name] for name in STUDY if name in by_name]
    at = np.linspace(0, len(rows) - 1, 3 * N_CRYSTALS).astype(int)
    for i in [i for start in range(3) for i in at[start::3]]:
        if len(chosen) == N_CRYSTALS + len(STUDY):
            break
        structure = Structure.from_str(rows[i]["cif"], fmt="cif")
        near = [len(n) for n in structure.get_all_neighbors(6.0)]
        if max(s.specie.Z for s in structure) <= 94 and min(near) > 0 and rows[i] not in chosen:
            chosen.append(rows[i])
    return [(row["material_id"], rounded(Structure.from_str(row["cif"], fmt="cif"))) for row in chosen]


def distorted(structure, rng, strain, displacement):
    s = np.eye(3) + rng.uniform(-strain, strain, (3, 3))
    lattice = Lattice(structure.lattice.matrix @ s)
    coords = structure.frac_coords + rng.uniform(-1, 1, (len(structure), 3)) * displacement / lattice.lengths
    return rounded(Structure(lattice, [s.specie for s in structure], coords))


def numbers(array):
    return [float(v) for v in np.ravel(array)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    all_crystals = crystals(args.shared)
    rng = np.random.default_rng(20261128)
    n = len(all_crystals)
    copies = [
        (f"{name} distorted", distorted(structure, rng, 0.04, 0.2))
        for name, structure in (all_crystals[i] for i in [0, 1, 2, *range(8, n, 6)][:12])
    ]
    structures = all_crystals + copies
    double()
    results, relaxations = [], []
    for model_name, key in MODELS.items():
        with contextlib.redirect_stdout(io.StringIO()):
            model = CHGNet.load(model_name=key, use_device="cpu", verbose=False).double()
        for i, (_, structure) in enumerate(structures):
            if key != "0.3.0" and i % 12 != 3:
                continue
            out = model.predict_structure(structure, task="efsm")
            results.append(
                {
                    "structure": i,
                    "model": model_name,
                    "e": float(out["e"]),
                    "f": numbers(out["f"]),
                    "s": numbers(out["s"]),
                    "m": numbers(out["m"]),
                }
            )
        if key != "0.3.0":
            continue
        optimizer = StructOptimizer(model=model, use_device="cpu")
        for i, fmax, fixed in [(n + j, f, False) for j in range(5) for f in (0.1, 0.05)] + [(n, 0.05, True), (n + 3, 0.05, True)]:
            out = optimizer.relax(structures[i][1], fmax=fmax, steps=500, relax_cell=not fixed, verbose=False)
            last, path = out["final_structure"], out["trajectory"]
            relaxations.append(
                {
                    "structure": i,
                    "fmax": fmax,
                    "fixed_cell": fixed,
                    "frames": len(path.energies),
                    "e": float(path.energies[-1]) / len(last),
                    "l": numbers(last.lattice.matrix),
                    "x": numbers(last.frac_coords),
                }
            )
            print(structures[i][0], fmax, fixed, relaxations[-1]["frames"], relaxations[-1]["e"])
    data = {
        "versions": {p: version(p) for p in ("ase", "chgnet", "numpy", "pymatgen", "torch")},
        "structures": [
            {"name": name, "l": numbers(s.lattice.matrix), "z": [x.specie.Z for x in s], "x": numbers(s.frac_coords)}
            for name, s in structures
        ],
        "results": results,
        "relaxations": relaxations,
    }
    with args.out.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
        file.write(json.dumps(data, sort_keys=True).encode())


if __name__ == "__main__":
    main()
