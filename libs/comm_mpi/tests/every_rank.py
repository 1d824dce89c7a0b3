#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a launcher: it has to return 0, and as many ranks as were started have to say that their tests passed.

every_rank.py [--long] RANKS COMMAND...

With --long it says "not run" unless TWILL_TEST_LONG is 1.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def main(ranks, command):
    # The program's path is the first after the launcher's. Each rank writes a file of its own: launchers mix lines.
    program = next(i for i, word in enumerate(command) if i > 0 and word.startswith("/"))
    with tempfile.TemporaryDirectory() as folder:
        own = ["sh", "-c", 'exec "$@" >"$0/$$" 2>&1', folder]
        done = subprocess.run(command[:program] + own + command[program:], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        told = [p.read_text(errors="replace") for p in sorted(Path(folder).iterdir())]
    # A rank that takes its launcher's pipe for a terminal writes colours.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "".join([done.stdout, *told]))
    passed = re.findall(r"\[  PASSED  \] [1-9]\d* tests?\b|rank \d+: as expected$", plain, re.M)
    print(plain, end="")
    assert done.returncode == 0, f"the launcher returned {done.returncode}"
    assert len(passed) == ranks, f"{len(passed)} of {ranks} ranks passed"


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[0] == "--long" and os.environ.get("TWILL_TEST_LONG") != "1":
        print("not run: TWILL_TEST_LONG is not 1")
        sys.exit(0)
    words = words[1:] if words[0] == "--long" else words
    main(int(words[0]), words[1:])
