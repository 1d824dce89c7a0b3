# SPDX-License-Identifier: Apache-2.0
"""The layer check on trees made to break one rule each: the offending line is named, and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECK = HERE.parent.parent / "cmake" / "check_layers.py"
sys.path.insert(0, str(CHECK.parent))
import check_layers  # noqa: E402


def run(root):
    done = subprocess.run([sys.executable, CHECK, "--root", root], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class BadTrees(unittest.TestCase):
    def test_each_bad_tree_names_exactly_its_offending_lines(self):
        trees = sorted(p for p in (HERE / "bad").iterdir() if p.is_dir())
        self.assertEqual(
            [t.name for t in trees],
            [
                "acts_of_apps",
                "forbidden_include",
                "forbidden_link",
                "heavy_public_header",
                "mpi_outside",
                "private_arrow",
                "scheduler_reach",
                "unknown_part",
            ],
        )
        for tree in trees:
            with self.subTest(tree=tree.name):
                code, out, err = run(tree)
                self.assertEqual(out, (tree / "expected.txt").read_text(encoding="utf-8"))
                self.assertEqual((code, err), (1, ""))

    def test_the_named_line_is_the_line_in_the_file(self):
        for tree in sorted((HERE / "bad").iterdir()):
            for name, line, text, _ in check_layers.check(tree):
                path = tree / name
                if path.is_dir():
                    continue
                self.assertEqual(path.read_text(encoding="utf-8").splitlines()[line - 1].strip(), text)

    def test_a_forbidden_include_names_the_line_the_reason_and_the_arrows(self):
        _, out, _ = run(HERE / "bad" / "forbidden_include")
        self.assertIn(
            'libs/par/src/pool.cpp:2: #include "twill/comm/concepts.hpp": par may not include comm '
            "(allowed: par -> base)\n",
            out,
        )


class GoodTrees(unittest.TestCase):
    def test_a_tree_that_keeps_the_rules_passes_in_silence(self):
        self.assertEqual(run(HERE / "good"), (0, "", ""))

    def test_a_folder_that_is_no_tree_of_ours_is_an_error_of_use(self):
        with tempfile.TemporaryDirectory() as empty:
            code, out, err = run(empty)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("there is no folder libs here", err)


class Arrows(unittest.TestCase):
    def test_the_arrows_form_no_cycle(self):
        def walk(part, path):
            self.assertNotIn(part, path, f"cycle: {' -> '.join([*path, part])}")
            arrows = check_layers.ARROWS[part]
            for other in [*arrows["public"], *arrows.get("private", [])]:
                walk(other, [*path, part])

        for part, arrows in check_layers.ARROWS.items():
            if arrows["public"] != check_layers.EVERYTHING:
                walk(part, [])

    def test_every_allowance_gives_a_reason(self):
        for files, act, _, why in check_layers.ALLOWED_ACTS:
            self.assertIn(act, check_layers.ACTS)
            self.assertGreater(len(why.split()), 4, f"{files}: {act}")


if __name__ == "__main__":
    unittest.main()
