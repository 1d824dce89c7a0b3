# SPDX-License-Identifier: Apache-2.0
"""The runtime behind the packages: workers of one process."""
import os
import threading

import numpy as np
import pytest
import twillhpc
from programs import run
from twillhpc.dmm import DirichletMixture, fit_range

WORKERS = "len([t for t in os.listdir('/proc/self/task') if open(f'/proc/self/task/{t}/comm').read().startswith('twill-')])"


def test_a_block_has_as_many_workers_as_it_asks_for(two_groups):
    X, _ = two_groups
    expected = DirichletMixture(3, random_state=3, n_jobs=1).fit(X).alpha_
    for threads in (1, 2, 3):
        with twillhpc.local(threads=threads) as here:
            assert (here.threads, here.rank, here.size) == (threads, 0, 1)
            np.testing.assert_array_equal(DirichletMixture(3, random_state=3).fit(X).alpha_, expected)
            assert repr(here) == f"<twillhpc runtime: rank 0 of 1, {threads} threads>"


def test_the_topology_says_where_the_number_of_threads_comes_from():
    with twillhpc.local(threads=2) as here:
        rank = here.topology()["ranks"][0]
        assert here.topology()["backend"] == "local"
        assert rank["threads"] == 2 and "threads" in rank["threads_source"], rank
        assert "local" in str(here)
    program = "import twillhpc; r = twillhpc.topology()['ranks'][0]; print(r['threads'], r['threads_source'])"
    assert run(program, env={"TWILL_NUM_THREADS": "3"}).stdout == "3 TWILL_NUM_THREADS\n"


def test_the_first_call_starts_the_workers_and_the_packages_share_them():
    program = (
        "import os; import numpy as np; from twillhpc.dmm import DirichletMixture\n"
        "X = np.random.default_rng(0).poisson(3, (60, 6)) + 1\n"
        f"before = {WORKERS}\n"
        "DirichletMixture(2, random_state=0).fit(X)\n"
        "import pydmm\n"
        "pydmm.DirichletMixture(n_components=2, random_state=0, verbose=0).fit(X)\n"
        f"print(before, {WORKERS})\n"
    )
    done = run(program, env={"TWILL_NUM_THREADS": "3"})
    assert done.stdout == "0 3\n", done.stderr


def test_other_libraries_keep_their_threads_unless_asked():
    program = (
        # The interpreter's own table of variables is a copy from its start.
        "import ctypes, twillhpc\n"
        "seen = ctypes.CDLL(None).getenv; seen.restype = ctypes.c_char_p; name = b'OMP_NUM_THREADS'\n"
        "twillhpc.topology(); print(seen(name).decode())\n"
        "with twillhpc.local(threads=1, solver_threads='enforce') as here:\n"
        "    print(seen(name).decode(), here.topology()['solver_threads'])\n"
        "print(seen(name).decode())\n"
    )
    done = run(program, env={"OMP_NUM_THREADS": "2"})
    lines = done.stdout.splitlines()
    assert len(lines) == 3 and lines[0] == lines[2] == "2", done.stdout + done.stderr
    assert lines[1].startswith("1 enforced, "), lines[1]


def test_what_cannot_be_asked_for_is_refused():
    with pytest.raises(ValueError, match="a number of threads is a whole number from 0, found -1"):
        with twillhpc.local(threads=-1):
            pass
    with pytest.raises(ValueError, match="solver_threads is 'enforce', 'check' or 'off', found 'some'"):
        with twillhpc.local(solver_threads="some"):
            pass
    with twillhpc.local(threads=1):
        with pytest.raises(RuntimeError, match="a runtime is open already"):
            with twillhpc.local():
                pass
        with pytest.raises(RuntimeError, match="a runtime is open already"):
            with twillhpc.start():
                pass
    with pytest.raises(TypeError, match="ranks is what twillhpc.start gives, found int"):
        fit_range(np.eye(4, dtype=int) + 1, [1], ranks=2)
    with twillhpc.local(threads=1) as here:
        pass
    with pytest.raises(RuntimeError, match="no runtime is open"):
        fit_range(np.eye(4, dtype=int) + 1, [1], ranks=here)


def test_a_runtime_is_not_closed_under_a_call_that_runs():
    X = np.random.default_rng(0).poisson(2, (2000, 60)) + 1
    told = threading.Event()
    go_on = threading.Event()

    def tell(*_):
        told.set()
        go_on.wait(30)
        return False

    block = twillhpc.local(threads=2)
    block.__enter__()
    fit = threading.Thread(
        target=lambda: DirichletMixture(4, max_iter=10**6, tol=0, random_state=0, progress=tell).fit(X)
    )
    fit.start()
    assert told.wait(30)
    with pytest.raises(RuntimeError, match="cannot be closed while a call of another thread runs"):
        block.__exit__(None, None, None)
    go_on.set()
    fit.join()
    from twillhpc import _core

    _core.close()
    assert twillhpc.topology()["backend"] == "local"


def test_a_forked_child_has_workers_of_its_own(two_groups):
    X, _ = two_groups
    with twillhpc.local(threads=2) as here:
        expected = DirichletMixture(2, random_state=3).fit(X).alpha_
        pid = os.fork()
        if pid == 0:
            try:
                same = np.array_equal(DirichletMixture(2, random_state=3).fit(X).alpha_, expected)
                os._exit(0 if same else 3)
            finally:
                os._exit(4)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert here.threads == 2
