"""Values of the measures of Cha's survey from independent programs.

A fixture holds `versions`, `pairs` and `values`.
A pair is {"name", "f", "g"}: intensities as they stand, on one axis.
A value is {"kind", "source", "normalisation", "epsilon", "values": one a pair}; `kind` is our name, with `p` for minkowski.

The programs take normalised patterns: f/sum(f) and g/sum(g), or without `normalisation`; intensities below `epsilon`, where there is one,
are set to it first, which is our rule for empty bins. A similarity is reported as minus itself.

Sources, in this order of preference:
- SciPy: `scipy.spatial.distance`, `scipy.stats.entropy`, `scipy.special`;
- scikit-learn: the chi^2 kernel;
- statistical-distance (A. Zielezinski) and DistClassiPy (S. Chaini), whose code starts from the former, after Cha;
- "formula": NumPy, written from the formulas that Cha prints, where no program on PyPI has the measure. The numbers of Tschopp and
  Hernandez-Rivera's own PyDIST come from the same formulas.

usage: script.py --out FILE
"""

import argparse
import gzip
import json
from importlib.metadata import version

import distance as sd
import distclassipy.distances as dc
import numpy as np
from scipy import special, stats
from scipy.spatial import distance as sp
from sklearn.metrics.pairwise import additive_chi2_kernel

EPSILON = 1e-9


def kl(p, q):
    """The divergence as Cha prints it: scipy.stats normalises first, and scipy.special.kl_div adds q - p."""
    return special.rel_entr(p, q).sum()


def chi2(observed, expected):
    """SciPy's statistic, which insists on equal sums; none where they differ."""
    if not np.isclose(observed.sum(), expected.sum(), rtol=1e-13, atol=0):
        return None
    return stats.chisquare(observed, expected).statistic


def vicis_symmetric_chi2_3(p, q):
    """0/0 = 0."""
    keep = p + q > 0
    return ((p - q)[keep] ** 2 / np.maximum(p, q)[keep]).sum()


# Kinds whose terms have no limit at empty bins: patterns are set to epsilon there first.
OPEN = {
    "canberra": [("scipy", sp.canberra), ("statistical-distance", sd.canberra)],
    "wave-hedges": [("statistical-distance", sd.wave_hedges), ("distclassipy", dc.wave_hedges)],
    "pearson-chi2": [("scipy", chi2), ("statistical-distance", sd.pearson_chisq)],
    "neyman-chi2": [("scipy", lambda p, q: chi2(q, p)), ("statistical-distance", sd.neyman_chisq)],
    "divergence": [("statistical-distance", sd.divergence), ("distclassipy", dc.divergence)],
    "clark": [("statistical-distance", sd.clark), ("distclassipy", dc.clark)],
    "additive-symmetric-chi2": [("statistical-distance", sd.add_chisq), ("distclassipy", dc.add_chisq)],
    "kullback-leibler": [("scipy", kl), ("statistical-distance", sd.kl_divergence)],
    "jeffreys": [("scipy", lambda p, q: kl(p, q) + kl(q, p)), ("statistical-distance", sd.jeffreys)],
    "taneja": [("statistical-distance", sd.taneja), ("distclassipy", dc.taneja)],
    "kumar-johnson": [("statistical-distance", sd.kumarjohnson), ("distclassipy", dc.kumarjohnson)],
    "vicis-wave-hedges": [("statistical-distance", sd.vicis_wave_hedges), ("distclassipy", dc.vicis_wave_hedges)],
    "vicis-symmetric-chi2-1": [
        ("statistical-distance", sd.vicis_symmetric_chisq),
        ("distclassipy", dc.vicis_symmetric_chisq),
    ],
    "vicis-symmetric-chi2-2": [("formula", lambda p, q: ((p - q) ** 2 / np.minimum(p, q)).sum())],
    "max-symmetric-chi2": [("statistical-distance", sd.max_symmetric_chisq)],
    "min-symmetric-chi2": [("statistical-distance", lambda p, q: min(sd.neyman_chisq(p, q), sd.pearson_chisq(p, q)))],
}

