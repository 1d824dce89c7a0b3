# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import twillhpc
from programs import run
from twillhpc.dmm import (
    DirichletMixture,
    DirichletMixtureCV,
    GroupClassifier,
    cross_validate_groups,
    fit_range,
    roc,
)


def test_attributes_are_consistent(two_groups):
    X, group = two_groups
    m = DirichletMixture(2, random_state=3).fit(X)
    assert m.alpha_.shape == m.means_.shape == m.lower_.shape == (2, 6)
    np.testing.assert_allclose(m.means_.sum(axis=1), 1)
    np.testing.assert_allclose(m.theta_, m.alpha_.sum(axis=1))
    assert m.weights_[0] >= m.weights_[1] and m.converged_ and m.n_iter_ >= 1
    assert m.lower_bound_ == -m.nle_ and m.n_features_in_ == 6
    assert (m.lower_ < m.alpha_).all() and (m.alpha_ < m.upper_).all()
    np.testing.assert_array_equal(m.labels_, m.predict(X))
    np.testing.assert_allclose(m.resp_, m.predict_proba(X), atol=1e-12)
    assert max(np.mean(m.labels_ == group), np.mean(m.labels_ != group)) > 0.95


def test_score_is_held_out_and_criteria_follow_from_it(two_groups):
    X, _ = two_groups
    m = DirichletMixture(2, random_state=3).fit(X[::2])
    held = m.score_samples(X[1::2])
    assert m.score(X[1::2]) == pytest.approx(held.mean())
    p = 2 * 6 + 1
    assert m.bic(X) == pytest.approx(-m.score_samples(X).sum() + p / 2 * np.log(60))
    assert m.aic(X) == pytest.approx(-m.score_samples(X).sum() + p)


def test_lists_frames_and_sparse_tables_give_the_same_bits(two_groups):
    X, _ = two_groups
    m = DirichletMixture(2, random_state=3).fit(X)
    for kind in (X.tolist(), X.astype(float), scipy.sparse.csr_matrix(X), scipy.sparse.csc_matrix(X), pd.DataFrame(X)):
        np.testing.assert_array_equal(DirichletMixture(2, random_state=3).fit(kind).alpha_, m.alpha_)


def test_threads_do_not_change_the_bits(two_groups):
    X, _ = two_groups
    fits = [DirichletMixture(3, n_init=2, random_state=3, n_jobs=n).fit(X) for n in (1, 2, 3, -1)]
    with twillhpc.num_threads(2):
        fits.append(DirichletMixture(3, n_init=2, random_state=3).fit(X))
    for other in fits[1:]:
        np.testing.assert_array_equal(other.alpha_, fits[0].alpha_)
        np.testing.assert_array_equal(other.resp_, fits[0].resp_)
    with pytest.raises(ValueError, match="n_jobs is a whole number other than 0, found 0"):
        DirichletMixture(n_jobs=0).fit(X)


def test_more_starts_are_never_worse(two_groups):
    X, _ = two_groups
    assert DirichletMixture(4, n_init=5, random_state=1).fit(X).nle_ <= DirichletMixture(4, random_state=1).fit(X).nle_


def test_a_warm_start_goes_on_where_the_fit_before_ended(two_groups):
    X, _ = two_groups
    m = DirichletMixture(5, random_state=3, warm_start=True, max_iter=10**4).fit(X)
    first, nle = m.n_iter_, m.nle_
    assert first > 3
    assert m.fit(X).n_iter_ < first and m.nle_ == pytest.approx(nle, abs=1e-4)
    cut = DirichletMixture(3, max_iter=2, random_state=3, warm_start=True).fit(X)
    before = cut.nle_
    assert cut.fit(X).nle_ < before
    assert cut.set_params(n_components=2).fit(X).alpha_.shape == (2, 6)  # begins anew


