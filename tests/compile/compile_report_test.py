# SPDX-License-Identifier: Apache-2.0
"""The compile-time report on a build log and a compiler made for it."""

import io
import json
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "cmake"))
import compile_report  # noqa: E402

LOG = """# ninja log v5
0\t5000\t1\tlibs/a/CMakeFiles/twill_a.dir/src/slow.cpp.o\tx
100\t350\t1\tlibs/a/CMakeFiles/twill_a.dir/src/quick.cpp.o\tx
0\t9000\t1\tlibs/a/libtwill_a.a\tx
6000\t7500\t1\tlibs/a/CMakeFiles/twill_a.dir/src/slow.cpp.o\tx
"""


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        include = self.root / "libs/par/include/twill/par"
        (include / "detail").mkdir(parents=True)
        (include / "join.hpp").write_text("#include <vector>\n", encoding="utf-8")
        (include / "detail" / "deque.hpp").write_text("\n", encoding="utf-8")
        (include.parent / "par.hpp").write_text('#include "twill/par/join.hpp"\n', encoding="utf-8")
        self.build = self.root / "build/dev"
        self.build.mkdir(parents=True)
        (self.build / ".ninja_log").write_text(LOG, encoding="utf-8")

    def main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = compile_report.main(["--root", str(self.root), *arguments])
        return code, out.getvalue(), err.getvalue()

    def test_units_are_listed_by_their_last_compilation_slowest_first(self):
        self.assertEqual(
            compile_report.slowest_units(self.build, 5),
            [(1.5, "libs/a/twill_a: src/slow.cpp.o"), (0.25, "libs/a/twill_a: src/quick.cpp.o")],
        )
        self.assertEqual(len(compile_report.slowest_units(self.build, 1)), 1)

    def test_headers_are_compared_by_medians_of_interleaved_rounds(self):
        order = []

        def measure(command):
            name = Path(command[-1]).read_text(encoding="utf-8").split("<")[1].split(">")[0]
            order.append(name)
            return {
                "vector": [0.1, 0.5, 0.1],
                "twill/par.hpp": [0.3, 0.3, 9.0],
                "twill/par/join.hpp": [0.2, 0.2, 0.2],
            }[name][order.count(name) - 1]

        costs, vector = compile_report.header_costs(self.root, "c++", 3, ["*"], measure, lambda command: 7)
        self.assertEqual(vector, 0.1)
        self.assertEqual(
            [(n, round(r, 6), s) for n, _, r, s in costs],
            [("twill/par.hpp", 3.0, 1.0), ("twill/par/join.hpp", 2.0, 1.0)],
        )
        self.assertEqual(order[:4], ["vector", "twill/par/join.hpp", "twill/par.hpp", "twill/par/join.hpp"])

    def test_the_report_says_the_same_in_text_and_json(self):
        code, out, err = self.main("--json", str(self.root / "out/report.json"), "--repeats", "1")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("     1.50  libs/a/twill_a: src/slow.cpp.o\n", out)
        written = json.loads((self.root / "out/report.json").read_text(encoding="utf-8"))
        self.assertEqual([u["seconds"] for u in written["units"]], [1.5, 0.25])
        self.assertEqual(
            sorted(h["header"] for h in written["headers"]), ["twill/par.hpp", "twill/par/join.hpp"]
        )
        self.assertRegex(out, r"  1\.00  +\d\.\d+ s  twill/par/join\.hpp  budget 4\.4: \w[\w ]*, 2\.7: kept\n")

    def test_only_a_budget_on_size_fails_for_time_depends_on_the_machine(self):
        header = self.root / "libs/par/include/twill/par/join.hpp"
        costs = lambda size: lambda *_: ([("twill/par/join.hpp", 2.0, 20.0, size)], 0.1)  # noqa: E731
        for size, expected in ((2.6, 0), (2.8, 1)):
            with self.subTest(size=size), mock.patch.object(compile_report, "header_costs", costs(size)):
                code, out, err = self.main()
                self.assertEqual(code, expected)
                self.assertIn("budget 4.4: over in this run, 2.7: " + ("kept", "over")[expected], out)
                found = "compile_report: twill/par/join.hpp: preprocessed size 2.80 of <vector>'s, budget 2.7\n"
                self.assertEqual(err, found * expected)
        header.write_text("#include <vector>\n#include <regex>\n#include <iostream>\n", encoding="utf-8")
        code, _, err = self.main("--repeats", "1", "--only", "twill/par/join.hpp")
        self.assertEqual(code, 1)
        self.assertRegex(err, r"join\.hpp: preprocessed size \d\.\d\d of <vector>'s, budget 2\.7\n$")

    def test_a_header_that_does_not_compile_is_an_error(self):
        (self.root / "libs/par/include/twill/par/join.hpp").write_text("#error no\n", encoding="utf-8")
        code, _, err = self.main("--repeats", "1")
        self.assertEqual(code, 2)
        self.assertIn("#error no", err)

    def test_a_build_without_a_log_is_said(self):
        (self.build / ".ninja_log").unlink()
        code, out, _ = self.main("--skip-headers")
        self.assertEqual(code, 0)
        self.assertIn("slowest translation units: no .ninja_log in", out)


if __name__ == "__main__":
    unittest.main()
