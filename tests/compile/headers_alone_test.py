# SPDX-License-Identifier: Apache-2.0
"""Every installed header compiles alone: an object each, none forgotten.

python3 tests/compile/headers_alone_test.py BUILD_DIR
"""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
BUILD = None  # the build tree under test, from the command line


class HeadersAlone(unittest.TestCase):
    def test_every_header_of_every_part_in_this_build_has_compiled_alone(self):
        done = subprocess.run(
            ["cmake", "--build", BUILD, "--target", "all_verify_interface_header_sets"],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1500,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        built = [p for p in (BUILD / "libs").iterdir() if (p / "CMakeFiles").is_dir()]
        self.assertIn("base", [p.name for p in built])
        for part in built:
            include = SOURCE / "libs" / part.name / "include"
            headers = {p.relative_to(include).with_suffix("").as_posix() for p in include.rglob("*.hpp")}
            if part.name == "comm_mpi":
                self.check_with_a_wrapper(include)
                continue
            folder = part / "CMakeFiles" / f"twill_{part.name}_verify_interface_header_sets.dir"
            objects = {
                p.as_posix().split("_verify_interface_header_sets/")[-1].split(".")[0]
                for p in folder.rglob("*.o")
            }
            self.assertEqual(headers - objects, set(), f"{part.name}: headers that no file includes alone")

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
