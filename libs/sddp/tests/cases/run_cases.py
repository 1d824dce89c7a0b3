#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs reference cases and prints case, bound, expected value and difference.

    run_cases.py --twill build/release/bin/twill [--tables csv] [--forms] FOLDER_OF_CASES [CASE ...]

Ends with 1 when a bound is outside of its interval in expected.tsv, or when a case ends with an error. A case that is not in
the table is run and its bound printed. With --forms every case is trained from Parquet, from CSV, and from CSV with elements
and rows in another order and things with other numbers; bounds and cuts must be the same bit for bit.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from shuffle_case import shuffled

HERE = Path(__file__).resolve().parent


def train(twill, case, threads, tables, out):
    done = subprocess.run(
        [twill, "sddp", "run", str(case), "--train-only", "--json", "--progress", "none", "--output", str(out)]
        + ["--threads", str(threads), "--tables", tables],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return None, next((line for line in told if line.startswith("error")), told[0])
    return json.loads(done.stdout)["training"], ""


def learnt(result, out):
    """What must not depend on the form of a case."""
    cuts = {path.name: path.read_bytes() for path in sorted((out / "policy/cuts").iterdir())}
    return result["lower_bound"], result["upper_bound_mean"], result["iterations"], cuts


def bound_of(twill, case, options):
    with tempfile.TemporaryDirectory() as folder:
        if not options.forms:
            return train(twill, case, options.threads, options.tables, Path(folder) / "out")
        seen = []
        for form in ("parquet", "csv", "shuffled"):
            read = case if form != "shuffled" else shuffled(case, Path(folder) / "shuffled")
            out = Path(folder) / form
            result, problem = train(twill, read, options.threads, "parquet" if form == "parquet" else "csv", out)
            if result is None:
                return result, problem
            seen.append(learnt(result, out))
            if seen[-1] != seen[0]:
                return None, f"bounds or cuts of the form {form} are others: {seen[-1][:3]} for {seen[0][:3]}"
        return result, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twill", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tables", choices=("auto", "csv", "parquet"), default="auto")
    parser.add_argument("--forms", action="store_true", help="every form of the tables, and in another order")
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    with open(HERE / "expected.tsv", encoding="utf-8") as table:
        table_of_bounds = {row["case"]: row for row in csv.DictReader(table, delimiter="\t")}
    names = options.cases or sorted(p.parent.name for p in options.folder.glob("*/config.json"))
    failed = 0
    print(f"{'case':40} {'bound':>22} {'expected':>22} {'relative difference':>20} {'iterations':>10}")
    for name in names:
        result, problem = bound_of(options.twill, options.folder / name, options)
        row = table_of_bounds.get(name)
        if result is None:
            failed += row is not None
            print(f"{name:40} {'-':>22} {'(error)' if row else '(refused)':>22} {problem}")
            continue
        bound = result["lower_bound"]
        if row is None:
            print(f"{name:40} {bound:22.6f} {'(none)':>22} {'':20} {result['iterations']:10}")
            continue
        low, high = float(row["low"]), float(row["high"])
        inside = low <= bound <= high
        known = None if row["expected"] == "-" else float(row["expected"])
        shown = "above " + row["low"] if known is None else f"{known:.6f}"
        difference = "" if known is None else f"{(bound - known) / abs(known):.2e}"
        failed += not inside
        print(
            f"{name:40} {bound:22.6f} {shown:>22} {difference:>20} "
            f"{result['iterations']:10} {'' if inside else 'OUTSIDE'}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