def test_fits_begin_as_they_are_told(two_groups):
    X, _ = two_groups
    m = DirichletMixture(2, random_state=3).fit(X)
    given = DirichletMixture(2, init=m.alpha_).fit(X)
    assert given.nle_ == pytest.approx(m.nle_, abs=1e-4) and given.n_iter_ <= m.n_iter_
    drawn = DirichletMixture(2, init="random", n_init=3, random_state=3).fit(X)
    assert drawn.nle_ == pytest.approx(m.nle_, abs=1e-3)
    assert fit_range(X, [1, 2], init="random", random_state=3).models[1].nle_ == pytest.approx(m.nle_, abs=1e-3)
    with pytest.raises(ValueError, match="init is 'soft_kmeans', 'random' or an array of alphas, found 'kmeans'"):
        DirichletMixture(2, init="kmeans").fit(X)
    with pytest.raises(ValueError, match=r"init as an array is 2 x 6 numbers above 0, found shape \(2, 5\)"):
        DirichletMixture(2, init=np.ones((2, 5))).fit(X)


def test_progress_is_told_and_can_end_a_fit(two_groups):
    X, _ = two_groups
    seen = []
    DirichletMixture(2, random_state=3, progress=lambda *at: seen.append(at)).fit(X)
    assert [at[0] for at in seen if at[0] != "start"][-1] == "hessian" and {at[1] for at in seen} == {2}
    big = np.random.default_rng(0).poisson(2, (2000, 60)) + 1
    told = {"n_components": 8, "max_iter": 10**6, "tol": 0, "random_state": 0}
    ended = DirichletMixture(**told, progress=lambda phase, *at: phase != "em").fit(big)
    assert not ended.converged_ and np.isfinite(ended.nle_)


def test_input_that_cannot_be_is_refused(two_groups):
    X, _ = two_groups
    with pytest.raises(ValueError, match="Input value .*1.5.* at row 0, column 0 is not a whole number"):
        DirichletMixture(1).fit([[1.5, 2], [3, 4]])
    assert DirichletMixture(1, coerce="round").fit([[1.5, 2], [3, 4]]).n_features_in_ == 2
    with pytest.raises(ValueError, match="cannot contain negative"):
        DirichletMixture(1).fit([[1, -2], [3, 4]])
    with pytest.raises(ValueError, match="samples without counts"):
        DirichletMixture(1).fit([[1, 2], [0, 0]])
    with pytest.raises(ValueError, match="n_components=3 is more than n_samples=2"):
        DirichletMixture(3).fit([[1, 2], [3, 4]])
    with pytest.raises(NotFittedError):
        DirichletMixture().predict(X)
    m = DirichletMixture().fit(pd.DataFrame(X, columns=list("abcdef")))
    with pytest.raises(ValueError, match="feature names should match"):
        m.predict(pd.DataFrame(X, columns=list("abcdeg")))
    with pytest.raises(ValueError, match="X has 5 features, but DirichletMixture is expecting 6"):
        m.predict(X[:, :5])


def test_samples_without_counts_can_be_left_out(two_groups):
    X, _ = two_groups
    wide = np.vstack([X, np.zeros((1, 6), int)])
    m = DirichletMixture(2, zero_rows="drop", random_state=3).fit(wide)
    np.testing.assert_array_equal(m.alpha_, DirichletMixture(2, random_state=3).fit(X).alpha_)
    assert np.isnan(m.resp_[-1]).all() and m.labels_[-1] == -1
    np.testing.assert_allclose(m.predict_proba(wide)[-1], m.weights_)


def test_sweeps_choose_by_criterion(two_groups):
    X, _ = two_groups
    sweep = fit_range(X, [1, 2, 3], n_init=2, random_state=3)
    assert sweep.best("laplace").n_components == sweep.best("bic").n_components == 2
    assert list(sweep.table().index) == [1, 2, 3] and len(sweep.runs) == 6
    np.testing.assert_array_equal(sweep.models[1].alpha_, DirichletMixture(2, n_init=2, random_state=3).fit(X).alpha_)
    assert DirichletMixtureCV([1, 2, 3], cv=3, random_state=0).fit(X).n_components_ >= 2


