"""Losses between pairs of patterns by SciPy, scikit-learn, POT, ms_entropy and published formulas in plain NumPy.

A fixture holds `versions` and `cases`. A case is {"name", "kind": "two-theta" or "q", "start", "step", "f", "g", "sigma": of f or
null, "values": {loss: number}}. Names in `values` say the loss and its options, as the test that reads them does:

- cosine: scipy.spatial.distance; pearson: scipy.stats.pearsonr; jensen-shannon (distance): scipy.spatial.distance.jensenshannon;
- mse max, sum, l2: sklearn.metrics.mean_squared_error;
- entropy, weighted-entropy: Li et al. (2021), NumPy; ms-entropy, ms-entropy weighted: the authors' package, single precision,
  which gives NaN for some long lists; these are left out;
- r-p, r-wp with sigma, counting, unit: the scale is sklearn.linear_model.LinearRegression without intercept;
- wasserstein-1: scipy.stats.wasserstein_distance; wasserstein-2: ot.emd2_1d;
- cumulative: half the square of scipy.stats.energy_distance over the length of the axis;
- xcorr, xcorr within 5, and the shift of the maximum: scipy.signal.correlate;
- de-gelder L, gpwdf ALPHA, blurred COORDINATE S: double sums over all pairs of points.

usage: script.py --out FILE
"""

import argparse
import gzip
import json
from importlib.metadata import version
from pathlib import Path

import ms_entropy
import numpy as np
import ot
from scipy.signal import correlate, correlation_lags
from scipy.spatial import distance
from scipy.stats import energy_distance, pearsonr, wasserstein_distance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error

WAVELENGTH = 1.5406


def entropy(p):
    p = p[p > 0]
    return -np.sum(p * np.log(p))


def entropy_similarity(f, g, weighted):
    shares = []
    for y in (f, g):
        p = y / y.sum()
        if weighted and entropy(p) < 3:
            p = p ** (0.25 + 0.25 * entropy(p))
            p /= p.sum()
        shares.append(p)
    p, q = shares
    return 1 - (2 * entropy((p + q) / 2) - entropy(p) - entropy(q)) / np.log(4)


def ms_entropy_similarity(f, g, weighted):
    peaks = [np.array([(10.0 * (n + 1), v) for n, v in enumerate(y / y.sum()) if v > 0], np.float32) for y in (f, g)]
    function = (
        ms_entropy.calculate_entropy_similarity if weighted else ms_entropy.calculate_unweighted_entropy_similarity
    )
    return float(function(peaks[0], peaks[1], ms2_tolerance_in_da=0.5, clean_spectra=False))


def r_factors(f, g, w):
    k = LinearRegression(fit_intercept=False).fit(g[:, None], f, sample_weight=w).coef_[0]
    r_p = np.sum(np.abs(f - k * g)) / np.sum(np.abs(f))
    r_wp = np.sqrt(np.sum(w * (f - k * g) ** 2) / np.sum(w * f**2))
    return r_p, r_wp


def weighted_similarity(f, g, weight):
    """sum over pairs of points of f w g, over the roots of the same of f with f and g with g."""
    fg, ff, gg = (a @ weight @ b for a, b in ((f, g), (f, f), (g, g)))
    return fg / np.sqrt(ff * gg)


