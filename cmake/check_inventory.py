#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every promised row to a test that ran, passed and compares something, or to a reason to defer it.

    python3 cmake/check_inventory.py [--root DIR] --junit FILE [--junit FILE ...] [PART ...]
    python3 cmake/check_inventory.py [--root DIR] --static [PART ...]     (sources only, asks for no results)

tests/inventory/<part>.tsv: a header line, then `id  row  test  note` parted by tabs. `test` is `deferred`
(the reason stands in `note`) or names parted by `;`:

  part.suite.test      a GoogleTest case as CTest names it; a typed or parametrised one without its instances,
                       all of which have to pass
  part.name            any other CTest case (a script, a compile-fail case)
  part.name::method    a function in the Python file that this CTest case runs
  path/test_x.py::test_y, path/test_x.py::Class::test_y       a pytest id, looked up in a pytest JUnit file

A case that CTest skips after the line `not run: REASON` needs what this machine lacks: its rows are not counted as
proved, and it is listed at the end. Any other case that did not run is a finding.

What a test asserts is read in its source. GoogleTest: at least one comparison of values or messages
(EXPECT_EQ, EXPECT_THAT, EXPECT_TRUE, RC_ASSERT, static_assert ...), in the body or in a function of the
test's folder that it calls; "it throws something", "it throws nothing" and comparisons of literals alone do
not count; of thrown types only std::bad_... does, which has no message of ours. Python: `assert` or
self.assert... A script behind add_test: an assertion, a PASS_REGULAR_EXPRESSION, or for a check in Python an
exit code that depends on what it found, for a shell script a comparison under `set -e`, for a CMake script a
FATAL_ERROR inside an if().
"""

import argparse
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

from check_source import balanced_end, cmake_commands, cpp_files, split_cpp

WORSE = ("failed", "did not run", "could not run here")
COLUMNS = ["id", "row", "test", "note"]
TEST_MACRO = re.compile(
    r"\b(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\s*\("
)
COMPARES = re.compile(
    r"\b((?:EXPECT|ASSERT)_(?:EQ|NE|LT|LE|GT|GE|TRUE|FALSE|STREQ|STRNE|STRCASEEQ|STRCASENE|FLOAT_EQ"
    r"|DOUBLE_EQ|NEAR|THAT|THROW_THAT|THROWS|PRED\d|PRED_FORMAT\d|DEATH|EXIT)|RC_ASSERT"
    r"|RC_ASSERT_FALSE|static_assert)\s*\("
)
RAISES = re.compile(r"\b(?:ADD_FAILURE|FAIL|RC_FAIL)\s*\(")
FUNCTION = re.compile(
    r"\b(\w+)\s*\((?:[^;{}()]|\([^;{}()]*\))*\)\s*(?:const|noexcept|override|mutable|\s|->\s*[\w:<>&*\s]+)*\{"
)
# The exceptions of the standard library that carry no message of ours: their type is all there is to compare.
BARE_THROW = re.compile(r"\b(?:EXPECT|ASSERT)_THROW\s*\(")
LITERAL = re.compile(r"\s*(?:true|false|nullptr|[-+]?[\d.]+\w*|\"[^\"]*\"|'[^']*')\s*$")
PLACES = ("libs", "apps", "python", "tests", "bench", "examples")
FIXTURES = {"fixture", "good", "bad"}  # trees that tests of the checks are run on, no part of this one
KEYWORDS = {"if", "for", "while", "switch", "catch", "return", "sizeof", "decltype", "alignas", "constexpr"}


def arguments_of(text, opening):
    """The comma-parted arguments of the bracket that opens at an offset."""
    inside = text[opening + 1 : balanced_end(text, opening) - 1]
    pieces, depth, start = [], 0, 0
    for i, c in enumerate(inside):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(c, 0)
        if c == "," and depth == 0:
            pieces.append(inside[start:i])
            start = i + 1
    return pieces + [inside[start:]]


def compares(code, helpers):
    """Whether a body (literals blanked) compares a value, itself or by one of the helpers that do."""
    for found in COMPARES.finditer(code):
        if not all(LITERAL.match(a) for a in arguments_of(code, found.end() - 1)):
            return True
    for found in BARE_THROW.finditer(code):
        if re.fullmatch(r"\s*std::bad_\w+\s*", arguments_of(code, found.end() - 1)[-1]):
            return True
    if RAISES.search(code) and re.search(r"\bif\s*\(", code):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}\s*(?:<[^;{{}}]*>)?\s*\(", code) for name in helpers)


class CppTests:
    """Every GoogleTest body of the tree by (suite, test), and the functions beside it that compare."""

    def __init__(self, root):
        self.bodies = {}
        folders = {}
        for place in PLACES:
            for path in cpp_files(root / place):
                pieces = set(path.relative_to(root).parts[:-1])
                if "tests" in pieces and not pieces & FIXTURES:
                    folders.setdefault(self.home(root, path), []).append(path)
        for paths in folders.values():
            self._folder(root, paths)

    @staticmethod
    def home(root, path):
        """Helpers are shared inside libs/<part>/tests, apps/<app>/tests, tests/<topic>."""
        return path.relative_to(root).parts[:2]

    def _folder(self, root, paths):
        bodies, functions = [], {}
        for path in paths:
            code = split_cpp(path.read_text(encoding="utf-8", errors="replace"))[0]
            for found in TEST_MACRO.finditer(code):
                names = [a.strip() for a in arguments_of(code, found.end() - 1)]
                opening = code.find("{", balanced_end(code, found.end() - 1))
                if len(names) >= 2 and opening >= 0:
                    end = balanced_end(code, opening, ("{", "}"))
                    bodies.append((names[0], names[1], path.relative_to(root).as_posix(), code[opening:end]))
            for found in FUNCTION.finditer(code):
                if found.group(1) not in KEYWORDS and not TEST_MACRO.match(found.group(1) + "("):
                    end = balanced_end(code, found.end() - 1, ("{", "}"))
                    functions.setdefault(found.group(1), []).append(code[found.end() : end])
        helpers = set()
        while True:  # a helper may compare by calling another
            more = {
                name
                for name, kinds in functions.items()
                if name not in helpers and any(compares(body, helpers) for body in kinds)
            }
            if not more:
                break
            helpers |= more
        for suite, test, path, code in bodies:
            self.bodies.setdefault((suite, test), []).append((path, compares(code, helpers)))

    def find(self, part, suite, test):
        """[(file, compares)] of a case; those below libs/<part> where there are any."""
        found = self.bodies.get((suite, test), [])
        return [f for f in found if f[0].startswith(f"libs/{part}/")] or found


def python_function(text, names):
    """The body of a (method of a class or) function of a Python file, or None."""
    lines = text.splitlines()
    start, indent = 0, -1
    for name in names:
        for i in range(start, len(lines)):
            found = re.match(rf"(\s*)(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", lines[i])
            if found and len(found.group(1)) > indent:
                start, indent = i, len(found.group(1))
                break
        else:
            return None
    end = start + 1
    while end < len(lines) and (
        not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent
    ):
        end += 1
    decorators, above = [], start - 1
    while above >= 0 and lines[above].lstrip().startswith("@"):
        decorators.append(lines[above])
        above -= 1
    return "\n".join(decorators), "\n".join(lines[start:end])


def python_compares(body, text, seen=()):
    body = re.sub(r"#.*", "", body)
    if re.search(
        r"(?<!\w)self\.assert(?!True\(True\))(?!Raises\()\w+\(|^\s*assert\s+(?!True\b)\S"
        r"|assert_(?:equal|allclose|array\w+)\(",
        body,
        re.M,
    ):
        return True
    for name in set(re.findall(r"\b(?:self\.)?(\w+)\(", body)) - set(seen):
        helper = python_function(text, [name])
        if (
            helper
            and helper[1] != body
            and python_compares(helper[1].split("\n", 1)[-1], text, (*seen, name))
        ):
            return True
    return False


class CMakeTests:
    """The add_test cases: their scripts and expected output."""

    def __init__(self, root):
        self.root = root
        self.cases = []  # (pattern of the name, [script files], has an expectation)
        lists = ("CMakeLists.txt", "*.cmake")
        for path in sorted(p for place in PLACES for name in lists for p in (root / place).rglob(name)):
            if FIXTURES & set(path.relative_to(root).parts):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            expected = set()
            commands = list(cmake_commands(text))
            for command, arguments, _ in commands:
                words = [w for w, _ in arguments]
                if command in ("set_tests_properties", "set_property") and "PASS_REGULAR_EXPRESSION" in words:
                    expected |= {self.pattern(w) for w in words}
            for command, arguments, _ in commands:
                self._case(path.parent, command, [w for w, _ in arguments], expected)

    @staticmethod
    def pattern(name):
        return re.sub(r"\\\$\\\{\w+\\\}", r"[\\w.-]+", re.escape(name))

    def _case(self, folder, command, words, expected):
        if command == "twill_compile_fail" and "PART" in words and "EXPECT" in words:
            part = words[words.index("PART") + 1]
            self.cases.append((self.pattern(f"{part}.compile_fail.{words[0]}"), [], True))
        elif command == "add_test" and "NAME" in words and "COMMAND" in words:
            name = self.pattern(words[words.index("NAME") + 1])
            if name == r"[\w.-]+":
                return  # inside a function that declares tests: its calls are read instead
            self.cases.append((name, self._scripts(folder, words), name in expected))
        elif command == "twill_script_test" and words:
            self.cases.append(
                (self.pattern(words[0]), self._scripts(folder, words), "PASS_REGULAR_EXPRESSION" in words)
            )

    def _scripts(self, folder, words):
        scripts = []
        for word in words:
            if re.search(r"\.(py|sh|cmake)$", word):
                bare = re.sub(r"\$\{\w+\}/?", "", word)
                scripts += [p for p in (folder / bare, self.root / bare) if p.is_file()][:1]
        return scripts

    def find(self, name):
        return next(
            ((scripts, expects) for pattern, scripts, expects in self.cases if re.fullmatch(pattern, name)),
            None,
        )


def script_compares(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        # A check of the tree is its own comparison: what it finds is its exit code.
        return python_compares(text, text) or re.search(r"\breturn 1 if \w+ else 0\b", text) is not None
    if path.suffix == ".sh":
        return (
            re.search(r"^\s*set -\w*e", text, re.M)
            and re.search(r"(?:\[\[?|test)\s.*(?:=|-eq|-ne|-gt|-lt)|\b(?:cmp|diff|grep)\b", text) is not None
        )
    return re.search(r"\bif\s*\(.*?FATAL_ERROR", text, re.S) is not None


class Results:
    """What ran, from JUnit files of CTest and pytest: name -> outcomes."""

    def __init__(self, files):
        self.outcomes = {}
        self.told = {}  # case -> what it said instead of running
        for file in files:
            for case in xml.parse(file).getroot().iter("testcase"):
                status = case.get("status", "run")
                if case.find("failure") is not None or case.find("error") is not None or status == "fail":
                    outcome = "failed"
                elif case.find("skipped") is not None and self.reason(case):
                    outcome = "could not run here"
                    self.told.setdefault(case.get("name"), self.reason(case))
                elif case.find("skipped") is not None or status in ("notrun", "disabled"):
                    outcome = "did not run"
                else:
                    outcome = "passed"
                name = case.get("name")
                for key in {name, *self.reduced(name), f"{case.get('classname')}::{name}"}:
                    self.outcomes.setdefault(key, []).append(outcome)

    @staticmethod
    def reason(case):
        """What a case says that CTest skips for what is not on this machine: a line `not run: no slurm`."""
        found = re.search(r"^not run: .+$", case.findtext("system-out") or "", re.M)
        return found and found.group()

    @staticmethod
    def reduced(name):
        """The names without what instantiated them, whichever piece that is: `comm.Layouts/ring.passes/3`,
        `comm.ring/shm.passes` and `comm.ring.passes<shm>` are instances of `comm.ring.passes`."""
        found = re.match(r"([\w-]+)\.([^.<]+)\.([^./<]+)(?:[/<].*)?$", name)
        return (
            [f"{found.group(1)}.{suite}.{found.group(3)}" for suite in found.group(2).split("/")]
            if found
            else []
        )

    def of(self, name):
        """passed, or what is worse; of several instances the worst."""
        seen = self.outcomes.get(name, [])
        return next((o for o in WORSE if o in seen), "passed" if seen else "did not run")


class Checker:
    def __init__(self, root, results):
        self.root = Path(root).resolve()
        self.results = results  # None: static
        self.cpp, self.cmake = CppTests(self.root), CMakeTests(self.root)
        self.elsewhere = set()  # cases that said why they cannot run on this machine

    def test(self, name):
        """What is wrong with a test as a proof; None when nothing is."""
        file, _, function = name.partition("::")
        if file.endswith(".py"):
            return self.pytest(name, file, function.split("::"))
        problem = self.asserts_in_python(file, function) if function else self.asserts(name)
        if problem is None and self.results is not None and (outcome := self.results.of(file)) != "passed":
            if outcome == "could not run here":
                self.elsewhere.add(file)
                return None
            return f"{name} {outcome}"
        return problem

    def asserts(self, name):
        part, _, rest = name.partition(".")
        suite, _, test = rest.partition(".")
        bodies = self.cpp.find(part, suite, test)
        if bodies:
            empty = [file for file, good in bodies if not good]
            return f"{name} compares no value ({', '.join(empty)})" if empty else None
        case = self.cmake.find(name)
        if case is None:
            return f"{name}: there is no such test in the sources"
        scripts, expects = case
        if not expects and not any(script_compares(s) for s in scripts):
            return f"{name} compares nothing: no assertion in its script and no PASS_REGULAR_EXPRESSION"
        return None

    def asserts_in_python(self, case, function):
        found = self.cmake.find(case)
        if found is None:
            return f"{case}: there is no such test in the sources"
        for script in found[0]:
            if script.suffix == ".py":
                problem = self.function(f"{case}::{function}", script, function.split("::"))
                if problem is None or "there is no function" not in problem:
                    return problem
        return f"{case}::{function}: there is no function of this name in the scripts of {case}"

    def function(self, name, script, names):
        text = script.read_text(encoding="utf-8", errors="replace")
        found = python_function(text, names)
        if found is None:
            return f"{name}: there is no function of this name in {script.relative_to(self.root).as_posix()}"
        decorators, body = found
        if re.search(r"\bskip|\bxfail|expectedFailure", decorators):
            return f"{name} is skipped or expected to fail"
        return (
            None
            if python_compares(body.split("\n", 1)[-1], text, (names[-1],))
            else f"{name} compares no value"
        )

    def pytest(self, name, file, names):
        script = self.root / file
        if not script.is_file():
            return f"{name}: there is no file {file}"
        problem = self.function(name, script, names)
        if problem or self.results is None:
            return problem
        module = file[:-3].replace("/", ".")
        wanted = re.compile(
            rf"(?:.*\.)?{re.escape('.'.join([Path(module.replace('.', '/')).name, *names[:-1]]))}::"
            rf"{re.escape(names[-1])}(?:\[.*\])?$"
        )
        seen = [o for key, outcomes in self.results.outcomes.items() if wanted.match(key) for o in outcomes]
        outcome = next((o for o in WORSE if o in seen), "passed" if seen else "did not run")
        return None if outcome == "passed" else f"{name} {outcome}"

    def part(self, path):
        """(findings, rows, proved, deferred) of one inventory."""
        name = path.relative_to(self.root).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or lines[0].split("\t") != COLUMNS:
            return [f"{name}:1: the header is not {' '.join(COLUMNS)}, parted by tabs"], 0, 0, 0
        findings, rows, proved, deferred, ids = [], 0, 0, 0, {}
        for number, line in enumerate(lines[1:], 2):
            if not line.strip() or line.startswith("#"):
                continue
            rows += 1
            cells = [c.strip() for c in line.split("\t")]
            problems = []
            if len(cells) not in (3, 4) or not cells[0] or not cells[1]:
                problems = [
                    f"found {len(cells)} columns, expected id, row, test, note with id and row filled"
                ]
            else:
                row_id, _, test, note = (cells + [""])[:4]
                if row_id in ids:
                    problems.append(f"the id stands on line {ids[row_id]} already")
                ids.setdefault(row_id, number)
                if test == "deferred":
                    deferred += bool(note)
                    problems += [] if note else ["deferred without a reason in the last column"]
                elif not test:
                    problems.append("neither a test nor the word deferred with a reason")
                else:
                    names = [n.strip() for n in test.split(";") if n.strip()]
                    problems += [p for p in map(self.test, names) if p]
                    proved += not problems and not any(n.partition("::")[0] in self.elsewhere for n in names)
            findings += [f"{name}:{number}: {cells[0]}: {p}" for p in problems]
        return findings, rows, proved, deferred


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--root", default=Path(__file__).resolve().parent.parent, type=Path, help="the tree to check"
    )
    parser.add_argument(
        "--junit", action="append", default=[], help="results: ctest --output-junit, pytest --junit-xml"
    )
    parser.add_argument("--static", action="store_true", help="read sources only, ask nothing about what ran")
    parser.add_argument("parts", nargs="*", help="parts to check (default: every inventory)")
    options = parser.parse_args(arguments)
    if not options.static and not options.junit:
        parser.error("no results: give --junit FILE, or --static to read the sources only")
    try:
        results = None if options.static else Results(options.junit)
    except (OSError, xml.ParseError) as e:
        print(f"check_inventory: cannot read the results: {e}", file=sys.stderr)
        return 2
    folder = options.root.resolve() / "tests" / "inventory"
    parts = options.parts or sorted(p.stem for p in folder.glob("*.tsv"))
    checker, bad = Checker(options.root, results), 0
    for part in parts:
        path = folder / f"{part}.tsv"
        if not path.is_file():
            print(f"{part}: there is no tests/inventory/{part}.tsv")
            bad += 1
            continue
        findings, rows, proved, deferred = checker.part(path)
        for finding in findings:
            print(finding)
        print(f"{part}: {rows} rows, {proved} {'named' if options.static else 'proved'}, {deferred} deferred")
        bad += len(findings)
    for case in sorted(checker.elsewhere):
        print(f"proved on other machines only: {case} ({results.told[case]})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
