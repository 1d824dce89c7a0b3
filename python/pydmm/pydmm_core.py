# SPDX-License-Identifier: Apache-2.0
"""What pyDMM's C extension offers: one function."""

import sys
import warnings

import numpy as np

from twillhpc._threads import resolve
from twillhpc._core import dmm as _core

from ._compat import peer_hessian

__all__ = ["dirichlet_fit"]

_TITLES = {"start": "  Soft kmeans", "em": "  Expectation Maximization", "hessian": "  Hessian"}


class _Printer:
    """Writes through sys.stdout, so that notebooks and redirections see it."""

    def __init__(self):
        self.phase = None

    def __call__(self, phase, components, start, iteration, nle, change):
        if phase != self.phase:
            if phase == "em" or (phase == "hessian" and self.phase == "start"):
                print("  Expectation Maximization setup", file=sys.stdout)
            print(_TITLES[phase], file=sys.stdout)
            self.phase = phase
        if phase != "hessian" and iteration % 10 == 0:
            print(f"    iteration {iteration} change {change:f}", file=sys.stdout)


def fit_table(table, n_components, verbose, seed, threads):
    fit = _core.fit(
        table,
        {
            "components": n_components,
            "seed": seed,
            "peer_hessian": peer_hessian(),
            "threads": threads,
        },
        _Printer() if verbose else None,
    )
    if fit["singular"]:
        warnings.warn("The Hessian of a component is singular: it has no intervals", UserWarning, stacklevel=3)
    turned = {name: np.ascontiguousarray(fit[key].T) for name, key in (("Lower", "lower"), ("Estimate", "alpha"), ("Upper", "upper"))}
    return {
        "GoodnessOfFit": {
            "NLE": fit["nle"],
            "LogDet": fit["log_det"],
            "Laplace": fit["laplace"],
            "BIC": fit["bic"],
            "AIC": fit["aic"],
        },
        "Group": fit["group"],
        "Mixture": {"Weight": fit["weights"]},
        "Fit": turned,
    }


def dirichlet_fit(counts, n_components=2, verbose=0, seed=42):
    """Fits a table of 32-bit counts, samples in rows.

    >>> import numpy as np
    >>> out = dirichlet_fit(np.array([[10, 0], [0, 10], [9, 1], [1, 9]], dtype=np.int32), 2)
    >>> sorted(out)
    ['Fit', 'GoodnessOfFit', 'Group', 'Mixture']
    """
    if not isinstance(counts, np.ndarray):
        raise TypeError("counts must be a numpy array")
    if counts.ndim != 2:
        raise ValueError("Input array must be 2-dimensional")
    if counts.dtype != np.int32:
        raise ValueError("Input array must be int32 dtype")
    if 0 in counts.shape or n_components < 1:
        raise ValueError("Array dimensions and n_components must be positive")
    threads = resolve(openmp=True)
    table = _core.from_dense(np.ascontiguousarray(counts), False, threads)
    return fit_table(table, int(n_components), bool(verbose), int(seed) % 2**32, threads)
