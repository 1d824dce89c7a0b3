# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest


@pytest.fixture
def two_groups():
    """60 samples of 6 taxa in two clear groups, and which group each is of."""
    rng = np.random.default_rng(7)
    group = np.repeat([0, 1], 30)
    means = np.array([[30, 20, 10, 1, 1, 1], [1, 1, 2, 30, 20, 8]])
    return rng.poisson(means[group] * rng.uniform(0.5, 1.5, (60, 1))).astype(np.int32) + np.eye(6, dtype=np.int32)[0], group
