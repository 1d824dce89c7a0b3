#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the benchmark suites, prints each table with its A/A pair, and writes
bench/results/<part>.*

    python3 bench/run.py [--part PART ...] [--quick] [--no-build] [--build-dir DIR] [--row NAME] [--out DIR]

Ends with 1 when a ratio is below its bar by more than the A/A spread, with 2 when a program of ours fails.
"""

import argparse
import datetime
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import machine, render, runner, stats, suite  # noqa: E402


def build(folder):
    """A release build with the programs of the suites; quiet unless it fails."""
    for command in (
        ["cmake", "--preset", "release", "-B", str(folder), "-DTWILL_BUILD_BENCH=ON"],
        ["cmake", "--build", str(folder), "--target", "twill_bench"],
    ):
        done = subprocess.run(
            command, cwd=HERE.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            raise runner.BenchError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


def peers_found(folder):
    try:
        return json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def run_part(part, options, say):
    bin_dir = options.build_dir / "bin"
    declared = suite.load(HERE / part / "suite.json", bin_dir, options.quick, peers_found(options.build_dir))
    say(f"{part}: {declared['title']}")
    rows, versions = [], {}
    for row in declared["rows"]:
        if options.row and row["name"] not in options.row:
            continue
        measured = runner.Row(
            row,
            options.rounds or declared["rounds"],
            say=say,
            cores=lambda: runner.calibrate(bin_dir / "bench_spinner", 0.2),
        ).measure()
        rows.append(measured)
        versions.update({p["peer"]: p["version"] for p in measured["pairs"] if p.get("version")})
    return {
        "part": part,
        "title": declared["title"],
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "minutes"),
        "quick": options.quick,
        "machine": machine.describe(options.build_dir, HERE.parent),
        "versions": versions,
        "rows": rows,
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    available = sorted(p.parent.name for p in HERE.glob("*/suite.json"))
    parser.add_argument("--part", action="append", choices=available, help="suites to run (default: all)")
    parser.add_argument("--row", action="append", help="rows to run (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="short runs, five rounds: shows that it works, proves little"
    )
    parser.add_argument("--rounds", type=int, help=f"rounds a row, at least {stats.MIN_ROUNDS}")
    parser.add_argument("--no-build", action="store_true", help="use the programs that are there")
    parser.add_argument(
        "--build-dir", type=Path, default=HERE.parent / "build" / "release", help="where to build"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", help="where results go")
    options = parser.parse_args(arguments)
    options.build_dir = options.build_dir.resolve()
    if options.rounds is not None and options.rounds < stats.MIN_ROUNDS:
        parser.error(f"--rounds: found {options.rounds}, expected at least {stats.MIN_ROUNDS}")

    def say(text):
        print(text, file=sys.stderr, flush=True)

    good = True
    try:
        if not options.no_build:
            build(options.build_dir)
        for part in options.part or available:
            result = run_part(part, options, say)
            options.out.mkdir(parents=True, exist_ok=True)
            for suffix, content in (
                ("json", json.dumps(result, indent=1) + "\n"),
                ("md", render.markdown(result)),
                ("svg", render.svg(result)),
            ):
                (options.out / f"{part}.{suffix}").write_text(content, encoding="utf-8")
            print(render.text(result), end="")
            good &= all(stats.passes(pair["verdict"]) for row in result["rows"] for pair in row["pairs"])
    except (runner.BenchError, suite.SuiteError) as e:
        print(f"bench: {e}", file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
