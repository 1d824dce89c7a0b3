#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A newer MPI library from pip's index (.ci/oracles): its module is compiled by `twill mpi build`, and the conformance
suite runs over it. MPICH 5 has persistent collectives and 64-bit counts of its own; Open MPI 5 says it is of MPI 3.1
and has the persistent ones.

newer_test.py LIBRARY TWILL CONFORMANCE
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ORACLE = Path(__file__).resolve().parents[3] / "build" / "oracle"
FEW = "*persistent*:*nonblocking*:*p2p*:*blocks*:*four_scalars*:*even_and_odd*:*contiguous*"


def run(words, env):
    return subprocess.run([str(w) for w in words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=280)


def main(library, twill, conformance):
    home = ORACLE / library
    if not (home / "bin" / "mpicxx").is_file():
        print(f"not run: no index ({library})")
        return
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PMI", "OMPI_COMM", "TWILL_"))}
    env.update({"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_osc": "^ucx",
                "TWILL_MPI_LIB": str(ORACLE / f"libtwill_mpi_newer_{library}.so")})
    done = run([twill, "mpi", "build", f"--mpicc={home}/bin/mpicxx", "--output", env["TWILL_MPI_LIB"]], env)
    assert done.returncode == 0, done.stderr
    assert f"module of {library}, " in done.stdout, done.stdout
    launch = [home / "bin" / "mpiexec", *(["--oversubscribe"] if library == "openmpi" else []), "-n", "2"]
    done = run([*launch, twill, "comm", "selftest", "--json"], env)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["backend"], data["persistent"], data["wrong"]) == (f"mpi ({library})", "native", 0), done.stdout
    print(data["library"])
    whole = os.environ.get("TWILL_TEST_LONG") == "1"
    with tempfile.TemporaryDirectory() as folder:
        # A file for each rank: a launcher may mix the lines of one with those of another.
        words = ["sh", "-c", f'exec "$0" "$@" > "{folder}/$$"', conformance, "--gtest_brief=1"]
        done = run([*launch, *words, *([] if whole else [f"--gtest_filter={FEW}"])],
                   {**env, "TWILL_TEST_MPI_RANKS": "2"})
        said = [p.read_text(encoding="utf-8") for p in Path(folder).iterdir()]
    print("\n".join(said))
    assert done.returncode == 0, done.stderr
    passed = [int(n) for text in said for n in re.findall(r"\[  PASSED  \] (\d+) tests", text)]
    assert len(passed) == 2 and min(passed) > 30, passed


if __name__ == "__main__":
    main(*sys.argv[1:])
