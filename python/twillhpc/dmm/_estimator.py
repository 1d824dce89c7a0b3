# SPDX-License-Identifier: Apache-2.0
import numpy as np

from .._threads import resolve
from .._core import dmm as _core
from . import _input
from ._base import HAVE_SKLEARN, BaseEstimator, DensityMixin, NotFittedError

CRITERIA = ("laplace", "laplace_holmes", "bic", "aic")


def _shape_of(X):
    if _input.is_sparse(X):
        return X.shape
    return np.shape(X) if not _input.is_frame(X) else X.shape


class DirichletMixture(DensityMixin, BaseEstimator):
    """A mixture of Dirichlet-multinomial distributions, fitted by EM to a table of counts.

    Parameters follow scikit-learn's GaussianMixture where they mean the same. Beside those:

    - `init`: "soft_kmeans", "random" (drawn components without k-means), or an array of K x S alphas to begin with.
    - `warm_start`: a fit begins with the weights and alphas of the one before, when it has as many of both.
    - `relative_tol`: `tol` is relative to the negative log posterior.
    - `eta`, `nu`: shape and rate of the Gamma prior of each alpha.
    - `criterion`: what `criterion_value` and sweeps go by: "laplace", "laplace_holmes", "bic" or "aic".
    - `sort_components`: by falling weight.
    - `coerce`: None refuses fractions, "truncate" and "round" make them whole.
    - `zero_rows`: "error", or "drop" for samples without counts, whose rows of `resp_` are NaN and labels -1.
    - `progress`: called with phase, components, start, iteration, value and change; False ends the fit early.

    >>> import numpy as np
    >>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
    >>> model = DirichletMixture(n_components=2, random_state=1).fit(counts)
    >>> model.weights_.round(3).tolist()
    [0.5, 0.5]
    >>> bool(np.allclose(model.predict_proba(counts).sum(axis=1), 1))
    True
    """

    def __init__(
        self,
        n_components=2,
        *,
        n_init=1,
        init="soft_kmeans",
        max_iter=100,
        tol=1e-6,
        relative_tol=False,
        eta=0.1,
        nu=0.1,
        criterion="laplace",
        sort_components=True,
        random_state=None,
        n_jobs=None,
        coerce=None,
        zero_rows="error",
        verbose=0,
        warm_start=False,
        progress=None,
    ):
        self.n_components = n_components
        self.n_init = n_init
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.relative_tol = relative_tol
        self.eta = eta
        self.nu = nu
        self.criterion = criterion
        self.sort_components = sort_components
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.coerce = coerce
        self.zero_rows = zero_rows
        self.verbose = verbose
        self.warm_start = warm_start
        self.progress = progress

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.two_d_array = self._takes_any_numbers()
        tags.input_tags.positive_only = True
        # scikit-learn's checks of sparse input ask these tags for the columns of predict_proba, whatever the estimator is.
        from sklearn.utils import ClassifierTags

        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags

    def _takes_any_numbers(self):
        """scikit-learn has no tag for whole numbers: what refuses fractions or zero rows does not say 2-D array."""
        return self.coerce is not None and self.zero_rows == "drop"

    def _more_tags(self):
        # binary_only: for releases before 1.6, as the classifier tags above.
        kinds = ["2darray" if self._takes_any_numbers() else "counts", "sparse"]
        return {"requires_positive_X": True, "binary_only": True, "X_types": kinds}

    # What every method does with its X.
    def _checked(self, X, fitting):
        if HAVE_SKLEARN and not _input.is_sparse(X) and not _input.is_frame(X):
            from sklearn.utils.validation import check_array

            X = check_array(X, dtype=None, ensure_min_samples=1, estimator=self)
        elif HAVE_SKLEARN and _input.is_sparse(X):
            from sklearn.utils.validation import check_array

            X = check_array(X, accept_sparse="csr", dtype=None, estimator=self)
        shape = _shape_of(X)
        if len(shape) != 2:
            raise ValueError(f"Expected 2D array, got {len(shape)}D array instead")
        if 0 in shape:
            raise ValueError(f"Found array with shape {tuple(shape)}: a minimum of 1 sample and 1 feature is required")
        names = _input.column_names(X)
        if fitting:
            self.n_features_in_ = int(shape[1])
            if names is not None and all(isinstance(n, str) for n in names):
                self.feature_names_in_ = names
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            return X
        known = getattr(self, "feature_names_in_", None)
        if names is not None and known is not None and list(names) != list(known):
            raise ValueError(
                "The feature names should match those that were passed during fit.\n"
                "Feature names must be in the same order as they were in fit.\n"
            )
        if shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input"
            )
        return X

    def _options(self):
        if self.criterion not in CRITERIA:
            raise ValueError(f"criterion is one of {', '.join(CRITERIA)}, found {self.criterion!r}")
        if self.coerce not in (None, "truncate", "round"):
            raise ValueError(f"coerce is None, 'truncate' or 'round', found {self.coerce!r}")
        if self.zero_rows not in ("error", "drop"):
            raise ValueError(f"zero_rows is 'error' or 'drop', found {self.zero_rows!r}")
        return {
            "seed": _input.seed_of(self.random_state),
            "starts": int(self.n_init),
            "tol": float(self.tol),
            "relative_tol": bool(self.relative_tol),
            "max_iter": int(self.max_iter),
            "eta": float(self.eta),
            "nu": float(self.nu),
            "sort": bool(self.sort_components),
            "final_e_step": True,
            "threads": resolve(self.n_jobs),
        }

    def _told(self):
        if self.progress is None and not self.verbose:
            return None

        def told(phase, components, start, iteration, nle, change):
            if self.progress is not None:
                return self.progress(phase, components, start, iteration, nle, change)
            if iteration % 10 == 0:
                print(f"  {phase}: K {components}, start {start}, iteration {iteration}, change {change:g}")
            return None

        return told

    def _begin(self, k, features):
        """How the first start begins: what the library's options say of it."""
        if isinstance(self.init, str) and self.init not in ("soft_kmeans", "random"):
            raise ValueError(f"init is 'soft_kmeans', 'random' or an array of alphas, found {self.init!r}")
        if self.warm_start and getattr(self, "alpha_", np.empty(0)).shape == (k, features):
            return {"start_weights": self.weights_.tolist(), "start_alpha": self.alpha_.ravel().tolist()}
        if isinstance(self.init, str):
            return {"random_start": self.init == "random"}
        alpha = np.asarray(self.init, dtype=np.float64)
        if alpha.shape != (k, features) or not (np.isfinite(alpha).all() and (alpha > 0).all()):
            raise ValueError(f"init as an array is {k} x {features} numbers above 0, found shape {alpha.shape}")
        return {"start_alpha": alpha.ravel().tolist()}

    def fit(self, X, y=None):
        """Fits the mixture; `y` is ignored."""
        k = _input.check_components(self.n_components)
        options = self._options()
        X = self._checked(X, fitting=True)
        n = _shape_of(X)[0]
        if k > n:
            raise ValueError(f"n_components={k} is more than n_samples={n}")
        table, used = self._table(X, options["threads"])
        options["components"] = k
        options.update(self._begin(k, table.taxa))
        self._keep(_core.fit(table, options, self._told()), used)
        return self

    def _table(self, X, threads):
        """The table of the samples that have counts, and which these are."""
        if self.zero_rows == "error":
            return _input.table_of(X, coerce=self.coerce, threads=threads)
        _, used = _input.table_of(X, coerce=self.coerce, keep_zero_rows=True, threads=threads)
        if not used.any():
            raise ValueError("Input has no sample with counts")
        kept = X.iloc[used] if _input.is_frame(X) else (X.tocsr() if _input.is_sparse(X) else np.asarray(X))[used]
        table, _ = _input.table_of(kept, coerce=self.coerce, threads=threads)
        return table, used

    def _keep(self, fit, used):
        self.weights_ = fit["weights"]
        self.alpha_ = fit["alpha"]
        self.theta_ = self.alpha_.sum(axis=1)
        self.means_ = self.alpha_ / self.theta_[:, None]
        self.lower_ = fit["lower"]
        self.upper_ = fit["upper"]
        self.resp_ = fit["group"]
        if not used.all():
            self.resp_ = np.full((len(used), fit["components"]), np.nan)
            self.resp_[used] = fit["group"]
        self.labels_ = np.where(used, np.nan_to_num(self.resp_, nan=-1.0).argmax(axis=1), -1)
        self.converged_ = bool(fit["converged"])
        self.n_iter_ = max(1, int(fit["iterations"]))
        self.nle_ = fit["nle"]
        self.lower_bound_ = -fit["nle"]
        self.laplace_ = fit["laplace_symmetric"]
        self.laplace_holmes_ = fit["laplace"]
        self.bic_ = fit["bic"]
        self.aic_ = fit["aic"]
        self.log_det_ = fit["log_det_symmetric"]

    def criterion_value(self, criterion=None):
        """The value of a criterion of the fit; lower is better."""
        self._fitted()
        name = criterion or self.criterion
        if name not in CRITERIA:
            raise ValueError(f"criterion is one of {', '.join(CRITERIA)}, found {name!r}")
        return getattr(self, name + "_")

    def _fitted(self):
        if not hasattr(self, "alpha_"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            )

    def _evaluate(self, what, X):
        self._fitted()
        X = self._checked(X, fitting=False)
        threads = resolve(self.n_jobs)
        table, _ = _input.table_of(X, coerce=self.coerce, keep_zero_rows=True, threads=threads)
        return _core.evaluate(what, self.weights_, self.alpha_, table, threads)

    def fit_predict(self, X, y=None):
        """Fits, then gives each sample's likeliest component; -1 for samples left out."""
        return self.fit(X).labels_

    def predict_proba(self, X):
        """Posterior probability of each component; a sample without counts gets the weights."""
        return self._evaluate("posterior", X)

    def predict(self, X):
        """The likeliest component of each sample."""
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X):
        """ln p(sample), with the multinomial coefficient."""
        return self._evaluate("log_likelihood", X)

    def score(self, X, y=None):
        """The mean of score_samples on the X given: an honest held-out score."""
        return float(self.score_samples(X).mean())

    def _n_parameters(self):
        return self.alpha_.size + len(self.weights_) - 1

    def bic(self, X):
        """-ln p(X) + P/2 ln N: half of the usual scale, as `bic_`, without the prior."""
        scores = self.score_samples(X)
        return float(-scores.sum() + self._n_parameters() / 2 * np.log(len(scores)))

    def aic(self, X):
        """-ln p(X) + P: half of the usual scale, as `aic_`, without the prior."""
        return float(-self.score_samples(X).sum() + self._n_parameters())

    def sample(self, n_samples=1, depth=1000):
        """Draws samples: counts, and the component of each. `depth` is a number or one for each sample.

        >>> import numpy as np
        >>> model = DirichletMixture(n_components=1, random_state=0).fit(np.array([[3, 1], [2, 2], [5, 1]]))
        >>> counts, component = model.sample(4, depth=10)
        >>> counts.sum(axis=1).tolist(), component.tolist()
        ([10, 10, 10, 10], [0, 0, 0, 0])
        """
        self._fitted()
        depths = np.ascontiguousarray(np.broadcast_to(np.asarray(depth, dtype=np.int64), (n_samples,)))
        seed = _input.seed_of(self.random_state)
        return _core.simulate(self.weights_, self.alpha_, depths, seed, resolve(self.n_jobs))
