#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every atomic access to a spelled memory order and to a comment that says why that order is enough.

    python3 cmake/check_orders.py [--root DIR] [FOLDER ...]        (folders: libs apps python)

The comment reads `// ORD <order> [tag]: why, what it pairs with` (more may stand before the colon). It stands
on the statement or in the comment block directly above it; of the orders that the statement spells, at least
one is the comment's. `ORD forwarded` says that the order comes in as a parameter, `ORD notify` stands at a
wake-up, which takes none. Models under tests/model/ are left out.

What counts as an access: a member call (load, store, exchange, compare_exchange_*, fetch_*, test_and_set,
clear, test, wait, notify_*) on a name that this file, or a header of the tree that it includes, declares as
atomic, or that passes a memory order; the free functions std::atomic_* and those of a policy (`P::template
load<site>(x, order)`); ++ -- = += and plain reads of a name that this file or its own header declares as
atomic. A name that is also declared as something else is given the benefit of the doubt where only its name
speaks for it.
"""

import argparse
import re
import sys
from pathlib import Path

from check_source import Source, balanced_end, cpp_files

ORDERS = ("relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst")
WORD = rf"(?:{'|'.join(ORDERS)}|notify|forwarded)"
COMMENT = re.compile(rf"\bORD\s+({WORD}\b[^:]{{0,80}}):\s*\S")
# Their atomics are the model checker's, and their orders are what is being tried out.
MODELS = "/tests/model/"
METHODS = (
    "load",
    "store",
    "exchange",
    "compare_exchange_weak",
    "compare_exchange_strong",
    "fetch_add",
    "fetch_sub",
    "fetch_and",
    "fetch_or",
    "fetch_xor",
    "fetch_max",
    "fetch_min",
    "test_and_set",
    "clear",
    "test",
    "wait",
    "notify_one",
    "notify_all",
)
# Only atomics have these, whoever declared the object.
CERTAIN = ("compare_exchange_weak", "compare_exchange_strong", "test_and_set")
NO_ORDER = ("notify_one", "notify_all")
CALL = re.compile(rf"(\.|->)\s*(?:template\s+)?({'|'.join(METHODS)})\s*\(")
FREE = re.compile(
    r"\b(atomic_(?:thread_fence|signal_fence|(?:load|store|exchange|fetch_\w+|compare_exchange_\w+"
    r"|flag_\w+|wait|notify_\w+)(?:_explicit)?))\s*\("
)
POLICY = re.compile(
    r"::\s*(template\s+)?(load|store|exchange|compare_exchange\w*|fetch_\w+|test_and_set|\w*fence)"
    r"\s*(?:<[^<>;{}]*>)?\s*\("
)
# `std::atomic<T>`, `Atomics::atomic<T>`, `typename A::template atomic<T>`, `std::atomic_flag`, `atomic_type`.
TYPE = re.compile(
    r"(?<!\w)(?:typename\s+)?(?:\w+\s*::\s*)*(?:template\s+)?"
    r"(?:atomic(?:_ref)?\s*(?=<)"
    r"|atomic_(?:flag|bool|s?char|u?short|u?int\w*|u?l?long|size_t|ptrdiff_t|type)\b)"
)
NOT_TYPES = {
    "return",
    "else",
    "co_return",
    "co_yield",
    "co_await",
    "case",
    "new",
    "delete",
    "throw",
    "goto",
    "not",
    "and",
    "or",
    "do",
    "typename",
    "using",
    "namespace",
    "operator",
    "sizeof",
}


def skip_space(text, i):
    while i < len(text) and text[i].isspace():
        i += 1
    return i


def angle_end(code, start):
    """Behind the > that closes the < at `start`; -> and >= do not occur in the types this reads."""
    depth = 0
    for i in range(start, min(len(code), start + 600)):
        if code[i] == "<":
            depth += 1
        elif code[i] == ">":
            depth -= 1
            if depth == 0:
                return i + 1
        elif code[i] in ";{":
            break
    return start


class Names:
    """What a file declares: atomic objects, containers of them, and names that are something else."""

    def __init__(self, code, types=()):
        self.scalars, self.containers, self.types = set(), set(), set(types)
        self.declared_at = set()
        # An alias may be used above a second alias; two rounds settle chains of one.
        for _ in range(2):
            self._collect(code)
        self.plain = self._plain(code)

    def _collect(self, code):
        alias = rf"|(?<![\w:.])(?:{'|'.join(sorted(self.types))})\b" if self.types else ""
        for found in re.finditer(TYPE.pattern + alias, code):
            end = skip_space(code, found.end())
            if code[end : end + 1] == "<":
                end = angle_end(code, end)
            before = code[max(0, found.start() - 200) : found.start()]
            if made := re.search(r"\busing\s+(\w+)\s*=\s*$", before):
                if code[skip_space(code, end) :][:1] == ";":
                    self.types.add(made.group(1))
                continue
            container = False
            while True:
                end = skip_space(code, end)
                if code[end : end + 2] == "[]":  # unique_ptr<atomic<T>[]>
                    container, end = True, end + 2
                elif code[end : end + 1] == ">":
                    container, end = True, end + 1
                elif code[end : end + 1] == ",":  # array<atomic<T>, N>: its end, when inside angle brackets
                    close = re.match(r",[^;{}()<>]*>", code[end:])
                    if not close or not re.search(r"<[^;{}()]*$", before):
                        break
                    container, end = True, end + close.end()
                elif code[end : end + 1] == "*":  # a pointer: what it points to is atomic, it itself is not
                    container, end = True, end + 1
                elif code[end : end + 1] == "&" or re.match(r"const\b", code[end:]):
                    end += 5 if code[end] == "c" else 1
                else:
                    break
            self._declarators(code, end, container)

    def _declarators(self, code, at, container):
        """`a{0}, b{1};` behind a type: the names, and where they stand."""
        while True:
            name = re.compile(r"\s*[&*]*\s*(\w+)\s*").match(code, at)
            if not name or name.group(1) in ("const", "operator") or name.group(1)[0].isdigit():
                return
            following = code[name.end() : name.end() + 1]
            if following not in (";", "=", "{", "[", ",", ")", "(", ":"):
                return
            if following == "(" and re.match(r"\(\s*(\)|const\b|[\w:]+[&*\s]+\w+)", code[name.end() :]):
                return  # a function that returns one
            array = following == "["
            (self.containers if container or array else self.scalars).add(name.group(1))
            self.declared_at.add(name.start(1))
            at = name.end()
            if following in "{(":
                at = balanced_end(code, at, ("{", "}") if following == "{" else ("(", ")"))
            elif array:
                at = balanced_end(code, at, ("[", "]"))
            at = skip_space(code, at)
            if code[at : at + 1] == "{":
                at = skip_space(code, balanced_end(code, at, ("{", "}")))
            if code[at : at + 1] != "," or following == ")":
                return
            at += 1

    def _plain(self, code):
        """The names that are declared here as something that is no atomic."""
        plain = set()
        for found in re.finditer(r"(\w+|[>*&])\s*(?<![&|+\-=])[*&\s]\s*[*&]*(\w+)\s*(?=[;={,)\[:(])", code):
            name, kind = found.group(2), found.group(1)
            if (
                found.start(2) not in self.declared_at
                and kind not in NOT_TYPES
                and not kind.isdigit()
                and kind not in self.scalars
                and not self._expression(code, found)
            ):
                plain.add(name)
        return plain

    @staticmethod
    def _expression(code, found):
        """`a * b` and `a & b` look like declarations; in front of a type stands a statement's beginning."""
        start = found.start()
        while start > 0 and (code[start - 1].isalnum() or code[start - 1] in "_:<>, "):
            start -= 1
        return code[max(0, start - 1) : start] not in ("", ";", "{", "}", "(", "\n", "]", ",")


