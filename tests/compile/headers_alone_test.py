# SPDX-License-Identifier: Apache-2.0
"""Every installed header compiles alone, none forgotten: as an object of its own, or as the first that another one includes.

python3 tests/compile/headers_alone_test.py BUILD_DIR
"""

import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
BUILD = None  # the build tree under test, from the command line


def leads(header):
    """What the file includes before it has said anything else: parsed there as it would be alone."""
    directive = re.search(r"^[ \t]*#[ \t]*(?!pragma\b)\w+.*$", header.read_text(encoding="utf-8"), re.M)
    found = directive and re.fullmatch(r'#include "(twill/[^"]+)"', directive[0].strip())
    return found[1] if found else None


class HeadersAlone(unittest.TestCase):
    def test_every_header_of_every_part_in_this_build_has_compiled_alone(self):
        built = [p.name for p in (BUILD / "libs").iterdir() if (p / "CMakeFiles").is_dir()]
        self.assertIn("base", built)
        headers = {}
        for part in built:
            include = SOURCE / "libs" / part / "include"
            if part == "comm_mpi":
                self.check_with_a_wrapper(include)
                continue
            headers |= {p.relative_to(include).as_posix(): p for p in include.rglob("*.hpp")}
        first = {header: leads(path) for header, path in headers.items()}
        compiled = set(headers) - set(first.values())
        proved = set()
        for header in compiled:
            while header in headers and header not in proved:
                proved.add(header)
                header = first[header]
        self.assertEqual(set(headers) - proved, set(), "headers that begin with each other")
        known = subprocess.run(["ninja", "-t", "targets", "all"], cwd=BUILD, check=True, text=True, capture_output=True)
        objects = dict(
            reversed(found.groups())
            for found in re.finditer(r"^(\S+_verify_interface_header_sets/(twill/\S+[.]hpp)[.]\w+[.]o):", known.stdout, re.M)
        )
        self.assertEqual(set(headers) - set(objects), set(), "headers that no file includes alone")
        done = subprocess.run(
            ["ninja", *(o for h, o in sorted(objects.items()) if h in compiled)],
            cwd=BUILD,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1500,
        )
        self.assertEqual(done.returncode, 0, done.stdout)

    def check_with_a_wrapper(self, include):
        """Headers that include <mpi.h>, which only the wrapper of an MPI library gives."""
        wrapper = next((w for w in ("mpicxx.mpich", "mpicxx.openmpi", "mpicxx") if shutil.which(w)), None)
        if wrapper is None:
            print("comm_mpi: not run: no compiler wrapper of an MPI library", file=sys.stderr)
            return
        folders = [f"-I{p}" for p in sorted((SOURCE / "libs").glob("*/include"))]
        for header in sorted(include.rglob("*.hpp")):
            command = [wrapper, "-std=c++20", "-fsyntax-only", "-x", "c++", *folders, header]
            done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main()
