# SPDX-License-Identifier: Apache-2.0
"""Runs pytest with the packages of a build tree: run.py TREE [NAME=VALUE...] FILE [pytest arguments]."""
import os
import sys

import pytest

sys.path.insert(0, sys.argv[1])
os.environ["PYTHONPATH"] = sys.argv[1] + os.pathsep + os.environ.get("PYTHONPATH", "")
rest = sys.argv[2:]
while rest and "=" in rest[0] and not rest[0].startswith("-"):
    name, value = rest.pop(0).split("=", 1)
    os.environ[name] = value
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *rest]))
