#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`twill dmm fit` under one library's mpiexec: the files of one process.

    dmm_mpi_test.py --twill F mpich|openmpi

Where the launcher or the module of its library is not installed the script says "not run: ..." and ends with 0.
"""
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import dmm_test

LIBRARY = None
LAUNCH = {"mpich": ["mpiexec.mpich"], "openmpi": ["mpiexec.openmpi", "--oversubscribe"]}
NO_ROOT_QUESTION = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Mpi(dmm_test.Case):
    def launched(self, ranks, *words, out):
        done = subprocess.run([*LAUNCH[LIBRARY], "-n", str(ranks), dmm_test.TWILL, "dmm", "fit", str(self.table), *words,
                               "-o", str(self.folder / out)], env=dmm_test.environment(NO_ROOT_QUESTION),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("best laplace"), 1)
        return dmm_test.hashes(self.folder / out)

    def test_runs_over_ranks_give_the_files_of_one_process(self):
        words = ("-k", "1:3", "--starts", "2")
        self.fit(*words, "--threads", "1", out="one")
        for ranks in (2, 3):
            self.assertEqual(self.launched(ranks, *words, "--threads", "1", out=f"m{ranks}"),
                             dmm_test.hashes(self.folder / "one"))

    def test_rows_over_ranks_give_the_files_of_one_process(self):
        dmm_test.own_table(self.table, n=2600, taxa=6)
        words = ("-k", "1:2", "--max-iter", "5", "--threads", "1")
        self.fit(*words, out="one")
        self.assertEqual(self.launched(2, *words, "--over", "rows", out="m2"), dmm_test.hashes(self.folder / "one"))


def missing():
    """Why nothing can be started here, or nothing."""
    if shutil.which(LAUNCH[LIBRARY][0]) is None:
        return f"no {LAUNCH[LIBRARY][0]}"
    module = Path(dmm_test.TWILL).parents[1] / "lib" / "twill" / f"libtwill_mpi_{LIBRARY}.so"
    return None if module.is_file() else f"no module {module.name}"


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    dmm_test.TWILL, LIBRARY = sys.argv[at + 1:at + 3]
    del sys.argv[at:at + 3]
    if missing():
        print(f"not run: {missing()}")
        sys.exit(0)
    unittest.main()
