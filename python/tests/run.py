# SPDX-License-Identifier: Apache-2.0
"""Runs pytest with the packages of a build tree: run.py TREE FILE [pytest arguments]."""
import os
import sys

import pytest

sys.path.insert(0, sys.argv[1])
os.environ["PYTHONPATH"] = sys.argv[1] + os.pathsep + os.environ.get("PYTHONPATH", "")
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
