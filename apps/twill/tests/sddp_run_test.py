#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command `twill sddp run` on the case of the sddp tests."""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CASE = ROOT / "libs/sddp/tests/cases/own-two-plants"
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
        self.run_case("--max-iterations", 6)
        cuts = [(self.out / f"policy/cuts/stage_{t:03}.bin").read_bytes() for t in range(3)]
        changed = Path(self.folder.name) / "changed"
        shutil.copytree(CASE, changed)
        numbered = {"hydro_id", "downstream_id", "bus_id", "thermal_id", "source_bus_id", "target_bus_id"}

        def renumber(key, value):
            return 3 * value + 5 if key in numbered and value is not None else value

        def walk(item, in_entities):
            if isinstance(item, list):
                return [walk(x, in_entities) for x in reversed(item)] if in_entities else [walk(x, False) for x in item]
            if isinstance(item, dict):
                return {
                    k: 3 * v + 5 if in_entities and k == "id" else renumber(k, walk(v, False)) for k, v in item.items()
                }
            return item

        for path in changed.glob("system/*.json"):
            top = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps({k: walk(v, True) for k, v in top.items()}), encoding="utf-8")
        path = changed / "initial_conditions.json"
        top = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({k: list(reversed(walk(v, False))) for k, v in top.items()}), encoding="utf-8")
        for path in changed.glob("scenarios/*.csv"):
            with open(path, encoding="utf-8") as table:
                rows = list(csv.reader(table))
            head = rows[0]
            body = [
                [str(renumber(name, int(value)) if name in numbered else value) for name, value in zip(head, row)]
                for row in reversed(rows[1:])
            ]
            with open(path, "w", encoding="utf-8", newline="") as table:
                csv.writer(table).writerows([head, *body])
        done = self.twill(changed, "--output", self.out, "--max-iterations", 6, "--progress", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        for t in range(3):
            self.assertEqual((self.out / f"policy/cuts/stage_{t:03}.bin").read_bytes(), cuts[t])

    def test_limits_the_iterations_and_shows_progress(self):
        done = self.twill(CASE, "--output", self.out, "--max-iterations", 3, "--progress", "plain")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("Training complete in", done.stderr)
        self.assertIn("(3 iterations, iteration_limit)", done.stderr)
        self.assertTrue((self.out / "training/convergence.parquet").exists())

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
        self.assertIn(done.returncode, (1, 2), done.stderr)
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
