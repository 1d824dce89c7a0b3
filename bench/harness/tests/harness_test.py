# SPDX-License-Identifier: Apache-2.0
"""The statistics, the order of runs and the verdicts of the harness, on programs that take no time."""

import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent.parent
sys.path.insert(0, str(BENCH))
from harness import render, runner, stats, suite  # noqa: E402
from harness.runner import BenchError, Sample  # noqa: E402


class Statistics(unittest.TestCase):
    def test_quartiles_interpolate_between_order_statistics(self):
        self.assertEqual(stats.summarize([4, 1, 3, 2]), stats.Summary(2.5, 1.75, 3.25, 4))
        self.assertEqual(stats.summarize([7]), stats.Summary(7, 7, 7, 1))
        with self.assertRaisesRegex(ValueError, "a quantile of nothing"):
            stats.quantile([], 0.5)

    def test_a_ratio_above_one_means_ours_is_better_whichever_way_the_metric_points(self):
        self.assertEqual(stats.ratios([1.0, 2.0], [2.0, 3.0], "lower"), [2.0, 1.5])
        self.assertEqual(stats.ratios([3.0, 2.0], [1.5, 4.0], "higher"), [2.0, 0.5])
        with self.assertRaisesRegex(ValueError, "2 of ours, 1 of the peer's"):
            stats.ratios([1.0, 2.0], [2.0], "lower")
        with self.assertRaisesRegex(ValueError, "found 'up', expected lower or higher"):
            stats.ratios([1.0], [2.0], "up")

    def test_ratios_are_paired_so_that_a_slow_round_cancels(self):
        ours, theirs = [1.0, 10.0, 1.0, 1.0, 1.0], [2.0, 20.0, 2.0, 2.0, 2.0]
        self.assertEqual(
            stats.summarize(stats.ratios(ours, theirs, "lower")), stats.Summary(2.0, 2.0, 2.0, 5)
        )

    def test_the_spread_is_the_farthest_that_a_program_gets_from_itself(self):
        self.assertAlmostEqual(stats.spread(stats.Summary(1.01, 0.94, 1.03, 5)), 0.06)

    def test_the_verdict_says_which_way_a_ratio_passed(self):
        noisy, quiet = stats.Summary(1.0, 0.9, 1.05, 9), stats.Summary(1.0, 0.999, 1.001, 9)
        ratio = stats.Summary(0.95, 0.9, 1.0, 9)
        self.assertEqual(stats.verdict(stats.Summary(1.0, 0.9, 1.1, 9), 1.0, quiet), "at its bar")
        self.assertEqual(stats.verdict(ratio, 1.0, noisy), "within the A/A spread")
        self.assertEqual(stats.verdict(ratio, 1.0, quiet), "below its bar")
        self.assertEqual(stats.verdict(ratio, None, quiet), "no bar")
        self.assertEqual(
            [
                w
                for w in (
                    "at its bar",
                    "within the A/A spread",
                    "below its bar",
                    "no bar",
                    "not measured: cores busy",
                )
                if not stats.passes(w)
            ],
            ["below its bar"],
        )


def row(peers, workers=1, better="lower"):
    return {
        "name": "r",
        "question": "q",
        "metric": "ns",
        "unit": "ns",
        "better": better,
        "workers": workers,
        "ours": ["ours"],
        "peers": peers,
    }


def peer(name, **more):
    return {"name": name, "command": [name], **more}


class Programs:
    """Stands for the operating system: programs with fixed figures, and the order in which they were run."""

    def __init__(self, **values):
        self.values, self.order, self.wall, self.checksums = values, [], {}, {}

    def __call__(self, command):
        name = command[0]
        self.order.append(name)
        value = self.values[name]
        if isinstance(value, list):
            value = value.pop(0)
        if isinstance(value, Exception):
            raise value
        return Sample(
            {"ns": value, "checksum": self.checksums.get(name), "version": f"{name} 1"},
            self.wall.get(name, 0.1),
        )


def by_name(result):
    return {p["peer"]: p for p in result["pairs"]}


