"""Correlations and bootstrap intervals of SciPy, mutual information of scikit-learn.

A fixture holds samples {"name", "x", "y", ...} with

pearson, spearman: [coefficient, p-value], null where a variable is constant
information: {k: value of mutual_info_regression, random_state 0}; for samples with ties also its mean, standard deviation and range
    over 200 random states
exact: {k: its estimator without noise}, where rounding decides nothing: no two distances are equal, or variances are powers of 4
bootstrap: mean and standard deviation, over 60 seeds, of both ends of percentile intervals of the mean of x, the correlation, or the
    median of x: {"statistic": [level, [low, deviation], [high, deviation]]}, 2,000 resamples

usage: script.py --out FILE
"""

import argparse
import gzip
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.stats as st
from sklearn.feature_selection import mutual_info_regression
from sklearn.feature_selection._mutual_info import _compute_mi_cc

warnings.simplefilter("ignore")


def samples():
    rng = np.random.default_rng(20241108)
    for n in (4, 5, 7, 10, 30, 100, 355, 2000):
        x = rng.normal(0, 1, n)
        yield f"independent {n}", x, rng.uniform(-3, 8, n)
        yield f"correlated {n}", x, 0.8 * x + 0.6 * rng.normal(0, 1, n)
        yield f"curved {n}", 100 * x, 1e-3 * (x**2 + 0.2 * rng.normal(0, 1, n))
        yield f"linear {n}", x, 3 - 2 * x
        yield f"rounded {n}", np.round(x, 1), np.round(0.5 * x + rng.normal(0, 1, n), 1)
        yield f"half zero {n}", np.maximum(x, 0), np.maximum(x + rng.normal(0, 0.5, n), 0)
        yield f"two values {n}", np.sign(x), np.round(x + rng.normal(0, 1, n), 0)
    for n in (40, 400):
        # Variances 1 and 4: -1, 1 and -4, 0, 4 in the right numbers.
        x = rng.permutation(np.repeat([-1.0, 1.0], n // 2))
        y = rng.permutation(np.repeat([-4.0, 0.0, 4.0], [n // 8, n - 2 * (n // 8), n // 8]))
        yield f"whole numbers {n}", x, y
        yield f"whole numbers and a line {n}", x + 0.0, x * 4
    yield "constant x 20", np.full(20, 0.1), rng.normal(0, 1, 20)
    yield "constant y 20", rng.normal(0, 1, 20), np.full(20, -3.0)


def number(v):
    return None if np.isnan(v) else float(v)


def information(x, y, k, state):
    return float(mutual_info_regression(x[:, None], y, n_neighbors=k, random_state=state)[0])


def entry(name, x, y):
    e = {"name": name, "x": x.tolist(), "y": y.tolist()}
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    for test in (st.pearsonr, st.spearmanr):
        r = test(x, y)
        e[test.__name__[:-1]] = None if constant else [number(r.statistic), number(r.pvalue)]
    ks = [k for k in (1, 3, 10) if k < len(x)]
    ties = len(np.unique(x)) < len(x) or len(np.unique(y)) < len(y)
    e["information"] = {k: information(x, y, k, 0) for k in ks}
    if ties and not constant and len(x) <= 400:
        draws = np.array([information(x, y, 3, s) for s in range(200)])
        e["draws"] = [float(v) for v in (draws.mean(), draws.std(ddof=1), draws.min(), draws.max())]
    if name.split()[0] in ("independent", "correlated", "curved", "whole"):
        e["exact"] = {k: float(_compute_mi_cc(x / np.std(x), y / np.std(y), k)) for k in ks}
    return e


def bootstrap(x, y):
    def correlation(a, b, axis=-1):
        a, b = a - a.mean(axis, keepdims=True), b - b.mean(axis, keepdims=True)
        return (a * b).sum(axis) / np.sqrt((a * a).sum(axis) * (b * b).sum(axis))

    statistics = {"mean": ((x,), np.mean), "median": ((x,), np.median), "correlation": ((x, y), correlation)}
    out = {}
    for name, (data, statistic) in statistics.items():
        for level in (0.9, 0.95):
            ends = []
            for seed in range(60):
                r = st.bootstrap(data, statistic, paired=True, vectorized=True, n_resamples=2000, batch=200,
                                 confidence_level=level, method="percentile", rng=np.random.default_rng(seed))
                ends.append(list(r.confidence_interval))
            ends = np.array(ends)
            out[f"{name} {level}"] = [[float(m), float(s)] for m, s in zip(ends.mean(0), ends.std(0, ddof=1), strict=True)]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    entries = [entry(*s) for s in samples()]
    by_name = {e["name"]: e for e in entries}
    for name in ("correlated 30", "correlated 100", "rounded 100", "half zero 355"):
        e = by_name[name]
        e["bootstrap"] = bootstrap(np.array(e["x"]), np.array(e["y"]))
    data = {"versions": {p: version(p) for p in ("numpy", "scikit-learn", "scipy")}, "samples": entries}
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    args.out.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{args.out}: {len(entries)} samples")


if __name__ == "__main__":
    main()
