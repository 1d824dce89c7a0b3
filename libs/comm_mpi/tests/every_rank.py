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


def main(ranks, command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # A launcher that gives its ranks a terminal gets colours from them.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
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
