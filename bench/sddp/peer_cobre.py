#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peer: Cobre on one thread, where bench/setup-peers put it.

    peer_cobre.py BUILD_DIR CASE

Trains a case whose tables are Parquet and whose opening tree is given, and prints one JSON line with the time of an iteration,
the time of a linear program and the bound, as its own tables tell them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = """
import sys, cobre.run
cobre.run.run(sys.argv[1], output_dir=sys.argv[2], threads=1)
"""


def command(build, case, out):
    """The program where it was built, else the package."""
    program = build / "peers/bin/cobre"
    if program.exists():
        return [program, "run", case, "--output", out, "--threads", "1", "--quiet"]
    for name in ("venv", "venv-newer"):
        python = build / "peers" / name / "bin/python"
        if python.exists() and subprocess.run([python, "-c", "import cobre"], capture_output=True, check=False).returncode == 0:
            return [python, "-c", RUN, case, out]
    sys.exit("peer_cobre: not run: neither peers/bin/cobre nor the package cobre is there, bench/setup-peers gets them")


def main():
    if len(sys.argv) != 3:
        sys.exit("peer_cobre.py BUILD_DIR CASE")
    build, case = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command(build, case, out), capture_output=True, text=True, env=one_thread, check=False)
        if done.returncode != 0:
            sys.exit(f"peer_cobre: the peer ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        return subprocess.run([build / "bin/bench_sddp_tables", "figures", out, "0.5.1"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
