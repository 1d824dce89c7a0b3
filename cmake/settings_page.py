#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/reference/settings.md of what `twill doctor --json` tells, so that the page and the program agree.

    python3 cmake/settings_page.py --twill PATH [--write]

Without --write it compares and fails where the page is not what the program says.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/reference/settings.md"
HEAD = """# Settings

Every setting is decided in one order: flag, `TWILL_*` environment, configuration file, scheduler, default. `twill doctor`
shows each with its value and where it comes from. A malformed value is an error with exit code 64, an unknown `TWILL_*`
variable a warning. `cmake/settings_page.py` makes this page of the program's own catalogue.

"""


def table(rows):
    lines = ["| variable | flag | values | default | meaning |", "|---|---|---|---|---|"]
    for s in rows:
        values = ", ".join(f"`{c}`" for c in s["choices"]) or s["kind"]
        flag = f"`{s['flag']}`" if s["flag"] else ""
        lines.append(f"| `{s['variable']}` | {flag} | {values} | {s['default']} | {s['summary']} |".replace("\n", " "))
    return "\n".join(lines) + "\n"


def page(settings):
    text = HEAD
    for title, expert in (("Settings", False), ("Expert settings", True)):
        text += f"## {title}\n\n" + table([s for s in settings if s["expert"] == expert]) + "\n"
    return text.rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twill", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TWILL_")}
    done = subprocess.run([options.twill, "doctor", "--json"], capture_output=True, text=True, check=True, env=environment)
    text = page(json.loads(done.stdout)["settings"])
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, f"{PAGE} is not what the program says: settings_page.py --write mends it"
    print("settings_page: the page is what the program says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