def test_sweeps_resume_from_checkpoints(two_groups, tmp_path):
    X, _ = two_groups
    first = fit_range(X, [1, 2], random_state=3, checkpoint=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run-k1-s0.twill", "run-k2-s0.twill"]
    again = fit_range(X, [1, 2], random_state=3, checkpoint=tmp_path)
    np.testing.assert_array_equal(first.models[1].resp_, again.models[1].resp_)


def test_classes_are_told_apart(two_groups):
    X, group = two_groups
    y = np.array(["a", "b"])[group]
    model = GroupClassifier(k=[1, 2], random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95 and list(model.classes_) == ["a", "b"]
    p = cross_validate_groups(X, y, cv=3, k=[1])
    assert np.mean(p.argmax(axis=1) == group) > 0.95
    fpr, tpr = roc(group == 1, p[:, 1])
    assert np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2) > 0.95


def test_drawn_samples_have_their_depth_and_seed(two_groups):
    m = DirichletMixture(2, random_state=3).fit(two_groups[0])
    counts, component = m.sample(50, depth=np.arange(1, 51))
    np.testing.assert_array_equal(counts.sum(axis=1), np.arange(1, 51))
    np.testing.assert_array_equal(counts, m.sample(50, depth=np.arange(1, 51))[0])
    assert set(component) <= {0, 1}


def test_sklearn_tools_work(two_groups):
    X, _ = two_groups
    m = DirichletMixture(2, random_state=3).fit(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(m)).predict(X), m.predict(X))
    assert clone(m).get_params() == m.get_params()
    search = GridSearchCV(DirichletMixture(random_state=0), {"n_components": [1, 2]}, cv=2).fit(X)
    assert search.best_params_ == {"n_components": 2}
    assert make_pipeline(FunctionTransformer(), DirichletMixture()).fit(X).predict(X).shape == (60,)


def _names_of_checks(model):
    from sklearn.utils import estimator_checks

    if hasattr(estimator_checks, "estimator_checks_generator"):  # from 1.6 on
        pairs = estimator_checks.estimator_checks_generator(model)
    else:
        pairs = estimator_checks.check_estimator(model, generate_only=True)
    return [check.func.__name__ for _, check in pairs]


def test_check_estimator_passes_on_whole_numbers():
    from sklearn.utils.estimator_checks import check_estimator

    model = DirichletMixture(coerce="round", zero_rows="drop", random_state=0)
    ran = _names_of_checks(model)
    assert len(ran) > 25 and "check_estimators_dtypes" in ran
    check_estimator(model)
    assert not hasattr(model, "alpha_")  # the checks work on clones


@pytest.mark.filterwarnings("ignore:Can't test estimator")
def test_check_estimator_passes_with_the_defaults():
    from sklearn.utils.estimator_checks import check_estimator

    model = DirichletMixture()
    # The defaults refuse fractions, which the numeric checks feed: the tags say so, and none of those is made.
    assert set(_names_of_checks(model)) <= {"check_estimator_cloneable"}
    check_estimator(model)
    assert not hasattr(model, "alpha_")


def test_fits_of_two_threads_are_right(two_groups):
    X, _ = two_groups
    expected = DirichletMixture(3, random_state=3).fit(X).alpha_
    found = [None, None]

    def run(i):
        found[i] = DirichletMixture(3, random_state=3).fit(X).alpha_

    workers = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], expected)


