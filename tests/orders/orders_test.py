# SPDX-License-Identifier: Apache-2.0
"""The check of memory orders on files that break it line by line, and on ones that only seem to."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECK = HERE.parent.parent / "cmake" / "check_orders.py"
sys.path.insert(0, str(CHECK.parent))
import check_orders  # noqa: E402


def run(root):
    done = subprocess.run([sys.executable, CHECK, "--root", root], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def findings_of(body, above="", header="#include <atomic>\n"):
    """(line, why) of a function body, its first line counted as 1."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "libs" / "par" / "src" / "one.cpp"
        path.parent.mkdir(parents=True)
        before = f"{header}{above}void f() {{\n"
        path.write_text(f"{before}{body}\n}}\n", encoding="utf-8")
        return [(line - before.count("\n"), why) for _, line, _, why in check_orders.check(folder)]


class Trees(unittest.TestCase):
    def test_the_bad_file_is_named_line_by_line(self):
        code, out, err = run(HERE / "bad")
        self.assertEqual(out, (HERE / "bad" / "expected.txt").read_text(encoding="utf-8"))
        self.assertEqual((code, err), (1, ""))

    def test_every_line_of_the_bad_source_that_touches_an_atomic_is_named(self):
        named = {line for name, line, _, _ in check_orders.check(HERE / "bad") if name.endswith("gate.cpp")}
        source = (HERE / "bad/libs/par/src/gate.cpp").read_text(encoding="utf-8").splitlines()
        touches = {
            n
            for n, text in enumerate(source, 1)
            if re.search(
                r"[\w)\]](\.|->)(load|store|fetch_\w+|compare_\w+|test_and_set|notify_all|wait)\("
                r"|thread_fence\("
                r"|\+\+|count_ \+=|count_ = |waiting_ >|= count_|P::template (?!atomic)",
                text,
            )
            and not text.lstrip().startswith("//")
        }
        self.assertEqual(named, touches)

    def test_a_tree_that_keeps_the_rules_passes_in_silence(self):
        self.assertEqual(run(HERE / "good"), (0, "", ""))


class Statements(unittest.TestCase):
    atom = "std::atomic<int> a{0};\n"

    def test_a_comment_covers_one_statement_only(self):
        body = (
            "  // ORD relaxed: a counter.\n  a.store(1, std::memory_order_relaxed);\n"
            "  a.store(2, std::memory_order_relaxed);"
        )
        self.assertEqual(
            findings_of(body, self.atom), [(3, "a.store without an ORD comment on it or directly above")]
        )

    def test_a_comment_inside_a_statement_of_several_lines_counts(self):
        body = "  g(1,\n    // ORD acquire: pairs with h.\n    a.load(std::memory_order_acquire));"
        self.assertEqual(findings_of(body, self.atom), [])

    def test_a_comment_that_gives_no_reason_is_none(self):
        body = "  // ORD relaxed:\n  a.store(1, std::memory_order_relaxed);"
        self.assertEqual(
            findings_of(body, self.atom), [(2, "a.store without an ORD comment on it or directly above")]
        )

    def test_the_order_in_the_comment_is_the_order_in_the_code(self):
        body = "  // ORD acquire [T]: pairs with g.\n  a.store(1, std::memory_order_release);"
        self.assertEqual(
            findings_of(body, self.atom), [(2, "a.store is release and its ORD comment says acquire")]
        )

    def test_an_order_that_has_a_name_is_described_by_the_comment(self):
        above = self.atom + "constexpr std::memory_order claim = std::memory_order_release;\n"
        body = (
            "  int x = 0;\n  // ORD release [T], seq_cst without fences: claims the slot.\n"
            "  a.compare_exchange_strong(x, 1, claim, std::memory_order_relaxed);"
        )
        self.assertEqual(findings_of(body, above), [])

    def test_orders_spelled_as_enumerators_count(self):
        body = "  // ORD release: pairs with g.\n  a.store(1, std::memory_order::release);"
        self.assertEqual(findings_of(body, self.atom), [])


class Declarations(unittest.TestCase):
    def test_every_way_to_declare_an_atomic_is_followed(self):
        for declaration, use in [
            ("std::atomic<int> a;", "++a;"),
            ("std::atomic_int a;", "a++;"),
            ("std::atomic<int> b, a{0};", "--a;"),
            ("using tick = std::atomic<int>; tick a;", "a += 1;"),
            ("std::atomic<int> a[4];", "a[1] = 2;"),
            ("std::array<std::atomic<int>, 4> a;", "a[0]--;"),
            ("std::vector<std::atomic<std::size_t>> a;", "++a[3];"),
            ("std::unique_ptr<std::atomic<int>[]> a;", "a[2] |= 1;"),
            ("std::atomic<int>* a;", "a[2] = 1;"),
            ("std::atomic<std::pair<int, long>> a;", "a = make();"),
            ("alignas(64) static std::atomic<bool> a{false};", "a = true;"),
        ]:
            with self.subTest(declaration=declaration):
                found = findings_of(f"  {use}", declaration + "\n")
                self.assertEqual([line for line, _ in found], [1], found)
                self.assertIn("default order", found[0][1])

    def test_plain_reads_are_found_where_they_can_only_be_reads(self):
        for use in [
            "if (a) g();",
            "while (!a) g();",
            "int x = a;",
            "return a;",
            "x = a + 1;",
            "if (a == 3) g();",
            "bool both = b && a;",
        ]:
            with self.subTest(use=use):
                self.assertEqual(
                    findings_of(f"  {use}", "std::atomic<int> a{0};\n"),
                    [(1, "a plain read of the atomic a has the default order: spell it with load")],
                )

    def test_what_is_no_access_is_left_alone(self):
        for use in [
            "g(a);",
            "auto& r = a;",
            "auto* p = &a;",
            "int size = sizeof(a);",
            "x.a();",
            "int other = 1;",
            "T a = 1;",
            "list.load(1);",
            "cache.store(2, 3);",
            "g(const_cast<T&>(a));",
            "std::atomic<int> b = 1;",
            "window.fetch_add(3, 4, 5);",
            "queue.exchange(1);",
            "ready.wait(lock);",
            "ready.notify_one();",
        ]:
            with self.subTest(use=use):
                self.assertEqual(findings_of(f"  {use}", "std::atomic<int> a{0};\n"), [])

    def test_a_member_of_the_same_name_in_another_type_is_no_atomic(self):
        header = "#include <atomic>\nstruct totals { long sleeps = 0; };\n"
        header += "struct worker { std::atomic<long> sleeps{0}; };\n"
        self.assertEqual(findings_of("  totals t;\n  t.sleeps += 2;\n  ++t.sleeps;", header=header), [])

    def test_a_default_order_call_is_found_by_its_name(self):
        why = {w for _, w in findings_of("  a.load();", "std::atomic<int> a{0};\n")}
        self.assertEqual(
            why,
            {"a.load without an ORD comment on it or directly above", "a.load spells no std::memory_order"},
        )


if __name__ == "__main__":
    unittest.main()