class File:
    def __init__(self, path, root, headers):
        self.source = Source(path, root)
        self.code = re.sub(r"^[ \t]*#.*$", lambda m: " " * len(m.group()), self.source.code, flags=re.M)
        self.names = Names(self.code, {t for h in headers for t in h.names.types})
        own = [h for h in headers if h.source.path.stem == path.stem]
        self.operators_on = set(self.names.scalars)
        self.elements = set(self.names.containers)
        self.known = self.names.scalars | self.names.containers
        # A call without an order is doubted for what this file declares, an operator for what anything in
        # sight does: another type has ++ as well, and hardly ever a member `load`.
        self.doubtful, self.doubtful_operands = set(self.names.plain), set(self.names.plain)
        for header in headers:
            self.known |= header.names.scalars | header.names.containers
            self.doubtful_operands |= header.names.plain
        for header in own:
            self.operators_on |= header.names.scalars
            self.elements |= header.names.containers
        self.findings = set()

    # --- where a statement is, and what is said above it

    def statement(self, offset):
        """(first, last) line of the statement around an offset: from behind ; { } to the next of them."""
        code, depth, i = self.code, 0, offset - 1
        while i >= 0:
            c = code[i]
            if c == ")":
                depth += 1
            elif c == "(":
                depth -= 1
            elif c in "{}" or (c == ";" and depth <= 0 and not self._in_for_header(i)):
                break
            i -= 1
        first = self.source.line_of(skip_space(code, i + 1))
        j, depth = offset, 0
        while j < len(code):
            c = code[j]
            if c in "([":
                depth += 1
            elif c in ")]":
                depth -= 1
            elif c == ";" and depth <= 0 or c in "{}":
                break
            j += 1
        return first, self.source.line_of(min(j, len(code) - 1))

    def _in_for_header(self, semicolon):
        depth = 0
        for i in range(semicolon - 1, max(-1, semicolon - 400), -1):
            c = self.code[i]
            if c == ")":
                depth += 1
            elif c == "(":
                if depth == 0:
                    return re.search(r"\bfor\s*$", self.code[max(0, i - 8) : i]) is not None
                depth -= 1
            elif c in "{}":
                return False
        return False

    def comment_at(self, offset):
        first, last = self.statement(offset)
        line = self.source.line_of(offset)
        texts = [self.source.comment_lines[n - 1] for n in range(first, last + 1)]
        for top in {first, line}:
            above, n = [], top - 1
            while (
                n >= 1
                and self.source.comment_lines[n - 1].strip()
                and not self.source.code_lines[n - 1].strip()
            ):
                above.append(self.source.comment_lines[n - 1])
                n -= 1
            texts = above[::-1] + texts
        return COMMENT.search(" ".join(re.sub(r"^\s*(///?|/\*+|\*+)", "", t) for t in texts))

    # --- the accesses

    def finding(self, offset, why):
        line = self.source.line_of(offset)
        self.findings.add((self.source.name, line, self.source.lines[line - 1].strip(), why))

    def judge(self, offset, what, arguments, needs_order=True):
        comment = self.comment_at(offset)
        if comment is None:
            self.finding(offset, f"{what} without an ORD comment on it or directly above")
        spelled = set(re.findall(rf"memory_order(?:_|::)({'|'.join(ORDERS)})\b", arguments))
        if needs_order and not spelled and not self._passes_order(arguments):
            self.finding(offset, f"{what} spells no std::memory_order")
        if comment is not None and spelled:
            said = set(re.findall(WORD, comment.group(1)))
            if not said & spelled and said != {"forwarded"} and not self._named_order(arguments):
                self.finding(
                    offset,
                    f"{what} is {'/'.join(sorted(spelled))} and its ORD comment says "
                    f"{'/'.join(sorted(said))}",
                )

    def _passes_order(self, arguments):
        """An order that is a parameter or a constant: some argument is declared a std::memory_order."""
        return "memory_order" in arguments or self._named_order(arguments)

    def _named_order(self, arguments):
        return any(
            re.search(rf"\bmemory_order\b[\s&]*(?:const\s+)?{re.escape(word)}\b", self.code)
            for word in re.findall(r"\b[A-Za-z_]\w*\b", arguments)
        )

    def receiver(self, end):
        """The last name of the expression that ends at `end`, and the whole text back to its start."""
        code, i = self.code, end
        name = None
        while i > 0:
            c = code[i - 1]
            if c in ")]":
                depth, opening = 0, {")": "(", "]": "["}[c]
                while i > 0:
                    i -= 1
                    depth += {c: 1, opening: -1}.get(code[i], 0)
                    if depth == 0:
                        break
            elif c == ">" and code[i - 2 : i - 1] != "-":
                depth = 0
                while i > 0:
                    i -= 1
                    depth += {">": 1, "<": -1}.get(code[i], 0)
                    if depth == 0:
                        break
            elif c.isalnum() or c == "_":
                start = i
                while start > 0 and (code[start - 1].isalnum() or code[start - 1] == "_"):
                    start -= 1
                name = name or code[start:i]
                return name, code[start:end]
            elif c.isspace():
                i -= 1
            else:
                return name, code[i:end]
        return name, code[:end]

    def calls(self):
        for found in CALL.finditer(self.code):
            method = found.group(2)
            arguments = self.code[found.end() - 1 : balanced_end(self.code, found.end() - 1)]
            name, text = self.receiver(found.start())
            count = 0 if not arguments.strip("() \n") else top_level_commas(arguments[1:-1]) + 1
            atomic_text = re.match(r"(?:\w+::)*atomic", text) is not None
            orders = "memory_order" in arguments or (name in self.known and self._passes_order(arguments))
            by_name = name in self.known and name not in self.doubtful
            if method in NO_ORDER:
                sure = by_name or atomic_text
            elif method in CERTAIN:
                sure = True
            elif method.startswith("fetch_"):
                # Windows of memory have a fetch_add of many arguments; an atomic's takes a value and an
                # order.
                sure = orders or by_name or atomic_text or (count == 1 and name in self.known)
            else:
                sure = orders or by_name or atomic_text
            if sure:
                self.judge(
                    found.start(2), f"{name or 'an atomic'}.{method}", arguments, method not in NO_ORDER
                )
        for found in FREE.finditer(self.code):
            if re.search(
                r"[\w>]\s+$|[.>]\s*$", self.code[max(0, found.start() - 2) : found.start()]
            ) and not re.search(r"(return|::)\s*$", self.code[max(0, found.start() - 12) : found.start()]):
                continue  # a declaration or a member of that name
            arguments = self.code[found.end() - 1 : balanced_end(self.code, found.end() - 1)]
            self.judge(found.start(1), found.group(1), arguments, "notify" not in found.group(1))
        for found in POLICY.finditer(self.code):
            arguments = self.code[found.end() - 1 : balanced_end(self.code, found.end() - 1)]
            declared = re.search(r"\bmemory_order\s+\w+\s*[,)]", arguments)
            if (
                not found.group(2).startswith("atomic_")
                and not declared
                and (found.group(1) or "memory_order" in arguments)
            ):
                self.judge(found.start(2), f"{found.group(2)} of a policy", arguments)

    def operators(self):
        names = self.operators_on - self.doubtful_operands
        elements = self.elements - self.doubtful_operands
        if not names and not elements:
            return
        pattern = re.compile(r"(?<!\w)(" + "|".join(sorted(names | elements)) + r")(?!\w)")
        for found in pattern.finditer(self.code):
            name = found.group(1)
            if found.start(1) in self.names.declared_at:
                continue
            end = found.end()
            if name in elements and name not in names:
                end = skip_space(self.code, end)
                if self.code[end : end + 1] != "[":
                    continue
                end = balanced_end(self.code, end, ("[", "]"))
            start = found.start()
            while path := re.search(r"(?:\w+|\)|\])\s*(?:\.|->)\s*$", self.code[max(0, start - 80) : start]):
                start = max(0, start - 80) + path.start()
                if self.code[start] in ")]":
                    break
            self.operator_at(name, start, end)

    def operator_at(self, name, start, end):
        before = self.code[max(0, start - 200) : start].rstrip()
        after = self.code[end : end + 40].lstrip()
        declared = re.search(r"([\w>])\s*[*&]*$", before)
        word = re.search(r"(\w+)$", before)
        if before.endswith(("++", "--")) or after.startswith(("++", "--")):
            self.finding(
                start, f"++ or -- on the atomic {name} has the default order: spell it with fetch_add"
            )
        elif re.match(r"(\+|-|\||&|\^)=", after):
            self.finding(
                start,
                f"an assignment operator on the atomic {name} has the default order: spell it with fetch_*",
            )
        elif re.match(r"=(?!=)", after):
            if not (declared and not (word and word.group(1) in NOT_TYPES)) and not before.endswith(
                ("[", "&", ",")
            ):
                self.finding(start, f"= on the atomic {name} has the default order: spell it with store")
        elif self.reads(before, after, word):
            self.finding(
                start, f"a plain read of the atomic {name} has the default order: spell it with load"
            )

    @staticmethod
    def reads(before, after, word):
        if re.match(r"(\.|->|\(|\{|\[|::|\w)", after) or before.endswith(
            ("&", "::", ".", "->", "decltype(", "sizeof(")
        ):
            return before.endswith("&&") and not re.match(r"(\.|->|\(|\{|\[|::|\w)", after)
        if re.match(r"(==|!=|<=|>=|<(?!<)|>(?!>)|\+|-|\*|/|%|&&|\|\||\?)", after):
            return not re.search(r"[\w>]\s*$", before) or bool(
                word and word.group(1) in ("return", "case", "co_return")
            )
        if before.endswith("!") or re.search(r"\b(if|while)\s*\($", before) and after.startswith(")"):
            return True
        if re.search(r"(==|!=|<=|>=|[+\-*/%?|])$", before) and not before.endswith(("->", "*")):
            return True
        if word and word.group(1) in ("return", "co_return") and after.startswith(";"):
            head = before[: -len(word.group(1))].rstrip()
            signature = re.search(r"([^;{}]*)\{$", head)
            return not (signature and re.search(r"[&]|\bauto\b", signature.group(1)))
        if before.endswith("=") and not before.endswith(("==", "!=", "<=", ">=")):
            return (
                re.search(r"&\s*\w+\s*=$", before) is None
                and after.startswith(";")
                and "[" not in before[-3:]
            )
        return False