class Rounds(unittest.TestCase):
    def test_every_round_runs_every_program_and_begins_with_another(self):
        programs = Programs(ours=1.0, a=2.0, b=3.0)
        result = runner.Row(row([peer("a"), peer("b")]), 5, programs).measure()
        self.assertEqual(
            ["".join(n[0] for n in programs.order[i : i + 4]) for i in range(0, 20, 4)],
            ["ooab", "oabo", "aboo", "booa", "ooab"],
        )
        self.assertEqual(result["rounds"], 5)
        self.assertEqual([p["peer"] for p in result["pairs"]], ["ours again", "a", "b"])
        self.assertEqual(by_name(result)["b"]["ratio"], {"median": 3.0, "q1": 3.0, "q3": 3.0, "n": 5})
        self.assertEqual(by_name(result)["a"]["version"], "a 1")

    def test_the_aa_pair_is_the_same_program_and_its_spread_decides(self):
        # Each round ours runs twice; the second is 10 % slower or faster in turn.
        programs = Programs(ours=[1.0, 1.1, 0.9, 1.0, 1.0, 1.1, 1.0, 0.9, 1.0, 1.0], a=0.95)
        result = runner.Row(row([peer("a", bar=1.0)]), 5, programs).measure()
        self.assertEqual(by_name(result)["ours again"]["kind"], "A/A")
        self.assertRegex(by_name(result)["ours again"]["verdict"], r"^spread \d+\.\d %$")
        self.assertEqual(by_name(result)["a"]["verdict"], "within the A/A spread")
        quiet = runner.Row(row([peer("a", bar=1.0)]), 5, Programs(ours=1.0, a=0.95)).measure()
        self.assertEqual(by_name(quiet)["a"]["verdict"], "below its bar")

    def test_a_peer_that_takes_over_twenty_seconds_runs_once_and_is_marked(self):
        programs = Programs(ours=2.0, slow=9.0, a=2.0)
        programs.wall = {"slow": 20.1}
        result = runner.Row(row([peer("slow", bar=4.0), peer("a")]), 5, programs).measure()
        self.assertEqual(programs.order.count("slow"), 1)
        self.assertEqual(programs.order.count("a"), 5)
        slow = by_name(result)["slow"]
        self.assertEqual(
            (slow["single"], slow["ratio"]["median"], slow["ratio"]["n"], slow["verdict"]),
            (True, 4.5, 1, "at its bar"),
        )

    def test_a_peer_that_cannot_be_had_or_fails_leaves_its_place_empty_with_the_reason(self):
        programs = Programs(ours=2.0, broken=BenchError("broken ended with 3: no licence"))
        result = runner.Row(
            row([peer("gone", missing="debian: no such package", bar=2.0), peer("broken")]), 5, programs
        ).measure()
        self.assertEqual(programs.order.count("gone"), 0)
        self.assertEqual(programs.order.count("broken"), 1)
        for name, why in (
            ("gone", "empty: debian: no such package"),
            ("broken", "empty: broken ended with 3: no licence"),
        ):
            self.assertEqual(
                [by_name(result)[name][k] for k in ("value", "ratio", "samples", "verdict")],
                [None, None, [], why],
            )

    def test_a_failure_of_ours_is_an_error(self):
        with self.assertRaisesRegex(BenchError, "ours crashed"):
            runner.Row(row([]), 5, Programs(ours=BenchError("ours crashed"))).measure()
        with self.assertRaisesRegex(BenchError, "ours: ns is 0.0, expected a number above 0"):
            runner.Row(row([]), 5, Programs(ours=0.0)).measure()

    def test_programs_that_answer_differently_are_not_compared(self):
        programs = Programs(ours=1.0, a=1.0)
        programs.checksums = {"ours": "12", "a": "13"}
        with self.assertRaisesRegex(
            BenchError, "a computed 13, ours 12: the programs do not answer the same question"
        ):
            runner.Row(row([peer("a", same_checksum=True)]), 5, programs).measure()


