from typing import Any, Callable, Iterable, Literal, Optional, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime import Runtime
from ._base import BaseEstimator, DensityMixin

__all__ = [
    "DirichletMixture",
    "DirichletMixtureCV",
    "GroupClassifier",
    "SweepResult",
    "cross_validate_groups",
    "fit_range",
    "roc",
]

_Counts = Any  # an array, a list of lists, a DataFrame, or a sparse matrix of scipy
_Criterion = Literal["laplace", "laplace_holmes", "bic", "aic"]
_Floats = NDArray[np.float64]
_Progress = Callable[[str, int, int, int, float, float], Optional[bool]]
_RandomState = Union[None, int, np.random.RandomState, np.random.Generator]

class DirichletMixture(DensityMixin, BaseEstimator):
    weights_: _Floats
    alpha_: _Floats
    theta_: _Floats
    means_: _Floats
    lower_: _Floats
    upper_: _Floats
    resp_: _Floats
    labels_: NDArray[np.intp]
    converged_: bool
    n_iter_: int
    lower_bound_: float
    nle_: float
    laplace_: float
    laplace_holmes_: float
    bic_: float
    aic_: float
    log_det_: float
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    def __init__(
        self,
        n_components: int = 2,
        *,
        n_init: int = 1,
        init: Union[Literal["soft_kmeans", "random"], ArrayLike] = "soft_kmeans",
        max_iter: int = 100,
        tol: float = 1e-6,
        relative_tol: bool = False,
        eta: float = 0.1,
        nu: float = 0.1,
        criterion: _Criterion = "laplace",
        sort_components: bool = True,
        random_state: _RandomState = None,
        n_jobs: Optional[int] = None,
        coerce: Optional[Literal["truncate", "round"]] = None,
        zero_rows: Literal["error", "drop"] = "error",
        verbose: int = 0,
        warm_start: bool = False,
        progress: Optional[_Progress] = None,
    ) -> None: ...
    def fit(self, X: _Counts, y: Any = None) -> DirichletMixture: ...
    def fit_predict(self, X: _Counts, y: Any = None) -> NDArray[np.intp]: ...
    def predict(self, X: _Counts) -> NDArray[np.intp]: ...
    def predict_proba(self, X: _Counts) -> _Floats: ...
    def score_samples(self, X: _Counts) -> _Floats: ...
    def score(self, X: _Counts, y: Any = None) -> float: ...
    def bic(self, X: _Counts) -> float: ...
    def aic(self, X: _Counts) -> float: ...
    def criterion_value(self, criterion: Optional[_Criterion] = None) -> float: ...
    def sample(self, n_samples: int = 1, depth: ArrayLike = 1000) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...

class SweepResult:
    models: list[DirichletMixture]
    runs: list[dict[str, Any]]
    def __init__(self, models: list[DirichletMixture], runs: list[dict[str, Any]]) -> None: ...
    def best(self, criterion: _Criterion = "laplace") -> DirichletMixture: ...
    def table(self) -> Any: ...
    def plot(self, ax: Any = None) -> Any: ...

def fit_range(X: _Counts, ks: Iterable[int], *, checkpoint: Any = "", ranks: Optional[Runtime] = None, **params: Any) -> SweepResult: ...

class DirichletMixtureCV(BaseEstimator):
    scores_: dict[int, float]
    n_components_: int
    best_estimator_: DirichletMixture
    def __init__(
        self,
        components: Sequence[int] = (1, 2, 3, 4, 5),
        cv: int = 5,
        random_state: _RandomState = None,
        n_jobs: Optional[int] = None,
    ) -> None: ...
    def fit(self, X: _Counts, y: Any = None) -> DirichletMixtureCV: ...
    def predict(self, X: _Counts) -> NDArray[np.intp]: ...
    def predict_proba(self, X: _Counts) -> _Floats: ...
    def score(self, X: _Counts, y: Any = None) -> float: ...

class GroupClassifier(BaseEstimator):
    classes_: NDArray[Any]
    priors_: _Floats
    models_: list[DirichletMixture]
    def __init__(
        self,
        k: Union[Literal["auto"], int, Sequence[int]] = "auto",
        criterion: _Criterion = "laplace",
        n_init: int = 1,
        random_state: _RandomState = None,
        n_jobs: Optional[int] = None,
    ) -> None: ...
    def fit(self, X: _Counts, y: ArrayLike) -> GroupClassifier: ...
    def predict_proba(self, X: _Counts) -> _Floats: ...
    def predict(self, X: _Counts) -> NDArray[Any]: ...
    def score(self, X: _Counts, y: ArrayLike) -> float: ...

def cross_validate_groups(X: _Counts, y: ArrayLike, *, cv: int = 5, random_state: _RandomState = 0, **params: Any) -> _Floats: ...
def roc(y_true: ArrayLike, score: ArrayLike) -> tuple[_Floats, _Floats]: ...
