from typing import Any, Callable, Iterable, Literal, Optional, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

Counts = Any  # an array, a list of lists, a DataFrame, or a sparse matrix of scipy
Criterion = Literal["laplace", "laplace_holmes", "bic", "aic"]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int, int, float, float], Optional[bool]]
RandomState = Union[None, int, np.random.RandomState, np.random.Generator]

class DirichletMixture(DensityMixin, BaseEstimator):
    weights_: Floats
    alpha_: Floats
    theta_: Floats
    means_: Floats
    lower_: Floats
    upper_: Floats
    resp_: Floats
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
        criterion: Criterion = "laplace",
        sort_components: bool = True,
        random_state: RandomState = None,
        n_jobs: Optional[int] = None,
        coerce: Optional[Literal["truncate", "round"]] = None,
        zero_rows: Literal["error", "drop"] = "error",
        verbose: int = 0,
        warm_start: bool = False,
        progress: Optional[Progress] = None,
    ) -> None: ...
    def fit(self, X: Counts, y: Any = None) -> DirichletMixture: ...
    def fit_predict(self, X: Counts, y: Any = None) -> NDArray[np.intp]: ...
    def predict(self, X: Counts) -> NDArray[np.intp]: ...
    def predict_proba(self, X: Counts) -> Floats: ...
    def score_samples(self, X: Counts) -> Floats: ...
    def score(self, X: Counts, y: Any = None) -> float: ...
    def bic(self, X: Counts) -> float: ...
    def aic(self, X: Counts) -> float: ...
    def criterion_value(self, criterion: Optional[Criterion] = None) -> float: ...
    def sample(self, n_samples: int = 1, depth: ArrayLike = 1000) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...

class SweepResult:
    models: list[DirichletMixture]
    runs: list[dict[str, Any]]
    def __init__(self, models: list[DirichletMixture], runs: list[dict[str, Any]]) -> None: ...
    def best(self, criterion: Criterion = "laplace") -> DirichletMixture: ...
    def table(self) -> Any: ...
    def plot(self, ax: Any = None) -> Any: ...

def fit_range(X: Counts, ks: Iterable[int], *, checkpoint: Any = "", **params: Any) -> SweepResult: ...

class DirichletMixtureCV(BaseEstimator):
    scores_: dict[int, float]
    n_components_: int
    best_estimator_: DirichletMixture
    def __init__(
        self,
        components: Sequence[int] = (1, 2, 3, 4, 5),
        cv: int = 5,
        random_state: RandomState = None,
        n_jobs: Optional[int] = None,
    ) -> None: ...
    def fit(self, X: Counts, y: Any = None) -> DirichletMixtureCV: ...
    def predict(self, X: Counts) -> NDArray[np.intp]: ...
    def predict_proba(self, X: Counts) -> Floats: ...
    def score(self, X: Counts, y: Any = None) -> float: ...

class GroupClassifier(BaseEstimator):
    classes_: NDArray[Any]
    priors_: Floats
    models_: list[DirichletMixture]
    def __init__(
        self,
        k: Union[Literal["auto"], int, Sequence[int]] = "auto",
        criterion: Criterion = "laplace",
        n_init: int = 1,
        random_state: RandomState = None,
        n_jobs: Optional[int] = None,
    ) -> None: ...
    def fit(self, X: Counts, y: ArrayLike) -> GroupClassifier: ...
    def predict_proba(self, X: Counts) -> Floats: ...
    def predict(self, X: Counts) -> NDArray[Any]: ...
    def score(self, X: Counts, y: ArrayLike) -> float: ...

def cross_validate_groups(X: Counts, y: ArrayLike, *, cv: int = 5, random_state: RandomState = 0, **params: Any) -> Floats: ...
def roc(y_true: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]: ...
