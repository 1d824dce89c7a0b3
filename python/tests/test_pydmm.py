# SPDX-License-Identifier: Apache-2.0
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import pydmm
from pydmm import DirichletMixture, pydmm_core
from pydmm.core import DirichletMixtureResult


def frame(X):
    return pd.DataFrame(X, index=[f"s{i}" for i in range(len(X))], columns=[f"t{j}" for j in range(X.shape[1])])


def test_all_names_one_class_and_the_parameters_are_exactly_three():
    assert pydmm.__all__ == ["DirichletMixture"]
    assert set(DirichletMixture().get_params()) == {"n_components", "verbose", "random_state"}


def test_a_new_model_has_its_parameters_and_nothing_else():
    model = DirichletMixture(n_components=3, verbose=True, random_state=1)
    assert (model.n_components, model.verbose, model.random_state) == (3, True, 1)
    assert model.is_fitted is False and model.result_ is None and model.result is None
    assert not hasattr(model, "classes_") and not hasattr(model, "feature_names_in_")
    assert is_classifier(model)


def test_fit_finds_two_groups_and_predicts_what_it_assigned(two_groups):
    X, group = two_groups
    model = DirichletMixture(n_components=2, random_state=42)
    assert model.fit(X) is model
    found = model.predict(X)
    assert max(np.mean(found == group), np.mean(found != group)) >= 0.95
    np.testing.assert_array_equal(found, model.result.get_best_component())
    np.testing.assert_allclose(model.predict_proba(X), model.result.group_assignments, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, atol=1e-10)
    np.testing.assert_array_equal(model.classes_, [0, 1])
    assert found.dtype == np.int64
    np.testing.assert_array_equal(clone(model).fit_predict(X), found)


def test_results_have_the_shapes_and_types_of_the_peer(two_groups):
    X, _ = two_groups
    result = DirichletMixture(n_components=3).fit(X).result_
    assert isinstance(result, DirichletMixtureResult)
    assert set(result.goodness_of_fit) == {"NLE", "LogDet", "Laplace", "BIC", "AIC"}
    assert all(type(v) is float and np.isfinite(v) for v in result.goodness_of_fit.values())
    assert result.group_assignments.shape == (60, 3) and result.mixture_weights.shape == (3,)
    for name in ("Lower", "Estimate", "Upper"):
        values = result.parameter_estimates[name]
        assert values.shape == (6, 3) and values.dtype == np.float64 and values.flags.c_contiguous
    np.testing.assert_allclose(result.group_assignments.mean(axis=0), result.mixture_weights, atol=1e-12)
    assert set(result.summary()) == {
        "n_samples", "n_features", "n_components", "mixture_weights", "goodness_of_fit", "BIC", "AIC",
    }


def test_frames_keep_their_names_until_an_array_is_fitted(two_groups):
    X, _ = two_groups
    model = DirichletMixture().fit(frame(X))
    np.testing.assert_array_equal(model.feature_names_in_, [f"t{j}" for j in range(6)])
    assert model.feature_names_in_.dtype == object
    assert list(model.result.get_group_assignments_df().index[:2]) == ["s0", "s1"]
    assert list(model.result.get_group_assignments_df().columns) == ["Component_0", "Component_1"]
    estimates = model.result.get_parameter_estimates_df()
    assert list(estimates["Lower"].index) == [f"t{j}" for j in range(6)]
    with pytest.warns(UserWarning, match="other names"):
        model.predict(frame(X).rename(columns={"t0": "other"}))
    model.fit(X)
    assert not hasattr(model, "feature_names_in_")
    assert model.result.sample_names is None


def test_labels_name_components_everywhere_but_in_estimates(two_groups):
    X, _ = two_groups
    model = DirichletMixture().fit(X)
    model.result.set_component_labels({np.int64(0): "low", 1: "high"})
    assert set(model.predict(X)) == {"low", "high"}
    assert list(model.predict_proba(X).columns) == ["low component", "high component"]
    assert isinstance(model.predict_proba(X).index, pd.RangeIndex)
    assert list(model.result.get_group_assignments_df().columns) == ["low component", "high component"]
    assert list(model.result.get_parameter_estimates_df()["Upper"].columns) == ["Component_0", "Component_1"]


