# SPDX-License-Identifier: Apache-2.0
"""saxpy on arrays of NumPy: a kernel called from Python beside `y = a * x + y`, in turn; python_saxpy.py [ELEMENTS [THREADS]]."""
import statistics
import sys
import time

import numpy as np

from twillhpc.lanes import Kernel

SAXPY = """kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
  let i = global_id();
  if i < n { y[i] = a * x[i] + y[i]; }
}"""


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    x = np.linspace(0, 1, n, dtype=np.float32)
    y = np.ones(n, np.float32)
    z = np.ones(n, np.float32)
    kernel = Kernel(SAXPY).using(threads=threads)
    a = np.float32(0.5)

    def ours():
        kernel(a=0.5, x=x, y=y, n=n)

    def theirs():
        nonlocal z
        z = a * x + z

    def in_place():
        np.add(np.multiply(x, a, out=scratch), w, out=w)

    scratch, w = np.empty(n, np.float32), np.ones(n, np.float32)
    rounds = [(seconds(ours), seconds(theirs), seconds(in_place)) for _ in range(16)][1:]
    assert np.array_equal(y, z) and np.array_equal(y, w)
    for name, column in (("y = a*x + y", 1), ("with out=", 2)):
        ratio = statistics.median(r[0] / r[column] for r in rounds)
        print(
            f"n = {n}, {threads} thread(s): kernel {statistics.median(r[0] for r in rounds) * 1e3:.3f} ms, "
            f"NumPy {name} {statistics.median(r[column] for r in rounds) * 1e3:.3f} ms, ratio {ratio:.3f}"
        )


main()
