# SPDX-License-Identifier: Apache-2.0
import numpy as np

from . import _input
from ._base import BaseEstimator, NotFittedError
from ._select import fit_range


def _take(X, rows):
    if _input.is_frame(X):
        return X.iloc[rows]
    return (X.tocsr() if _input.is_sparse(X) else np.asarray(X))[rows]


class GroupClassifier(BaseEstimator):
    """One mixture for each class of samples; R's dmngroup for any number of classes.

    >>> import numpy as np
    >>> counts = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5)
    >>> model = GroupClassifier(k=[1], random_state=1).fit(counts, ["low", "low", "high", "high"] * 5)
    >>> model.predict([[8, 1, 0], [0, 1, 7]]).tolist()
    ['low', 'high']
    """

    _estimator_type = "classifier"

    def __init__(self, k="auto", criterion="laplace", n_init=1, random_state=None, n_jobs=None):
        self.k = k
        self.criterion = criterion
        self.n_init = n_init
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y):
        y = np.asarray(y)
        X = X if _input.is_frame(X) or _input.is_sparse(X) else np.asarray(X)
        if len(y) != X.shape[0]:
            raise ValueError(f"there are {len(y)} labels for {X.shape[0]} samples")
        self.classes_, of = np.unique(y, return_inverse=True)
        self.priors_ = np.bincount(of) / len(y)
        ks = [1, 2, 3, 4, 5] if isinstance(self.k, str) and self.k == "auto" else list(np.atleast_1d(self.k))
        self.models_ = []
        for c in range(len(self.classes_)):
            rows = np.flatnonzero(of == c)
            usable = [int(k) for k in ks if k <= len(rows)]
            if not usable:
                raise ValueError(f"class {self.classes_[c]!r} has {len(rows)} samples, fewer than components")
            sweep = fit_range(_take(X, rows), usable, n_init=self.n_init, random_state=self.random_state, n_jobs=self.n_jobs)
            self.models_.append(sweep.best(self.criterion))
        return self

    def predict_proba(self, X):
        if not hasattr(self, "models_"):
            raise NotFittedError("This GroupClassifier instance is not fitted yet.")
        joint = np.column_stack([m.score_samples(X) for m in self.models_]) + np.log(self.priors_)
        joint -= joint.max(axis=1, keepdims=True)
        p = np.exp(joint)
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def score(self, X, y):
        return float(np.mean(self.predict(X) == np.asarray(y)))


def cross_validate_groups(X, y, *, cv=5, random_state=0, **params):
    """Class probabilities of each sample by a model that has not seen it; R's cvdmngroup."""
    y = np.asarray(y)
    classes = np.unique(y)
    fold = np.random.default_rng(random_state).permutation(len(y)) % cv
    out = np.zeros((len(y), len(classes)))
    for f in range(cv):
        held = np.flatnonzero(fold == f)
        rest = np.flatnonzero(fold != f)
        model = GroupClassifier(random_state=random_state, **params).fit(_take(X, rest), y[rest])
        out[np.ix_(held, np.searchsorted(classes, model.classes_))] = model.predict_proba(_take(X, held))
    return out


def roc(y_true, score):
    """False and true positive rates by falling score, from (0, 0) to (1, 1); ties move together.

    >>> fpr, tpr = roc([True, False, True, False], [0.9, 0.2, 0.6, 0.6])
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    y_true = np.asarray(y_true, dtype=bool)
    score = np.asarray(score, dtype=float)
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(score[order])), len(order) - 1]
    tpr = np.r_[0, np.cumsum(y_true[order])[last]] / max(1, y_true.sum())
    fpr = np.r_[0, np.cumsum(~y_true[order])[last]] / max(1, (~y_true).sum())
    return fpr, tpr
