#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The depth behind `make test`: whole suites under every compiler and sanitizer, repeated runs, long fuzzing.

Each job that passes is remembered with the state of the sources it ran on (build/test-long/state.json), so an interrupted
run goes on where it stopped, and a job runs again only when the sources changed. The report says what ran when.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STATE = ROOT / "build/test-long/state.json"


def parts():
    """What CMakeLists.txt builds, in its order."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"^set\(TWILL_ENABLED_PARTS ([a-z_ ]+)\)$", text, re.M).group(1).split() + ["apps"]


def source_state():
    """One hash over every tracked and untracked, not ignored, file."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           check=True, capture_output=True).stdout.split(b"\0")
    digest = hashlib.sha256()
    for name in sorted(n for n in names if n):
        path = ROOT / os.fsdecode(name)
        if path.is_file():
            digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def jobs(chosen, fuzz_seconds):
    """Name, part, command of everything there is; a part's jobs stand together."""
    for part in chosen:
        for preset in ("dev", "release", "clang", "asan", "tsan", "nompi"):
            if (part, preset) == ("comm_mpi", "nompi"):
                continue  # which is the preset without this part
            yield (f"{part}: suite, preset {preset}", part,
                   f".ci/configure {preset} -DTWILL_BUILD_APPS=ON -DTWILL_BUILD_EXAMPLES=ON -DTWILL_TESTS_SHORT=OFF "
                   f"-DTWILL_TESTS_OPTIMIZE= -DTWILL_SANITIZE_OPTIMIZE=-O1 >/dev/null && cmake --build --preset {preset} --target part_{part} && "
                   f"ctest --preset {preset} -L '^{part}$'")
        yield (f"{part}: suite 20 times in random order, release", part,
               f"ctest --preset release -L '^{part}$' --repeat until-fail:20 --schedule-random")
        if part == "comm_mpi":
            continue  # MPICH's ranks spin for 20 ms before another one gets the core, at every call
        yield (f"{part}: suite on one core, release", part, f"taskset -c 0 ctest --preset release -L '^{part}$'")
        if part == "comm":
            # Lengths beyond 2^31 and a million rounds of every protocol: 13 GB and minutes, so not in the suite.
            yield ("comm: full lengths and a million rounds, release", part,
                   "cmake --build --preset release --target comm_unit && "
                   "TWILL_TEST_LONG=1 build/release/bin/comm_unit --gtest_filter='large.*:stress.*'")
    if chosen == parts():
        yield ("packaging and benchmarks, release", "all", ".ci/configure release -DTWILL_BUILD_BENCH=ON >/dev/null && cmake --build --preset release && "
               "ctest --preset release -L '^package$'")
        yield ("clang-tidy", "all", ".ci/setup tools && .ci/configure tidy >/dev/null && cmake --build --preset tidy")
        yield ("format", "all", "make format-check")
        yield ("compile times of every public header", "all", "python3 cmake/compile_report.py --build build/release")
    for source in sorted((ROOT / "tests/fuzz").glob("*_fuzz.cpp")):
        target = source.name[:-len("_fuzz.cpp")]
        part = fuzz_part(source)
        if part in chosen:
            yield (f"{part}: fuzz {target} {fuzz_seconds} s", part, f".ci/fuzz {target} {fuzz_seconds}")


def fuzz_part(source):
    """The part a fuzz target belongs to: that of the last twill header it includes."""
    found = [line.split("twill/")[1].split("/")[0] for line in source.read_text().splitlines()
             if line.startswith("#include \"twill/") or line.startswith("#include <twill/")]
    return found[-1] if found else "base"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=parts())
    parser.add_argument("--fuzz-seconds", type=int, default=600)
    parser.add_argument("--list", action="store_true", help="print the jobs and whether they are done, run nothing")
    parser.add_argument("--only", help="run only the jobs whose name contains this text")
    arguments = parser.parse_args()
    chosen = [arguments.part] if arguments.part else parts()
    state = json.loads(STATE.read_text()) if STATE.is_file() else {}
    sources = source_state()
    failed = []
    for name, _, command in jobs(chosen, arguments.fuzz_seconds):
        if arguments.only and arguments.only not in name:
            continue
        done = state.get(name)
        if done and done["sources"] == sources:
            print(f"== {name}: passed on {done['when']} in {done['seconds']} s, sources unchanged", flush=True)
            continue
        print(f"== {name}" + (": not yet run on these sources" if arguments.list else ""), flush=True)
        if arguments.list:
            continue
        begin = time.monotonic()
        code = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=ROOT).returncode
        seconds = round(time.monotonic() - begin)
        if code != 0:
            failed.append(name)
            print(f"test-long: '{name}' failed after {seconds} s (exit {code})", file=sys.stderr)
            continue
        state[name] = {"sources": sources, "when": datetime.datetime.now().isoformat(timespec="seconds"), "seconds": seconds}
        STATE.parent.mkdir(parents=True, exist_ok=True)
        temporary = STATE.with_suffix(".new")
        temporary.write_text(json.dumps(state, indent=1))
        temporary.rename(STATE)
    if failed:
        print("test-long: failed: " + "; ".join(failed), file=sys.stderr)
        return 1
    print("test-long: everything above passed on the present sources" if not arguments.list else "test-long: listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
