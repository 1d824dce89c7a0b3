#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages that cannot rot: code blocks come from files that are built and run, links lead somewhere, pages are listed.

A fenced block in C++, CMake, Python or JSON must stand under a line `<!-- snippet: path#marker -->` and be equal to that
region of the file: the lines between `[snippet:marker]` and `[end:marker]` (in any comment), or the whole file without
its licence line when no marker is given. `--write` brings the blocks up to date.
"""
import argparse
import pathlib
import re
import sys

CODE = {"cpp", "c", "cmake", "python", "json"}
FENCE = re.compile(r"^```(\w*)\s*$")
SNIPPET = re.compile(r"^<!-- snippet: ([^#\s]+)(?:#([\w-]+))? -->\s*$")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def region(root, path, marker):
    """The text that a block must equal, or an error sentence."""
    file = root / path
    if not file.is_file():
        return None, f"snippet file {path} does not exist"
    lines = file.read_text(encoding="utf-8").splitlines()
    if marker is None:
        body = [line for line in lines if "SPDX-License-Identifier" not in line]
    else:
        begin = [i for i, line in enumerate(lines) if f"[snippet:{marker}]" in line]
        end = [i for i, line in enumerate(lines) if f"[end:{marker}]" in line]
        if len(begin) != 1 or len(end) != 1 or end[0] < begin[0]:
            return None, f"{path} has no region [snippet:{marker}] ... [end:{marker}]"
        body = lines[begin[0] + 1:end[0]]
    while body and not body[0].strip():
        body.pop(0)
    while body and not body[-1].strip():
        body.pop()
    indent = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
    return [line[indent:] for line in body], None


def anchors(text):
    """The ids that mkdocs gives to the headings of a page."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*)$", text, re.M):
        slug = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", heading)).strip().lower()
        found.add(re.sub(r"[-\s]+", "-", slug))
    return found


def check_blocks(root, page, write):
    problems, out = [], []
    lines = page.read_text(encoding="utf-8").splitlines()
    name = page.relative_to(root)
    i, source = 0, None
    while i < len(lines):
        match = FENCE.match(lines[i])
        if not match:
            if SNIPPET.match(lines[i]):
                source = SNIPPET.match(lines[i]).groups()
            elif lines[i].strip():
                source = None
            out.append(lines[i])
            i += 1
            continue
        end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == "```"), None)
        if end is None:
            problems.append(f"{name}:{i + 1}: code block without an end")
            return problems, lines
        body = lines[i + 1:end]
        if match.group(1) in CODE or source:
            if source is None:
                problems.append(f"{name}:{i + 1}: {match.group(1)} block without a snippet source above it")
            else:
                wanted, fault = region(root, *source)
                if fault:
                    problems.append(f"{name}:{i + 1}: {fault}")
                elif wanted != body:
                    if not write:
                        problems.append(f"{name}:{i + 1}: block differs from {source[0]} (cmake/check_docs.py --write mends it)")
                    body = wanted
        out += [lines[i], *body, lines[end]]
        source = None
        i = end + 1
    return problems, out


def check_links(root, page):
    problems = []
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(root)
    prose = re.sub(r"^```.*?^```", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M | re.S)
    for number, line in enumerate(prose.splitlines(), 1):
        for target in (a or b for a, b in LINK.findall(re.sub(r"`[^`]*`", "", line))):
            if re.match(r"^[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                problems.append(f"{name}:{number}: link to {target}: no such file")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
                problems.append(f"{name}:{number}: link to {target}: no such heading")
    return problems


def check_nav(root):
    nav = root / "mkdocs.yml"
    if not nav.is_file():
        return []
    listed = set(re.findall(r"([\w./-]+\.md)\s*$", nav.read_text(encoding="utf-8"), re.M))
    pages = {str(p.relative_to(root / "docs")) for p in (root / "docs").rglob("*.md")}
    reached = set(listed)
    for index in [p for p in listed if p.endswith("index.md") and (root / "docs" / p).is_file()]:
        folder = pathlib.PurePosixPath(index).parent
        text = (root / "docs" / index).read_text(encoding="utf-8")
        reached |= {str(folder / t.split("#")[0]) for t in re.findall(r"\]\(([\w./-]+\.md[^)]*)\)", text)}
    return [f"mkdocs.yml: docs/{p} is listed and does not exist" for p in sorted(listed - pages)] + \
           [f"docs/{p}: neither in mkdocs.yml nor linked from its folder's index" for p in sorted(pages - reached)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--write", action="store_true", help="bring the code blocks up to date")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    pages = [p for p in root.rglob("*.md") if not {"build", ".git", "layers"} & set(p.relative_to(root).parts)]
    problems = []
    for page in sorted(pages):
        found, text = check_blocks(root, page, arguments.write)
        problems += found
        if arguments.write:
            page.write_text("\n".join(text) + "\n", encoding="utf-8")
        problems += check_links(root, page)
    problems += check_nav(root)
    for line in problems:
        print(f"check_docs: {line}", file=sys.stderr)
    if problems:
        return 1
    print(f"check_docs: {len(pages)} pages, every code block has its source, every link resolves")
    return 0


if __name__ == "__main__":
    sys.exit(main())
