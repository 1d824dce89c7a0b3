# SPDX-License-Identifier: Apache-2.0
"""Dirichlet-multinomial mixtures under the names and manners of pyDMM 0.2.2, with corrected figures.

>>> import numpy as np
>>> from pydmm import DirichletMixture
>>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
>>> model = DirichletMixture(n_components=2, random_state=42).fit(counts)
>>> len(set(model.predict(counts)))
2

Log-determinant, Laplace and intervals are those of the right Hessian; `set_compat("peer")`, or PYDMM_COMPAT=peer in the
environment, gives the figures that pyDMM prints.
"""

from ._compat import set_compat
from .core import DirichletMixture

__all__ = ["DirichletMixture"]
__version__ = "0.2.2+twill0.1.0"
