#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every public name is documented: reads what Doxygen complained about and fails on all that is not excused below.

    python3 cmake/check_reference.py build/docs/doxygen.log
"""
import pathlib
import re
import sys

# Members that mean what they mean in the standard library need no sentence of their own.
STANDARD = (r"~?\w+\(\)|size\(|empty\(|begin\(|end\(|data\(|swap\(|clear\(|reserve\(|span\(|value_type|result_type|"
            r"iterator|const_iterator|difference_type|reference|pointer|iterator_category|iterator_concept|min\(|max\(|"
            r"operator\W|operator bool|explicit operator bool|operator=")

# Every chain of par::range has these, as the concepts in par/iter/plumbing.hpp say; nobody names the classes.
CHAIN = (r"(?:item_type|traits|name|base_) \((?:typedef|variable)\)|drive\(C c\)|with_producer\(Callback callback\)|"
         r"\w+_(?:range|adaptor|collection|chain)\(|adaptor\(")

EXCUSED = [
    # Doxygen 1.9 cannot place a specialisation that is written with its qualified name.
    r"Internal inconsistency: scope for class std::",
    r"(Compound|Member) .*\bstd::",
    rf"Member (?:constexpr )?(?:{STANDARD})",
    rf"Member (?:{CHAIN}).* of class twill::par::\w+_(?:range|adaptor|collection|chain) ",
    r"Member adaptor\(R base\)|Member (?:item_type|traits|base_) \(\w+\) of class twill::par::adaptor ",
    # Copies and moves of a class.
    r"Member (\w+)\((?:const )?\1(?:<[^>]*>)? ?&&?\w*\)",
    r"Member (\w+)\((?:const )?\1 &&?\w*\) noexcept",
]


def main():
    log = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    root = pathlib.Path(__file__).resolve().parent.parent
    lines = [line.replace(str(root) + "/", "") for line in log.splitlines() if re.search(r": (warning|error): ", line)]
    bad = [line for line in lines if not any(re.search(pattern, line) for pattern in EXCUSED)]
    for line in bad:
        print(f"check_reference: {line}", file=sys.stderr)
    if bad:
        return 1
    print(f"check_reference: every public name is documented ({len(lines)} notes excused)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
