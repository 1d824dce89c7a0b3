#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One program under the launchers of both MPI libraries, under Slurm, and without any: what is chosen, what is refused,
and that no end of a rank leaves the others behind."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

BIN = None
HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]
LAUNCH = {"mpich": ["mpiexec.mpich"], "openmpi": ["mpiexec.openmpi", "--oversubscribe"]}
NO_ROOT_QUESTION = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("TWILL_", "SLURM_", "PMI", "OMPI_", "MPI_", "PALS_", "MV2_"))}
    kept.update(NO_ROOT_QUESTION)
    if "SLURM_CONF" in os.environ:
        kept["SLURM_CONF"] = os.environ["SLURM_CONF"]
    kept.update(extra or {})
    return kept


def run(words, env=None, timeout=60):
    return subprocess.run([str(w) for w in words], env=environment(env), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout)


class Launchers(unittest.TestCase):
    def test_the_report_names_the_library_under_each_launcher(self):
        for library, launch in LAUNCH.items():
            done = run([*launch, "-n", "2", BIN / "twill", "comm", "selftest", "--json"])
            self.assertEqual(done.returncode, 0, done.stderr)
            data = json.loads(done.stdout)
            self.assertEqual(data["backend"], f"mpi ({library})")
            self.assertEqual((data["ranks"], data["threads"]), (2, "multiple"))
            self.assertEqual(data["persistent"], {"mpich": "emulated", "openmpi": "native"}[library])
            self.assertIn({"mpich": "MPICH", "openmpi": "Open MPI"}[library], data["library"])
            self.assertEqual([o["operation"] for o in data["operations"] if not o["ok"]], [])
            self.assertIn("mpi (plug-ins: mpich, openmpi)", data["available"])

    def test_persistent_collectives_can_be_emulated_and_what_is_not_there_cannot_be_asked_for(self):
        done = run([*LAUNCH["openmpi"], "-n", "2", BIN / "twill", "comm", "selftest", "--json"],
                   {"TWILL_COMM_PERSISTENT": "emulate"})
        data = json.loads(done.stdout)
        self.assertEqual((data["persistent"], data["wrong"]), ("emulated", 0))
        done = run([*LAUNCH["mpich"], "-n", "1", BIN / "comm_mpi_ranks"],
                   {"TWILL_COMM_PERSISTENT": "native", "TWILL_COMM": "mpi"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("TWILL_COMM_PERSISTENT=native, and mpich has no persistent collectives", done.stderr)

    def test_a_collective_that_a_rank_never_comes_to_ends_the_job_by_its_name(self):
        for library, launch in LAUNCH.items():
            begin = time.monotonic()
            done = run([*launch, "-n", "2", BIN / "comm_mpi_ranks", "stuck"], {"TWILL_COMM_TIMEOUT": "1s"})
            with self.subTest(library=library):
                self.assertNotEqual(done.returncode, 0)
                self.assertLess(time.monotonic() - begin, 15)
                self.assertIn("comm: no progress within 1 s in barrier; rank 0 of 2 ends the job", done.stderr)
                self.assertRegex(done.stderr, r"rank 0: in barrier of the library since \d+\.\d s")

    def test_the_other_librarys_launcher_is_refused_with_the_right_one(self):
        for library, other in (("mpich", "openmpi"), ("openmpi", "mpich")):
            done = run([*LAUNCH[other], "-n", "2", "env", f"TWILL_MPI_LIB={library}", BIN / "twill", "comm", "selftest"])
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout.count("operations are right"), 0)
            said = "openmpi" if other == "openmpi" else "hydra"
            self.assertIn(f"{library} has 1 rank and the launcher ({said}) announces 2", done.stderr)
            self.assertIn(f"mpiexec.{library}", done.stderr)

    def test_the_program_needs_no_mpi_library_of_its_own(self):
        needed = run(["ldd", BIN / "twill"]).stdout
        self.assertIn("libc.so", needed)
        self.assertIsNone(re.search(r"lib(mpi|mpich|open-rte|pmix)", needed), needed)
        done = run([BIN / "twill", "comm", "selftest", "--json"])
        self.assertEqual(json.loads(done.stdout)["backend"], "local")

    def test_one_program_prints_the_same_digits_without_and_with_each_library(self):
        program = [BIN / "comm_mpi_ranks", "digits"]
        without = run([BIN / "twill", "run", "-n", "3", "--", *program])
        self.assertEqual(without.returncode, 0, without.stderr)
        self.assertRegex(without.stdout, r"^0x1\.[0-9a-f]+p-\d+ on 3 ranks\n$")
        for library, launch in LAUNCH.items():
            done = run([*launch, "-n", "3", *program])
            self.assertEqual((library, done.returncode, done.stdout), (library, 0, without.stdout), done.stderr)

    def test_with_json_the_error_of_a_module_is_an_object(self):
        for command in ("selftest", "bench"):
            done = run([BIN / "twill", "comm", command, "--json", "--comm", "mpi"], {"TWILL_MPI_LIB": "nowhere"})
            self.assertEqual(done.returncode, 4, done.stderr)
            data = json.loads(done.stdout)
            self.assertEqual((data["kind"], data["context"]["requested"], data["suggestion"]),
                             ("backend_unavailable", "mpi", "twill mpi build --mpicc=mpicxx"))
            self.assertIn("no MPI module libtwill_mpi_nowhere.so in ", data["message"])
            self.assertIn("modules there: mpich, openmpi", data["message"])
            self.assertIn(data["message"], done.stderr)

    def test_a_module_is_compiled_for_a_wrapper(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "libtwill_mpi_site.so"
            done = run([BIN / "twill", "mpi", "build", "--mpicc=mpicxx.mpich", "--output", out], timeout=200)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("module of mpich, MPICH ", done.stdout)
            done = run([*LAUNCH["mpich"], "-n", "2", BIN / "comm_mpi_ranks"], {"TWILL_MPI_LIB": str(out)})
            self.assertEqual((done.returncode, done.stdout), (0, "mpi of 2 ranks on mpich\n"), done.stderr)
        done = run([BIN / "twill", "mpi", "build", "--mpicc=/nowhere/mpicxx"])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/nowhere/mpicxx cannot be started", done.stderr)

    def test_no_end_of_a_rank_leaves_the_others_behind(self):
        for library, launch in LAUNCH.items():
            for mode in ("kill", "leave", "exit", "throw", "terminate", "abort"):
                begin = time.monotonic()
                done = run([*launch, "-n", "2", BIN / "comm_mpi_ranks", mode], timeout=30)
                with self.subTest(library=library, mode=mode):
                    self.assertLess(time.monotonic() - begin, 15)
                    self.assertNotEqual(done.returncode, 0, done.stderr)
                    if mode == "abort":
                        self.assertEqual(done.returncode, 7, done.stderr)
                    if mode == "throw":
                        self.assertIn("rank 1 of 2: of the last rank", done.stderr)
                    if mode == "exit":
                        self.assertIn("comm: rank 1 left without ending its environment", done.stderr)
                    if mode == "leave":
                        self.assertRegex(done.stderr, r"rank 1 \(process \d+\) ended without finalising|exit")
                        # MPICH's launcher would return 0: the neighbour of the rank keeps it from that.
                        self.assertTrue(library != "mpich" or done.returncode == 4, done.returncode)
        left = run(["pgrep", "-f", str(BIN / "comm_mpi_ranks")]).stdout
        self.assertEqual(left, "")


class Slurm(unittest.TestCase):
    def srun(self, *words, env=None, timeout=90):
        return run(words, env, timeout)

    def test_both_libraries_run_under_their_interface(self):
        for library, interface in (("mpich", "pmi2"), ("openmpi", "pmix")):
            done = self.srun("srun", "-n", "2", f"--mpi={interface}", BIN / "twill", "comm", "selftest", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            data = json.loads(done.stdout)
            self.assertEqual((data["backend"], data["ranks"], data["launcher"]),
                             (f"mpi ({library}) under srun", 2, "srun"))
            self.assertEqual(data["wrong"], 0)

    def test_a_wrong_interface_is_refused_with_the_right_one(self):
        done = self.srun("srun", "-n", "2", "--mpi=none", BIN / "comm_mpi_ranks")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("srun --mpi=pmi2", done.stderr)
        self.assertIn("srun --mpi=pmix", done.stderr)
        for library, interface, right in (("mpich", "pmix", "srun --mpi=pmi2"), ("openmpi", "pmi2", "srun --mpi=pmix")):
            done = self.srun("srun", "-n", "2", f"--mpi={interface}", BIN / "comm_mpi_ranks",
                             env={"TWILL_MPI_LIB": library})
            with self.subTest(library=library):
                self.assertNotEqual(done.returncode, 0, done.stdout)
                # Open MPI ends the process in its own initialisation there, with words of its own.
                self.assertIn(right if library == "mpich" else "srun", done.stderr)

    def test_a_killed_rank_does_not_leave_the_others_in_a_barrier(self):
        for library, interface in (("mpich", "pmi2"), ("openmpi", "pmix")):
            for mode in ("kill", "leave"):
                begin = time.monotonic()
                done = self.srun("srun", "-n", "2", f"--mpi={interface}", BIN / "comm_mpi_ranks", mode)
                with self.subTest(library=library, mode=mode):
                    self.assertNotEqual(done.returncode, 0)
                    self.assertLess(time.monotonic() - begin, 45)


if __name__ == "__main__":
    BIN = Path(sys.argv.pop(sys.argv.index("--bin") + 1)).resolve()
    sys.argv.remove("--bin")
    if "Slurm" in sys.argv and os.environ.get("TWILL_TEST_SLURM") != "1":
        print("not run: TWILL_TEST_SLURM is not 1")
        sys.exit(0)
    if "Slurm" in sys.argv and "SLURM_CONF" not in os.environ:
        # One cluster for all cases.
        cluster = ROOT / "tests" / "slurm" / "cluster"
        code = subprocess.run([cluster, sys.executable, HERE, "--bin", BIN, *sys.argv[1:]]).returncode
        if code == 77:
            print("not run: no slurm")
        sys.exit(0 if code == 77 else code)
    unittest.main()
