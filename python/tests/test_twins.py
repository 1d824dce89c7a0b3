# SPDX-License-Identifier: Apache-2.0
"""The published analysis, where the data are beside the source tree; else the same on drawn data."""
from pathlib import Path

import numpy as np
import pandas as pd

import pydmm
from twillhpc.dmm import DirichletMixture, fit_range

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmm" / "twins.csv"


def test_four_community_types_of_the_twins():
    if not DATA.exists():
        rng = np.random.default_rng(3)
        alpha = rng.gamma(0.7, 3.0, (3, 20)) + 0.05
        rows = [rng.multinomial(400, rng.dirichlet(alpha[i % 3])) for i in range(90)]
        assert fit_range(np.array(rows), [1, 2, 3, 4], random_state=1, n_init=3).best("laplace").n_components == 3
        return
    X = pd.read_csv(DATA, index_col=0)
    sweep = fit_range(X, range(1, 8), random_state=42)
    assert sweep.best("laplace_holmes").n_components == 4
    four = sweep.models[3]
    assert abs(four.laplace_holmes_ - 38781.09) < 0.02
    np.testing.assert_allclose(np.sort(four.weights_), [0.1666, 0.2198, 0.3028, 0.3108], atol=2e-4)
    model = pydmm.DirichletMixture(n_components=4, random_state=42).fit(X)
    assert abs(model.result.goodness_of_fit["Laplace"] - 38781.09) < 0.02
    np.testing.assert_array_equal(np.sort(model.result.mixture_weights), np.sort(four.weights_))
    assert isinstance(four, DirichletMixture)
