# SPDX-License-Identifier: Apache-2.0
"""Every example in a docstring runs."""
import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "twillhpc._runtime",
        "twillhpc._threads",
        "twillhpc.dmm",
        "twillhpc.dmm._estimator",
        "twillhpc.dmm._groups",
        "twillhpc.dmm._select",
        "pydmm",
        "pydmm.core",
        "pydmm.pydmm_core",
    ],
)
def test_examples_of_docstrings_run(name):
    failed, run = doctest.testmod(importlib.import_module(name))
    assert failed == 0 and run > 0
