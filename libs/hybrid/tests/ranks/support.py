# SPDX-License-Identifier: Apache-2.0
"""Runs jobs of the example programs and of rank_program under one launcher, and looks at what is left of them.

    x_test.py --launcher twill|mpich|openmpi|srun-mpich|srun-openmpi --twill F --program F --examples DIR --modules DIR -v

Where the launcher or the module of its library is not installed the script says "not run: ..." and ends with 0. A job
of srun runs in a cluster of its own (tests/slurm/cluster) unless SLURM_CONF is set. TWILL_TEST_LONG=1 goes deeper.
"""
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import processes  # noqa: E402
from processes import alive, no_core  # noqa: E402
PATHS = {"twill": "", "program": "", "examples": "", "modules": ""}
PATHS.update((name, os.path.abspath(sys.argv[sys.argv.index("--" + name) + 1])) for name in PATHS)
LAUNCHER = sys.argv[sys.argv.index("--launcher") + 1]
LONG = os.environ.get("TWILL_TEST_LONG") == "1"

STARTS = {"mpich": ["mpiexec.mpich"], "openmpi": ["mpiexec.openmpi", "--oversubscribe"],
          "srun-mpich": ["srun", "--overcommit", "--mpi=pmi2"], "srun-openmpi": ["srun", "--overcommit", "--mpi=pmix"]}
# Its rank and process id, before the program takes the process over.
NOTE = ('echo "rank ${SLURM_PROCID:-${OMPI_COMM_WORLD_RANK:-$PMI_RANK}} $$" >>"$0"; exec "$@"')


def environment(extra=None):
    own = {"SLURM_CONF": os.environ["SLURM_CONF"]} if "SLURM_CONF" in os.environ else {}
    if LAUNCHER != "twill":
        own.update(TWILL_MPI_LIB=module(LAUNCHER), OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return processes.environment({**own, **(extra or {})})


def example(name):
    return os.path.join(PATHS["examples"], name)


def module(launcher):
    """The file of the launcher's library."""
    return os.path.join(PATHS["modules"], f"libtwill_mpi_{launcher.removeprefix('srun-')}.so")


def command(ranks, threads, *words, record=None):
    words = list(map(str, words))
    if LAUNCHER == "twill":
        run = [PATHS["twill"], "run", "-n", str(ranks), "--threads", str(threads)]
        return [*run, *(["--record", str(record)] if record else []), "--", *words]
    if record:
        words = ["sh", "-c", NOTE, str(record), *words]
    return [*STARTS[LAUNCHER], "-n", str(ranks), "env", f"TWILL_NUM_THREADS={threads}", *words]


def run(words, env=None, **more):
    # MPICH's launcher may write to ranks that have ended already. It would die of SIGPIPE where that is not ignored, and
    # where it is, it says so and tells nothing of the ranks: then it is asked again.
    for _ in range(4):
        done = subprocess.run(list(map(str, words)), env=environment(env), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, preexec_fn=no_core, restore_signals=LAUNCHER != "mpich", **more)
        if not (LAUNCHER == "mpich" and "HYDU_sock_write" in done.stderr and "Broken pipe" in done.stderr):
            break
    return done


def unmarked(text):
    """Without the launcher's marks of ranks."""
    return re.sub(r"(?m)^\[\d+\] ?", "", text)


def hash_of(text):
    found = re.search(r"^hash ([0-9a-f]{64})$", text, re.M)
    return found and found.group(1)


class Job:
    """One job to its end, and what was left of it then."""

    def __init__(self, *words, ranks=4, threads=1, env=None):
        shared = set(os.listdir("/dev/shm"))
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "pids"
            begin = time.monotonic()
            done = run(command(ranks, threads, *words, record=record), env)
            self.seconds = time.monotonic() - begin
            self.pids = [int(n) for n in re.findall(r"\d+$", record.read_text(encoding="ascii"), re.M)]
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        # Ours returns when the ranks are gone; tests beside have shared memory with names for a while.
        self.left = [p for p in self.pids if alive(p)]
        limit = begin + self.seconds + 5
        while LAUNCHER != "twill" and self.left and time.monotonic() < limit:
            select.select([], [], [], 0.02)
            self.left = [p for p in self.pids if alive(p)]
        self.gone = time.monotonic() - begin
        self.shared = set(os.listdir("/dev/shm")) - shared
        while self.shared and time.monotonic() < limit:
            select.select([], [], [], 0.02)
            self.shared &= set(os.listdir("/dev/shm"))


def rank_pids(record):
    """The ranks' pids by rank, once all are written: a launcher that loses its core does so behind their first words."""
    limit = time.monotonic() + 20
    while not record.exists() and time.monotonic() < limit:
        select.select([], [], [], 0.002)
    return {int(r): int(p) for r, p in re.findall(r"^rank (\d+) (\d+)$", record.read_text(encoding="ascii"), re.M)}


def missing():
    """Why nothing can be started here, or nothing."""
    if LAUNCHER == "twill":
        return None
    if shutil.which(STARTS[LAUNCHER][0]) is None:
        return f"no {STARTS[LAUNCHER][0]}"
    return None if os.path.isfile(module(LAUNCHER)) else f"no module {module(LAUNCHER)}"


def main():
    words = list(sys.argv)
    del sys.argv[1:sys.argv.index("--modules") + 2]
    why = missing()
    if why is None and LAUNCHER.startswith("srun") and "SLURM_CONF" not in os.environ:
        code = subprocess.run([ROOT / "tests/slurm/cluster", sys.executable, *words]).returncode
        if code != 77:
            sys.exit(code)
        why = "Slurm's programs are missing"
    if why is not None:
        print(f"not run: {why}")
        sys.exit(0)
    unittest.main(module="__main__")
