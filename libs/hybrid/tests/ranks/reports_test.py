#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a job tells of itself: topology, times, one trace of all ranks; `twill doctor` under the launcher."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import support


LAUNCHERS = {"twill": "twill run", "mpich": "hydra", "openmpi": "openmpi", "srun-mpich": "srun", "srun-openmpi": "srun"}


class Reports(unittest.TestCase):
    def test_the_topology_of_two_ranks_of_two_threads(self):
        job = support.run(support.command(2, 2, support.example("monte_carlo"), "--paths", 5000, "--topology=json"))
        self.assertEqual(job.returncode, 0, job.stderr)
        told = support.unmarked(job.stderr)
        t = json.loads(told[told.index("{"):])
        backend = "shm" if support.LAUNCHER == "twill" else "mpi"
        self.assertEqual((t["backend"], t["size"], t["total_threads"], t["homogeneous"]), (backend, 2, 4, True))
        self.assertEqual((t["launcher"], t["provided_thread_level"]), (LAUNCHERS[support.LAUNCHER], "multiple"))
        self.assertEqual([r["local_rank"] for r in t["ranks"]], [0, 1])
        if backend == "mpi":
            self.assertIn({"mpich": "MPICH", "openmpi": "Open MPI"}[support.LAUNCHER.removeprefix("srun-")], t["library"])
            self.assertEqual(t["plugin"], support.module(support.LAUNCHER))
        self.assertEqual([r["rank"] for r in t["ranks"]], [0, 1])
        self.assertEqual({r["threads_source"] for r in t["ranks"]}, {"TWILL_NUM_THREADS"})
        self.assertEqual(t["hosts"][0]["ranks"], "0-1")
        notes = subprocess.run(["readelf", "--notes", support.example("monte_carlo")], capture_output=True, text=True).stdout
        self.assertIn(f"Build ID: {t['build_id']}\n", notes)
        self.assertEqual(t["memory"]["workspace"], 65536)
        self.assertEqual(list(t["steps"])[:3], ["options", "suppress", "communicator"])
        if os.cpu_count() < 4:
            self.assertTrue(any(w.startswith("oversubscribed") for w in t["warnings"]), t["warnings"])

    def test_the_topology_for_people(self):
        job = support.run([support.example("monte_carlo"), "--paths", 5000, "--topology", "--threads", 1])
        self.assertRegex(job.stderr, r"(?m)^Backend: local\nHost: \S+\nThreads: 1$")
        self.assertRegex(job.stderr, r"rank 0 .* 1 thread \(--threads\)")
        self.assertRegex(job.stderr, r"total of the node +\S+ [MG]B  of \S+ GB, 0\.9 of \S+ GB")

    def test_times_of_all_ranks(self):
        job = support.run(support.command(2, 1, support.example("monte_carlo"), "--paths", 300000, "--times"))
        self.assertRegex(support.unmarked(job.stderr), r"(?s)rank +forward.*\n +0 .*\n +1 .*\nbalance \d+\.\d\d \(.*\), communication")

    def test_one_trace_has_a_track_for_each_worker_of_each_rank(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trace.json"
            job = support.run(support.command(2, 2, support.example("monte_carlo"), "--paths", 600000),
                              env={"TWILL_TRACE": str(path)})
            self.assertEqual(job.returncode, 0, job.stderr)
            events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
        names = {(e["pid"], e["args"]["name"]) for e in events if e["ph"] == "M" and "name" in e["args"]}
        for rank in (0, 1):
            self.assertIn((rank, f"rank {rank}"), names)
            self.assertIn((rank, "main"), names)
            self.assertIn((rank, "worker 0"), names)
            self.assertIn((rank, "worker 1"), names)
        spans = {(e["pid"], e["name"]) for e in events if e["ph"] == "X"}
        self.assertTrue({(0, "forward"), (1, "forward"), (0, "communication"), (0, "items"), (1, "items")} <= spans, spans)

    def test_doctor_tells_threads_and_memory_under_the_launcher(self):
        job = support.run(support.command(2, 2, support.PATHS["twill"], "doctor", "--json"))
        self.assertEqual(job.returncode, 0, job.stderr)
        # One rank prints, for all.
        told = json.loads(support.unmarked(job.stdout))
        self.assertEqual(told["hybrid"]["threads"], "2 (TWILL_NUM_THREADS)")
        self.assertEqual(told["hybrid"]["ranks of this node"], "2")
        self.assertRegex(told["hybrid"]["memory limit"], r"of .*\((physical memory|cgroup)\)")
        t = told["topology"]
        self.assertEqual((t["size"], t["total_threads"], t["launcher"]), (2, 4, LAUNCHERS[support.LAUNCHER]))
        self.assertEqual(len({r["pid"] for r in t["ranks"]}), 2)

    def test_doctor_tells_the_job_for_people_without_a_launcher(self):
        job = support.run([support.PATHS["twill"], "doctor"])
        self.assertEqual(job.returncode, 0, job.stderr)
        self.assertRegex(job.stdout, r"(?m)^topology\n  twill \S+ .*\n  Backend: local\n  Host: \S+\n  Threads: \d+$")

    def test_doctor_tells_why_a_job_cannot_start(self):
        job = support.run([support.PATHS["twill"], "doctor", "--json"], {"TWILL_COMM": "mpi", "TWILL_MPI_LIB": "/nowhere.so"})
        self.assertEqual(job.returncode, 0, job.stderr)
        self.assertIn("there is no MPI module /nowhere.so", json.loads(job.stdout)["topology"]["error"])


if __name__ == "__main__":
    support.main()
