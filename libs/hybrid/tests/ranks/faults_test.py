#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a rank can fail, with its time, its exit code, its message, and nothing left behind."""
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

import support


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Another launcher takes its time to start and to end (Open MPI's a second more after a failure): the bounds are for
        # what is between.
        cls.idle = 0 if support.LAUNCHER == "twill" else 2 + support.Job(support.PATHS["program"], "none", ranks=2).seconds

    def fails(self, how, code, message, seconds, *more, ranks=None, once=True):
        """`code` None: a failure, with a code of the launcher's choice; `message` None: in the launcher's words."""
        ranks = ranks or (4 if support.LAUNCHER == "twill" else 2)
        job = support.Job(support.PATHS["program"], how, *more, ranks=ranks)
        if code is None:
            self.assertNotEqual(job.code, 0, job.err)
        else:
            self.assertEqual(job.code, code, job.err)
        if message is not None:
            self.assertRegex(job.err, message)
            if once:
                self.assertEqual(len(re.findall(message, job.err)), 1, job.err)
        # On a busy machine another launcher is slow now and then; what hangs is slow every time.
        gone = [job.gone]
        while gone[-1] >= seconds + self.idle and support.LAUNCHER != "twill" and len(gone) < 3:
            gone.append(support.Job(support.PATHS["program"], how, *more, ranks=ranks).gone)
        self.assertLess(min(gone), seconds + self.idle, gone)
        self.assertEqual(len(job.pids), ranks + (2 if support.LAUNCHER == "twill" else 0))
        self.assertEqual(job.left, [], "ranks are left")
        self.assertEqual(job.shared, set(), "shared memory is left")
        return job

    def test_none(self):
        job = support.Job(support.PATHS["program"], "none", ranks=3)
        self.assertEqual((job.code, job.out), (0, "done with 3 ranks\n"), job.err)

    def test_several_runtimes_follow_each_other_in_one_job(self):
        # The last one keeps the job as well, so the end of the program leaves it.
        job = support.Job(support.PATHS["program"], "again", ranks=3)
        self.assertEqual((job.code, job.out), (0, 3 * "done with 3 ranks\n"), job.err)
        self.assertEqual((job.left, job.shared), ([], set()))

    def test_a_task_of_a_worker_throws(self):
        self.fails("task", 4, r"task 40 of a worker", 2)

    def test_a_rank_throws_and_its_category_gives_the_code(self):
        self.fails("input", 1, r"row 7 is wrong", 2)
        self.fails("io", 2, r"no such file", 2)
        self.fails("plain", 4, r"rank 1 of \d: plain", 2)

    def test_one_rank_throws_in_a_collective_try(self):
        self.fails("try", 1, r"only rank 1 sees this", 2)

    def test_a_rank_is_killed_or_dies(self):
        ours = support.LAUNCHER == "twill"
        for how, number in (("kill", 9), ("segfault", 11)):
            self.fails(how, 4 if ours else None, rf"rank 1 of 4 was killed by signal {number}" if ours else None, 5)

    def test_a_rank_exits_early_with_0(self):
        self.fails("exit", 4, r"rank 1", 5, once=False)
        # Open MPI's launcher has a code of its own for a rank that never finalised.
        self.fails("leave", None if "openmpi" in support.LAUNCHER else 4, r"rank 1|exit", 5, once=False)

    def test_a_checkpoint_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            self.fails("checkpoint", 2, r"cannot create the folder|Not a directory|File exists", 2,
                       os.path.join(folder, "file"), once=False)

    def test_a_step_of_the_start_fails_on_one_rank(self):
        self.fails("start", 2, r"rank 1 cannot start its pool", 2)

    def test_ranks_disagree(self):
        self.fails("disagree", 4, r"ranks 1 differ from rank 0 in: case \(found 5, expected 4\)", 2, ranks=2)

    def test_a_malformed_setting_ends_all_ranks_with_the_usage_code(self):
        job = support.Job(support.PATHS["program"], "none", env={"TWILL_NUMA": "somewhere"})
        self.assertEqual(job.code, 64, job.err)
        self.assertIn('TWILL_NUMA: malformed memory policy (found "somewhere"', job.err)

    def test_a_slow_rank_is_told_about(self):
        job = subprocess.Popen(support.command(3, 1, support.PATHS["program"], "slow"), env=support.environment(),
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            seen = b""
            while not (re.search(rb"rank 1: phase backward, stage 7, iteration 0, in barrier \(call 1\)", seen)
                       and re.search(rb"rank 2: phase backward", seen)):
                self.assertTrue(select.select([job.stderr], [], [], 20)[0], seen)
                seen += os.read(job.stderr.fileno(), 4096)
            self.assertIsNone(job.poll())
            job.stdin.close()
            self.assertEqual(job.wait(timeout=20), 0)
        finally:
            job.kill()
            job.wait()
            job.stderr.close()


if support.LAUNCHER == "twill":
    class Ours(unittest.TestCase):
        """What our own launcher promises besides."""

        def test_one_rank_alone_fails_the_same_way(self):
            job = support.run([support.PATHS["program"], "input"])
            self.assertEqual(job.returncode, 1)
            self.assertIn("row 7 is wrong", job.stderr)

        def test_a_killed_launcher_leaves_nothing(self):
            with tempfile.TemporaryDirectory() as folder:
                record = pathlib.Path(folder) / "pids"
                job = subprocess.Popen(support.command(3, 1, support.PATHS["program"], "ready", record=record),
                                       env=support.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
                self.assertEqual(job.stdout.readline(), b"ready\n")
                pids = support.rank_pids(record)
                job.send_signal(signal.SIGKILL)
                job.wait()
                self.assertEqual(len(pids), 3)
                limit = time.monotonic() + 5
                while any(support.alive(p) for p in pids.values()):
                    self.assertLess(time.monotonic(), limit, "ranks are left")
                    select.select([], [], [], 0.01)
                job.stdout.close()
else:
    class Theirs(unittest.TestCase):
        def test_the_other_librarys_launcher_is_refused(self):
            other = {"mpich": "openmpi", "openmpi": "mpich"}[support.LAUNCHER.removeprefix("srun-")]
            job = support.run(support.command(2, 1, support.PATHS["program"], "none"),
                              {"TWILL_MPI_LIB": support.module(other)})
            self.assertNotEqual(job.returncode, 0)
            self.assertNotIn("done", job.stdout)
            # Open MPI ends itself where srun speaks the other's interface.
            if support.LAUNCHER != "srun-mpich":
                self.assertIn(f"{other} has 1 rank and the launcher", job.stderr)


if __name__ == "__main__":
    support.main()
