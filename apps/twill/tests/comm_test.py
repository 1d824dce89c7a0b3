#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through `twill comm selftest` and `twill comm bench`: on one rank, under `twill run`, and when it fails."""
import json
import os
import subprocess
import sys
import unittest

TWILL = None


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("TWILL_", "RAYON_", "SLURM_", "PMI", "OMPI_", "MPI_", "PALS_", "MV2_"))}
    kept.update(extra or {})
    return kept


def run(*words, ranks=0, env=None):
    launcher = [TWILL, "run", "-n", str(ranks), "--"] if ranks else []
    return subprocess.run([*launcher, TWILL, *words], env=environment(env), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)


# Every operation of the inventory has a line; a new one belongs here as well.
COLLECTIVES = ("barrier broadcast reduce allreduce scan exscan gather gatherv allgather allgatherv scatter scatterv "
               "alltoall alltoallv reduce_scatter_block reduce_scatter").split()


class Selftest(unittest.TestCase):
    def names(self, data, group):
        return [o["operation"] for o in data["operations"] if o["group"] == group]

    def test_one_rank_without_a_launcher_is_local(self):
        done = run("comm", "selftest", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        data = json.loads(done.stdout)
        self.assertEqual((data["backend"], data["ranks"], data["launcher"]), ("local", 1, "none"))
        self.assertEqual((data["wrong"], data["right"]), (0, len(data["operations"])))

    def test_every_operation_in_every_form_is_called_on_any_number_of_ranks(self):
        for ranks in (1, 2, 3, 4):
            done = run("comm", "selftest", "--json", ranks=ranks)
            self.assertEqual((done.returncode, done.stderr), (0, ""), ranks)
            data = json.loads(done.stdout)
            self.assertEqual((data["backend"], data["ranks"], data["launcher"]), ("shm", ranks, "twill run"))
            self.assertEqual([h["ranks"] for h in data["hosts"]], [list(range(ranks))])
            self.assertEqual([o["operation"] for o in data["operations"] if not o["ok"]], [])
            self.assertLessEqual({"local", "shm"}, set(data["available"]))
            blocking = self.names(data, "collectives")
            self.assertLessEqual({*COLLECTIVES, "sparse_alltoall", "reproducible_reduce"}, set(blocking))
            self.assertLessEqual({"i" + name for name in COLLECTIVES}, set(self.names(data, "nonblocking")))
            self.assertLessEqual({name + "_init" for name in COLLECTIVES}, set(self.names(data, "persistent")))
            self.assertEqual(len(self.names(data, "messages")), 12)
            self.assertEqual(len(self.names(data, "communicators")), 8)
            self.assertEqual(len(self.names(data, "memory")), 7)

    def test_the_report_for_people_has_facts_groups_and_a_verdict(self):
        done = run("comm", "selftest", ranks=2)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in (r"backend    shm \(.+\)", r"available  local, shm.*", r"launcher   twill run", r"ranks      2",
                     r"host       \S+: 0 1", r"checks     \w+", r"collectives", r"  allgatherv +ok", r"memory",
                     r"all \d+ operations are right on 2 ranks"):
            self.assertRegex(done.stdout, rf"(?m)^{line}$")
        self.assertNotIn("WRONG", done.stdout)

    def test_it_passes_at_every_check_level(self):
        for level in ("none", "normal", "collective", "heavy"):
            done = run("comm", "selftest", "--json", ranks=2, env={"TWILL_COMM_CHECK": level})
            self.assertEqual((done.returncode, done.stderr), (0, ""), level)
            data = json.loads(done.stdout)
            self.assertEqual((data["checks"], data["wrong"]), (level, 0))

    def test_ranks_that_do_different_things_end_with_4_and_a_table_of_calls(self):
        script = f'if [ "$TWILL_RANK" = 1 ]; then exec {TWILL} comm bench; else exec {TWILL} comm selftest; fi'
        done = subprocess.run([TWILL, "run", "-n", "2", "--", "/bin/sh", "-c", script], env=environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("collective_mismatch", done.stderr)
        self.assertRegex(done.stderr, r"(?m)^\[0\] the check of \w+ \(collectives\) ended with an error on rank 0$")


class Selection(unittest.TestCase):
    def test_an_unknown_backend_is_refused_with_the_names_that_there_are(self):
        done = run("comm", "selftest", "--comm", "pigeon")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        for word in ("pigeon", "local", "shm", "mpi"):
            self.assertIn(word, done.stderr)

    def test_a_backend_without_its_variables_names_them_and_returns_4(self):
        done = run("comm", "bench", "--comm", "shm")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        for word in ("TWILL_SHM_FD", "TWILL_RANK", "TWILL_SIZE", "twill run -n 4 -- "):
            self.assertIn(word, done.stderr)

    def test_with_json_the_error_is_an_object_on_stdout_too(self):
        done = run("comm", "selftest", "--json", "--comm", "pigeon")
        self.assertEqual(done.returncode, 64, done.stderr)
        data = json.loads(done.stdout)
        self.assertEqual((data["kind"], data["context"]["setting"], data["context"]["requested"]),
                         ("unknown_backend", "comm", "pigeon"))
        self.assertIn("shm", data["context"]["available"])

    def test_the_flag_is_stronger_than_the_environment(self):
        done = run("comm", "selftest", "--json", "--comm", "local", env={"TWILL_COMM": "shm"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["backend"], "local")


class Doctor(unittest.TestCase):
    def section(self, ranks=0, env=None):
        done = run("doctor", "--json", ranks=ranks, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["communication"]

    def test_it_tells_the_launcher_and_the_backend_that_a_program_would_use(self):
        alone = self.section()
        # What there is of MPI depends on the build and on the machine.
        self.assertRegex(alone["available"], r"^local, shm(, mpi.*)?$")
        self.assertEqual(alone["launcher"], "none")
        self.assertTrue(alone["here"].startswith("local ("), alone)
        launched = self.section(ranks=1)
        self.assertEqual(launched["launcher"], "twill run")
        self.assertTrue(launched["here"].startswith("shm ("), launched)

    def test_a_malformed_variable_of_a_launcher_is_told_there(self):
        self.assertIn("PMI_RANK", self.section(env={"PMI_RANK": "first", "PMI_SIZE": "2"})["here"])

    def test_the_text_has_the_section(self):
        self.assertRegex(run("doctor").stdout, r"(?m)^communication\n  available +local, shm(, mpi.*)?\n  launcher +none\n")


class Bench(unittest.TestCase):
    def test_the_table_has_every_row_with_a_positive_time(self):
        done = run("comm", "bench", "--json", "--seconds", "1ms", ranks=2)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        data = json.loads(done.stdout)
        rows = [(r["operation"], r["bytes"]) for r in data["latencies"]]
        expected = [("barrier", 0)]
        for size in (8, 8 << 10, 8 << 20):
            expected += [("broadcast", size), ("allreduce", size), ("allgatherv", max(size, 16))]
        expected += [("send and recv, one way", n) for n in (8, 8 << 10, 1 << 20)] + [("read of a window", 8)]
        self.assertEqual(rows, expected)
        for r in data["latencies"]:
            self.assertLess(0, r["least_s"], r)
            self.assertLessEqual(r["least_s"], r["median_s"], r)
            self.assertLessEqual(r["median_s"], r["p90_s"], r)
            self.assertGreaterEqual(r["calls"], 5, r)

    def test_one_rank_has_no_partner_to_send_to(self):
        done = run("comm", "bench", "--seconds", "1ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^backend    local \(")
        self.assertRegex(done.stdout, r"(?m)^allreduce +8 +\d+\.\d+ [num]s +\d+\.\d+ [num]s +\d+\.\d+ [num]s +\d+$")
        self.assertNotIn("one way", done.stdout)

    def test_a_time_that_is_none_names_the_flag_and_returns_64(self):
        for text in ("0", "-1", "soon", "2h"):
            done = run("comm", "bench", f"--seconds={text}")
            self.assertEqual((done.returncode, done.stdout), (64, ""), text)
            self.assertIn("--seconds", done.stderr)
            self.assertIn(text, done.stderr)


class Help(unittest.TestCase):
    def test_both_commands_have_help_with_examples(self):
        for name in ("selftest", "bench"):
            done = run("comm", name, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, rf"Examples:\n(.|\n)*twill run -n [24] -- twill comm {name}")

    def test_a_mistyped_subcommand_is_answered_with_the_nearest(self):
        done = run("comm", "selftset")
        self.assertEqual(done.returncode, 64)
        self.assertIn("hint: did you mean selftest?", done.stderr)


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    TWILL = os.path.abspath(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