# Kinds that need no rule, so that empty bins stay empty.
CLOSED = {
    "euclidean": [("scipy", sp.euclidean)],
    "city-block": [("scipy", sp.cityblock)],
    "chebyshev": [("scipy", sp.chebyshev)],
    "sorensen": [("scipy", sp.braycurtis), ("distclassipy", dc.sorensen)],
    "gower": [("statistical-distance", sd.gower), ("scipy", lambda p, q: sp.cityblock(p, q) / p.size)],
    "soergel": [("statistical-distance", sd.soergel), ("distclassipy", dc.soergel)],
    "kulczynski-d": [("statistical-distance", sd.kulczynski), ("distclassipy", dc.kulczynski)],
    "lorentzian": [("statistical-distance", sd.lorentzian), ("distclassipy", dc.lorentzian)],
    "intersection": [("formula", lambda p, q: -np.minimum(p, q).sum())],
    "czekanowski": [
        ("statistical-distance", lambda p, q: sd.czekanowski(p, q) - 1),
        ("scipy", lambda p, q: sp.braycurtis(p, q) - 1),
    ],
    "motyka": [
        ("statistical-distance", lambda p, q: sd.motyka(p, q) - 1),
        ("distclassipy", lambda p, q: dc.motyka(p, q) - 1),
    ],
    "kulczynski-s": [("statistical-distance", lambda p, q: -1 / sd.kulczynski(p, q))],
    "ruzicka": [
        ("distclassipy", lambda p, q: dc.ruzicka(p, q) - 1),
        ("statistical-distance", lambda p, q: sd.soergel(p, q) - 1),
    ],
    "tanimoto": [("statistical-distance", sd.tanimoto), ("distclassipy", dc.tanimoto)],
    "kumar-hassebrook": [("statistical-distance", lambda p, q: sd.jaccard(p, q) - 1)],
    "jaccard": [("statistical-distance", sd.jaccard)],
    "dice": [("statistical-distance", sd.dice), ("distclassipy", dc.dice)],
    "matusita": [("statistical-distance", sd.matusita), ("distclassipy", dc.matusita)],
    "hellinger": [("statistical-distance", sd.hellinger), ("distclassipy", dc.hellinger)],
    "squared-chord": [("statistical-distance", sd.squaredchord), ("distclassipy", dc.squaredchord)],
    "squared-euclidean": [("scipy", sp.sqeuclidean)],
    "squared-chi2": [
        ("scikit-learn", lambda p, q: -additive_chi2_kernel(p[None], q[None]).item()),
        ("statistical-distance", sd.squared_chisq),
    ],
    "probabilistic-symmetric-chi2": [("distclassipy", dc.prob_chisq)],
    "topsoe": [("scipy", lambda p, q: kl(p, (p + q) / 2) + kl(q, (p + q) / 2))],
    "jensen-difference": [
        ("scipy", lambda p, q: (special.entr((p + q) / 2) - (special.entr(p) + special.entr(q)) / 2).sum()),
    ],
    "avg-l1-linf": [("statistical-distance", sd.acc), ("distclassipy", dc.acc)],
    "vicis-symmetric-chi2-3": [("formula", vicis_symmetric_chi2_3)],
    **{f"minkowski {x}": [("scipy", lambda p, q, x=x: sp.minkowski(p, q, x))] for x in (1.0, 1.5, 2.0, 3.0, 7.0)},
}

# Kinds that are losses for sums of 1 alone.
DENSITIES = {
    "harmonic-mean": [("scikit-learn", lambda p, q: -1 - additive_chi2_kernel(p[None], q[None]).item() / 2)],
    "fidelity": [
        ("statistical-distance", lambda p, q: -np.exp(-sd.bhattacharyya(p, q))),
        ("formula", lambda p, q: -np.sqrt(p * q).sum()),
    ],
    "bhattacharyya": [("statistical-distance", sd.bhattacharyya)],
    "k-divergence": [("scipy", lambda p, q: kl(p, (p + q) / 2))],
}

def pairs():
    rng = np.random.default_rng(20071)
    yield "two points", np.array([1.0, 2.0]), np.array([5.0, 5.0])
    yield "dense", rng.uniform(0.05, 1.0, 40), rng.uniform(0.05, 1.0, 40) * 7
    yield "nearly equal", np.linspace(1, 3, 17), np.linspace(1, 3, 17) + 1e-4 * np.cos(np.arange(17))
    x = np.arange(600) * 0.05 + 10
    peaks = lambda at, heights, width: sum(h * np.exp(-0.5 * ((x - a) / width) ** 2) for a, h in zip(at, heights, strict=True))
    at, heights = rng.uniform(12, 38, 9), rng.uniform(5, 100, 9)
    f, g = peaks(at, heights, 0.3), peaks(at * 1.01, heights * rng.uniform(0.7, 1.3, 9), 0.3)
    yield "peaks on a background", f + 1.5, 3 * (g + 2.0)
    # Beyond some widths a pattern is empty, as those of our forward models are.
    f, g = np.where(f < 1e-9 * f.max(), 0, f), np.where(g < 1e-9 * g.max(), 0, g)
    yield "peaks and empty bins", f, g
    f, g = rng.poisson(f).astype(float), rng.poisson(40 * g).astype(float)
    yield "counts", f, g


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    all_pairs = list(pairs())
    rows = []

    def row(kind, source, function, normalised, epsilon):
        values = []
        for _, f, g in all_pairs:
            p, q = (f / f.sum(), g / g.sum()) if normalised else (f.copy(), g.copy())
            if epsilon is not None:
                p, q = np.maximum(p, epsilon), np.maximum(q, epsilon)
            # Copies, because some programs write into their arguments.
            value = function(p.copy(), q.copy())
            values.append(None if value is None else float(value))
        name, _, exponent = kind.partition(" ")
        rows.append({"kind": name, "p": float(exponent) if exponent else None, "source": source,
                     "normalisation": "sum" if normalised else "none", "epsilon": epsilon, "values": values})

    for kind, sources in OPEN.items():
        for source, function in sources:
            for epsilon in (EPSILON, 1e-20, 1e-4):
                row(kind, source, function, True, epsilon)
            if kind != "kullback-leibler":
                row(kind, source, function, False, 1e-6)
    for kind, sources in CLOSED.items():
        for source, function in sources:
            row(kind, source, function, True, None)
            row(kind, source, function, False, None)
    for kind, sources in DENSITIES.items():
        for source, function in sources:
            row(kind, source, function, True, None)
    # Of patterns of norm 1.
    row("inner-product", "scipy", lambda f, g: sp.cosine(f, g) - 1, False, None)
    rows[-1]["normalisation"] = "l2"

    data = {
        "versions": {p: version(p) for p in ("scipy", "scikit-learn", "statistical-distance", "distclassipy", "numpy")},
        "pairs": [{"name": name, "f": f.tolist(), "g": g.tolist()} for name, f, g in all_pairs],
        "values": rows,
    }
    with open(args.out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as z:
        z.write(json.dumps(data, separators=(",", ":"), sort_keys=True).encode())
    print(f"{args.out}: {len(rows)} rows of {len(all_pairs)} pairs, {len({r['kind'] for r in rows})} measures")


main()
