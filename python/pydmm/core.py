# SPDX-License-Identifier: Apache-2.0
import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from twillhpc._threads import resolve
from twillhpc._core import dmm as _core
from twillhpc.dmm import _input

from .pydmm_core import fit_table

__all__ = ["DirichletMixture", "DirichletMixtureResult"]

_NOT_FITTED = "Model must be fitted before making predictions"


class DirichletMixtureResult:
    """What a fit found, with the names of samples and features where there are some."""

    def __init__(self, fit, n_components, n_samples, n_features, sample_names=None, feature_names=None):
        self.goodness_of_fit = {name: float(value) for name, value in fit["GoodnessOfFit"].items()}
        self.group_assignments = fit["Group"]
        self.mixture_weights = fit["Mixture"]["Weight"]
        self.parameter_estimates = dict(fit["Fit"])
        self.n_components = n_components
        self.n_samples = n_samples
        self.n_features = n_features
        self.sample_names = sample_names
        self.feature_names = feature_names
        self.component_labels = None

    def set_component_labels(self, labels):
        """Names the components: a dictionary from every index to a string."""
        if not isinstance(labels, dict):
            raise ValueError("labels must be a dictionary")
        if not all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in labels):
            raise ValueError("All keys in labels dictionary must be integers")
        if not all(isinstance(v, str) for v in labels.values()):
            raise ValueError("All values in labels dictionary must be strings")
        expected = set(range(self.n_components))
        found = {int(k) for k in labels}
        problems = []
        if expected - found:
            problems.append(f"missing components: {sorted(expected - found)}")
        if found - expected:
            problems.append(f"invalid component indices: {sorted(found - expected)}")
        if problems:
            raise ValueError(
                f"Label dictionary must contain all component indices 0 to {self.n_components - 1}. " + ", ".join(problems)
            )
        self.component_labels = {int(k): v for k, v in labels.items()}

    def _names(self):
        return [f"{self.component_labels[k]} component" for k in range(self.n_components)]

    def _labelled(self, components):
        if self.component_labels is None:
            return components
        return np.array([self.component_labels[int(c)] for c in components])

    def get_best_component(self):
        """The likeliest component of each sample, as labels once there are some."""
        return self._labelled(np.argmax(self.group_assignments, axis=1))

    def get_group_assignments_df(self):
        """The posterior probabilities as a DataFrame."""
        columns = self._names() if self.component_labels else [f"Component_{k}" for k in range(self.n_components)]
        index = self.sample_names if self.sample_names is not None else pd.RangeIndex(self.n_samples)
        return pd.DataFrame(self.group_assignments, index=index, columns=columns)

    def get_parameter_estimates_df(self):
        """Lower, Estimate and Upper as DataFrames, features in rows."""
        columns = [f"Component_{k}" for k in range(self.n_components)]
        index = self.feature_names if self.feature_names is not None else pd.RangeIndex(self.n_features)
        return {name: pd.DataFrame(values, index=index, columns=columns) for name, values in self.parameter_estimates.items()}

    def summary(self):
        """The figures of the fit."""
        return {
            "n_samples": self.n_samples,
            "n_features": self.n_features,
            "n_components": self.n_components,
            "mixture_weights": self.mixture_weights,
            "goodness_of_fit": self.goodness_of_fit,
            "BIC": self.goodness_of_fit["BIC"],
            "AIC": self.goodness_of_fit["AIC"],
        }


