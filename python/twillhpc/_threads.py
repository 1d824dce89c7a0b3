# SPDX-License-Identifier: Apache-2.0
"""How many threads a call uses: argument > set_num_threads > environment > what the process may use."""

import contextlib
import os
import warnings

_chosen = 0


def set_num_threads(n):
    """Threads of every call that names none itself; 0 leaves it to the environment.

    >>> set_num_threads(2)
    >>> set_num_threads(0)
    """
    global _chosen
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise ValueError(f"a number of threads is a whole number from 0, found {n!r}")
    _chosen = n


@contextlib.contextmanager
def num_threads(n):
    """Within the block, what set_num_threads(n) says.

    >>> with num_threads(1):
    ...     pass
    """
    before = _chosen
    set_num_threads(n)
    try:
        yield
    finally:
        set_num_threads(before)


def _available():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _from_openmp():
    """OMP_NUM_THREADS belongs to other software: what is malformed is told and passed over."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    first = text.split(",")[0].strip()
    if not first or first == "0":
        return 0
    if not first.isdigit():
        warnings.warn(f"OMP_NUM_THREADS={text!r} is no number of threads; it is passed over", UserWarning, stacklevel=4)
        return 0
    return int(first)


def resolve(n_jobs=None, openmp=False):
    """The number for the library: 0 means as its own settings say."""
    if n_jobs is not None:
        if isinstance(n_jobs, bool) or int(n_jobs) != n_jobs or n_jobs == 0:
            raise ValueError(f"n_jobs is a whole number other than 0, found {n_jobs!r}")
        return int(n_jobs) if n_jobs > 0 else max(1, _available() + 1 + int(n_jobs))
    if _chosen:
        return _chosen
    ours = any(os.environ.get(name, "0") not in ("", "0", "auto") for name in ("TWILL_NUM_THREADS", "RAYON_NUM_THREADS"))
    return _from_openmp() if openmp and not ours else 0
