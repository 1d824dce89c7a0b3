#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peer: pyarrow on one thread. pyarrow_one.py parquet_read|parquet_write|csv_read FOLDER; prints one JSON line."""
import json
import sys
import time

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

pa.set_cpu_count(1)
pa.set_io_thread_count(1)
verb, folder = sys.argv[1:]
if verb == "parquet_write":
    table = pq.read_table(f"{folder}/random.parquet", use_threads=False)
begin = time.perf_counter()
if verb == "parquet_read":
    pq.read_table(f"{folder}/random.parquet", use_threads=False)
elif verb == "parquet_write":
    pq.write_table(table, f"{folder}/theirs.parquet", compression="zstd", compression_level=3)
elif verb == "csv_read":
    pyarrow.csv.read_csv(f"{folder}/numbers.csv", read_options=pyarrow.csv.ReadOptions(use_threads=False))
else:
    sys.exit(f"pyarrow_one: there is no {verb}")
print(json.dumps({"ms": (time.perf_counter() - begin) * 1e3, "version": pa.__version__}))
