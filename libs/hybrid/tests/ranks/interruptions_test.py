#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs that are stopped or killed, and go on elsewhere with the bits of the uninterrupted run. TWILL_TEST_LONG=1 kills a
hundred times under each launcher."""
import os
import pathlib
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import support

PATHS = ["--paths", "600000", "--batch", "8192"]
OURS = support.LAUNCHER == "twill"
KILLS = 100 if support.LONG else 5 if OURS else 2


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = support.run([support.example("monte_carlo"), *PATHS])
        cls.wanted = support.hash_of(done.stdout)
        assert cls.wanted, done.stderr
        begin = time.monotonic()
        done = support.run(support.command(2, 1, support.example("monte_carlo"), *PATHS))
        cls.usual = time.monotonic() - begin
        assert support.hash_of(done.stdout) == cls.wanted, done.stderr

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = pathlib.Path(holder.name)
        self.folder = self.top / "checkpoints"

    def begin(self, ranks, threads, *more):
        """A job that has written its first checkpoint, and the pids of its ranks."""
        record = self.top / "pids"
        record.unlink(missing_ok=True)
        job = subprocess.Popen(
            support.command(ranks, threads, support.example("monte_carlo"), "--paths", "100000000", "--batch", "8192",
                            "--every", "3", "--checkpoint", self.folder, *more, record=record),
            env=support.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.stdout.close)
        self.addCleanup(job.stderr.close)
        self.addCleanup(job.wait)
        self.addCleanup(job.kill)
        link = self.folder / "monte_carlo-latest"
        limit = time.monotonic() + 60
        while not os.path.lexists(link):
            self.assertIsNone(job.poll(), "the job ended before its first checkpoint")
            self.assertLess(time.monotonic(), limit)
            select.select([], [], [], 0.005)
        return job, support.rank_pids(record)

    def check_stopped(self, job, err):
        found = re.search(r"interrupted after (\d+) of \d+ batches, checkpoint (\S+)", err)
        self.assertIsNotNone(found, err)
        self.assertEqual(int(re.search(r"-(\d+)\.twck", found.group(2)).group(1)), int(found.group(1)))
        self.assertTrue(pathlib.Path(found.group(2)).is_file())
        self.assertEqual(err.count("interrupted after"), 1)

    def stop_and_resume(self, first, then):
        words = [support.example("monte_carlo"), *PATHS, "--every", "3", "--checkpoint", self.folder, "--resume"]
        job = subprocess.Popen(support.command(*first, *words, record=self.top / "pids"), env=support.environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with job:
            limit = time.monotonic() + 60
            while not os.path.lexists(self.folder / "monte_carlo-latest") and job.poll() is None:
                self.assertLess(time.monotonic(), limit)
                select.select([], [], [], 0.002)
            if job.poll() is None:
                os.kill(support.rank_pids(self.top / "pids")[first[0] - 1], signal.SIGTERM)
            _, err = job.communicate(timeout=60)
            self.assertEqual(job.returncode, 0, err)
        done = support.run(support.command(*then, *words))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(support.hash_of(done.stdout), self.wanted)

    def kill_one(self, job, record, moments):
        """Kills our launcher, or a rank: a launcher that is not ours promises nothing of its own end."""
        if OURS:
            job.kill()
        else:
            pids = support.rank_pids(record) if record.exists() else {}
            if not pids:
                return False
            pid = moments.choice(sorted(pids.values()))
            if support.alive(pid):
                os.kill(pid, signal.SIGKILL)
        return True


class Interruptions(Base):
    def test_term_to_one_rank_of_four_stops_all_at_one_iteration_with_exit_0(self):
        job, pids = self.begin(4, 1)
        os.kill(pids[2], signal.SIGTERM)
        _, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)
        self.check_stopped(job, err)

    def test_a_stopped_job_of_four_goes_on_with_two(self):
        self.stop_and_resume((4, 1), (2, 1))

    def test_killed_at_any_moment_it_can_be_resumed(self):
        moments = random.Random(20240607)
        words = [support.example("monte_carlo"), *PATHS, "--every", "1", "--checkpoint", self.folder, "--resume"]
        record = self.top / "pids"
        longest = 0.35 if OURS else self.usual
        finished = 0
        kills = 0
        while kills < KILLS:
            ranks = moments.choice((1, 2, 3) if OURS else (1, 2))
            record.unlink(missing_ok=True)
            job = subprocess.Popen(support.command(ranks, 1, *words, record=record), env=support.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with job:
                try:
                    out, err = job.communicate(timeout=moments.uniform(0.01, longest))
                except subprocess.TimeoutExpired:
                    hit = self.kill_one(job, record, moments)
                    out, err = job.communicate(timeout=60)
                    if hit and job.returncode != 0:
                        kills += 1
                        continue
            # It was faster than the kill: it must have been right, and the next one begins afresh.
            self.assertEqual(job.returncode, 0, err)
            self.assertEqual(support.hash_of(out), self.wanted)
            finished += 1
            for file in self.folder.iterdir():
                file.unlink()
        done = support.run(support.command(2, 1, *words))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(support.hash_of(done.stdout), self.wanted, f"after {kills} kills and {finished} whole runs")
        self.assertEqual([f.name for f in self.folder.iterdir() if "tmp" in f.name], [])
        print(f"{kills} kills, {finished} runs that were faster", file=sys.stderr)

    def test_a_wall_time_ends_it_with_a_checkpoint(self):
        done = support.run(support.command(2, 1, support.example("monte_carlo"), "--paths", "1000000000", "--batch", "65536",
                                           "--checkpoint", self.folder, "--max-wall", "1"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"wall_time after \d+ of \d+ batches, checkpoint \S+\.twck")


if OURS or support.LONG:
    class Ours(Base):
        def test_interrupt_exit_tells_a_stopped_job_apart(self):
            job, pids = self.begin(2, 1, "--interrupt-exit", "75")
            for pid in pids.values():
                os.kill(pid, signal.SIGINT)
            _, err = job.communicate(timeout=60)
            self.assertEqual(job.returncode, 75, err)
            self.check_stopped(job, err)

        def test_usr1_saves_and_goes_on(self):
            job, pids = self.begin(2, 1, "--every", "40")
            link = self.folder / "monte_carlo-latest"
            os.kill(pids[1], signal.SIGUSR1)
            limit = time.monotonic() + 60
            # A file of an iteration that no interval asks for.
            while not any(int(f.stem.split("-")[1]) % 40 for f in self.folder.glob("*.twck")):
                self.assertLess(time.monotonic(), limit)
                self.assertIsNone(job.poll())
                select.select([], [], [], 0.002)
            first = os.readlink(link)
            while os.readlink(link) == first:
                self.assertLess(time.monotonic(), limit)
                self.assertIsNone(job.poll())
                select.select([], [], [], 0.002)
            os.kill(pids[0], signal.SIGTERM)
            _, err = job.communicate(timeout=60)
            self.assertEqual(job.returncode, 0, err)
            self.check_stopped(job, err)

        def test_a_stopped_job_of_one_rank_goes_on_with_more_threads_and_ranks(self):
            self.stop_and_resume((1, 2), (3, 2))

        def test_another_case_is_refused_once_with_the_input_code(self):
            support.run([support.example("monte_carlo"), "--paths", "20000", "--checkpoint", self.folder])
            done = support.run(support.command(3, 1, support.example("monte_carlo"), "--paths", "30000", "--checkpoint", self.folder,
                                               "--resume"))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(done.stderr.count("the checkpoint belongs to another run: paths"), 1, done.stderr)


if __name__ == "__main__":
    support.main()
