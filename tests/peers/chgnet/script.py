"""Energies, forces and stresses of the package chgnet, and its relaxations, and how long each takes.

Crystals and relaxations are those of the fixture of `tests/oracles/chgnet`. The package runs as it comes: single precision, graphs made by
its compiled converter, `predict_structure` from structures made beforehand, `StructOptimizer` with its defaults (FIRE, fmax 0.1 eV/A).

Output: {"versions", "rows": [{"kind", "name", "seconds", "energy": eV an atom}, ..]}; seconds are the median of the runs after one to
warm up (of relaxations one run alone), and processor time, which on a busy machine does not count the waiting; with more threads than one the
time by the clock, of evaluations alone.

usage: script.py --fixture FILE --out FILE [--runs N] [--threads N]
"""

import argparse
import gzip
import json
import statistics
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from chgnet.model import CHGNet, StructOptimizer
from pymatgen.core import Lattice, Structure

warnings.simplefilter("ignore")


def structure(entry):
    return Structure(Lattice(np.reshape(entry["l"], (3, 3))), entry["z"], np.reshape(entry["x"], (-1, 3)))


def timed(call, n_runs, clock=time.process_time):
    seconds = []
    for _ in range(n_runs):
        start = clock()
        result = call()
        seconds.append(clock() - start)
    return result, statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixture", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    alone = args.threads == 1
    clock = time.process_time if alone else time.perf_counter
    fixture = json.loads(gzip.decompress(args.fixture.read_bytes()))
    structures = [structure(entry) for entry in fixture["structures"]]
    names = [entry["name"] for entry in fixture["structures"]]
    model = CHGNet.load(use_device="cpu", verbose=False)
    rows = []
    for name, s in zip(names, structures):
        model.predict_structure(s, task="efs")
        out, seconds = timed(lambda s=s: model.predict_structure(s, task="efs"), args.runs, clock)
        rows.append({"kind": "evaluate", "name": name, "seconds": seconds, "energy": float(out["e"])})
    optimizer = StructOptimizer(model=model, use_device="cpu")
    for case in fixture["relaxations"] if alone else []:
        if case["fmax"] < 0.09 or case["fixed_cell"]:
            continue
        s, name = structures[case["structure"]], names[case["structure"]]
        out, seconds = timed(lambda s=s: optimizer.relax(s, fmax=0.1, steps=500, verbose=False), 1)
        energy = float(out["trajectory"].energies[-1]) / len(s)
        rows.append({"kind": "relax", "name": name, "seconds": seconds, "energy": energy})
    for kind in ("evaluate", "relax") if alone else ("evaluate",):
        print(f"{kind}: {statistics.mean(r['seconds'] for r in rows if r['kind'] == kind) * 1e3:.1f} ms")
    data = {"versions": {p: version(p) for p in ("ase", "chgnet", "torch")}, "rows": rows}
    args.out.write_text(json.dumps(data))


if __name__ == "__main__":
    main()
