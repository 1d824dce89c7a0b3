#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disassembles the function of direct_program.cpp: MPI_Allreduce is called by its name, and nothing through a pointer
on the way there."""
import re
import subprocess
import sys


def main(path):
    text = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", "-C", path], capture_output=True, text=True,
                          check=True).stdout
    found = re.search(r"^[0-9a-f]+ <twill_direct_allreduce>:\n(.*?)(?:\n\n|\Z)", text, re.S | re.M)
    if found is None:
        sys.exit("there is no twill_direct_allreduce")
    lines = found.group(1).splitlines()
    at = next((i for i, line in enumerate(lines) if re.search(r"R_\w+\s+MPI_Allreduce\b", line)), None)
    if at is None:
        sys.exit("MPI_Allreduce is not called by its name")
    # From the entry to the call along the code that falls through; what is rare stands behind it.
    indirect = [line for line in lines[:at] if re.search(r"\b(call|jmp)q?\s+\*", line)]
    allocations = [line for line in lines[:at] if re.search(r"operator new|malloc", line)]
    instructions = [line for line in lines[:at] if re.match(r"\s+[0-9a-f]+:\s+[a-z]", line)]
    print(f"{len(instructions)} instructions stand before the call of MPI_Allreduce")
    for line in indirect + allocations:
        print(line)
    wrong = indirect or allocations or len(instructions) >= 60
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
