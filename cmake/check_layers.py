#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the arrows between the parts: over #include lines, over link lines, and over what libraries may do.

    python3 cmake/check_layers.py [--root DIR]

Prints `file:line: the offending line: why (allowed: ...)` for each finding and ends with 1 when there is one.
"""

import argparse
import fnmatch
import re
import sys
from pathlib import Path

from check_source import Source, cmake_commands, cpp_files

EVERYTHING = "everything"

# The arrows of docs/concepts/architecture.md. `public`: what headers under include/twill/<part>/ may include
# and what may stand behind DEPENDS. `private`: what src/, detail/, tests/ and PRIVATE_DEPENDS may use beyond
# that. `headers`: where a public header may not use the whole of a part, the headers that it may.
# `hides`: kinds of headers that its public headers may not reach, by whatever way.
ARROWS = {
    "base": {"public": []},
    "table": {"public": ["base"]},
    "report": {"public": ["base", "table"]},
    "par": {"public": ["base"]},
    "comm": {"public": ["base"]},
    "comm_mpi": {"public": ["base", "comm"], "detail_of": ["comm"]},
    "hybrid": {"public": ["base", "par", "comm"]},
    "lanes": {"public": ["base", "par"], "private": ["table"], "hides": ["scheduler", "mpi", "solver"]},
    "dmm": {
        "public": ["base", "comm"],
        "private": ["par", "hybrid", "table", "report"],
        "headers": {"comm": ["twill/comm/concepts.hpp"]},
        "hides": ["scheduler", "mpi", "solver"],
    },
    "sddp": {
        "public": ["base", "comm"],
        "private": ["par", "hybrid", "table", "report"],
        "headers": {"comm": ["twill/comm/concepts.hpp"]},
        "hides": ["scheduler", "mpi", "solver"],
    },
    "apps": {"public": EVERYTHING},
    "python": {"public": EVERYTHING},
}

# Other people's libraries: how their headers and their link targets look, whose sources may use them (None:
# any), and whose public headers may. <mutex>, <atomic> and <stop_token> synchronise and are no scheduler;
# what starts threads is.
FOREIGN = {
    "scheduler": {
        "header": r"(thread|future|execution|pthread\.h|omp\.h|(oneapi/)?tbb/.*|taskflow/.*|hpx/.*)$",
        "link": r"TBB::|OpenMP::|Taskflow|HPX::",
        "sources": None,
        "public": None,
    },
    "mpi": {
        "header": r"(mpi\.h|mpi-ext\.h|mpicxx\.h|openmpi/.*|mpich/.*)$",
        "link": r"MPI::|PkgConfig::MPI|^-?l?(mpi|mpich|mpi_cxx)$",
        "sources": ["comm_mpi"],
        "public": ["comm_mpi"],
    },
    "solver": {
        "header": r"(coin/.*|Clp\w*\.hpp|Coin\w*\.hpp|Osi\w*\.hpp|Highs\.h|highs/.*|highs_c_api\.h"
        r"|interfaces/highs_c_api\.h|glpk\.h)$",
        "link": r"highs::|PkgConfig::(CLP|HIGHS|COIN\w*)|^-?l?(Clp|CoinUtils|highs|glpk)$",
        "sources": ["sddp"],
        "public": [],
    },
    "json": {
        "header": r"(nlohmann/.*|rapidjson/.*|simdjson\.h|json/json\.h)$",
        "link": r"nlohmann_json|RapidJSON|simdjson",
        "sources": ["table"],
        "public": [],
    },
    "command line": {
        "header": r"(CLI/.*|CLI11\.hpp|boost/program_options.*)$",
        "link": r"CLI11::",
        "sources": ["apps"],
        "public": ["apps"],
    },
    "logging": {"header": r"spdlog/.*$", "link": r"spdlog::", "sources": ["apps"], "public": ["apps"]},
    "fmt": {"header": r"fmt/.*$", "link": r"^fmt::", "sources": None, "public": ["apps", "python"]},
    "slow to compile": {
        "header": r"(iostream|regex|filesystem)$",
        "link": r"(?!)",
        "sources": None,
        "public": ["apps", "python"],
    },
    "compression": {
        "header": r"z(std|dict|std_errors)\.h$",
        "link": r"zstd",
        "sources": ["table"],
        "public": [],
    },
    "machine layout": {
        "header": r"(hwloc(/.*|\.h)|numa(if)?\.h)$",
        "link": r"PkgConfig::(HWLOC|NUMA)",
        "sources": ["par", "comm", "hybrid", "apps"],
        "public": ["apps"],
    },
    "Python": {
        "header": r"(pybind11/.*|Python\.h)$",
        "link": r"pybind11::|Python3?::",
        "sources": ["python"],
        "public": ["python"],
    },
}

# What no library does: results and words belong to the application, settings to base.
ACTS = {
    "prints": r"(?<![\w.>])(?:(?:std::|::)?(?:v?printf|puts|putchar|perror)|(?:std|fmt)::print(?:ln)?)\s*\(",
    "writes to a standard stream": r"\bstd::(?:w?cout|w?cerr|w?clog)\b|(?<!\w)(?:stdout|stderr)\b",
    "ends the process": r"(?<![\w.>:])(?:std::|::)?(?:exit|quick_exit|_Exit)\s*\((?!\s*\))",
    "reads the environment": r"(?<![\w.>])(?:std::|::)?(?:secure_)?getenv\s*\(|(?<!\w)environ\b",
}

# (files, act, inside a function of this name or None, why it is right there)
ALLOWED_ACTS = [
    (
        "libs/base/src/assert.cpp",
        "writes to a standard stream",
        None,
        "a broken invariant ends the process here: no sink may be relied on any more",
    ),
    (
        "libs/base/src/settings*.cpp",
        "reads the environment",
        None,
        "settings are read here, with their origin",
    ),
    ("libs/*", "reads the environment", "from_env", "one documented from_env() per configuration struct"),
]


class Tree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.findings = set()
        self.cache = {}

    def source(self, path):
        if path not in self.cache:
            self.cache[path] = Source(path, self.root)
        return self.cache[path]

    def report(self, path, line, text, why):
        name = path.relative_to(self.root).as_posix() if isinstance(path, Path) else path
        self.findings.add((name, line, text.strip(), why))


def allowed_text(part):
    arrows = ARROWS[part]
    if arrows["public"] == EVERYTHING:
        return f"{part} -> everything"
    words = []
    for name in arrows["public"]:
        only = arrows.get("headers", {}).get(name)
        words.append(f"{name} ({', '.join(only)} in public headers)" if only else name)
    text = f"{part} -> {' '.join(words) or 'nothing'}"
    if arrows.get("private"):
        text += f"; privately {' '.join(arrows['private'])}"
    return text


def reaches(part, private):
    """The parts that `part` may use, itself included."""
    arrows = ARROWS[part]
    if arrows["public"] == EVERYTHING:
        return set(ARROWS)
    return {part, *arrows["public"], *(arrows.get("private", []) if private else [])}


def part_of_header(header):
    """The part of a header `twill/...`, "" where there is no such part, None for headers of others."""
    found = re.match(r"twill/(?:(\w+)/.+|(\w+)\.hpp)$", header)
    if not found:
        return None
    name = found.group(1) or found.group(2)
    return name if name in ARROWS else ""


def place_of(path, tree):
    """(part, zone): zone is public, detail, private or tests."""
    pieces = path.relative_to(tree.root).parts
    if pieces[0] in ("apps", "python"):
        return pieces[0], "private"
    part, rest = pieces[1], pieces[2:]
    if rest[0] == "include":
        return part, "detail" if "detail" in rest else "public"
    return part, "tests" if rest[0] in ("tests", "bench") else "private"


def resolve(tree, source, kind, header):
    """The file of this tree that an include line names, or None."""
    candidates = [source.path.parent / header] if kind == '"' else []
    part = part_of_header(header)
    if part:
        candidates.append(tree.root / "libs" / part / "include" / header)
    pieces = source.path.relative_to(tree.root).parts
    if pieces[0] == "libs":
        candidates.append(tree.root / "libs" / pieces[1] / "src" / header)
    for candidate in candidates:
        path = candidate.resolve()
        if path.is_file() and path.is_relative_to(tree.root):
            return path
    return None


def foreign_kinds(header):
    return [kind for kind, rule in FOREIGN.items() if re.match(rule["header"], header)]


def check_include(tree, source, line, kind, header):
    """One include line against the arrows. Whether detail/ counts as public is decided by who reaches it."""
    part, zone = place_of(source.path, tree)
    text = source.lines[line - 1]
    target = resolve(tree, source, kind, header)
    other = part_of_header(header)
    if target is not None and target.relative_to(tree.root).parts[0] == "libs":
        other, other_zone = place_of(target, tree)
        if other != part and other_zone in ("private", "tests"):
            tree.report(
                source.path,
                line,
                text,
                f"{target.relative_to(tree.root).as_posix()} belongs to {other} alone, "
                f"include its public headers (allowed: {allowed_text(part)})",
            )
            return
    if other == "":
        tree.report(source.path, line, text, f"there is no such part (parts: {' '.join(ARROWS)})")
    elif other is not None:
        check_arrow(tree, source, line, text, part, zone, other)
        if other != part and "/detail/" in header and other not in ARROWS[part].get("detail_of", []):
            tree.report(
                source.path,
                line,
                text,
                f"detail headers of {other} are its own (allowed: {allowed_text(part)})",
            )
        elif (
            other == part
            and zone == "tests"
            and "/tests/conformance/" in source.name
            and "/detail/" in header
        ):
            tree.report(source.path, line, text, "a conformance test uses the promise only, no detail header")
    for name in foreign_kinds(header):
        owners = FOREIGN[name]["sources"]
        if owners is not None and part not in owners and (zone != "tests" or name == "mpi"):
            tree.report(
                source.path,
                line,
                text,
                f"{part} may not use a {name} header, only {' '.join(owners)} may "
                f"(allowed: {allowed_text(part)})",
            )


def check_arrow(tree, source, line, text, part, zone, other):
    if other not in reaches(part, private=True):
        tree.report(
            source.path, line, text, f"{part} may not include {other} (allowed: {allowed_text(part)})"
        )
    elif zone == "public":
        check_public_arrow(tree, source, line, text, part, other, "")


def check_public_arrow(tree, source, line, text, part, other, through):
    if other not in reaches(part, private=False):
        tree.report(
            source.path,
            line,
            text,
            f"{part} may include {other} only privately, and this is a public header"
            f"{through} (allowed: {allowed_text(part)})",
        )
        return
    only = ARROWS[part].get("headers", {}).get(other)
    if only and not any(header in text for header in only):
        tree.report(
            source.path,
            line,
            text,
            f"a public header of {part} may use of {other} only {' '.join(only)}"
            f"{through} (allowed: {allowed_text(part)})",
        )


def check_public_header(tree, path):
    """All that whoever includes this header gets: own detail headers count as public, others are walked."""
    part, _ = place_of(path, tree)
    hides = ARROWS[part].get("hides", [])
    seen = {path}
    queue = [(path, [])]  # (file, [(file, line) that led to it])
    while queue:
        current, chain = queue.pop(0)
        source = tree.source(current)
        own = place_of(current, tree)[0] == part
        through = f", by way of {chain[0][0].name}" if chain else ""
        for line, kind, header in source.includes():
            text = source.lines[line - 1]
            other = part_of_header(header)
            if own and chain and other:
                check_public_arrow(tree, source, line, text, part, other, through)
            kinds = foreign_kinds(header) + (["scheduler"] if other == "par" else [])
            if own:
                report_shown(tree, source, line, text, part, kinds, through)
            hidden = [k for k in kinds if k in hides]
            for name in hidden:
                first, first_line = (chain + [(source, line)])[0]
                way = "".join(f", by way of {s.name}:{n}" for s, n in (chain + [(source, line)])[1:])
                tree.report(
                    first.path,
                    first_line,
                    first.lines[first_line - 1],
                    f"a public header of {part} reaches a {name} header, {header}{way} "
                    f"(allowed: {allowed_text(part)})",
                )
            target = resolve(tree, source, kind, header)
            if (
                target is not None
                and not hidden
                and target not in seen
                and "include" in target.relative_to(tree.root).parts
            ):
                seen.add(target)
                queue.append((target, chain + [(source, line)]))


def report_shown(tree, source, line, text, part, kinds, through):
    for name in kinds:
        shown = FOREIGN[name]["public"]
        if shown is not None and part not in shown:
            tree.report(
                source.path,
                line,
                text,
                f"a public header may not show a {name} header{through} "
                "(allowed: the standard library without iostream, regex and filesystem, and "
                f"{allowed_text(part)})",
            )


def enclosing_functions(code, offset):
    """The text before each brace that is open at `offset`: what heads the functions and scopes around it."""
    headers, depth = [], 0
    for i in range(offset - 1, -1, -1):
        if code[i] == "}":
            depth += 1
        elif code[i] == "{":
            if depth:
                depth -= 1
            else:
                start = max(code.rfind(c, 0, i) for c in ";{}")
                headers.append(code[start + 1 : i])
    return headers


def act_allowed(source, act, offset):
    for files, allowed, function, _ in ALLOWED_ACTS:
        if allowed != act or not fnmatch.fnmatch(source.name, files):
            continue
        if function is None or any(
            re.search(rf"\b{function}\s*\(", h) for h in enclosing_functions(source.code, offset)
        ):
            return True
    return False


def check_acts(tree, source):
    for act, pattern in ACTS.items():
        places = [
            f"{files}{f' in {function}()' if function else ''}"
            for files, allowed, function, _ in ALLOWED_ACTS
            if allowed == act
        ]
        for found in re.finditer(pattern, source.code):
            line = source.line_of(found.end() - len(found.group().lstrip()))
            if not act_allowed(source, act, found.start()):
                tree.report(
                    source.path,
                    line,
                    source.lines[line - 1],
                    f"a library {act}: results and words belong to "
                    f"apps, settings to base (allowed: {'; '.join(['apps', *places])})",
                )


LINK_KEYWORDS = {
    "PUBLIC": "public",
    "INTERFACE": "public",
    "PRIVATE": "private",
    "DEPENDS": "public",
    "PRIVATE_DEPENDS": "private",
    "LINK": "tests",
}
PART_KEYWORDS = {"SOURCES", "PKG_REQUIRES", "PKG_LIBS", "FIND_DEPENDENCIES"}
TEST_KEYWORDS = {"PART", "SOURCES", "LABELS", "DEFINES", "TIMEOUT", "EXPECT", "SOURCE"}


def linked(command, arguments):
    """(what, line, scope) of each library on a link line; None when the command links nothing."""
    if (
        command not in ("twill_part", "target_link_libraries", "twill_test", "twill_compile_fail")
        or not arguments
    ):
        return
    scope = "public" if command == "target_link_libraries" else None
    for word, line in arguments[1:]:
        if word in LINK_KEYWORDS:
            scope = LINK_KEYWORDS[word]
        elif word in PART_KEYWORDS or (word in TEST_KEYWORDS and command.startswith("twill_")):
            scope = None
        elif scope:
            yield word, line, scope


def check_links(tree, path, part):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for command, arguments, _ in cmake_commands(text):
        owner, target = part, arguments[0][0] if arguments else ""
        library = command == "twill_part" or target in (f"twill_{part}", f"twill::{part}")
        if command == "twill_part" and target not in ARROWS:
            tree.report(
                path,
                arguments[0][1],
                lines[arguments[0][1] - 1],
                f"there is no such part (parts: {' '.join(ARROWS)})",
            )
            continue
        for word, line, scope in linked(command, arguments):
            check_link(tree, path, line, lines[line - 1], owner, word, scope if library else "tests")


def check_link(tree, path, line, text, part, word, scope):
    for name in re.findall(r"\btwill(?:::|_)(\w+)", word) + ([word] if word in ARROWS else []):
        if name not in ARROWS:
            continue  # a test program or a module of ours, not a part
        if name not in reaches(part, private=True):
            tree.report(path, line, text, f"{part} may not link {name} (allowed: {allowed_text(part)})")
        elif scope == "public" and name not in reaches(part, private=False):
            tree.report(
                path, line, text, f"{part} may link {name} only privately (allowed: {allowed_text(part)})"
            )
    bare = re.sub(r"\$<[\w-]+:|>", "", word)
    for name, rule in FOREIGN.items():
        owners = rule["sources"]
        if (
            owners is not None
            and part not in owners
            and (scope != "tests" or name == "mpi")
            and re.search(rule["link"], bare)
        ):
            tree.report(
                path,
                line,
                text,
                f"{part} may not link a {name} library, only {' '.join(owners)} may "
                f"(allowed: {allowed_text(part)})",
            )


def check(root):
    """All findings of a tree, sorted: (file, line, text, why)."""
    tree = Tree(root)
    folders = [(name, tree.root / name) for name in ("apps", "python")]
    libs = tree.root / "libs"
    for folder in sorted(p for p in libs.iterdir() if p.is_dir()) if libs.is_dir() else []:
        if folder.name in ARROWS and folder.name not in ("apps", "python"):
            folders.append((folder.name, folder))
        else:
            tree.report(folder, 1, folder.name, f"unknown part folder (parts: {' '.join(ARROWS)})")
    for part, folder in folders:
        for path in cpp_files(folder):
            source = tree.source(path)
            zone = place_of(path, tree)[1]
            for line, kind, header in source.includes():
                check_include(tree, source, line, kind, header)
            if zone == "public":
                check_public_header(tree, path)
            if part not in ("apps", "python") and zone != "tests":
                check_acts(tree, source)
        for path in sorted([*folder.rglob("CMakeLists.txt"), *folder.rglob("*.cmake")]):
            check_links(tree, path, part)
    return sorted(tree.findings)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=Path(__file__).resolve().parent.parent, help="the tree to check")
    options = parser.parse_args(arguments)
    if not (Path(options.root) / "libs").is_dir():
        print(f"check_layers: {options.root}: there is no folder libs here", file=sys.stderr)
        return 2
    findings = check(options.root)
    for name, line, text, why in findings:
        print(f"{name}:{line}: {text}: {why}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
