# SPDX-License-Identifier: Apache-2.0
"""Programs that a test runs in an interpreter of their own."""
import os
import subprocess
import sys


def run(program, *, launcher=(), env=None, timeout=60):
    """The ended process of `python -c program`, behind the words of a launcher."""
    return subprocess.run(
        [*launcher, sys.executable, "-c", program],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
