# SPDX-License-Identifier: Apache-2.0
"""The same work by NumPy or numexpr on one thread, where bench/setup-peers put them.

numexpr_peer.py ROW numpy|numexpr
"""

import json
import statistics
import sys
import time

import numexpr
import numpy as np

SIZES = {"L1": 16384, "L2": 10**7, "L5": 10**6, "L12saxpymem": 10**7}


def work(row, library):
    n = SIZES[row]
    a = (np.arange(n) % 101).astype(np.float32) * np.float32(0.1) - np.float32(5)
    b = (np.arange(n) % 7).astype(np.float32)
    c = np.zeros(n, np.float32)
    alpha = np.float32(0.5)
    if library == "numpy":
        if row == "L5":

            def run():
                np.negative(a, out=c)
                np.exp(c, out=c)
                np.add(c, np.float32(1), out=c)
                np.divide(np.float32(1), c, out=c)

        elif row == "L12saxpymem":

            def run():
                c[:] = alpha * a + c

        else:

            def run():
                np.add(a, b, out=c)

        return run
    text = {"L5": "1 / (1 + exp(-a))", "L12saxpymem": "alpha * a + c"}.get(row, "a + b")
    values = {"a": a, "b": b, "c": c, "alpha": alpha}

    def evaluate():
        numexpr.evaluate(text, local_dict=values, out=c, casting="unsafe")

    return evaluate


def main():
    row, library = sys.argv[1:]
    numexpr.set_num_threads(1)
    run = work(row, library)
    repeats = max(1, 2_000_000 // SIZES[row])
    run()
    times = []
    for _ in range(11):
        begin = time.perf_counter()
        for _ in range(repeats):
            run()
        times.append((time.perf_counter() - begin) / repeats)
    print(json.dumps({"us": statistics.median(times) * 1e6}))


if __name__ == "__main__":
    main()