def losses(x, kind, f, g, sigma):
    values = {
        "cosine": distance.cosine(f, g) - 1,
        "pearson": -pearsonr(f, g).statistic,
        "jensen-shannon distance": distance.jensenshannon(f, g),
        "jensen-shannon": distance.jensenshannon(f, g) ** 2,
        "cumulative": energy_distance(x, x, f, g) ** 2 / 2 / (x[-1] - x[0]),
        "wasserstein-1": wasserstein_distance(x, x, f, g),
        "wasserstein-2": np.sqrt(ot.emd2_1d(x, x, f / f.sum(), g / g.sum(), metric="sqeuclidean")),
    }
    for name, norm in (("max", np.max), ("sum", np.sum), ("l2", np.linalg.norm)):
        values[f"mse {name}"] = mean_squared_error(f / norm(f), g / norm(g))
    for weighted, name in ((False, "entropy"), (True, "weighted-entropy")):
        values[name] = -entropy_similarity(f, g, weighted)
        packaged = -ms_entropy_similarity(f, g, weighted)
        if np.isfinite(packaged):
            values[f"ms-{name}"] = packaged
    weights = {"counting": 1 / np.maximum(f, 0.01 * f.max()), "unit": np.ones_like(f)}
    if sigma is not None:
        weights["sigma"] = 1 / sigma**2
    for name, w in weights.items():
        values[f"r-p {name}"], values[f"r-wp {name}"] = r_factors(f, g, w)
    values["r-p none"] = np.sum(np.abs(f - g)) / np.sum(np.abs(f))
    c = correlate(f, g, mode="full", method="direct") / np.linalg.norm(f) / np.linalg.norm(g)
    lags = correlation_lags(len(f), len(g), mode="full")
    values["xcorr"] = -c.max()
    values["xcorr shift"] = lags[np.argmax(c)]
    values["xcorr within 5"] = -c[np.abs(lags) <= 5].max()
    r = np.abs(x[:, None] - x[None, :])
    step, length = float(x[1] - x[0]), float(x[-1] - x[0])
    for l in (2.3 * step, 7 * step, 40.6 * step, 3 * length):
        values[f"de-gelder {l!r}"] = -weighted_similarity(f, g, np.maximum(1 - r / l, 0))
    for alpha in (1.7 * step, 12.1 * step, 77 * step):
        values[f"gpwdf {alpha!r}"] = 1 - weighted_similarity(f, g, np.exp(-np.pi * r**2 / alpha**2))
    if kind == "two-theta":
        q = 4 * np.pi * np.sin(np.radians(x / 2)) / WAVELENGTH
        coordinates = {"two-theta": x, "q": q, "ln-q": np.log(q)}
    else:
        coordinates = {"two-theta": 2 * np.degrees(np.arcsin(x * WAVELENGTH / 4 / np.pi)), "q": x, "ln-q": np.log(x)}
    for name, u in coordinates.items():
        for share in (0.002, 0.03):
            s = float(share * (u[-1] - u[0]))
            weight = np.exp(-((u[:, None] - u[None, :]) ** 2) / (4 * s**2))
            values[f"blurred {name} {s!r}"] = -weighted_similarity(f, g, weight)
    return {name: float(v) for name, v in values.items()}


def peaks(rng, x, n, width):
    centres = rng.uniform(x[0] + 0.03 * np.ptp(x), x[-1] - 0.03 * np.ptp(x), n)
    return centres, rng.lognormal(0, 1, n), width


def profile(x, centres, heights, width):
    return np.exp(-((x[:, None] - centres) ** 2) / (2 * width**2)) @ heights


def pairs():
    rng = np.random.default_rng(20240917)
    for n in range(36):
        kind = "q" if n % 5 == 4 else "two-theta"
        start, step = (0.5, 0.02) if kind == "q" else (5.0 + n, 0.25 if n % 2 else 0.1)
        n_points = (60, 151, 240, 8)[n % 4]
        x = start + step * np.arange(n_points)
        sharp = n % 3 == 1
        width = (0.4 if sharp else 2.5) * step
        centres, heights, width = peaks(rng, x, max(2, n_points // 25), width)
        moved = centres * (1 + rng.normal(0, 0.004)) + rng.normal(0, 0.5 * step, len(centres))
        f = 1000 * profile(x, centres, heights, width)
        g = 37 * profile(x, moved, heights * rng.lognormal(0, 0.3, len(heights)), width)
        name, sigma = "smooth", None
        if n % 6 in (2, 5):
            name = "counts on a background"
            f = rng.poisson(f + 20).astype(float)
            sigma = np.sqrt(np.maximum(f, 1))
        elif sharp:
            name = "sharp peaks with nothing between"
            f, g = (np.where(y < 1e-3 * y.max(), 0, y) for y in (f, g))
        f, g = (np.array([float(f"{v:.6g}") for v in y]) for y in (f, g))
        yield f"{n}: {name}, {n_points} points", kind, start, step, x, f, g, sigma


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cases = [
        {
            "name": name,
            "kind": kind,
            "start": start,
            "step": step,
            "f": f.tolist(),
            "g": g.tolist(),
            "sigma": None if sigma is None else sigma.tolist(),
            "values": losses(x, kind, f, g, sigma),
        }
        for name, kind, start, step, x, f, g, sigma in pairs()
    ]
    packages = ("POT", "ms_entropy", "numpy", "scikit-learn", "scipy")
    data = {"versions": {p: version(p) for p in packages}, "cases": cases}
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(text, mtime=0))
    print(f"{args.out}: {len(cases)} pairs, {sum(len(c['values']) for c in cases)} values, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
