"""The `structsnap` pattern in plain dense PyTorch: value and gradient of the cosine loss, and how long they take.

Written as one writes it in torch: every reflection of the limiting sphere in one tensor, every grid point against every
reflection in another, gradients by autograd, one thread. The scattering factors are pymatgen's table.

Input: {"crystals": [{"name", "elements", "numbers", "true": {"cell", "coords"}, "start": {"cell", "coords"}}, ..]}, cells as
(a, b, c in Å, alpha, beta, gamma in degrees).
Output: {"versions", "rows": [{"crystal", "precision": "float64" | "float32", "seconds", "seconds_min", "wall_seconds", "reflections", "loss",
"gradient": {"cell": 6 numbers, "coords": one triple a site}}, ..]}: the loss of the start against the pattern of the true
crystal, its gradient in the cell and the fractional coordinates, median and minimum of the runs after a warm-up.
Seconds are processor time, which on one thread of a quiet machine is that of the clock, and on a busy one does not count the waiting.

usage: script.py --cases FILE --out FILE [--runs N]
"""

import argparse
import json
import math
import statistics
import time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import torch

WAVELENGTH = 1.5406
Q_MIN, Q_MAX = 0.355794747244, 5.76722732255
N_POINTS = 8500
U, V, W = 0.0, 0.0, 1.5
TABLE = json.loads((files("pymatgen.analysis.diffraction") / "atomic_scattering_params.json").read_text())


def lattice(cell):
    """Lattice vectors as rows, a along x and b in the xy plane."""
    a, b, c = cell[:3]
    alpha, beta, gamma = torch.deg2rad(cell[3:])
    zero = torch.zeros_like(a)
    cx = c * torch.cos(beta)
    cy = c * (torch.cos(alpha) - torch.cos(beta) * torch.cos(gamma)) / torch.sin(gamma)
    cz = torch.sqrt(c * c - cx * cx - cy * cy)
    return torch.stack(
        [
            torch.stack([a, zero, zero]),
            torch.stack([b * torch.cos(gamma), b * torch.sin(gamma), zero]),
            torch.stack([cx, cy, cz]),
        ]
    )


class Crystal:
    """What does not change during a refinement."""

    def __init__(self, elements, numbers, dtype):
        self.numbers = torch.tensor(numbers, dtype=dtype)
        table = torch.tensor([TABLE[symbol] for symbol in elements], dtype=dtype)
        self.a, self.b = table[:, :, 0], table[:, :, 1]
        start, end = (2 * math.degrees(math.asin(q * WAVELENGTH / (4 * math.pi))) for q in (Q_MIN, Q_MAX))
        self.grid = start + torch.arange(N_POINTS, dtype=dtype) * ((end - start) / N_POINTS)
        self.dtype = dtype

    def reflections(self, reciprocal):
        """All hkl of the index box within the limiting sphere."""
        g_max = Q_MAX / (2 * math.pi)
        bounds = [round(g_max / length) for length in reciprocal.norm(dim=1).tolist()]
        hkl = torch.cartesian_prod(*[torch.arange(-n, n + 1) for n in bounds]).to(self.dtype)
        hkl = hkl[(hkl != 0).any(dim=1)]
        return hkl[(hkl @ reciprocal).norm(dim=1) * WAVELENGTH / 2 < 1]

    def pattern(self, cell, coords):
        reciprocal = torch.linalg.inv(lattice(cell)).T
        with torch.no_grad():
            hkl = self.reflections(reciprocal)
        s = (hkl @ reciprocal).norm(dim=1) / 2
        s2 = (s * s)[:, None]
        f = self.numbers - 41.78214 * s2 * (self.a * torch.exp(-self.b * s2[:, :, None])).sum(dim=2)
        phase = 2 * math.pi * (hkl @ coords.T)
        real = (f * torch.cos(phase)).sum(dim=1)
        imaginary = (f * torch.sin(phase)).sum(dim=1)
        theta = torch.asin(s * WAVELENGTH)
        lp = (1 + torch.cos(2 * theta) ** 2) / (torch.sin(theta) ** 2 * torch.cos(theta))
        intensity = (real * real + imaginary * imaginary) * lp
        width = torch.sqrt(U * torch.tan(theta) ** 2 + V * torch.tan(theta) + W)
        distance = (self.grid - torch.rad2deg(2 * theta)[:, None]) / width[:, None]
        profile = torch.exp(-4 * math.log(2) * distance**2)
        height = intensity * 2 * math.sqrt(math.log(2) / math.pi) / width
        return height @ profile, len(hkl)


def row(case, dtype, n_runs):
    crystal = Crystal(case["elements"], case["numbers"], dtype)

    def tensors(which):
        return (torch.tensor(case[which][key], dtype=dtype) for key in ("cell", "coords"))

    with torch.no_grad():
        target, _ = crystal.pattern(*tensors("true"))

    def evaluate():
        cell, coords = (x.requires_grad_() for x in tensors("start"))
        pattern, n_reflections = crystal.pattern(cell, coords)
        loss = -(target @ pattern) / (target.norm() * pattern.norm())
        loss.backward()
        return loss.item(), cell.grad, coords.grad, n_reflections

    evaluate()
    seconds, wall = [], []
    for _ in range(n_runs):
        start, wall_start = time.process_time(), time.perf_counter()
        loss, cell, coords, n_reflections = evaluate()
        seconds.append(time.process_time() - start)
        wall.append(time.perf_counter() - wall_start)
    return {
        "crystal": case["name"],
        "precision": str(dtype).removeprefix("torch."),
        "seconds": statistics.median(seconds),
        "seconds_min": min(seconds),
        "wall_seconds": statistics.median(wall),
        "reflections": n_reflections,
        "loss": loss,
        "gradient": {"cell": cell.tolist(), "coords": coords.tolist()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for case in json.loads(args.cases.read_text())["crystals"]:
        for dtype in (torch.float64, torch.float32):
            rows.append(row(case, dtype, args.runs))
            print(f"{case['name']} {rows[-1]['precision']}: {1e3 * rows[-1]['seconds']:.0f} ms, loss {rows[-1]['loss']:.9f}")
    data = {"versions": {p: version(p) for p in ("torch", "numpy", "pymatgen")}, "rows": rows}
    args.out.write_text(json.dumps(data, indent=1))


if __name__ == "__main__":
    main()
