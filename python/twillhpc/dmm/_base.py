# SPDX-License-Identifier: Apache-2.0
"""scikit-learn where it is installed, and as much of its manners as is needed where it is not."""

try:
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.exceptions import NotFittedError

    HAVE_SKLEARN = True
except ImportError:
    import inspect

    HAVE_SKLEARN = False

    class NotFittedError(ValueError, AttributeError):
        """The estimator has not been fitted."""

    class BaseEstimator:
        """Parameters by the names of the constructor's arguments."""

        def get_params(self, deep=True):
            names = [p for p in inspect.signature(type(self).__init__).parameters if p != "self"]
            return {name: getattr(self, name) for name in names}

        def set_params(self, **params):
            known = self.get_params()
            for name, value in params.items():
                if name not in known:
                    raise ValueError(f"there is no parameter {name!r} of {type(self).__name__}")
                setattr(self, name, value)
            return self

    class DensityMixin:
        """Marks estimators of a density."""


__all__ = ["HAVE_SKLEARN", "BaseEstimator", "DensityMixin", "NotFittedError"]
