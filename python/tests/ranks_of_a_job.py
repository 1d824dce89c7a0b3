# SPDX-License-Identifier: Apache-2.0
"""Python programs as ranks of a job. Needs the command `twill`, so that it is run by name: run.py does."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest
from programs import run


def twill(ranks, *flags):
    command = os.environ.get("COMMAND_OF_TWILL") or shutil.which("twill")
    assert command, "the command `twill` is neither installed nor named by COMMAND_OF_TWILL"
    return (command, "run", "-n", str(ranks), *flags, "--")


SWEEP = (
    "import hashlib, twillhpc, numpy as np\n"
    "from twillhpc.dmm import fit_range\n"
    "X = np.random.default_rng(5).poisson([9, 4, 1, 1, 2], (50, 5)) + 1\n"
    "with twillhpc.start() as here:\n"
    "    out = fit_range(X, [1, 2, 3], n_init=2, random_state=1, ranks=here)\n"
    "    bits = b''.join(m.alpha_.tobytes() + m.weights_.tobytes() for m in out.models)\n"
    "    print(here.rank, here.size, len(out.runs), hashlib.sha256(bits).hexdigest())\n"
)


def test_ranks_of_a_job_share_a_sweep_and_have_the_bits_of_one_process():
    alone = run(SWEEP, env={"TWILL_NUM_THREADS": "1"})
    assert alone.returncode == 0, alone.stderr
    rank, size, runs, bits = alone.stdout.split()
    assert (rank, size, runs) == ("0", "1", "6")
    for ranks, threads in ((2, "1"), (3, "2")):
        done = run(SWEEP, launcher=twill(ranks), env={"TWILL_NUM_THREADS": threads})
        assert done.returncode == 0, done.stderr
        assert sorted(done.stdout.splitlines()) == [f"{r} {ranks} 6 {bits}" for r in range(ranks)]


def test_the_example_finds_the_kinds_that_were_drawn():
    example = pathlib.Path(__file__).resolve().parents[2] / "examples/dmm/sweep_over_ranks.py"
    program = example.read_text(encoding="utf-8")
    for launcher in ((), twill(2)):
        done = run(program, launcher=launcher, env={"TWILL_NUM_THREADS": "1"})
        assert done.stdout == "2 kinds of community\n", done.stderr


def test_an_exception_of_one_rank_ends_all_and_is_told_once():
    program = (
        "import twillhpc, numpy as np\n"
        "from twillhpc.dmm import fit_range\n"
        "with twillhpc.start(threads=1) as here:\n"
        "    if here.rank == 1: raise LookupError('no such season')\n"
        "    fit_range(np.eye(4, dtype=int) + 1, [1], random_state=0, ranks=here)\n"
    )
    done = run(program, launcher=twill(2))
    assert done.returncode != 0
    assert done.stderr.count("LookupError: no such season") >= 1, done.stderr
    assert re.search(r"^\[1\] Traceback", done.stderr, re.M), done.stderr


def test_an_interrupt_of_the_job_ends_every_rank():
    program = (
        "import sys, twillhpc, numpy as np\n"
        "from twillhpc.dmm import fit_range\n"
        "X = np.random.default_rng(0).poisson(2, (4000, 60)) + 1\n"
        "with twillhpc.start(threads=1) as here:\n"
        "    print('ready', flush=True)\n"
        "    try:\n"
        "        fit_range(X, range(2, 9), n_init=50, max_iter=10**6, tol=0, random_state=0, ranks=here)\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped', here.rank, flush=True)\n"
        "        sys.exit(75)\n"
    )
    child = subprocess.Popen(
        [*twill(2), sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert [child.stdout.readline(), child.stdout.readline()] == ["ready\n", "ready\n"]
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(timeout=1)
    child.send_signal(signal.SIGTERM)
    out, errors = child.communicate(timeout=50)
    assert sorted(out.splitlines()) == ["stopped 0", "stopped 1"], errors
    assert child.returncode == 75, errors
