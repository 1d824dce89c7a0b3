#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times our Parquet reader and writer against pyarrow on one thread: 10^7 doubles, zstd level 3.

pyarrow_peer.py PARQUET_PEER [ROUNDS]: the two take turns, medians are compared. PARQUET_PEER is the program of
libs/table/bench/parquet_peer.cpp; it reads or writes the same file and prints the seconds it took and its peak memory.
"""
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import numpy
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    print(f"not run: no index ({missing})")
    sys.exit(0)

PEER = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 7
ROWS = 10_000_000
pa.set_cpu_count(1)
pa.set_io_thread_count(1)


def timed(work):
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def ours(*arguments):
    fields = subprocess.run([PEER, *map(str, arguments)], capture_output=True, text=True, check=True).stdout.split()
    return float(fields[0]), int(fields[1])


def main():
    generator = numpy.random.default_rng(7)
    random = generator.random(ROWS)
    kinds = {"random": random, "two decimals": numpy.round(random * 100000, 2), "repeats": numpy.round(random * 100, 0)}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, values in kinds.items():
            table = pa.table({"x": values})
            theirs, mine = folder / "theirs.parquet", folder / "mine.parquet"
            pq.write_table(table, theirs, compression="zstd", compression_level=3)
            times = {"read": ([], []), "write": ([], [])}
            peak = 0
            for _ in range(ROUNDS):
                seconds, read = timed(lambda: pq.read_table(theirs, use_threads=False))
                times["read"][0].append(seconds)
                seconds, memory = ours("read", theirs)
                times["read"][1].append(seconds)
                peak = max(peak, memory)
                seconds, _nothing = timed(lambda: pq.write_table(table, mine, compression="zstd", compression_level=3))
                times["write"][0].append(seconds)
                times["write"][1].append(ours("write", theirs, mine)[0])
            assert read.equals(pq.read_table(mine).cast(read.schema)), "what we wrote is something else"
            for verb, (peer, own) in times.items():
                a, b = statistics.median(peer), statistics.median(own)
                print(f"{kind}: {verb} pyarrow {a * 1e3:.0f} ms, twill {b * 1e3:.0f} ms, ratio {a / b:.2f}")
            print(f"{kind}: peak memory of reading {peak / 2**20:.0f} MiB, data {values.nbytes / 2**20:.0f} MiB, "
                  f"file {theirs.stat().st_size / 2**20:.1f} MiB, ours {mine.stat().st_size / 2**20:.1f} MiB")


print(f"pyarrow {pa.__version__}, one thread, {ROWS} doubles, medians of {ROUNDS}, "
      f"this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
main()
