#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through `twill sddp validate`, `plan` and `init`."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TWILL = None
TEMPLATES = ["cascade", "head-effect", "one-reservoir", "risk-averse", "thermal-only"]


def run(*words, cwd=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TWILL_")}
    return subprocess.run([TWILL, "sddp", *map(str, words)], env=env, stdin=subprocess.DEVNULL, cwd=cwd,
                          capture_output=True, text=True, timeout=60)


class Cases(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def made(self, template):
        case = self.folder / template
        done = run("init", case, "--template", template)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return case

    def test_every_template_is_a_case_without_errors(self):
        listed = run("init", "--list")
        self.assertEqual([line.split()[0] for line in listed.stdout.splitlines()], TEMPLATES)
        for template in TEMPLATES:
            done = run("validate", self.made(template))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn(": 0 errors, ", done.stdout)

    def test_init_refuses_unknown_templates_and_full_folders(self):
        done = run("init", self.folder / "x", "--template", "cascad")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn('did you mean "cascade"?', done.stderr)
        self.assertFalse((self.folder / "x").exists())
        case = self.made("cascade")
        self.assertEqual(run("init", case).returncode, 2)

    def test_validate_tells_all_findings_and_ends_with_one(self):
        case = self.made("cascade")
        hydros = case / "system" / "hydros.json"
        hydros.write_text(hydros.read_text().replace('"downstream_id": null', '"downstream_id": 0'))
        lines = case / "system" / "lines.json"
        lines.write_text(lines.read_text().replace('"name": "TIE"', '"name": "TIE", "losses_percent": 2'))
        done = run("validate", case)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("water flows in a circle (found 0 -> 1 -> 0, expected a cascade that ends)", done.stdout)
        self.assertIn("error[NotImplemented.line_losses] system/lines.json:", done.stdout)
        data = json.loads(run("validate", case, "--json").stdout)
        self.assertEqual(data["error_count"], len(data["errors"]))
        self.assertEqual({e["rule"] for e in data["errors"]}, {"cascade.cycle", "feature.line_losses"})
        self.assertEqual({e["file"] for e in data["errors"]}, {"system/hydros.json", "system/lines.json"})
        self.assertEqual(run("plan", case).returncode, 1)

    def test_what_cannot_be_read_ends_with_two(self):
        done = run("validate", self.folder / "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the case directory cannot be read", done.stdout)
        self.assertEqual(run("validate").returncode, 64)
        self.assertEqual(run("validate", self.folder, "--tables", "xml").returncode, 64)

    def test_a_missing_file_is_told_with_what_a_case_has(self):
        case = self.made("thermal-only")
        (case / "system" / "hydros.json").unlink()
        done = run("validate", case)
        self.assertEqual(done.returncode, 1)
        self.assertIn("error[FileNotFound] system/hydros.json: a required file is missing [file.required]", done.stdout)

    def test_reference_cases_are_right_or_refused_by_name(self):
        """Data that is not in the repository: one case of our own stands for it where it is absent."""
        shared = Path(__file__).resolve().parents[4] / "shared" / "cases"
        refused = {"d12-par-annual": {"feature.estimation_from_history"},
                   "d28-decomp-weekly-monthly": {"feature.external_scenarios", "feature.mixed_resolution"},
                   "d30-multi-resolution-monthly-quarterly": {"feature.mixed_resolution"}}
        cases = [p for p in sorted(shared.glob("*")) if p.is_dir()] or [self.made("cascade")]
        for case in cases:
            for tables in ["csv", "parquet"] if len(cases) > 1 else ["csv"]:
                with self.subTest(case=case.name, tables=tables):
                    before = {p: p.read_bytes() for p in case.rglob("*") if p.is_file()}
                    done = run("validate", case, "--json", "--tables", tables)
                    data = json.loads(done.stdout)
                    self.assertEqual({e["rule"] for e in data["errors"]}, refused.get(case.name, set()), done.stdout)
                    self.assertEqual((done.returncode, done.stderr), (1 if data["errors"] else 0, ""))
                    self.assertEqual({p: p.read_bytes() for p in case.rglob("*") if p.is_file()}, before)
                    for error in data["errors"]:
                        self.assertEqual(error["kind"], "NotImplemented")
                        self.assertTrue(error["text"].startswith("error[NotImplemented." + error["rule"][8:] + "] "))

    def test_rows_count_from_nought_and_csv_files_have_lines(self):
        case = self.made("cascade")
        table = case / "scenarios" / "load_seasonal_stats.csv"
        lines = table.read_text().splitlines()
        lines[3] = lines[3].split(",")[0] + ",0,-1.0,-2.0"
        table.write_text("\n".join(lines) + "\n")
        data = json.loads(run("validate", case, "--json").stdout)
        places = [(e["file"], e["line"], e["row"], e["field"]) for e in data["errors"] if e["rule"] == "out_of_range"]
        self.assertEqual(places, [("scenarios/load_seasonal_stats.csv", 4, 2, "std_mw")])

    def test_a_case_that_is_wrong_is_not_run_and_nothing_is_written(self):
        case = self.made("one-reservoir")
        (case / "config.json").write_text('{"version": "2.0", "training": {}}')
        out = self.folder / "out"
        done = run("run", case, "--output", out)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("the file is written for a newer format (found 2.0, expected version 1)", done.stderr)
        self.assertFalse(out.exists())

    def test_plan_tells_sizes(self):
        case = self.made("cascade")
        done = run("plan", case)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("state             6 numbers", done.stdout)
        data = json.loads(run("plan", case, "--json", "--threads", 4).stdout)
        self.assertEqual((data["threads"], len(data["stages"]), data["iterations"]), (4, 6, 80))
        self.assertEqual(data["bytes"]["total"], sum(v for k, v in data["bytes"].items() if k != "total"))


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    TWILL = os.path.abspath(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    unittest.main()