class TwoWorkers(unittest.TestCase):
    def measure(self, calibrations, rounds=5):
        programs = Programs(ours=1.0, a=2.0)
        left = list(calibrations)
        result = runner.Row(
            row([peer("a", bar=1.0)], workers=2), rounds, programs, cores=lambda: left.pop(0)
        ).measure()
        return result, programs, left

    def test_only_rounds_with_two_free_cores_count(self):
        result, programs, left = self.measure([1.95, 1.2, 1.9, 1.89, 2.0, 1.93, 1.94, 1.99])
        self.assertEqual((result["rounds"], left), (5, [1.99]))
        self.assertEqual(result["calibrations"], [1.95, 1.2, 1.9, 1.89, 2.0, 1.93, 1.94])
        self.assertEqual(programs.order.count("a"), 5)
        self.assertEqual(by_name(result)["a"]["verdict"], "at its bar")

    def test_fewer_than_five_such_rounds_are_no_measurement(self):
        result, programs, _ = self.measure([1.95, 1.95, 1.95, 1.95] + [1.1] * 11)
        self.assertEqual(result["rounds"], 4)
        self.assertIsNone(result["ours"])
        self.assertEqual(result["verdict"], "not measured: cores busy")
        self.assertEqual(
            [(p["verdict"], p["ratio"]) for p in result["pairs"]], [("not measured: cores busy", None)]
        )

    def test_one_worker_asks_no_spinner(self):
        def never():
            raise AssertionError("a row of one worker needs no second core")

        result = runner.Row(row([peer("a")]), 5, Programs(ours=1.0, a=2.0), cores=never).measure()
        self.assertEqual(result["calibrations"], [])


class Execution(unittest.TestCase):
    def python(self, text):
        return [sys.executable, "-c", text]

    def test_the_last_line_is_the_result(self):
        sample = runner.execute(self.python("print('warming up'); print('{\"ns\": 2.5}')"))
        self.assertEqual(sample.metrics, {"ns": 2.5})
        self.assertGreater(sample.wall_s, 0)

    def test_what_a_program_does_wrong_is_said(self):
        for text, message in [
            ("raise SystemExit(3)", "ended with 3"),
            ("print('fast')", "printed no JSON line: 'fast'"),
            ("pass", "printed no JSON line: 'nothing'"),
            ("print('[1]')", "expected one JSON object"),
        ]:
            with self.assertRaisesRegex(BenchError, message):
                runner.execute(self.python(text))
        with self.assertRaisesRegex(BenchError, "no-such-program"):
            runner.execute(["/no-such-program"])

    def test_the_calibration_is_the_work_of_two_over_the_work_of_one(self):
        with tempfile.TemporaryDirectory() as folder:
            spinner = Path(folder) / "spinner"
            spinner.write_text("#!/bin/sh\necho 50$1\n", encoding="utf-8")
            spinner.chmod(0o755)
            self.assertEqual(runner.calibrate(str(spinner), 0), 2.0)


class Suites(unittest.TestCase):
    good = {
        "title": "t",
        "rounds": 9,
        "rows": [
            {
                "name": "r",
                "question": "q",
                "metric": "ns",
                "unit": "ns",
                "better": "lower",
                "ours": ["{bin}/a", "--seconds", "{seconds}"],
                "peers": [{"name": "p", "command": ["{bin}/p"], "needs": "x"}],
            }
        ],
    }

    def load(self, content, peers=None, quick=False):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "suite.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            return suite.load(path, Path("/b"), quick, peers or {})

    def test_commands_are_filled_in(self):
        loaded = self.load(self.good, {"x": {"state": "found"}})
        self.assertEqual(loaded["rows"][0]["ours"], ["/b/a", "--seconds", "0.3"])
        self.assertEqual((loaded["rounds"], loaded["rows"][0]["workers"]), (9, 1))
        self.assertIsNone(loaded["rows"][0]["peers"][0]["missing"])
        self.assertEqual(self.load(self.good, quick=True)["rounds"], 5)

    def test_a_missing_peer_carries_its_reason(self):
        self.assertEqual(
            self.load(self.good)["rows"][0]["peers"][0]["missing"], "run bench/setup-peers to get x"
        )
        known = {"x": {"state": "missing", "why": "debian: no such package"}}
        self.assertEqual(
            self.load(self.good, known)["rows"][0]["peers"][0]["missing"], "debian: no such package"
        )

    def test_mistakes_are_placed(self):
        def broken(**change):
            return {**self.good, "rows": [{**self.good["rows"][0], **change}]}

        for content, message in [
            ("{", "suite.json: "),
            ({"rows": []}, "suite.json: no rows"),
            (broken(better="up"), "/rows/0: better: found 'up', expected lower or higher"),
            (broken(workers=3), "/rows/0: workers: found 3, expected 1 or 2"),
            (broken(ours=["{path}/a"]), "there is no path, expected bin seconds workers"),
            ({**self.good, "rows": self.good["rows"] * 2}, "/rows/1: the name r stands above already"),
        ]:
            with self.assertRaises(suite.SuiteError) as raised:
                self.load(content)
            self.assertIn(message, str(raised.exception))

    def test_the_suites_of_this_tree_can_be_read(self):
        found = sorted(BENCH.glob("*/suite.json"))
        self.assertIn("base", [p.parent.name for p in found])
        for path in found:
            for r in suite.load(path, Path("/b"), False, {})["rows"]:
                self.assertTrue(any(word.startswith("/b/") for word in r["ours"]), r["name"])
                self.assertGreaterEqual(len(r["peers"]), 1, r["name"])


