# SPDX-License-Identifier: Apache-2.0
"""What the checks share: C++ and CMake text with comments and literals told from code, positions kept."""

import bisect
import re
from pathlib import Path

CPP_SUFFIXES = (".hpp", ".h", ".ipp", ".cpp", ".cc", ".cxx", ".inc")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
PLAIN_CODE = re.compile(r"""[^/R"']+""")
RAW_STRING = re.compile(r'R"([^()\\ ]{0,16})\(')


def blank(text):
    """The same length and line breaks, nothing else: offsets into the original stay valid."""
    return re.sub(r"[^\n]", " ", text)


def split_cpp(text):
    """(code, comments): one with comments and the inside of literals blanked, one with all else."""
    code, comments = [], []
    i, end = 0, len(text)

    def put(piece, into):
        code.append(piece if into == "code" else blank(piece))
        comments.append(piece if into == "comment" else blank(piece))

    while i < end:
        two, one = text[i : i + 2], text[i]
        if two == "//":
            stop = text.find("\n", i)
            stop = end if stop < 0 else stop
            put(text[i:stop], "comment")
        elif two == "/*":
            stop = text.find("*/", i + 2)
            stop = end if stop < 0 else stop + 2
            put(text[i:stop], "comment")
        elif (
            one == "R"
            and (raw := RAW_STRING.match(text, i))
            and not (i and (text[i - 1].isalnum() or text[i - 1] == "_"))
        ):
            stop = text.find(f'){raw.group(1)}"', raw.end())
            stop = end if stop < 0 else stop + len(raw.group(1)) + 2
            put('R"', "code"), put(text[i + 2 : stop - 1], "literal"), put('"', "code")
        elif one == '"' or (
            one == "'" and not (i and text[i - 1].isalnum() and text[i + 1 : i + 2].isalnum())
        ):
            stop = i + 1
            while stop < end and text[stop] != one and text[stop] != "\n":
                stop += 2 if text[stop] == "\\" else 1
            stop = min(stop + 1, end)
            put(one, "code"), put(text[i + 1 : stop - 1], "literal"), put(text[stop - 1 : stop], "code")
        else:
            plain = PLAIN_CODE.match(text, i)
            stop = plain.end() if plain else i + 1
            put(text[i:stop], "code")
        i = stop
    return "".join(code), "".join(comments)


class Source:
    """One C++ file, cut once and asked many times."""

    def __init__(self, path, root):
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.splitlines()
        self.code, self.comments = split_cpp(self.text)
        self.code_lines = self.code.split("\n")
        self.comment_lines = self.comments.split("\n")
        self._starts = [0] + [m.end() for m in re.finditer("\n", self.text)]

    def line_of(self, offset):
        """The line number, from 1, of a character offset."""
        return bisect.bisect_right(self._starts, offset)

    def includes(self):
        """(line, "<" or '"', what) for every #include that is not commented out."""
        for number, raw in enumerate(self.lines, 1):
            found = INCLUDE.match(raw)
            if found and self.code_lines[number - 1].lstrip().startswith("#"):
                yield number, found.group(1), found.group(2)


def cpp_files(folder):
    """Every C++ file below a folder, in name order; empty when there is no such folder."""
    return sorted(p for p in Path(folder).rglob("*") if p.suffix in CPP_SUFFIXES and p.is_file())


def balanced_end(text, start, pairs=("(", ")")):
    """Behind the bracket that closes the one at `start`; the length of the text when none does."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] == pairs[0]:
            depth += 1
        elif text[i] == pairs[1]:
            depth -= 1
            if depth == 0:
                return i + 1
    return len(text)


CMAKE_TOKEN = re.compile(r'#\[\[.*?\]\]|#[^\n]*|"(?:\\.|[^"\\])*"|[()]|[^\s()"#]+', re.S)


def cmake_commands(text):
    """(command, [(argument, line), ...], line) for every call in a CMake file; comments left out."""
    name, start, arguments, depth, previous = None, 0, [], 0, None
    for token in CMAKE_TOKEN.finditer(text):
        word, line = token.group(), text.count("\n", 0, token.start()) + 1
        if word.startswith("#"):
            continue
        if depth == 0:
            if word == "(" and previous:
                name, start, arguments, depth = previous[0].lower(), previous[1], [], 1
            previous = (word, line)
        elif word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                yield name, arguments, start
                previous = None
        else:
            arguments.append((word.strip('"'), line))