@pytest.mark.parametrize(
    "labels, message",
    [
        ([1], "labels must be a dictionary"),
        ({"a": "b"}, "All keys in labels dictionary must be integers"),
        ({0: 1, 1: "x"}, "All values in labels dictionary must be strings"),
        ({0: "x"}, r"all component indices 0 to 1. missing components: \[1\]$"),
        ({0: "x", 1: "y", 5: "z"}, r"0 to 1. invalid component indices: \[5\]$"),
        ({0: "x", 7: "z"}, r"missing components: \[1\], invalid component indices: \[7\]$"),
    ],
)
def test_labels_that_do_not_fit_are_refused(two_groups, labels, message):
    result = DirichletMixture().fit(two_groups[0]).result
    with pytest.raises(ValueError, match=message):
        result.set_component_labels(labels)
    assert result.component_labels is None


@pytest.mark.parametrize(
    "X, message",
    [
        ([[1, 2]], "Input must be a pandas DataFrame or numpy array"),
        ("text", "Input must be a pandas DataFrame or numpy array"),
        (np.arange(4), "Input must be a 2-dimensional array"),
        (np.ones((2, 2, 2)), "Input must be a 2-dimensional array"),
        (np.array([[1, -1], [2, 3]]), "Input data cannot contain negative values"),
        (np.array([[1, np.nan], [2, 3]]), "Input contains NaN at row 0, column 1"),
        (np.array([[1, 2], [np.inf, 3]]), "Input contains infinity at row 1, column 0"),
        (np.array([[1, 2**31], [2, 3]]), "Input value 2147483648 at row 0, column 1 is too large"),
        (np.array([["a", "b"]]), "not numbers"),
        (pd.DataFrame({"ok": [1, 2], "bad": ["x", "y"]}), "Input column 'bad' holds values that are not numbers"),
        (np.zeros((0, 3)), "Array dimensions and n_components must be positive"),
        (np.zeros((3, 0)), "Array dimensions and n_components must be positive"),
        (np.array([[1, 2], [0, 0]]), r"samples without counts \(rows 1\)"),
        (pd.DataFrame({"a": [1, 0], "b": [1, 0]}, index=["p", "q"]), r"samples without counts \(rows 'q'\)"),
    ],
)
def test_bad_input_is_refused_with_its_place(X, message):
    model = DirichletMixture(n_components=1)
    with pytest.raises(ValueError, match=message):
        model.fit(X)
    assert model.is_fitted is False and model.result_ is None


@pytest.mark.parametrize("k, kind", [(0, ValueError), (-2, ValueError), (2.0, TypeError), ("2", TypeError), (9, ValueError)])
def test_numbers_of_components_that_cannot_be_are_refused_at_fit(k, kind):
    with pytest.raises(kind) as refused:
        DirichletMixture(n_components=k).fit(np.array([[1, 2], [3, 4]]))
    assert "n_components" in str(refused.value)


def test_fractions_warn_and_are_cut():
    with pytest.warns(UserWarning, match="Input data contains non-integer values. Converting to integers."):
        a = DirichletMixture(n_components=1).fit(np.array([[1.9, 2.0], [3.2, 4.7]]))
    b = DirichletMixture(n_components=1).fit(np.array([[1, 2], [3, 4]]))
    assert a.result.goodness_of_fit == b.result.goodness_of_fit


def test_every_kind_of_whole_numbers_and_sparse_tables_give_the_same(two_groups):
    X, _ = two_groups
    expected = DirichletMixture().fit(X).result.goodness_of_fit
    kinds = [X.astype(np.int64), X.astype(np.uint16), X.astype(float), X.astype(object), np.asfortranarray(X),
             scipy.sparse.csr_matrix(X), scipy.sparse.csc_matrix(X), frame(X)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in kinds:
            assert DirichletMixture().fit(kind).result.goodness_of_fit == expected


def test_seeds_of_every_kind_work(two_groups):
    X, _ = two_groups
    same = [DirichletMixture(random_state=s).fit(X).result.goodness_of_fit["NLE"] for s in (5, 5 + 2**32)]
    assert same[0] == same[1]
    for seed in (None, np.random.RandomState(1), 2**40):
        assert np.isfinite(DirichletMixture(random_state=seed).fit(X).result.goodness_of_fit["NLE"])


def test_predicting_needs_a_fit_and_as_many_columns(two_groups):
    X, _ = two_groups
    for call in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError, match="Model must be fitted before making predictions"):
            getattr(DirichletMixture(), call)(X)
    model = DirichletMixture().fit(X)
    with pytest.raises(ValueError, match="Input has 5 features, but the model was fitted with 6"):
        model.predict(X[:, :5])
    np.testing.assert_allclose(model.predict_proba(np.zeros((1, 6), int))[0], model.result.mixture_weights)