class Rendering(unittest.TestCase):
    def setUp(self):
        measured = runner.Row(
            row([peer("a", bar=1.5), peer("gone", missing="no <package>")]), 5, Programs(ours=1.0, a=2.0)
        ).measure()
        busy = runner.Row(
            {**row([peer("a", bar=1.0)], workers=2), "name": "two"},
            5,
            Programs(ours=1.0, a=2.0),
            cores=lambda: 1.0,
        ).measure()
        self.result = {
            "title": "T & Co",
            "when": "2000-01-01",
            "machine": {"processor": "abacus"},
            "versions": {"a": "a 1"},
            "rows": [measured, busy],
        }

    def test_the_table_has_the_aa_pair_the_verdicts_and_the_empty_places(self):
        lines = render.markdown(self.result).splitlines()
        self.assertIn(
            "| r | 1 | A/A (ours against itself) | 1 ns | 1 ns | 1.00 [1.00, 1.00] |  | spread 0.0 % | 5 |",
            lines,
        )
        self.assertIn("| r | 1 | a | 1 ns | 2 ns | 2.00 [2.00, 2.00] | 1.5 | at its bar | 5 |", lines)
        self.assertIn("| r | 1 | gone | 1 ns |  |  |  | empty: no <package> | 5 |", lines)
        self.assertIn("| two | 2 | a |  |  |  | 1 | not measured: cores busy | 0 |", lines)
        self.assertIn("- processor: abacus", lines)

    def test_the_text_table_says_the_same(self):
        out = render.text(self.result)
        self.assertRegex(out, r"(?m)^r +1 +a +1 ns +2 ns +2\.00 \[2\.00, 2\.00\] +1\.5 +at its bar +5$")

    def test_the_picture_is_well_formed_and_draws_each_measured_pair(self):
        picture = xml.fromstring(render.svg(self.result))
        circles = picture.findall("{http://www.w3.org/2000/svg}circle")
        self.assertEqual(len(circles), 2)
        self.assertLess(float(circles[0].get("cx")), float(circles[1].get("cx")))  # 1 stands left of 2
        words = [t.text for t in picture.findall("{http://www.w3.org/2000/svg}text")]
        self.assertIn("T & Co", words)
        self.assertIn("not measured: cores busy", words)


class SetupPeers(unittest.TestCase):
    def test_what_is_there_is_found_and_what_is_not_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "peers.tsv"
            table.write_text(
                "peer\tdebian\tcargo\tpip\twhat\nshell\tdash:sh\t-\t-\ta shell\n"
                "loom\tloom-dev:loom/loom.h\t-\tloom:loom\tnone\n",
                encoding="utf-8",
            )
            done = subprocess.run(
                [BENCH / "setup-peers", "--offline", "--build-dir", folder, "--peers", table],
                capture_output=True,
                text=True,
                timeout=60,
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            why = "debian: loom-dev is not installed; pip: loom is not installed"
            self.assertEqual(done.stdout, f"shell: debian dash\nloom: cannot be had: {why}\n")
            written = json.loads((Path(folder) / "peers.json").read_text(encoding="utf-8"))
            self.assertEqual(written["shell"], {"state": "found", "how": "debian dash", "why": ""})
            self.assertEqual(written["loom"], {"state": "missing", "how": "", "why": why})

    def test_an_unknown_flag_is_an_error_of_use(self):
        done = subprocess.run([BENCH / "setup-peers", "--fast"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 64)
        self.assertIn("found --fast, expected", done.stderr)


if __name__ == "__main__":
    unittest.main()
