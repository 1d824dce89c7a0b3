#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example programs under `twill run`, and every way in which one rank of four can fail."""
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "tests" / "support"))
from processes import alive, environment, no_core  # noqa: E402

TWILL = None
EXAMPLES = None
BOUND = 5.0  # seconds from start to end, whatever fails


def left_in_memory(before):
    """Names of ours that were not there before and stay: programs that run beside have theirs for a while."""
    left = {name for name in os.listdir("/dev/shm") if "twill" in name} - before
    limit = time.monotonic() + 5
    while left and time.monotonic() < limit:
        select.select([], [], [], 0.02)
        left &= set(os.listdir("/dev/shm"))
    return left


class Job:
    """One run to its end, and what was left of it then."""

    def __init__(self, program, *arguments, env=None, ranks=4):
        shared = set(os.listdir("/dev/shm"))
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "pids"
            begin = time.monotonic()
            done = subprocess.run([TWILL, "run", "-n", str(ranks), "--record", str(record), "--",
                                   os.path.join(EXAMPLES, program), *arguments], env=environment(env),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                                  preexec_fn=no_core)
            self.seconds = time.monotonic() - begin
            self.pids = [int(n) for n in re.findall(r"\d+$", record.read_text(encoding="ascii"), re.M)]
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.left = [p for p in self.pids if alive(p)]
        self.shared = left_in_memory(shared)


class Examples(unittest.TestCase):
    def expect(self, job, out):
        self.assertEqual((job.code, job.out, job.err), (0, out, ""))
        self.assertEqual((len(job.pids), job.left), (6, []))

    def test_hello(self):
        self.expect(Job("hello"), "12 numbers, sum 0.6, last square 9\n")

    def test_ring(self):
        self.expect(Job("ring"), "the token came back with 6\n")

    def test_halo_exchange(self):
        self.expect(Job("halo_exchange"), "heat after 500 steps: 1.000000000\n")

    def test_shared_histogram(self):
        self.expect(Job("shared_histogram"), "40000 numbers in 16 bins\n")

    def test_pi_has_the_same_bits_with_any_number_of_ranks(self):
        four, three = Job("pi"), Job("pi", ranks=3)
        self.assertRegex(four.out, r"^pi is about 3\.14159265\d+ with 4 ranks\nand 0x1\.921fb\w+p\+1 with any number of them\n$")
        self.assertEqual(four.out.splitlines()[1], three.out.splitlines()[1])
        self.assertEqual((four.code, four.err, four.left), (0, "", []))


class Crashes(unittest.TestCase):
    def crash(self, how, env=None):
        job = Job("crash", "--rank", "2", "--how", how, env=env)
        self.assertEqual(job.code, 4, job.err)
        self.assertLess(job.seconds, BOUND, job.err)
        self.assertEqual(len(job.pids), 6)
        self.assertEqual(job.left, [], job.err)
        self.assertEqual(job.shared, set())
        return job

    def test_throw(self):
        job = self.crash("throw")
        self.assertRegex(job.err, r"(?m)^\[2\] rank 2 of 4: .*this rank throws$")
        self.assertIn("error[job_aborted]: rank 2 of 4 ended the job with exit code 4\n", job.err)

    def test_abort(self):
        self.assertIn("error[rank_failed]: rank 2 of 4 was killed by signal 6 (SIGABRT)", self.crash("abort").err)

    def test_segv(self):
        self.assertIn("error[rank_failed]: rank 2 of 4 was killed by signal 11 (SIGSEGV)", self.crash("segv").err)

    def test_kill(self):
        self.assertIn("error[rank_failed]: rank 2 of 4 was killed by signal 9 (SIGKILL)", self.crash("kill").err)

    def test_exit0(self):
        self.assertIn("error[rank_failed]: rank 2 of 4 left with exit code 0 before it had finished communicating",
                      self.crash("exit0").err)

    def test_hang_with_a_timeout_ends_and_tells_who_waits(self):
        job = self.crash("hang", {"TWILL_COMM_TIMEOUT": "2"})
        self.assertRegex(job.err, r"rank [013] of 4")
        self.assertIn("rank 2: computing", job.err)

    def test_hang_without_a_timeout_tells_who_waits_and_kills_nothing(self):
        job = subprocess.Popen([TWILL, "run", "-n", "4", "--report-waits", "200ms", "--",
                                os.path.join(EXAMPLES, "crash"), "--rank", "2", "--how", "hang"], env=environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            seen = b""
            while seen.count(b"warning[no_progress]") < 2:
                self.assertTrue(select.select([job.stderr], [], [], 20)[0], seen)
                seen += os.read(job.stderr.fileno(), 4096)
            self.assertRegex(seen.decode(), r"\nrank 0: barrier, waits for rank \d since \d+\.\d s\n")
            self.assertIn("\nrank 2: computing\n", seen.decode())
            self.assertIsNone(job.poll())
            job.send_signal(signal.SIGTERM)
            self.assertEqual(job.wait(timeout=20), 128 + signal.SIGTERM)
        finally:
            job.kill()
            job.wait()
            job.stderr.close()


if __name__ == "__main__":
    for name in ("TWILL", "EXAMPLES"):
        at = sys.argv.index("--" + name.lower())
        globals()[name] = os.path.abspath(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
