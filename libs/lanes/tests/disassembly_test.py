#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The loops of the executor are vector instructions: looks at what the compiler made of ADD.f32 and others.

python3 libs/lanes/tests/disassembly_test.py --archive libtwill_lanes.a --objdump objdump
"""

import argparse
import re
import subprocess
import sys
import unittest

ARCHIVE = OBJDUMP = None


def functions():
    """Disassembly by demangled name of every function of the archive, one list of bodies a name."""
    text = subprocess.run(
        [OBJDUMP, "-d", "-C", "--no-show-raw-insn", ARCHIVE], check=True, capture_output=True, text=True
    ).stdout
    out, member = {}, ""
    for block in re.split(r"\n(?=\S)", text):
        head = re.match(r"(\S+):\s+file format", block)
        if head:
            member = head.group(1)
        found = re.match(r"[0-9a-f]+ <(.*)>:\n", block)
        if found:
            out[member, found.group(1)] = block
    return out


class Disassembly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.found = functions()

    def body(self, member, pattern):
        bodies = [b for (m, name), b in self.found.items() if m.startswith(member) and re.search(pattern, name)]
        self.assertTrue(bodies, f"no function of {member} matches {pattern}")
        return "\n".join(bodies)

    def test_sums_of_f32_are_vector_additions(self):
        loop = r"binary_loop<float, float, float, .*add_fn<float>"
        self.assertRegex(self.body("alu_avx2", loop), r"vaddps\s+.*%ymm")
        self.assertRegex(self.body("alu_avx512", loop), r"vaddps\s+.*%zmm")
        self.assertRegex(self.body("alu_baseline", loop), r"addps\s+.*%xmm")

    def test_products_of_f64_are_vector_products(self):
        loop = r"binary_loop<double, double, double, .*mul_fn<double>"
        self.assertRegex(self.body("alu_avx2", loop), r"vmulpd\s+.*%ymm")

    def test_sigmoid_is_vector_instructions_to_the_end(self):
        loop = r"apply1<.*sigmoid32.*float>"
        body = self.body("math_avx2", loop)
        self.assertRegex(body, r"vdivps\s+.*%ymm")
        self.assertNotRegex(body, r"call.*exp")

    def test_integers_of_32_bits_are_divided_in_vectors(self):
        loop = r"binary_loop<int, int, int, .*div_fn<int>"
        self.assertRegex(self.body("alu_avx2", loop), r"vdivpd\s+.*%ymm")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--archive", required=True)
    parser.add_argument("--objdump", required=True)
    arguments, rest = parser.parse_known_args()
    ARCHIVE, OBJDUMP = arguments.archive, arguments.objdump
    unittest.main(argv=[sys.argv[0], *rest])