def top_level_commas(text):
    depth = commas = 0
    for c in text:
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(c, 0)
        commas += c == "," and depth == 0
    return commas


class Tree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = {}
        self.open = set()
        self.included = {}

    def file(self, path):
        if path not in self.files:
            self.open.add(path)
            self.files[path] = File(path, self.root, self.headers(path))
            self.open.discard(path)
        return self.files[path]

    def headers(self, path):
        """The headers of this tree that a file includes, by whatever way; a cycle is cut where it closes."""
        found, queue, seen = [], [path], {path}
        while queue:
            current = queue.pop()
            for target in self.targets(current):
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
                    if target not in self.open:
                        found.append(self.file(target))
        return found

    def targets(self, path):
        """The headers of this tree that a file includes itself; each file is read once for this."""
        if path not in self.included:
            resolved = (self.resolve(path, kind, h) for _, kind, h in Source(path, self.root).includes())
            self.included[path] = [t for t in resolved if t]
        return self.included[path]

    def resolve(self, path, kind, header):
        candidates = [path.parent / header] if kind == '"' else []
        if header.startswith("twill/"):
            part = re.match(r"twill/(\w+)", header).group(1)
            candidates.append(self.root / "libs" / part / "include" / header)
        pieces = path.relative_to(self.root).parts
        if pieces[0] == "libs":
            candidates += [self.root / "libs" / pieces[1] / place / header for place in ("src", "include")]
        return next(
            (c.resolve() for c in candidates if c.is_file() and c.resolve().is_relative_to(self.root)), None
        )


def check(root, folders=("libs", "apps", "python")):
    """All findings below the folders of a tree, sorted: (file, line, text, why)."""
    tree, findings = Tree(root), set()
    for folder in folders:
        for path in cpp_files(tree.root / folder):
            if MODELS in path.as_posix():
                continue
            file = tree.file(path)
            file.calls()
            file.operators()
            findings |= file.findings
    return sorted(findings)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=Path(__file__).resolve().parent.parent, help="the tree to check")
    parser.add_argument("folders", nargs="*", default=["libs", "apps", "python"], help="folders of it")
    options = parser.parse_args(arguments)
    findings = check(options.root, options.folders)
    for name, line, text, why in findings:
        print(f"{name}:{line}: {text}: {why}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
