#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the sorts against their peers, interleaved, and prints one table.

usage: sort_measure.py BUILD [--n 10000000] [--rounds 5] [--cpu] [--patterns random]

BUILD holds sort_bench (target par_sort_bench), sort_cpp and sort_rayon. A round runs every program of a cell once; the
figure is the median over the rounds, the ratio is the median of the ratios of each round to the best peer of the cell.
With --cpu the figures are CPU time of the process, which other load on the machine does not reach; wall time otherwise.
"""
import argparse
import json
import os
import statistics
import subprocess


def run(command):
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(out.stdout) if out.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--n", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--patterns", default="random")
    parser.add_argument("--threads", default="1,2")
    args = parser.parse_args()
    field = "cpu_ms" if args.cpu else "ms"

    def path(name):
        return os.path.join(args.build, name)

    print(f"{'kind':9} {'type':7} {'pattern':10} {'threads':7} {'program':14} {'ms':>9} {'twill/peer':>10}")
    for pattern in args.patterns.split(","):
        for kind in ("stable", "unstable"):
            for type_ in ("u64", "double"):
                for threads in args.threads.split(","):
                    tail = [type_, pattern, str(args.n), threads]
                    programs = {
                        "twill": [path("sort_bench"), kind, *tail],
                        "twill by cmp": [path("sort_bench"), kind + "_by", *tail],
                        "rayon": [path("sort_rayon"), kind, *tail],
                        "tbb": [path("sort_cpp"), "tbb", kind, *tail],
                        "std par": [path("sort_cpp"), "stdpar", kind, *tail],
                        "gnu": [path("sort_cpp"), "gnu", kind, *tail],
                    }
                    if threads == "1":
                        programs["rust std"] = [path("sort_rayon"), "std_" + kind, *tail]
                        programs["std"] = [path("sort_cpp"), "std", kind, *tail]
                    figures = {name: [] for name in programs}
                    for _ in range(args.rounds):
                        for name, command in programs.items():
                            result = run(command)
                            if result is not None:
                                figures[name].append(result[field])
                    for name, values in figures.items():
                        if not values:
                            continue
                        ratio = statistics.median(t / v for t, v in zip(figures["twill"], values))
                        print(f"{kind:9} {type_:7} {pattern:10} {threads:>7} {name:14} "
                              f"{statistics.median(values):9.1f} {ratio:10.2f}", flush=True)


if __name__ == "__main__":
    main()