def test_score_is_that_of_the_training_fit(two_groups):
    X, group = two_groups
    model = DirichletMixture().fit(X)
    assert model.score(X[:5]) == model.score(X, group) == -model.result.goodness_of_fit["NLE"]
    with pytest.warns(UserWarning, match="Model was not fitted before calling score"):
        assert DirichletMixture().score(X) == model.score(X)


def test_model_selection_finds_two_groups(two_groups):
    X, _ = two_groups
    fits = {k: DirichletMixture(n_components=k).fit(X).result.goodness_of_fit for k in (1, 2, 3, 4)}
    assert all(np.isfinite(v) for f in fits.values() for v in f.values())
    assert fits[2]["BIC"] < fits[1]["BIC"] and fits[2]["AIC"] < fits[1]["AIC"]
    assert min(fits, key=lambda k: fits[k]["BIC"]) == 2 and fits[4]["BIC"] > fits[2]["BIC"]
    assert DirichletMixture(n_components=1).fit_predict(X).tolist() == [0] * 60


def test_sklearn_tools_work(two_groups):
    X, group = two_groups
    model = DirichletMixture().fit(X)
    copy = clone(model)
    assert copy.is_fitted is False and copy.result_ is None and copy.set_params(n_components=3) is copy
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert len(cross_val_score(DirichletMixture(), X, cv=2)) == 2
    assert len(cross_val_score(DirichletMixture(), X, group, cv=2)) == 2
    search = GridSearchCV(DirichletMixture(), {"n_components": [1, 2]}, cv=2).fit(X, group)
    assert search.best_params_["n_components"] in (1, 2)
    pipe = make_pipeline(FunctionTransformer(), DirichletMixture())
    assert pipe.fit_predict(X, group).shape == (60,)
    assert "DirichletMixture" in repr(model)


def test_core_function_gives_the_peers_dictionary(two_groups):
    out = pydmm_core.dirichlet_fit(two_groups[0], n_components=2, verbose=0, seed=42)
    assert out["Group"].shape == (60, 2) and out["Mixture"]["Weight"].shape == (2,) and out["Fit"]["Upper"].shape == (6, 2)
    assert set(out["GoodnessOfFit"]) == {"NLE", "LogDet", "Laplace", "BIC", "AIC"}
    with pytest.raises(ValueError, match="Input array must be 2-dimensional"):
        pydmm_core.dirichlet_fit(np.arange(3, dtype=np.int32))
    with pytest.raises(ValueError, match="Input array must be int32 dtype"):
        pydmm_core.dirichlet_fit(np.ones((2, 2)))
    with pytest.raises(ValueError, match="Array dimensions and n_components must be positive"):
        pydmm_core.dirichlet_fit(np.ones((2, 2), np.int32), 0)


def test_tiny_tables_fit():
    one = pydmm_core.dirichlet_fit(np.array([[1, 1]], np.int32), 1)
    assert np.isfinite(list(one["GoodnessOfFit"].values())).all()
    two = pydmm_core.dirichlet_fit(np.array([[10, 0], [0, 10]], np.int32), 2)
    assert np.isfinite(two["Group"]).all() and np.isfinite(two["GoodnessOfFit"]["NLE"])


def test_verbose_writes_the_peers_lines_through_sys_stdout(two_groups, capsys):
    DirichletMixture(verbose=True).fit(two_groups[0])
    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if "iteration" not in line]
    assert titles == ["  Soft kmeans", "  Expectation Maximization setup", "  Expectation Maximization", "  Hessian"]


def test_compat_gives_the_old_figures_and_nothing_else_changes(two_groups, monkeypatch):
    X, _ = two_groups
    exact = DirichletMixture().fit(X).result
    pydmm.set_compat("peer")
    try:
        peer = DirichletMixture().fit(X).result
    finally:
        pydmm.set_compat(None)
    assert peer.goodness_of_fit["LogDet"] != exact.goodness_of_fit["LogDet"]
    for name in ("NLE", "BIC", "AIC"):
        assert peer.goodness_of_fit[name] == exact.goodness_of_fit[name]
    np.testing.assert_array_equal(peer.parameter_estimates["Estimate"], exact.parameter_estimates["Estimate"])
    monkeypatch.setenv("PYDMM_COMPAT", "peer")
    assert DirichletMixture().fit(X).result.goodness_of_fit == peer.goodness_of_fit
    monkeypatch.setenv("PYDMM_COMPAT", "pear")
    with pytest.raises(ValueError, match="PYDMM_COMPAT is 'peer' or 'exact', found 'pear'"):
        DirichletMixture().fit(X)
