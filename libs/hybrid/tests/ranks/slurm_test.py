#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The batch scripts of deploy/slurm on a cluster of one node: layouts of both MPI libraries, the signal before the time
limit, an array, a killed rank, the other library's interface. Takes four minutes, so only with TWILL_TEST_SLURM=1."""
import json
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

import support

SCRIPTS = support.ROOT / "deploy/slurm"
INTERFACES = {"mpich": "pmi2", "openmpi": "pmix"}
PATHS = ["--paths", "600000", "--batch", "8192"]
# A cluster of four processors, which may be fewer: no CPUs are bound there, so the options of binding have no effect.
SMALL = ["--ntasks-per-node=2", "--cpus-per-task=2", "--wait"]


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = support.run([support.example("monte_carlo"), *PATHS])
        cls.wanted = support.hash_of(done.stdout)
        assert cls.wanted, done.stderr

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def environment(self, library):
        return {**support.environment(), "TWILL_MPI_LIB": support.module(library), "TWILL_SLURM_MPI": INTERFACES[library]}

    def batch(self, library, script, *words, more=(), timeout=300):
        """The job's code, and what it wrote by the file's name."""
        out = self.folder / "out-%A_%a.txt" if script == "array" else self.folder / "out-%j.txt"
        done = subprocess.run(["sbatch", *SMALL, f"--output={out}", *more, SCRIPTS / f"{script}.sbatch", *map(str, words)],
                              env=self.environment(library), capture_output=True, text=True, timeout=timeout)
        return done.returncode, {f.name: f.read_text() for f in sorted(self.folder.glob("out-*.txt"))}

    def test_dev_and_production_and_one_per_node_give_the_hash_under_both_libraries(self):
        shapes = {"dev": (), "production": ("--nodes=1",), "one-per-node": ("--nodes=1", "--ntasks-per-node=1")}
        for script, more in shapes.items():
            for library in INTERFACES:
                for f in self.folder.glob("out-*"):
                    f.unlink()
                code, texts = self.batch(library, script, support.example("monte_carlo"), *PATHS, "--topology=json", more=more)
                text = "".join(texts.values())
                with self.subTest(script=script, library=library):
                    self.assertEqual(code, 0, text)
                    self.assertEqual(support.hash_of(text), self.wanted, text)
                    t = json.loads(text[text.index("{"):text.rindex("}") + 1])
                    # A step of one task is one process like any other.
                    self.assertEqual((t["size"], t["backend"]), (1, "local") if script == "one-per-node" else (2, "mpi"))
                    self.assertEqual(t["scheduler"]["name"], "slurm")
                    self.assertEqual({r["threads"] for r in t["ranks"]}, {2})
                    self.assertGreater(int(t["scheduler"]["seconds_left"]), 600)

    def test_the_signal_before_the_time_limit_leaves_a_checkpoint_that_goes_on(self):
        state = self.folder / "state"
        begin = time.monotonic()
        code, texts = self.batch("mpich", "dev", support.example("monte_carlo"), "--paths", 10**11, "--batch", 8192, "--every",
                                 1000000, "--checkpoint", state, more=("--time=2", "--cpus-per-task=1"))
        text = "".join(texts.values())
        self.assertEqual(code, 0, text)
        # Less than the limit, and by the signal: the wall-time guard comes seconds before the limit.
        self.assertLess(time.monotonic() - begin, 115)
        found = re.search(r"^interrupted after (\d+) of \d+ batches, checkpoint (\S+)$", text, re.M)
        self.assertIsNotNone(found, text)
        self.assertTrue(pathlib.Path(found.group(2)).is_file())

    def test_an_array_is_one_job_an_index(self):
        code, texts = self.batch("openmpi", "array", "sh", "-c",
                                 f'exec "{support.example("monte_carlo")}" --paths 20000 --seed "$SLURM_ARRAY_TASK_ID"',
                                 more=("--array=1-3", "--cpus-per-task=1"))
        self.assertEqual(code, 0, texts)
        self.assertEqual([re.search(r"_(\d)\.txt", name).group(1) for name in texts], ["1", "2", "3"])
        hashes = []
        for seed, text in enumerate(texts.values(), 1):
            alone = support.run([support.example("monte_carlo"), "--paths", 20000, "--seed", seed])
            self.assertEqual(support.hash_of(text), support.hash_of(alone.stdout), text)
            hashes.append(support.hash_of(text))
        self.assertEqual(len(set(hashes)), 3)

    def test_a_killed_rank_ends_the_job_and_it_goes_on_from_its_checkpoint(self):
        for library, interface in INTERFACES.items():
            state = self.folder / library
            record = self.folder / f"pids-{library}"
            words = [support.example("monte_carlo"), *PATHS, "--every", "1", "--checkpoint", str(state), "--resume"]
            job = subprocess.Popen(["srun", "-n", "2", f"--mpi={interface}", "--kill-on-bad-exit=1", "sh", "-c", support.NOTE,
                                    str(record), *words], env=self.environment(library), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with job, self.subTest(library=library):
                limit = time.monotonic() + 60
                while not os.path.lexists(state / "monte_carlo-latest"):
                    self.assertLess(time.monotonic(), limit)
                    self.assertIsNone(job.poll())
                    select.select([], [], [], 0.002)
                pids = support.rank_pids(record)
                os.kill(pids[1], signal.SIGKILL)
                begin = time.monotonic()
                job.communicate(timeout=60)
                self.assertLess(time.monotonic() - begin, 10)
                self.assertNotEqual(job.returncode, 0)
                self.assertEqual([p for p in pids.values() if support.alive(p)], [])
                done = subprocess.run(["srun", "-n", "1", f"--mpi={interface}", *words], env=self.environment(library),
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
                self.assertEqual(support.hash_of(done.stdout), self.wanted, done.stderr)

    def test_the_other_librarys_interface_is_refused(self):
        for library, interface in (("mpich", "pmix"), ("openmpi", "pmi2")):
            env = {**self.environment(library), "TWILL_SLURM_MPI": interface}
            done = subprocess.run(["sbatch", *SMALL, f"--output={self.folder}/wrong.txt", SCRIPTS / "dev.sbatch",
                                   support.example("monte_carlo"), "--paths", "20000"], env=env, capture_output=True, text=True,
                                  timeout=120)
            text = (self.folder / "wrong.txt").read_text()
            with self.subTest(library=library):
                self.assertNotEqual(done.returncode, 0, text)
                self.assertIsNone(support.hash_of(text))
                self.assertIn("srun --mpi=pmi2" if library == "mpich" else "PMI", text)


if __name__ == "__main__":
    if os.environ.get("TWILL_TEST_SLURM") != "1":
        print("not run: TWILL_TEST_SLURM is not 1")
        sys.exit(0)
    support.main()
