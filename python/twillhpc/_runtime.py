# SPDX-License-Identifier: Apache-2.0
"""The workers of this process: how many there are, where they run, and what decided so."""

import contextlib
import json
import sys
import traceback

from . import _core


class Runtime:
    """What twillhpc.local and twillhpc.start give: workers of this process and ranks of its job, while open.

    `threads` workers, this `rank` of `size`; `topology()` is who runs where, as text with `print`.
    """

    @property
    def rank(self):
        return _core.rank()

    @property
    def size(self):
        return _core.size()

    @property
    def threads(self):
        return _core.threads()

    def topology(self):
        return json.loads(_core.topology_json())

    def __str__(self):
        return _core.topology_text()

    def __repr__(self):
        return f"<twillhpc runtime: rank {self.rank} of {self.size}, {self.threads} threads>"


def _checked(threads):
    if threads is None:
        return None
    if isinstance(threads, bool) or int(threads) != threads or threads < 0:
        raise ValueError(f"a number of threads is a whole number from 0, found {threads!r}")
    return int(threads)


@contextlib.contextmanager
def local(threads=None, *, solver_threads="off"):
    """Within the block, calls that name no number of threads share `threads` workers.

    Without a block the first such call starts as many as the environment says, until the process ends.
    `solver_threads="enforce"` gives libraries like OpenBLAS and OpenMP one thread each meanwhile, `"check"`
    reports what they would take, `"off"` leaves them alone. Results never depend on any of it.

    >>> with local(threads=2) as here:
    ...     here.threads
    2
    """
    _core.open(_checked(threads), solver_threads)
    try:
        yield Runtime()
    finally:
        _core.close()


@contextlib.contextmanager
def start(threads=None, *, solver_threads="off"):
    """Within the block, this process is a rank of the job that a launcher started it in, alone without one.

    `twill run -n 4 -- python3 program.py`, or mpiexec and srun where a module for their library is installed.
    Collective: all ranks enter and leave the block. Ctrl-C and SIGTERM stop calls over ranks on all of them at
    the same place. An exception that leaves the block on one rank is printed there and ends all ranks.

    >>> with start(threads=1) as here:
    ...     here.rank, here.size
    (0, 1)
    """
    _core.open(_checked(threads), solver_threads, True)
    runtime = Runtime()
    try:
        yield runtime
    except Exception as e:
        if runtime.size == 1:
            raise
        traceback.print_exc()
        sys.stderr.flush()
        # The traceback is the report: SystemExit says no more.
        raise SystemExit(_core.fail(f"{type(e).__name__}: {e}")) from None
    finally:
        _core.close()


def topology():
    """Who runs where: version, threads and where their number comes from, CPUs, memory.

    >>> topology()["backend"]
    'local'
    """
    return Runtime().topology()
