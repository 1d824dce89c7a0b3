# SPDX-License-Identifier: Apache-2.0
"""Dirichlet-multinomial mixtures (Holmes, Harris, Quince 2012) on every core, with scikit-learn's manners.

>>> import numpy as np
>>> from twillhpc.dmm import DirichletMixture
>>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
>>> model = DirichletMixture(n_components=2, random_state=1).fit(counts)
>>> model.predict([[7, 1, 1], [0, 2, 9]]).tolist() in ([0, 1], [1, 0])
True
"""

from ._estimator import DirichletMixture
from ._groups import GroupClassifier, cross_validate_groups, roc
from ._select import DirichletMixtureCV, SweepResult, fit_range

__all__ = [
    "DirichletMixture",
    "DirichletMixtureCV",
    "GroupClassifier",
    "SweepResult",
    "cross_validate_groups",
    "fit_range",
    "roc",
]
