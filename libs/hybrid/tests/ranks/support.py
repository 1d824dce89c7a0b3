# SPDX-License-Identifier: Apache-2.0
"""Runs jobs of the example programs and of rank_program, and looks at what is left of them."""
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest

PATHS = {"twill": "", "program": "", "examples": ""}


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("TWILL_", "RAYON_", "SLURM_", "PMI", "OMPI_", "OMP_", "PBS_"))}
    # Where a sanitizer is built in, a rank dies of its signal all the same.
    for sanitizer in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
        kept[sanitizer] = kept.get(sanitizer, "") + ":handle_segv=0:handle_abort=0"
    kept.update(extra or {})
    return kept


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def example(name):
    return os.path.join(PATHS["examples"], name)


def command(ranks, threads, *words, record=None):
    run = [PATHS["twill"], "run", "-n", str(ranks), "--threads", str(threads)]
    if record:
        run += ["--record", str(record)]
    return [*run, "--", *map(str, words)]


def run(words, env=None, **more):
    return subprocess.run(list(map(str, words)), env=environment(env), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, preexec_fn=no_core, **more)


def unmarked(text):
    """Without the launcher's marks of ranks."""
    return re.sub(r"(?m)^\[\d+\] ?", "", text)


def hash_of(text):
    found = re.search(r"^hash ([0-9a-f]{64})$", text, re.M)
    return found and found.group(1)


def alive(pid):
    """Whether the process still does something: what only waits to be reaped is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"


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
        self.left = [p for p in self.pids if alive(p)]
        self.shared = set(os.listdir("/dev/shm")) - shared


def rank_pids(record):
    """The ranks' pids by rank, once all are written."""
    return {int(r): int(p) for r, p in re.findall(r"^rank (\d+) (\d+)$", record.read_text(encoding="ascii"), re.M)}


def main():
    for name in PATHS:
        at = sys.argv.index("--" + name)
        PATHS[name] = os.path.abspath(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(module="__main__")
