"""Minima and evaluations of the methods of SciPy, ASE and pycma on test functions.

SciPy's L-BFGS-B, MINPACK's Levenberg-Marquardt and basin hopping; ASE's FIRE 2.0; pycma's CMA-ES with non-negative weights. One
evaluation is one call of the function, with or without derivatives.
"""

import argparse
import gzip
import json
from importlib.metadata import version

import cma
import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize.fire2 import FIRE2
from scipy.optimize import basinhopping, least_squares, minimize

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
args = parser.parse_args()


def residuals(name, x):
    """Residuals r, f = sum r^2, and their Jacobian."""
    n = len(x)
    if name == "ellipsoid":
        w = 10.0 ** (1.5 * np.arange(n) / (n - 1))
        return w * x, np.diag(w)
    if name == "rosenbrock":
        r = np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])
        jac = np.zeros((2 * (n - 1), n))
        for i in range(n - 1):
            jac[i, i], jac[i, i + 1], jac[n - 1 + i, i] = -20 * x[i], 10, -1
        return r, jac
    if name == "beale":
        k, c = np.arange(1, 4), np.array([1.5, 2.25, 2.625])
        r = c - x[0] * (1 - x[1] ** k)
        return r, np.stack([x[1] ** k - 1, x[0] * k * x[1] ** (k - 1)], axis=1)
    if name == "himmelblau":
        r = np.array([x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7])
        return r, np.array([[2 * x[0], 1], [1, 2 * x[1]]])
    if name == "powell-singular":
        s5, s10 = np.sqrt(5), np.sqrt(10)
        b, c = x[1] - 2 * x[2], x[0] - x[3]
        r = np.array([x[0] + 10 * x[1], s5 * (x[2] - x[3]), b**2, s10 * c**2])
        jac = [[1, 10, 0, 0], [0, 0, s5, -s5], [0, 2 * b, -4 * b, 0], [2 * s10 * c, 0, 0, -2 * s10 * c]]
        return r, np.array(jac, dtype=float)
    raise ValueError(name)


def value_and_gradient(name, x):
    if name == "rastrigin":
        return (
            float(np.sum(x**2 + 10 * (1 - np.cos(2 * np.pi * x)))),
            2 * x + 20 * np.pi * np.sin(2 * np.pi * x),
        )
    if name == "styblinski-tang":
        return float(np.sum(x**4 - 16 * x**2 + 5 * x) / 2), 2 * x**3 - 16 * x + 2.5
    r, jac = residuals(name, x)
    return float(r @ r), 2 * jac.T @ r


LOCAL = [
    ("ellipsoid", [1.0] * 10),
    ("rosenbrock", [-1.2, 1.0]),
    ("rosenbrock", [-1.2, 1.0] * 5),
    ("beale", [1.0, 1.0]),
    ("himmelblau", [0.0, 0.0]),
    ("himmelblau", [-3.0, 2.5]),
    ("himmelblau", [4.0, -2.5]),
    ("powell-singular", [3.0, -1.0, 0.0, 1.0]),
]
GLOBAL = [
    ("rastrigin", [2.2, -3.1], 1.0, 1.0),
    ("styblinski-tang", [2.7, 2.7, 2.7], 3.0, 1.0),
]
EVOLUTION = [
    ("ellipsoid", [1.0] * 6),
    ("rosenbrock", [-1.2, 1.0]),
    ("rosenbrock", [-1.2, 1.0, -1.2, 1.0]),
    ("himmelblau", [0.0, 0.0]),
]

cases = []


def add(method, name, start, evaluations, x, value, **more):
    x, value = [float(t) for t in x], float(value)
    cases.append(
        {"method": method, "function": name, "start": start, "evaluations": int(evaluations), "x": x, "value": value, **more}
    )


for name, start in LOCAL:
    found = minimize(
        lambda x: value_and_gradient(name, x),
        np.array(start),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-8, "ftol": 1e-15, "maxfun": 10_000},
    )
    add("lbfgs", name, start, found.nfev, found.x, found.fun)
    found = least_squares(
        lambda x: residuals(name, x)[0],
        np.array(start),
        jac=lambda x: residuals(name, x)[1],
        method="lm",
        xtol=1e-12,
        ftol=1e-15,
        gtol=1e-10,
    )
    add("levenberg-marquardt", name, start, found.nfev, found.x, 2 * found.cost)



class Function(Calculator):
    """A test function of the coordinates of one atom."""

    implemented_properties = ["energy", "forces"]

    def __init__(self, name, n):
        super().__init__()
        self.function, self.n, self.calls = name, n, 0

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls += 1
        value, gradient = value_and_gradient(self.function, atoms.positions[0][: self.n])
        forces = np.zeros((1, 3))
        forces[0, : self.n] = -gradient
        self.results = {"energy": value, "forces": forces}


for name, start in (("rosenbrock", [-1.2, 1.0]), ("himmelblau", [0.0, 0.0]), ("beale", [1.0, 1.0])):
    atoms = Atoms("H", positions=[[*start, 0.0]])
    atoms.calc = Function(name, 2)
    optimizer = FIRE2(atoms, dt=0.02, dtmax=0.2, dtmin=4e-4, maxstep=1.0, logfile=None)
    for _ in optimizer.irun(fmax=0.0, steps=100_000):
        if atoms.get_potential_energy() <= 1e-6:
            break
    x = atoms.positions[0][:2]
    add("fire", name, start, atoms.calc.calls, x, atoms.get_potential_energy(), target=1e-6)

TARGET = {"rastrigin": 1e-9, "styblinski-tang": -117.498497}

for name, start, step, temperature in GLOBAL:
    # Evaluations until the lowest minimum is first reached, over ten seeds: their median.
    counts = []
    for seed in range(10):
        calls = [0, None]

        def counted(x):
            calls[0] += 1
            return value_and_gradient(name, x)

        def seen(x, f, accept):
            calls[1] = calls[1] or (calls[0] if f < TARGET[name] else None)
            return calls[1] is not None

        found = basinhopping(
            counted,
            np.array(start),
            niter=500,
            T=temperature,
            stepsize=step,
            minimizer_kwargs={"method": "L-BFGS-B", "jac": True, "options": {"gtol": 1e-8, "ftol": 1e-15}},
            callback=seen,
            rng=seed,
        )
        counts.append(calls[1] if calls[1] is not None else 10**9)
    add(
        "basin-hopping",
        name,
        start,
        np.median(counts),
        found.x,
        found.fun,
        step=step,
        temperature=temperature,
        target=TARGET[name],
    )

for name, start in EVOLUTION:
    counts = []
    for seed in range(1, 22):
        es = cma.CMAEvolutionStrategy(
            start, 0.5, {"seed": seed, "CMA_active": False, "ftarget": 1e-9, "verbose": -9, "tolfun": 0, "tolx": 0}
        )
        es.optimize(lambda x: value_and_gradient(name, np.asarray(x))[0])
        # Runs that went to another minimum or were given up do not count.
        if es.result.fbest <= 1e-9:
            counts.append(es.result.evaluations)
    add("cma-es", name, start, np.median(counts), es.result.xbest, es.result.fbest, target=1e-9)

data = {"versions": {p: version(p) for p in ("ase", "cma", "numpy", "scipy")}, "cases": cases}
with open(args.out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as g:
    g.write(json.dumps(data, sort_keys=True, separators=(",", ":")).encode())
print(f"{args.out}: {len(cases)} cases")