class DirichletMixture(ClassifierMixin, BaseEstimator):
    """A Dirichlet-multinomial mixture with pyDMM's constructor, attributes and methods.

    >>> import numpy as np
    >>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
    >>> model = DirichletMixture(n_components=2, random_state=42).fit(counts)
    >>> model.result.summary()["n_components"]
    2
    """

    _estimator_type = "classifier"

    def __init__(self, n_components=2, verbose=False, random_state=42):
        self.n_components = n_components
        self.verbose = verbose
        self.random_state = random_state
        self.is_fitted = False
        self.result_ = None

    @property
    def result(self):
        return self.result_

    def __sklearn_is_fitted__(self):
        return self.is_fitted

    def _table(self, X, keep_zero_rows, threads):
        if not (_input.is_frame(X) or isinstance(X, np.ndarray) or _input.is_sparse(X)):
            raise ValueError("Input must be a pandas DataFrame or numpy array")
        if X.ndim != 2:
            raise ValueError("Input must be a 2-dimensional array")
        if 0 in X.shape:
            raise ValueError(_input.EMPTY)
        if not _input.is_sparse(X):
            values = _input._to_numbers(X)
            _input._check_finite(values, _input.row_names(X), _input.column_names(X))
            if values.min() < 0:
                raise ValueError("Input data cannot contain negative values")
            if values.dtype.kind == "f" and not np.array_equal(np.trunc(values), values):
                warnings.warn("Input data contains non-integer values. Converting to integers.", UserWarning, stacklevel=3)
        table, _ = _input.table_of(
            X, coerce="truncate", keep_zero_rows=keep_zero_rows, threads=threads, most=_input.MAX_INT
        )
        return table

    def fit(self, X, y=None):
        """Fits the mixture; `y` is ignored."""
        threads = resolve(openmp=True)
        k = _input.check_components(self.n_components)
        seed = _input.seed_of(self.random_state)
        table = self._table(X, False, threads)
        if k > table.samples:
            raise ValueError(f"n_components={k} is more than the {table.samples} samples")
        fit = fit_table(table, k, bool(self.verbose), seed, threads)
        names = _input.column_names(X)
        self.result_ = DirichletMixtureResult(
            fit, k, table.samples, table.taxa, _input.row_names(X), None if names is None else list(names)
        )
        self.is_fitted = True
        self.classes_ = np.arange(k)
        self.n_features_in_ = table.taxa
        if names is not None and len(names):
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def fit_predict(self, X, y=None):
        """Fits, then gives each sample's likeliest component."""
        return self.fit(X).result_.get_best_component()

    def _posterior(self, X):
        if not self.is_fitted:
            raise NotFittedError(_NOT_FITTED)
        threads = resolve(openmp=True)
        table = self._table(X, True, threads)
        if table.taxa != self.result_.n_features:
            raise ValueError(f"Input has {table.taxa} features, but the model was fitted with {self.result_.n_features}")
        names = _input.column_names(X)
        known = getattr(self, "feature_names_in_", None)
        if names is not None and known is not None and list(names) != list(known):
            warnings.warn("The columns have other names than those of the fit", UserWarning, stacklevel=3)
        alpha = np.ascontiguousarray(self.result_.parameter_estimates["Estimate"].T)
        return _core.evaluate("posterior", self.result_.mixture_weights, alpha, table, threads)

    def predict_proba(self, X):
        """Posterior probabilities; a DataFrame with named columns once the components have labels."""
        p = self._posterior(X)
        if self.result_.component_labels is None:
            return p
        return pd.DataFrame(p, columns=self.result_._names())

    def predict(self, X, y=None):
        """The likeliest component of each sample, as labels once there are some."""
        return self.result_._labelled(np.argmax(self._posterior(X), axis=1)) if self.is_fitted else self._posterior(X)

    def score(self, X, y=None):
        """Minus the negative log posterior of the training fit, whatever X is: pyDMM's meaning, kept."""
        if not self.is_fitted:
            warnings.warn("Model was not fitted before calling score. Fitting on the given data.", UserWarning, stacklevel=2)
            self.fit(X)
        return -self.result_.goodness_of_fit["NLE"]

    def set_component_labels(self, labels):
        """Names the components of the fit."""
        if not self.is_fitted:
            raise NotFittedError(_NOT_FITTED)
        self.result_.set_component_labels(labels)
