#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a linked program executes for a call besides the MPI library: instructions of its own code, and
allocations it asks for, by callgrind on each of two ranks.

instructions_test.py PROGRAM LAUNCHER..."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CALLS = 200
MOST = 60
# A persistent collective begins by the library's own start or, where that is emulated, by its nonblocking call.
FUNCTIONS = {"barrier": ["MPI_Barrier"], "broadcast": ["MPI_Bcast"], "allreduce": ["MPI_Allreduce"],
             "allgatherv": ["MPI_Allgatherv"], "send": ["MPI_Send"], "recv": ["MPI_Recv"],
             "start": ["MPI_Start", "MPI_Iallreduce"], "wait": ["MPI_Wait"]}


def read(path, program):
    """Instructions executed in the program's own file, and the functions outside of it that it called."""
    own, object_file, called_object, called, instructions = False, "", None, "", 0
    outside = {}
    lines = iter(path.read_text().splitlines())
    for line in lines:
        if line.startswith("ob="):
            object_file = line[3:]
            own = object_file.endswith(program)
        elif line.startswith("cob="):
            called_object = line[4:]
        elif line.startswith("cfn="):
            called = line[4:]
        elif line.startswith("calls="):
            next(lines)  # what the called function took
            if own and called_object is not None and not called_object.endswith(program):
                outside[called] = outside.get(called, 0) + int(line[6:].split()[0])
            called_object = None
        elif own and re.match(r"[\d+*-]", line):
            instructions += int(line.split()[1])
    return instructions, outside


def count(function, program, launch):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*launch, "-n", "2", "valgrind", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no",
             f"--callgrind-out-file={folder}/%p", f"--toggle-collect=twill_direct_{function}", program, str(CALLS)],
            env={**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        # Processes that the library starts on the way have files as well, without such a call.
        ranks = [found for found in (read(p, Path(program).name) for p in Path(folder).iterdir()) if found[1]]
    assert len(ranks) == 2, ranks
    for instructions, outside in ranks:
        print(f"{function}: {instructions / CALLS:.1f} instructions a call besides the library; called: {outside}")
        seen = [outside.get(prefix + name, 0) for name in FUNCTIONS[function] for prefix in ("", "P")]
        # Calls are counted also while no instruction is: those of the two rounds before.
        assert any(CALLS <= n <= CALLS + 2 for n in seen), outside
        assert not any(re.search("malloc|operator new|calloc", name) for name in outside), outside
        assert 0 < instructions < MOST * CALLS, instructions


def main(program, *launch):
    if shutil.which("valgrind") is None:
        print("not run: no valgrind")
        return
    for function in FUNCTIONS:
        count(function, program, launch)


if __name__ == "__main__":
    main(*sys.argv[1:])