def test_a_forked_child_can_fit(two_groups):
    X, _ = two_groups
    expected = DirichletMixture(2, random_state=3).fit(X).alpha_
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if np.array_equal(DirichletMixture(2, random_state=3).fit(X).alpha_, expected) else 3)
        finally:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_pools_of_processes_can_fit(two_groups):
    X, _ = two_groups
    expected = [DirichletMixture(k, random_state=3).fit(X).nle_ for k in (1, 2, 3)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.starmap(_nle_of, [(k, X) for k in (1, 2, 3)])
    assert found == expected


def _nle_of(k, X):
    return DirichletMixture(k, random_state=3).fit(X).nle_


def test_an_interrupt_ends_a_long_fit():
    # Some 10^6 passes over 4000 rows: hours, so that only the signal can be what ends the program.
    program = (
        "import signal; import numpy as np; from twillhpc.dmm import DirichletMixture\n"
        # Whoever starts the tests in the background has SIGINT ignored in all that descends from it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "X = np.random.default_rng(0).poisson(2, (4000, 60)) + 1\n"
        "print('ready', flush=True)\n"
        "while True: DirichletMixture(8, max_iter=10**6, tol=0, random_state=0).fit(X)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=1)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    finally:
        child.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    assert ", in fit\n" in errors, errors
    assert child.returncode == -signal.SIGINT


@pytest.mark.parametrize("jobs", [1, 2])
def test_other_threads_of_python_run_during_a_fit(jobs):
    X = np.random.default_rng(0).poisson(3, (12000, 100)) + 1
    ticks = []
    over = threading.Event()

    def tick():
        while not over.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    beside = threading.Thread(target=tick)
    beside.start()
    begin = time.perf_counter()
    DirichletMixture(8, max_iter=30, tol=0, random_state=0, n_jobs=jobs).fit(X)
    end = time.perf_counter()
    over.set()
    beside.join()
    assert end - begin > 0.02  # ticks by the dozen
    # A fit that kept the interpreter would leave one gap as long as itself.
    inside = [begin, *(t for t in ticks if begin < t < end), end]
    assert max(b - a for a, b in zip(inside, inside[1:])) < 0.5 * (end - begin)


def test_a_sweep_that_a_scheduler_leaves_no_time_for_says_so(monkeypatch):
    X = np.random.default_rng(0).poisson(3, (40, 6)) + 1
    monkeypatch.setenv("SLURM_JOB_END_TIME", "1")
    with pytest.warns(RuntimeWarning, match="some runs of the sweep are missing"):
        fit_range(X, range(1, 10), n_init=4, n_jobs=1, random_state=0)


def test_a_thousand_fits_do_not_grow():
    X = np.array([[9, 1, 0], [8, 2, 1], [0, 1, 9], [1, 0, 8]] * 5, dtype=np.int32)

    def resident():
        with open("/proc/self/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(100):
        DirichletMixture(2, random_state=0, n_jobs=1).fit(X)
    before = resident()
    for _ in range(1000):
        DirichletMixture(2, random_state=0, n_jobs=1).fit(X)
    assert resident() - before < 8 << 20


@pytest.mark.parametrize("text, expected", [("4,2", 4), ("3", 3), ("", 0), ("0", 0)])
def test_openmp_settings_are_read_for_pydmm_alone(monkeypatch, text, expected):
    from twillhpc._threads import resolve

    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert resolve(openmp=True) == expected and resolve() == 0
    monkeypatch.setenv("TWILL_NUM_THREADS", "2")
    assert resolve(openmp=True) == 0


@pytest.mark.parametrize("name", ["TWILL_NUM_THREADS", "RAYON_NUM_THREADS"])
def test_a_malformed_setting_of_threads_is_an_error_that_names_it(name):
    program = "from twillhpc._core import dmm as _core; _core.from_dense(__import__('numpy').ones((2, 2), 'int32'))"
    done = run(program, env={name: "many"})
    assert done.returncode != 0 and name in done.stderr.splitlines()[-1], done.stderr


def test_a_malformed_openmp_setting_warns(monkeypatch):
    from twillhpc._threads import resolve

    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    with pytest.warns(UserWarning, match="OMP_NUM_THREADS='many' is no number of threads"):
        assert resolve(openmp=True) == 0
