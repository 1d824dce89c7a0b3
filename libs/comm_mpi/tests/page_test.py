#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/reference/backend-mpi.md and the backend's source agree: the table of errors, and the MPI functions named."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/reference/backend-mpi.md").read_text(encoding="utf-8")
SOURCE = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "libs/comm_mpi").glob("**/*.[ch]pp"))
                 if "tests" not in p.parts)
# What describes a library or a handle, and stands behind no operation.
PLUMBING = {"MPI_Comm_rank", "MPI_Comm_size", "MPI_Error_class", "MPI_Error_string", "MPI_Get_count",
            "MPI_Get_elements_x", "MPI_Get_library_version", "MPI_Get_version", "MPI_Info_create", "MPI_Info_free",
            "MPI_Info_set", "MPI_Request_free", "MPI_Type_commit", "MPI_Type_free", "MPI_Type_size",
            "MPI_Win_set_errhandler", "MPI_Win_unlock_all"}


class Page(unittest.TestCase):
    def test_the_table_of_errors_is_the_sources(self):
        source = re.findall(r"entry\{(MPIX?_ERR_\w+), errc::(\w+)\}", SOURCE)
        page = re.findall(r"^\| `(MPIX?_ERR_\w+)` \| `(\w+)` \| (yes|no) \|$", PAGE, re.M)
        self.assertGreater(len(source), 50)
        self.assertEqual([(name, code) for name, code, _ in page], source)
        codes = (ROOT / "libs/comm/src/error.cpp").read_text(encoding="utf-8")
        stays = {name: flag == "true" for name, flag in re.findall(r'\{"(\w+)", "[^"]*", (true|false)\}', codes)}
        for name, code, usable in page:
            self.assertEqual(stays[code], usable == "yes", name)

    def test_every_function_that_is_called_is_named_and_the_other_way_round(self):
        called = set(re.findall(r"\b(MPI_[A-Z][a-z]+\w*)\(", SOURCE))
        for forms in re.findall(r"TWILL_MPI_FORMS\((\w+), (\w+)\)", SOURCE):
            called |= {f"MPI_{form}" for form in forms if form[0].isupper()}
        called |= set(re.findall(r"forms barrier_forms\{(MPI_\w+), (MPI_\w+)", SOURCE)[0])
        called = {name.removesuffix("_c") for name in called} - PLUMBING
        named = set(re.findall(r"\b(MPI_[A-Z][a-z]+\w*)", PAGE)) - {"MPI_Comm"}
        # Persistent forms are made by the macro from the operation's name.
        named -= {name for name in named if name.endswith("_init") and name.removesuffix("_init") in called}
        # "and with I in front" stands for the nonblocking form of the row's functions.
        for row in re.findall(r"^\|.*and with I in front.*$", PAGE, re.M):
            named |= {"MPI_I" + name[4:].lower() for name in re.findall(r"MPI_[A-Z]\w+", row)}
        nonblocking_alone = {"MPI_Ireduce", "MPI_Iscan"}
        self.assertEqual(called - nonblocking_alone, named)


if __name__ == "__main__":
    unittest.main()
