"""statsmodels' Jeffreys intervals: rows [successes, trials, level, lower, upper]."""

import argparse
import gzip
import json
from importlib.metadata import version

from statsmodels.stats.proportion import proportion_confint

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--shared")
args = parser.parse_args()

rows = []
for n in (1, 2, 3, 5, 10, 20, 50, 100, 200, 1000, 9856, 100_000):
    for k in sorted({0, 1, 2, n // 10, n // 3, n // 2, (9 * n) // 10, n - 2, n - 1, n}):
        if 0 <= k <= n:
            for level in (0.5, 0.9, 0.95, 0.99):
                low, high = proportion_confint(k, n, alpha=1 - level, method="jeffreys")
                rows.append([k, n, level, float(low), float(high)])
data = {"versions": {p: version(p) for p in ("statsmodels", "scipy")}, "rows": rows}
with open(args.out, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0, compresslevel=9) as g:
    g.write(json.dumps(data, separators=(",", ":")).encode())
print(f"{args.out}: {len(rows)} rows")
