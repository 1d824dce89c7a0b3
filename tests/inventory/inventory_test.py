# SPDX-License-Identifier: Apache-2.0
"""The check of the inventories on rows that are proved, and on rows that only look as if they were."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIXTURE = HERE / "fixture"
CHECK = HERE.parent.parent / "cmake" / "check_inventory.py"
sys.path.insert(0, str(CHECK.parent))
import check_inventory  # noqa: E402
from check_source import split_cpp  # noqa: E402

RESULTS = ["--junit", FIXTURE / "ctest.xml", "--junit", FIXTURE / "pytest.xml"]


def run(*arguments):
    done = subprocess.run(
        [sys.executable, CHECK, "--root", FIXTURE, *arguments], capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


class Fixture(unittest.TestCase):
    maxDiff = None

    def test_proved_and_deferred_rows_are_counted(self):
        self.assertEqual(run(*RESULTS, "good"), (0, "good: 12 rows, 11 proved, 1 deferred\n", ""))

    def test_every_bad_row_is_named_with_its_reason(self):
        code, out, err = run(*RESULTS, "bad")
        self.assertEqual(out, (FIXTURE / "expected_bad.txt").read_text(encoding="utf-8"))
        self.assertEqual((code, err), (1, ""))
        rows = (FIXTURE / "tests/inventory/bad.tsv").read_text(encoding="utf-8").splitlines()[1:]
        self.assertEqual(len(out.splitlines()), len(rows) + 1)  # none of them passes

    def test_without_results_only_what_the_sources_show_is_judged(self):
        code, out, _ = run("--static", "bad")
        self.assertEqual(out, (FIXTURE / "expected_bad_static.txt").read_text(encoding="utf-8"))
        self.assertEqual(code, 1)
        self.assertEqual(run("--static", "good"), (0, "good: 12 rows, 11 named, 1 deferred\n", ""))

    def test_a_row_is_not_proved_by_a_test_that_is_missing_from_the_results(self):
        code, out, _ = run("--junit", FIXTURE / "pytest.xml", "good")
        self.assertEqual(code, 1)
        self.assertIn("tests/inventory/good.tsv:2: g1: loom.loom.weaves did not run\n", out)
        self.assertTrue(out.endswith("good: 12 rows, 1 proved, 1 deferred\n"), out)

    def test_a_case_that_says_what_this_machine_lacks_is_listed_and_proves_nothing(self):
        text = (FIXTURE / "ctest.xml").read_text(encoding="utf-8")
        skipped = re.sub(
            r'<testcase name="loom.loom.weaves"[^>]*?(/>|>.*?</testcase>)',
            '<testcase name="loom.loom.weaves" classname="loom.loom.weaves" status="notrun"><skipped message="regex"/>'
            "<system-out>not run: no wool\n</system-out></testcase>",
            text,
            count=1,
            flags=re.S,
        )
        self.assertNotEqual(skipped, text)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "ctest.xml"
            file.write_text(skipped, encoding="utf-8")
            words = [str(file) if w == str(FIXTURE / "ctest.xml") else w for w in map(str, RESULTS)]
            code, out, _ = run(*words, "good")
            self.assertEqual(code, 0, out)
            self.assertIn("good: 12 rows, 9 proved, 1 deferred\n", out)
            self.assertIn("proved on other machines only: loom.loom.weaves (not run: no wool)\n", out)
            file.write_text(skipped.replace("not run: no wool", "skipped"), encoding="utf-8")
            code, out, _ = run(*words, "good")
            self.assertEqual(code, 1)
            self.assertIn("g1: loom.loom.weaves did not run", out)

    def test_a_file_with_other_columns_is_refused(self):
        code, out, _ = run(*RESULTS, "headless")
        self.assertEqual(code, 1)
        self.assertIn("headless.tsv:1: the header is not id row test note, parted by tabs\n", out)

    def test_an_unknown_part_and_unreadable_results_are_errors(self):
        self.assertEqual(
            run(*RESULTS, "tapestry"), (1, "tapestry: there is no tests/inventory/tapestry.tsv\n", "")
        )
        code, _, err = run("--junit", HERE / "absent.xml", "good")
        self.assertEqual(code, 2)
        self.assertIn("check_inventory: cannot read the results:", err)
        self.assertEqual(run("good")[0], 2)


class Bodies(unittest.TestCase):
    def compares(self, body):
        return check_inventory.compares(split_cpp(body)[0], set())

    def test_what_compares(self):
        for body in [
            "EXPECT_EQ(f(), 1);",
            'EXPECT_THAT(s, HasSubstr("x"));',
            "ASSERT_TRUE(ok);",
            "RC_ASSERT(a == b);",
            "static_assert(sizeof(x) == 8);",
            "if (a != b) ADD_FAILURE() << a;",
            'EXPECT_DEATH(f(), "why");',
            "EXPECT_NEAR(f(1, 2), 3.0, 1e-9);",
            "EXPECT_THROW(f(1, 2), std::bad_alloc);",
        ]:
            self.assertTrue(self.compares(body), body)

    def test_what_does_not(self):
        for body in [
            "f();",
            "EXPECT_NO_THROW(f());",
            "EXPECT_ANY_THROW(f());",
            "SUCCEED();",
            "EXPECT_TRUE(true);",
            "// EXPECT_EQ(f(), 1);",
            'log("EXPECT_EQ(f(), 1)");',
            "EXPECT_EQ(1, 1);",
            "EXPECT_THROW(f(), error);",
        ]:
            self.assertFalse(self.compares(body), body)

    def test_instances_are_found_under_the_name_without_them(self):
        reduced = check_inventory.Results.reduced
        self.assertIn("comm.ring.passes", reduced("comm.ring/shm.passes"))
        self.assertIn("comm.ring.passes", reduced("comm.Layouts/ring/0.passes/3"))
        self.assertIn("comm.ring.passes", reduced("comm.ring.passes<twill::comm::shm>"))
        self.assertEqual(reduced("comm.ring.passes"), ["comm.ring.passes"])
        self.assertEqual(reduced("checks.layers"), [])


if __name__ == "__main__":
    unittest.main()
