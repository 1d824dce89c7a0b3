# SPDX-License-Identifier: Apache-2.0
import numpy as np

from .._core import dmm as _core
from .._runtime import Runtime
from .._threads import resolve
from . import _input
from ._base import BaseEstimator
from ._estimator import CRITERIA, DirichletMixture


class SweepResult:
    """The best model of each number of components, and every run."""

    def __init__(self, models, runs):
        self.models = models
        self.runs = runs

    def best(self, criterion="laplace"):
        """The model with the least value of a criterion."""
        return min(self.models, key=lambda m: m.criterion_value(criterion))

    def table(self):
        """One row for each K: a DataFrame where pandas is installed, else a list of dicts."""
        rows = [
            {"K": m.n_components, "nle": m.nle_, **{c: m.criterion_value(c) for c in CRITERIA},
             "n_iter": m.n_iter_, "converged": m.converged_}
            for m in self.models
        ]
        try:
            import pandas
        except ImportError:
            return rows
        return pandas.DataFrame(rows).set_index("K")

    def plot(self, ax=None):
        """The criteria against K, with matplotlib."""
        if ax is None:
            import matplotlib.pyplot

            ax = matplotlib.pyplot.gca()
        ks = [m.n_components for m in self.models]
        for name in CRITERIA:
            ax.plot(ks, [m.criterion_value(name) for m in self.models], marker="o", label=name)
        ax.set_xlabel("components")
        ax.legend()
        return ax


def fit_range(X, ks, *, checkpoint="", ranks=None, **params):
    """Fits every K with every start as one task graph over all cores; parameters as of DirichletMixture.

    With `ranks`, what twillhpc.start gave, the runs are dealt out over all ranks of the job: every rank has the
    whole X and gets the same result, equal to that of one process. Progress is told by none of them.

    >>> import numpy as np
    >>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
    >>> sweep = fit_range(counts, [1, 2], random_state=1)
    >>> sweep.best("laplace").n_components
    2
    """
    ks = [_input.check_components(k) for k in ks]
    template = DirichletMixture(n_components=max(ks), **params)
    options = template._options()
    if not isinstance(template.init, str):
        raise ValueError("a sweep has no one array to begin with: init is 'soft_kmeans' or 'random'")
    template._checked(X, fitting=True)
    options.update(template._begin(0, 0))
    table, used = template._table(X, options["threads"])
    if max(ks) > table.samples:
        raise ValueError(f"n_components={max(ks)} is more than n_samples={table.samples}")
    if ranks is None:
        fits, runs = _core.fit_range(table, ks, options, str(checkpoint), template._told())
    else:
        if not isinstance(ranks, Runtime):
            raise TypeError(f"ranks is what twillhpc.start gives, found {type(ranks).__name__}")
        fits, runs = _core.fit_range_over_ranks(table, ks, options, str(checkpoint))
    models = []
    for fit in fits:
        model = DirichletMixture(n_components=fit["components"], **params)
        model.n_features_in_ = template.n_features_in_
        if hasattr(template, "feature_names_in_"):
            model.feature_names_in_ = template.feature_names_in_
        model._keep(fit, used)
        models.append(model)
    return SweepResult(models, runs)


class DirichletMixtureCV(BaseEstimator):
    """The number of components by held-out log likelihood, then a fit of all samples with it."""

    def __init__(self, components=(1, 2, 3, 4, 5), cv=5, random_state=None, n_jobs=None):
        self.components = components
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        n = X.shape[0] if hasattr(X, "shape") else len(X)
        if not 2 <= self.cv <= n:
            raise ValueError(f"cv is 2 to {n}, found {self.cv!r}")
        seed = _input.seed_of(self.random_state)
        fold = np.random.default_rng(seed).permutation(n) % self.cv
        X = X if _input.is_frame(X) or _input.is_sparse(X) else np.asarray(X)
        rows = X.iloc if _input.is_frame(X) else (X.tocsr() if _input.is_sparse(X) else X)
        params = {"random_state": seed, "n_jobs": self.n_jobs}
        sums = np.zeros(len(self.components))
        for f in range(self.cv):
            sweep = fit_range(rows[np.flatnonzero(fold != f)], self.components, **params)
            held = rows[np.flatnonzero(fold == f)]
            sums += [m.score_samples(held).sum() for m in sweep.models]
        self.scores_ = dict(zip(self.components, sums / n))
        self.n_components_ = max(self.scores_, key=self.scores_.get)
        self.best_estimator_ = DirichletMixture(self.n_components_, **params).fit(X)
        return self

    def predict(self, X):
        return self.best_estimator_.predict(X)

    def predict_proba(self, X):
        return self.best_estimator_.predict_proba(X)

    def score(self, X, y=None):
        return self.best_estimator_.score(X)
