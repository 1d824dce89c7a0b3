from typing import Any, Optional, Union

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

__all__ = ["DirichletMixture", "DirichletMixtureResult"]

_Counts = Union[NDArray[Any], pd.DataFrame, Any]  # the last for scipy's sparse matrices
_Floats = NDArray[np.float64]

class DirichletMixtureResult:
    goodness_of_fit: dict[str, float]
    group_assignments: _Floats
    mixture_weights: _Floats
    parameter_estimates: dict[str, _Floats]
    n_components: int
    n_samples: int
    n_features: int
    sample_names: Optional[list[Any]]
    feature_names: Optional[list[Any]]
    component_labels: Optional[dict[int, str]]
    def __init__(
        self,
        fit: dict[str, Any],
        n_components: int,
        n_samples: int,
        n_features: int,
        sample_names: Optional[list[Any]] = None,
        feature_names: Optional[list[Any]] = None,
    ) -> None: ...
    def set_component_labels(self, labels: dict[int, str]) -> None: ...
    def get_best_component(self) -> NDArray[Any]: ...
    def get_group_assignments_df(self) -> pd.DataFrame: ...
    def get_parameter_estimates_df(self) -> dict[str, pd.DataFrame]: ...
    def summary(self) -> dict[str, Any]: ...

class DirichletMixture(ClassifierMixin, BaseEstimator):
    n_components: int
    verbose: bool
    random_state: Any
    is_fitted: bool
    result_: Optional[DirichletMixtureResult]
    classes_: NDArray[np.int_]
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    def __init__(self, n_components: int = 2, verbose: bool = False, random_state: Any = 42) -> None: ...
    @property
    def result(self) -> Optional[DirichletMixtureResult]: ...
    def __sklearn_is_fitted__(self) -> bool: ...
    def fit(self, X: _Counts, y: Any = None) -> DirichletMixture: ...
    def fit_predict(self, X: _Counts, y: Any = None) -> NDArray[Any]: ...
    def predict_proba(self, X: _Counts) -> Union[_Floats, pd.DataFrame]: ...
    def predict(self, X: _Counts, y: Any = None) -> NDArray[Any]: ...
    def score(self, X: _Counts, y: Any = None) -> float: ...
    def set_component_labels(self, labels: dict[int, str]) -> None: ...
