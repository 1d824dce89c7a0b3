# SPDX-License-Identifier: Apache-2.0
"""saxpy on arrays of NumPy: a kernel called from Python beside `y = a * x + y`, in turn.

python_saxpy.py [--elements N] [--threads N] [--packages FOLDER] [--side kernel|numpy|in_place|numexpr]

FOLDER: where the package twillhpc lies. With a side that side alone, and one line of JSON.
"""

import argparse
import json
import statistics
import sys
import time

import numpy as np

SAXPY = """kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
  let i = global_id();
  if i < n { y[i] = a * x[i] + y[i]; }
}"""


def kernel_side(n, threads):
    from twillhpc.lanes import Kernel

    kernel = Kernel(SAXPY).using(threads=threads)
    x, y = np.linspace(0, 1, n, dtype=np.float32), np.ones(n, np.float32)
    return lambda: kernel(a=0.5, x=x, y=y, n=n), lambda: y


def numpy_side(n, threads):
    a, x = np.float32(0.5), np.linspace(0, 1, n, dtype=np.float32)
    held = {"y": np.ones(n, np.float32)}

    def run():
        held["y"] = a * x + held["y"]

    return run, lambda: held["y"]


def in_place_side(n, threads):
    """Without new memory, as NumPy can do it at best."""
    a, x = np.float32(0.5), np.linspace(0, 1, n, dtype=np.float32)
    y, product = np.ones(n, np.float32), np.empty(n, np.float32)

    def run():
        np.multiply(x, a, out=product)
        np.add(product, y, out=y)

    return run, lambda: y


def numexpr_side(n, threads):
    import numexpr

    numexpr.set_num_threads(threads)
    values = {"a": np.float32(0.5), "x": np.linspace(0, 1, n, dtype=np.float32), "y": np.ones(n, np.float32)}
    return lambda: numexpr.evaluate("a * x + y", local_dict=values, out=values["y"]), lambda: values["y"]


SIDES = {"kernel": kernel_side, "numpy": numpy_side, "in_place": in_place_side, "numexpr": numexpr_side}


def seconds(work, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - begin) / repeats


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--elements", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--packages")
    parser.add_argument("--side", choices=SIDES)
    options = parser.parse_args()
    if options.packages:
        sys.path.insert(0, options.packages)
    n, threads = options.elements, options.threads
    repeats = max(1, 2_000_000 // max(n, 1))
    rounds = 15
    if options.side:
        run, _ = SIDES[options.side](n, threads)
        seconds(run, 1)
        print(json.dumps({"us": statistics.median(seconds(run, repeats) for _ in range(rounds)) * 1e6}))
        return
    sides = {}
    for name, make in SIDES.items():
        try:
            sides[name] = make(n, threads)
        except ImportError:
            print(f"{name}: not installed")
    for run, _ in sides.values():
        run()
    for _, result in sides.values():
        assert np.array_equal(result(), sides["numpy"][1]()), "the sides differ"
    times = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (run, _) in sides.items():
            times[name].append(seconds(run, repeats))
    for name, taken in times.items():
        ratio = statistics.median(k / t for k, t in zip(times["kernel"], taken))
        print(f"n = {n}, {threads} thread(s): {name} {statistics.median(taken) * 1e6:.1f} us, kernel over it {ratio:.3f}")


main()
