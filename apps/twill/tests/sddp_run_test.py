#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command `twill sddp run` on the case of the sddp tests."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "libs/sddp/tests/cases"))
from shuffle_case import shuffled  # noqa: E402

CASE = ROOT / "libs/sddp/tests/cases/own-two-plants"
REFERENCES = ROOT / "../shared/cases"
# Estimation from history, external scenarios and mixed resolution are refused by name.
REFUSED = {"d12-par-annual", "d28-decomp-weekly-monthly", "d30-multi-resolution-monthly-quarterly"}
TWILL = sys.argv.pop(sys.argv.index("--twill") + 1)
sys.argv.remove("--twill")


class SddpRun(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = Path(self.folder.name) / "out"
        self.addCleanup(self.folder.cleanup)

    def twill(self, *arguments):
        return subprocess.run([TWILL, "sddp", "run", *map(str, arguments)], capture_output=True, text=True, check=False)

    def run_case(self, *more):
        done = self.twill(CASE, "--output", self.out, "--json", "--progress", "none", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_trains_and_writes_table_and_cuts(self):
        result = self.run_case("--table-format", "csv", "--threads", 2)
        self.assertEqual(result["training"]["iterations"], 40)
        self.assertEqual(result["training"]["reason"], "iteration_limit")
        self.assertEqual(result["status"], "complete")
        with open(self.out / "training/convergence.csv", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        self.assertEqual(len(rows), 40)
        self.assertEqual(float(rows[-1]["lower_bound"]), result["training"]["lower_bound"])
        self.assertEqual(rows[0]["gap_percent"], "", "no gap under a risk measure")
        for stage in range(3):
            self.assertGreater((self.out / f"policy/cuts/stage_{stage:03}.bin").stat().st_size, 32)

    def test_gives_the_same_cuts_for_every_number_of_threads(self):
        cuts = []
        for threads in (1, 3):
            self.run_case("--max-iterations", 6, "--threads", threads)
            cuts.append((self.out / "policy/cuts/stage_000.bin").read_bytes())
        self.assertEqual(cuts[0], cuts[1])

    def test_does_not_depend_on_the_order_of_files_and_the_numbers_of_things(self):
        references = sorted(path.parent for path in REFERENCES.glob("*/config.json"))
        cases = [CASE] + [path for path in references if path.name not in REFUSED]
        for case in cases:
            with self.subTest(case=case.name):
                folders = []
                for name, folder in (("as it is", case), ("changed", shuffled(case, Path(self.folder.name) / case.name))):
                    out = Path(self.folder.name) / f"out {name} {case.name}"
                    done = self.twill(
                        folder, "--output", out, "--tables", "csv", "--max-iterations", 6, "--train-only", "--progress", "none"
                    )
                    self.assertEqual(done.returncode, 0, done.stderr)
                    folders.append(out / "policy/cuts")
                names = sorted(p.name for p in folders[0].iterdir())
                self.assertGreaterEqual(len(names), 2)
                for name in names:
                    self.assertEqual((folders[0] / name).read_bytes(), (folders[1] / name).read_bytes(), name)

    def test_limits_the_iterations_and_shows_progress(self):
        done = self.twill(CASE, "--output", self.out, "--max-iterations", 3, "--progress", "plain")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("Training complete in", done.stderr)
        self.assertIn("(3 iterations, iteration_limit)", done.stderr)
        self.assertTrue((self.out / "training/convergence.parquet").exists())

    def test_stops_at_a_signal_and_goes_on_with_the_same_cuts(self):
        long = Path(self.folder.name) / "long"
        shutil.copytree(CASE, long)
        config = json.loads((long / "config.json").read_text(encoding="utf-8"))
        config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": 100000}]
        (long / "config.json").write_text(json.dumps(config), encoding="utf-8")
        arguments = [TWILL, "sddp", "run", str(long), "--output", str(self.out), "--json", "--progress", "json"]
        arguments += ["--interrupt-exit", "75", "--train-only", "--threads", "2"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            # The first event of progress: the training is under way.
            for line in running.stderr:
                if line.startswith("{") and "Training" in line:
                    break
            running.send_signal(signal.SIGINT)
            text, told = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 75, told)
        result = json.loads(text)
        self.assertEqual(result["status"], "interrupted")
        self.assertEqual(result["training"]["reason"], "graceful_shutdown")
        self.assertIn("go on with --resume", told)
        done = result["training"]["iterations"]
        self.assertTrue(Path(result["training"]["checkpoint"]).exists())
        self.assertEqual(Path(result["training"]["checkpoint"]).name, f"checkpoint-{done:012}.twck")

        more = self.twill(
            long, "--output", self.out, "--json", "--resume", "--max-iterations", done + 3, "--threads", 1, "--train-only"
        )
        self.assertEqual(more.returncode, 0, more.stderr)
        self.assertEqual(json.loads(more.stdout)["training"]["resumed_at"], done)
        whole = Path(self.folder.name) / "whole"
        self.twill(long, "--output", whole, "--max-iterations", done + 3, "--train-only", "--progress", "none")
        for stage in range(3):
            name = f"policy/cuts/stage_{stage:03}.bin"
            self.assertEqual((self.out / name).read_bytes(), (whole / name).read_bytes())

    def test_resumes_only_what_belongs_to_the_case(self):
        done = self.twill(CASE, "--output", self.out, "--resume", "--progress", "none")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("there is no whole checkpoint to go on from", done.stderr)
        self.run_case("--max-iterations", 2)
        done = self.twill(CASE, "--output", self.out, "--resume", "--seed", 7, "--progress", "none")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the checkpoint belongs to another run: settings of the training", done.stderr)
        # A run that begins anew takes the place of the older one.
        self.run_case("--max-iterations", 1)
        names = sorted(p.name for p in (self.out / "policy").glob("*.twck"))
        self.assertEqual(names, ["checkpoint-000000000001.twck"])

    def test_is_trained_by_one_process(self):
        done = subprocess.run(
            [TWILL, "run", "-n", "2", "--", TWILL, "sddp", "run", str(CASE), "--output", str(self.out)],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("a policy is trained by one process", done.stderr)
        self.assertFalse(self.out.exists())

    def test_refuses_what_is_wrong_and_writes_nothing(self):
        done = self.twill(CASE, "--threads", 0)
        self.assertEqual(done.returncode, 64)
        self.assertIn("--threads", done.stderr)
        broken = Path(self.folder.name) / "case"
        shutil.copytree(CASE, broken)
        buses = broken / "system/buses.json"
        buses.write_text(buses.read_text(encoding="utf-8").replace('"id": 0', '"id": 77', 1), encoding="utf-8")
        done = self.twill(broken, "--output", self.out)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("error[InvalidReference] system/", done.stderr)
        self.assertFalse(self.out.exists())
        done = self.twill(Path(self.folder.name) / "nowhere", "--output", self.out)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse(self.out.exists())

    def test_names_an_infeasible_stage_and_ends_with_three(self):
        broken = Path(self.folder.name) / "case"
        shutil.copytree(CASE, broken)
        path = broken / "system/hydros.json"
        hydros = json.loads(path.read_text(encoding="utf-8"))
        # More water must be kept than there is, whatever is done.
        hydros["hydros"][0]["reservoir"]["min_storage_hm3"] = hydros["hydros"][0]["reservoir"]["max_storage_hm3"]
        path.write_text(json.dumps(hydros), encoding="utf-8")
        config = broken / "config.json"
        config.write_text(config.read_text(encoding="utf-8").replace('"penalty"', '"none"'), encoding="utf-8")
        done = self.twill(broken, "--output", self.out, "--progress", "none")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("a stage has no feasible dispatch", done.stderr)
        self.assertIn('water balance of hydro 0 "H0"', done.stderr)
        # Each forward pass may fail before it hears of the other; the first one is told.
        dumps = sorted((self.out / "training/lp_dumps").glob("*.mps"))
        self.assertEqual(dumps[0].name, "stage_000_it1_pass0.mps")
        self.assertIn(str(dumps[0]), done.stderr)
        self.assertIn("water.hydro0", dumps[0].read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
