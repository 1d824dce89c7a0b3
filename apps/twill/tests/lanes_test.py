#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through `twill lanes run`, `check`, `disasm` and `bench`."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TWILL = None
KERNEL = """kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
  let i = global_id();
  if i < n { y[i] = a * x[i] + y[i]; }
}
"""
TOP = Path(__file__).resolve().parents[3]
CASES = TOP / "libs/lanes/tests/cases"
EXAMPLES = TOP.parent / "shared/examples/lanes"  # where the specification's own cases are at hand


def run(*words):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TWILL_")}
    return subprocess.run([TWILL, "lanes", *map(str, words)], env=kept, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=100)


class Lanes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.kernel = self.folder / "saxpy.tk"
        self.kernel.write_text(KERNEL)

    def passes(self, case, threads, batch):
        with self.subTest(case=case.name, threads=threads, batch=batch):
            done = run("run", case, "--threads", threads, "--batch", batch)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("as expected", done.stdout)

    def test_given_cases_are_as_expected_at_every_width_and_number_of_threads(self):
        for case in sorted(EXAMPLES.glob("*.json")):
            for threads in (1, 2, 8):
                for batch in (1, 7, 64, 256, 1024):
                    self.passes(case, threads, batch)

    def test_own_cases_are_as_expected(self):  # the whole grid is walked by the part's unit tests, in one process
        own = sorted(CASES.glob("*.json"))
        self.assertGreaterEqual(len(own), 29)
        for case in own:
            for threads, batch in ((1, 1), (2, 7), (8, 256)):
                self.passes(case, threads, batch)

    def test_json_tells_what_each_worker_did(self):
        done = run("run", CASES / "diverge_and_meet.json", "--json", "--threads", 1)
        data = json.loads(done.stdout)
        self.assertTrue(data["passed"])
        self.assertEqual(data["lanes"], 10)
        self.assertEqual(sum(w["blocks"] for w in data["workers"]), 2)

    def test_a_case_that_fails_says_so_and_ends_with_1(self):
        case = json.loads((CASES / "diverge_and_meet.json").read_text())
        case["expect"]["buffers"]["y"]["data"][3] = 13
        path = self.folder / "wrong.json"
        path.write_text(json.dumps(case))
        done = run("run", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("buffer y: element 3 is 12, expected 13", done.stdout)

    def test_a_kernel_runs_on_csv_files(self):
        (self.folder / "x.csv").write_text("x\n1\n2\n3\n")
        (self.folder / "y.csv").write_text("10\n20\n30\n")
        done = run("run", self.kernel, "--arg", "a=2", "--arg", f"x={self.folder}/x.csv", "--arg",
                   f"y={self.folder}/y.csv", "--arg", "n=3")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "x,y\n1,12\n2,24\n3,36\n")

    def test_wrong_arguments_are_named(self):
        done = run("run", self.kernel, "--arg", "b=2")
        self.assertEqual(done.returncode, 64)
        self.assertIn("kernel saxpy has no parameter of that name (found b, expected a, x, y, n)", done.stderr)
        done = run("run", self.kernel, "--arg", "a=2x", "--arg", "x=x", "--arg", "y=y", "--arg", "n=1")
        self.assertIn("a is not a decimal number", done.stderr)

    def test_check_points_at_the_mistake(self):
        self.kernel.write_text(KERNEL.replace("x[i]", "z[i]"))
        done = run("check", self.kernel)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"error[InvalidProgram] {self.kernel}:3:25: nothing is named 'z'", done.stderr)

    def test_disasm_shows_a_program_that_reads_back(self):
        done = run("disasm", self.kernel)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = self.folder / "program.tl"
        text.write_text(done.stdout)
        self.assertEqual(run("disasm", text).stdout, done.stdout)
        form = self.folder / "program.json"
        form.write_text(run("disasm", text, "--json").stdout)
        self.assertEqual(run("disasm", form).stdout, done.stdout)
        self.assertIn("instructions", run("check", form).stdout)

    def test_bench_measures(self):
        data = json.loads(run("bench", "--json").stdout)
        self.assertEqual({r["name"] for r in data["rows"]}, {"vector_add", "sigmoid"})
        self.assertTrue(all(r["seconds"] > 0 for r in data["rows"]))


if __name__ == "__main__":
    TWILL = sys.argv[sys.argv.index("--twill") + 1]
    del sys.argv[sys.argv.index("--twill"):sys.argv.index("--twill") + 2]
    unittest.main()
