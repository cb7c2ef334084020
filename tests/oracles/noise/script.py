"""SciPy's Poisson probabilities and quantiles of test statistics, NumPy's Chebyshev sums, SciPy's splines through shifted points."""

import argparse
import gzip
import json
from importlib.metadata import version

import numpy as np
from numpy.polynomial import chebyshev
from scipy.interpolate import CubicSpline
from scipy.stats import chi2, kstwo, norm, poisson

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
args = parser.parse_args()

# One false alarm in 10,000 at either end.
TAIL = 1e-4
DRAWS = 20_000


def bins(mean):
    """Upper edges k of bins that each hold about a fortieth of the probability; the last bin is open."""
    edges = []
    for p in np.linspace(0.025, 0.975, 39):
        k = int(poisson.ppf(p, mean))
        if not edges or k > edges[-1]:
            edges.append(k)
    return edges


def probabilities(cdf, edges):
    return np.diff([0.0, *[float(cdf(k)) for k in edges], 1.0]).tolist()


counts = []
for mean in (0.05, 0.7, 3.0, 9.99, 10.0, 10.01, 14.5, 31.0, 200.0, 1e4, 1e6, 1e9):
    edges = bins(mean)
    p = probabilities(lambda k: poisson.cdf(k, mean), edges)
    # What somebody gets who rounds normal numbers instead.
    rounded = probabilities(lambda k: norm.cdf(k + 0.5, mean, np.sqrt(mean)), edges)
    assert min(p) * DRAWS > 20, (mean, min(p))
    low, high = chi2.ppf([TAIL, 1 - TAIL], len(edges))
    counts.append(
        {"mean": mean, "edges": edges, "probabilities": p, "rounded_normal": rounded, "low": float(low), "high": float(high)}
    )

x = 10.0 + 0.5 * np.arange(101)
t = (2 * x - x[0] - x[-1]) / (x[-1] - x[0])
backgrounds = [
    {"coefficients": c, "values": chebyshev.chebval(t, c).tolist()}
    for c in ([1.0], [0.5, -0.25], [1.0, -0.4, 0.3, 0.1], [0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7, -0.3])
]

# A profile between whose points SciPy's spline, another interpolation, is shifted.
profile = np.exp(-0.5 * ((x - 31.3) / 4.0) ** 2) + 0.4 * np.exp(-0.5 * ((x - 44.0) / 3.0) ** 2)
spline = CubicSpline(x, profile)
shifts = [{"shift": d, "values": spline(x - d).tolist()} for d in (-1.3, -0.5, -0.01, 0.2, 0.77)]

data = {
    "versions": {p: version(p) for p in ("numpy", "scipy")},
    "draws": DRAWS,
    "counts": counts,
    "x0": 10.0,
    "step": 0.5,
    "backgrounds": backgrounds,
    "profile": profile.tolist(),
    "shifts": shifts,
    "kolmogorov_high": float(kstwo.ppf(1 - TAIL, 4000)),
    "kolmogorov_draws": 4000,
}
with open(args.out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as g:
    g.write(json.dumps(data, separators=(",", ":"), sort_keys=True).encode())
print(f"{args.out}: {len(counts)} means")
