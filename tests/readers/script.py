"""Reads the Parquet records of a finished study with polars and DuckDB, and compares what they count with the study's own tables.

Exit code 1 if anything differs. `cargo xtask parquet` runs it on a small study.
"""

import argparse
import csv
import json
import math
import sys
from pathlib import Path

import duckdb
import polars as pl

KEYS = ["noise_kind", "noise_level", "arm", "loss", "projector"]


def own_table(study: Path) -> dict:
    """Rows of tables/pooled.csv by their keys."""
    with open(study / "tables" / "pooled.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (r["noise"], float(r["level"]), r["arm"], r["loss"], r["projector"]): r for r in rows
    }


def by_polars(study: Path) -> dict:
    records = pl.read_parquet(study / "records" / "*.parquet")
    groups = records.group_by(KEYS).agg(
        pl.len().alias("n"),
        pl.col("failure").is_not_null().sum().alias("failed"),
        *[pl.col(c).fill_null(False).sum().alias(c) for c in ("noop_matched", "matched", "strict", "noop_strict")],
        pl.col("loss_final").median().alias("median_loss_final"),
        pl.col("evaluations").filter(pl.col("failure").is_null()).median().alias("median_evaluations"),
    )
    return {tuple(row[k] for k in KEYS): row for row in groups.to_dicts()}


def by_duckdb(study: Path) -> dict:
    files = str(study / "records" / "*.parquet").replace("'", "''")
    flags = ", ".join(
        f"count(*) FILTER (WHERE {c}) AS {c}" for c in ("noop_matched", "matched", "strict", "noop_strict")
    )
    relation = duckdb.sql(
        f"""SELECT {', '.join(KEYS)}, count(*) AS n, count(failure) AS failed, {flags},
            median(loss_final) AS median_loss_final,
            median(evaluations) FILTER (WHERE failure IS NULL) AS median_evaluations
            FROM '{files}' GROUP BY ALL"""
    )
    names = relation.columns
    rows = [dict(zip(names, row)) for row in relation.fetchall()]
    return {tuple(row[k] for k in KEYS): row for row in rows}


def differences(ours: dict, theirs: dict, reader: str) -> list:
    found = []
    if set(ours) != set(theirs):
        return [f"{reader}: other groups: {set(ours) ^ set(theirs)}"]
    for key, row in ours.items():
        other = theirs[key]
        for column in ("n", "failed", "noop_matched", "matched", "strict", "noop_strict"):
            if int(row[column]) != int(other[column]):
                found.append(f"{reader}: {key}: {column} is {other[column]}, {row[column]} in pooled.csv")
        for column in ("median_loss_final", "median_evaluations"):
            value = other[column]
            same = row[column] == "" if value is None else math.isclose(float(row[column]), value, rel_tol=1e-12, abs_tol=1e-300)
            if not same:
                found.append(f"{reader}: {key}: {column} is {value}, {row[column]} in pooled.csv")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="folder of a finished study")
    study = parser.parse_args().study
    ours = own_table(study)
    found = differences(ours, by_polars(study), "polars") + differences(ours, by_duckdb(study), "DuckDB")
    records = pl.read_parquet(study / "records" / "*.parquet")
    # Structures are JSON in a text column; a failed task may have none.
    for column in ("initial_structure", "final_structure"):
        for text in records[column].drop_nulls():
            structure = json.loads(text)
            if len(structure["numbers"]) != len(structure["frac_coords"]) or len(structure["lattice"]) != 3:
                found.append(f"{column}: {text}")
    timings = pl.read_parquet(study / "timings.parquet")
    if timings["task_index"].to_list() != records.sort("task_index")["task_index"].to_list():
        found.append("timings.parquet and the records have other tasks")
    for line in found:
        print(line, file=sys.stderr)
    print(f"{records.height} records, {records.width} columns, {len(ours)} groups: {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
