#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells where compile time goes: the slowest translation units of a build, and what each public header costs.

    python3 cmake/compile_report.py [--root DIR] [--build DIR] [--compiler g++] [--json FILE] [--slowest N]
                                    [--repeats N] [--only PATTERN]... [--skip-headers]

Translation units come from the build's .ninja_log (wall time of the last build of each object; a cache hit
counts as what it took). A header's cost is the user time of the compiler on a file that includes nothing
else, as a ratio to <vector>: the median of rounds in which <vector> and all headers take turns, so that the
machine's load falls on both. Beside it stands the preprocessed size as a ratio to <vector>'s: it says nothing of
templates, but is the same in every run, so that a budget on it can fail a build; one on time only reports.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What the headers that programs include everywhere may cost: (user time, preprocessed size) as ratios to <vector>.
# As a scale: <vector>, <thread> and <mutex> together cost 3.6 of its time and 2.6 of its size.
BUDGETS = {
    "twill/par/join.hpp": (4.4, 2.7),
    "twill/par/range.hpp": (8.2, 5.1),
    "twill/comm/concepts.hpp": (3.2, 1.7),
}


def slowest_units(build, count):
    """[(seconds, object)] of the last run of each compile step, slowest first."""
    log = build / ".ninja_log"
    if not log.is_file():
        return []
    seconds = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) >= 4 and cells[3].endswith(".o"):
            seconds[cells[3]] = (int(cells[1]) - int(cells[0])) / 1000
    return sorted(
        ((s, re.sub(r"CMakeFiles/([\w.-]+)\.dir/", r"\1: ", name)) for name, s in seconds.items()),
        reverse=True,
    )[:count]


def public_headers(root):
    """`twill/...` of every header that is a promise."""
    found = []
    for include in sorted((root / "libs").glob("*/include")):
        for path in sorted(include.rglob("*.hpp")):
            if "detail" not in path.parts:
                found.append((path.relative_to(include).as_posix(), include))
    return found


def user_seconds(command):
    """User CPU time of one run of the compiler, its children included."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with process.stderr:
        errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{errors.decode(errors='replace')[-1500:]}")
    return usage.ru_utime


def preprocessed_bytes(command):
    """Size of the preprocessed text; line markers, which hold paths, are left out."""
    process = subprocess.run([*command[:1], "-E", "-P", *command[1:]], capture_output=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{process.stderr.decode(errors='replace')[-1500:]}")
    return len(process.stdout)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def header_costs(root, compiler, repeats, only, measure=user_seconds, size=preprocessed_bytes):
    """[(header, seconds, ratio to <vector>, ratio of sizes)], dearest first, and the seconds of <vector>."""
    headers = [(name, include) for name, include in public_headers(root) if any(fnmatch.fnmatch(name, o) for o in only)]
    includes = [f"-I{include}" for include in sorted({i for _, i in public_headers(root)})]
    times, sizes = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for index, name in enumerate(["vector", *[n for n, _ in headers]]):
            path = Path(folder) / f"{index}.cpp"
            path.write_text(f"#include <{name}>\n", encoding="utf-8")
            sources.append((name, str(path)))
        for turn in range(repeats):
            for name, path in sources[turn % len(sources) :] + sources[: turn % len(sources)]:
                times.setdefault(name, []).append(
                    measure([compiler, "-std=c++20", "-fsyntax-only", *includes, path])
                )
        for name, path in sources:
            sizes[name] = size([compiler, "-std=c++20", *includes, path])
    vector, text = median(times.pop("vector")), sizes["vector"]
    costs = [(name, median(t), median(t) / vector, sizes[name] / text) for name, t in times.items()]
    return sorted(costs, key=lambda c: -c[2]), vector


def main(arguments=None):
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=root, help="the tree")
    parser.add_argument(
        "--build", type=Path, help="a Ninja build tree (default: build/release, else build/dev)"
    )
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--slowest", type=int, default=15, help="how many translation units to list")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", action="append", help="headers to measure besides those with a budget, a file pattern; repeatable")
    parser.add_argument("--skip-headers", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats: found {options.repeats}, expected at least 1")
    builds = [options.build] if options.build else [options.root / "build" / n for n in ("release", "dev")]
    build = next((b for b in builds if (b / ".ninja_log").is_file()), None)
    report = {"units": [], "headers": [], "vector_seconds": None, "compiler": options.compiler}
    if build is None:
        print(f"slowest translation units: no .ninja_log in {' or '.join(str(b) for b in builds)}")
    else:
        units = slowest_units(build, options.slowest)
        report["units"] = [{"seconds": s, "unit": name} for s, name in units]
        print("slowest translation units, wall seconds")
        for s, name in units:
            print(f"  {s:7.2f}  {name}")
    over = []
    if not options.skip_headers:
        try:
            costs, vector = header_costs(options.root, options.compiler, options.repeats, [*(options.only or ["*"]), *BUDGETS])
        except (RuntimeError, OSError) as e:
            print(f"compile_report: {e}", file=sys.stderr)
            return 2
        report["vector_seconds"] = vector
        print(f"public headers, ratio to <vector> in user time ({vector:.3f} s, median of {options.repeats}) and size")
        for name, seconds, ratio, size in costs:
            words, (time_budget, size_budget) = "", BUDGETS.get(name, (None, None))
            if size_budget is not None:
                if size > size_budget:
                    over.append(f"{name}: preprocessed size {size:.2f} of <vector>'s, budget {size_budget:g}")
                words = (
                    f"  budget {time_budget:g}: {'kept' if ratio <= time_budget else 'over in this run'}"
                    f", {size_budget:g}: {'kept' if size <= size_budget else 'over'}"
                )
            report["headers"].append({"header": name, "seconds": seconds, "ratio": ratio, "budget": time_budget,
                                      "size": size, "size_budget": size_budget})
            print(f"  {ratio:6.2f}  {size:6.2f}  {seconds:6.3f} s  {name}{words}")
        for words in over:
            print(f"compile_report: {words}", file=sys.stderr)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
