#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds our Parquet reader and writer against pyarrow, pandas and polars.

parquet_oracle.py PARQUET_DUMP: each file is written by one of them in one of many settings, read by `parquet_dump`, and
compared value for value; then `parquet_dump copy` writes it again and pyarrow and polars read that back.
"""
import datetime
import decimal
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import pandas
    import polars
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    print(f"not run: no index ({missing})")
    sys.exit(0)

DUMP = sys.argv[1]
EPOCH = datetime.date(1970, 1, 1)


def run(*arguments):
    return subprocess.run([DUMP, *map(str, arguments)], capture_output=True, text=True)


def expected(value, kind):
    """The text our reader gives for a value of an Arrow type."""
    if value is None:
        return None
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_decimal(kind):
        return str(int(value.scaleb(kind.scale)))
    if pa.types.is_date(kind):
        return value.isoformat()
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return value.decode("latin-1")
    return str(value) if not isinstance(value, float) else value


def numbers_of(column):
    """Timestamps, times and durations as their integers; everything else as it is."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return column.cast(pa.int64())
    if pa.types.is_time32(kind):
        return column.cast(pa.int32())
    return column


def same(ours, theirs, kind):
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(theirs, float):
        ours = float(ours)
        return ours == theirs or (ours != ours and theirs != theirs)
    return ours == theirs


def compare(path, table, label):
    result = run("dump", path)
    if result.returncode != 0:
        return [f"{label}: {result.stderr.strip()}"]
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    faults = []
    if lines[0]["rows"] != table.num_rows:
        faults.append(f"{label}: {lines[0]['rows']} rows, expected {table.num_rows}")
    got = {line["name"]: line["values"] for line in lines[1:]}
    if list(got) != table.column_names:
        faults.append(f"{label}: columns {list(got)}, expected {table.column_names}")
        return faults
    for name in table.column_names:
        column = table.column(name)
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        values = [expected(v, kind) for v in numbers_of(column).to_pylist()]
        for row, (ours, theirs) in enumerate(zip(got[name], values)):
            if not same(ours, theirs, kind):
                faults.append(f"{label}: {name}[{row}] is {ours!r}, expected {theirs!r}")
                break
        if len(got[name]) != len(values):
            faults.append(f"{label}: {name} has {len(got[name])} values, expected {len(values)}")
    return faults


def with_gaps(values, every):
    return [None if every and i % every == 0 else v for i, v in enumerate(values)]


def make_table(rows, every):
    """One column of each kind; every n-th value missing."""
    def g(values):
        return with_gaps(values, every)
    r = range(rows)
    day = datetime.timedelta(days=1)
    second = datetime.timedelta(seconds=1, microseconds=1)
    start = datetime.datetime(2001, 2, 3)
    return pa.table({
        "flag": pa.array(g([i % 3 == 0 for i in r]), pa.bool_()),
        "i8": pa.array(g([i % 256 - 128 for i in r]), pa.int8()),
        "i16": pa.array(g([i * 7 % 65536 - 32768 for i in r]), pa.int16()),
        "i32": pa.array(g([i * 7919 - 100 for i in r]), pa.int32()),
        "i64": pa.array(g([i * 10**12 * (-1) ** i for i in r]), pa.int64()),
        "u8": pa.array(g([i % 256 for i in r]), pa.uint8()),
        "u16": pa.array(g([i % 65536 for i in r]), pa.uint16()),
        "u32": pa.array(g([4294967295 - i for i in r]), pa.uint32()),
        "u64": pa.array(g([18446744073709551615 - i for i in r]), pa.uint64()),
        "f32": pa.array(g([i / 4 for i in r]), pa.float32()),
        "f64": pa.array(g([float("nan") if i % 17 == 5 else i / 7 - 3 for i in r]), pa.float64()),
        "text": pa.array(g(["", "x", "caf\u00e9 \"q\"", "long text " * 5][i % 4] + str(i % 50) for i in r), pa.string()),
        "day": pa.array(g([EPOCH + day * (i - 500) for i in r]), pa.date32()),
        "at": pa.array(g([start + second * i for i in r]), pa.timestamp("us")),
        "d9": pa.array(g([decimal.Decimal(i - 5).scaleb(-2) for i in r]), pa.decimal128(9, 2)),
        "d18": pa.array(g([decimal.Decimal((i - 5) * 10**9).scaleb(-4) for i in r]), pa.decimal128(18, 4)),
        "none": pa.array([None] * rows, pa.float64()),
    })


def arrow_settings():
    for codec in ("none", "snappy", "gzip", "zstd"):
        for version in ("1.0", "2.0"):
            for dictionary in (True, False):
                yield (f"{codec} v{version} dict={dictionary}",
                       dict(compression=codec, data_page_version=version, use_dictionary=dictionary))
    yield "small pages, many row groups", dict(row_group_size=100, data_page_size=64, compression="snappy")
    yield "page checksums", dict(write_page_checksum=True, compression="zstd")
    yield "decimals as ints", dict(store_decimal_as_integer=True)
    yield "no statistics", dict(write_statistics=False)
    yield "format 1.0", dict(version="1.0")
    delta = {c: "DELTA_BINARY_PACKED" for c in ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "day", "at")}
    split = {c: "BYTE_STREAM_SPLIT" for c in ("f32", "f64", "i32", "i64")}
    for version in ("1.0", "2.0"):
        yield f"delta v{version}", dict(use_dictionary=False, data_page_version=version, column_encoding={
            **delta, "text": "DELTA_BYTE_ARRAY", "f64": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT",
            "d9": "BYTE_STREAM_SPLIT", "d18": "BYTE_STREAM_SPLIT", "flag": "RLE"})
        yield f"delta length v{version}", dict(use_dictionary=False, data_page_version=version, column_encoding={
            **split, "text": "DELTA_LENGTH_BYTE_ARRAY"})


def check_arrow(folder, counts):
    faults = []
    for rows in (0, 1, 7, 1000, 3001):
        for every in (0, 1, 3, 64):
            table = make_table(rows, every)
            for label, setting in arrow_settings():
                path = folder / "arrow.parquet"
                try:
                    pq.write_table(table, path, **setting)
                except (NotImplementedError, pa.ArrowException) as refused:
                    faults.append(f"pyarrow cannot write {label}: {refused}")
                    continue
                faults += compare(path, table, f"pyarrow, {rows} rows, gap {every}, {label}")
                counts["read"] += 1
            faults += check_copies(folder, table, f"{rows} rows, gap {every}", counts)
    return faults


def check_copies(folder, table, label, counts):
    """What we write again is what pyarrow and polars read."""
    faults = []
    source, target = folder / "source.parquet", folder / "copy.parquet"
    pq.write_table(table, source)
    for codec in ("none", "snappy", "gzip", "zstd"):
        for version in (1, 2):
            for group in (100, 1 << 20):
                for dictionary in (0, 1):
                    result = run("copy", source, target, codec, version, group, dictionary)
                    name = f"copy {label} {codec} v{version} group {group} dict {dictionary}"
                    if result.returncode != 0:
                        faults.append(f"{name}: {result.stderr.strip()}")
                        continue
                    again = pq.ParquetFile(target, page_checksum_verification=True).read()
                    faults += compare(target, again, name)
                    faults += compare_written(again, table, name)
                    polars_rows = polars.read_parquet(target)
                    if polars_rows.height != table.num_rows or polars_rows["i32"].to_list() != table["i32"].to_pylist():
                        faults.append(f"{name}: polars reads other values")
                    if polars_rows["text"].to_list() != table["text"].to_pylist():
                        faults.append(f"{name}: polars reads other texts")
                    counts["written"] += 1
    return faults


def compare_written(again, table, name):
    faults = []
    for column in table.column_names:
        kind = table.column(column).type
        wanted = [expected(v, kind) for v in numbers_of(table.column(column)).to_pylist()]
        now = again.column(column)
        got = [expected(v, now.type) for v in numbers_of(now).to_pylist()]
        for row, (a, b) in enumerate(zip(got, wanted)):
            if not same(a, b, kind):
                faults.append(f"{name}: {column}[{row}] came back as {a!r}, expected {b!r}")
                break
    return faults


def check_statistics(folder, counts):
    """Bounds and null counts that we write are those that pyarrow computes; those that pyarrow writes we show."""
    faults = []
    source, target = folder / "source.parquet", folder / "copy.parquet"
    table = make_table(1000, 3).drop_columns(["f64"])
    pq.write_table(table, source)
    run("copy", source, target, "zstd", 1, 400, 1)
    written = pq.ParquetFile(target).metadata
    for group in range(written.num_row_groups):
        part = table.slice(group * 400, 400)
        for index, name in enumerate(table.column_names):
            column = part.column(name)
            stats = written.row_group(group).column(index).statistics
            if stats.null_count != column.null_count:
                faults.append(f"statistics: {name} null count {stats.null_count}, expected {column.null_count}")
            if name in ("i8", "i32", "i64", "u32", "u64", "f32", "text", "day", "flag"):
                values = [v for v in column.to_pylist() if v is not None]
                if (stats.min, stats.max) != (min(values), max(values)):
                    faults.append(f"statistics: {name} {stats.min}..{stats.max}, expected {min(values)}..{max(values)}")
            counts["statistics"] += 1
    shown = [json.loads(line) for line in run("info", source).stdout.splitlines()][1:]
    for line in shown:
        column = table.column(line["name"])
        if line["nulls"] != column.null_count:
            faults.append(f"info: {line['name']} nulls {line['nulls']}, expected {column.null_count}")
        values = [v for v in numbers_of(column).to_pylist() if v is not None]
        if values and line["min"] is not None and not same(line["min"], expected(min(values), column.type), column.type):
            faults.append(f"info: {line['name']} min {line['min']}, expected {min(values)}")
        counts["statistics"] += 1
    return faults


def check_pandas(folder, counts):
    faults = []
    frame = pandas.DataFrame({
        "k": range(500), "x": [i / 3 for i in range(500)], "name": [f"row {i % 9}" for i in range(500)],
        "category": pandas.Categorical(["a", "b", None, "c", "a"] * 100),
        "when": pandas.date_range("2020-01-01", periods=500, freq="h"), "empty": [None] * 500})
    for codec in (None, "snappy", "gzip", "zstd"):
        for index in (False, True):
            path = folder / "pandas.parquet"
            frame.to_parquet(path, compression=codec, index=index)
            faults += compare(path, pq.read_table(path), f"pandas {codec} index={index}")
            counts["read"] += 1
    frame.head(0).to_parquet(folder / "pandas.parquet")
    faults += compare(folder / "pandas.parquet", pq.read_table(folder / "pandas.parquet"), "pandas, no rows")
    counts["read"] += 1
    # The timestamp that Spark writes.
    stamps = pa.table({"at": pa.array([0, 1, -1, None, 1577836800123456789], pa.timestamp("ns"))})
    pq.write_table(stamps, folder / "int96.parquet", use_deprecated_int96_timestamps=True)
    faults += compare(folder / "int96.parquet", stamps, "INT96")
    counts["read"] += 1
    return faults


def check_polars(folder, counts):
    faults = []
    frame = polars.from_arrow(make_table(2500, 5).drop_columns(["d9", "d18"]))
    for codec in ("uncompressed", "snappy", "gzip", "zstd"):
        for setting in ({}, {"row_group_size": 300}, {"statistics": False}, {"data_page_size": 500}):
            for part in (frame, frame.head(0), frame.head(1)):
                path = folder / "polars.parquet"
                part.write_parquet(path, compression=codec, **setting)
                faults += compare(path, pq.read_table(path), f"polars {codec} {setting} {part.height} rows")
                counts["read"] += 1
    return faults


def check_odd_types(folder, counts):
    faults = []
    rows = 300
    table = pa.table({
        "half": pa.array([i / 8 for i in range(rows)], pa.float16()),
        "fixed": pa.array([bytes([65 + i % 20]) * 5 for i in range(rows)], pa.binary(5)),
        "ms": pa.array(range(rows), pa.timestamp("ms", tz="UTC")),
        "time": pa.array(range(rows), pa.time64("us")),
        "short": pa.array(range(rows), pa.time32("ms")),
        "null": pa.nulls(rows),
        "big": pa.array([decimal.Decimal(i * 10**15 - 7) for i in range(rows)], pa.decimal128(30, 0)),
        "large": pa.array([str(i) for i in range(rows)], pa.large_string()),
        "words": pa.array([str(i % 5) for i in range(rows)]).dictionary_encode(),
    })
    for codec in ("none", "snappy", "zstd"):
        for dictionary in (True, False):
            path = folder / "odd.parquet"
            pq.write_table(table, path, compression=codec, use_dictionary=dictionary)
            faults += compare(path, table, f"odd types {codec} dict={dictionary}")
            counts["read"] += 1
    return faults


def check_refusals(folder, counts):
    faults = []
    nested = pa.table({"a": pa.array([{"b": 1}]), "l": pa.array([[1, 2]]), "x": pa.array([4])})
    path = folder / "nested.parquet"
    pq.write_table(nested, path)
    first = run("dump", path)
    if first.returncode != 1 or "nested column `a.b` is not supported" not in first.stderr:
        faults.append(f"nested: {first.stdout}{first.stderr}")
    flat = run("dump", path, "x")
    if flat.returncode != 0 or '"values": ["4"]' not in flat.stdout:
        faults.append(f"nested, flat column asked for: {flat.stdout}{flat.stderr}")
    for codec in ("brotli", "lz4"):
        pq.write_table(make_table(10, 0), path, compression=codec)
        answer = run("dump", path)
        if answer.returncode != 1 or "compression is not supported" not in answer.stderr:
            faults.append(f"{codec}: {answer.stdout}{answer.stderr}")
    huge = pa.table({"d": pa.array([decimal.Decimal(10**30)], pa.decimal128(38, 0))})
    pq.write_table(huge, path)
    answer = run("dump", path)
    if answer.returncode != 1 or "decimal does not fit into 64 bits" not in answer.stderr:
        faults.append(f"decimal(38): {answer.stdout}{answer.stderr}")
    counts["refused"] += 5
    return faults


def main():
    counts = {"read": 0, "written": 0, "statistics": 0, "refused": 0}
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for check in (check_arrow, check_pandas, check_polars, check_odd_types, check_statistics, check_refusals):
            faults += check(folder, counts)
    for fault in faults[:40]:
        print("FAULT", fault)
    print(f"pyarrow {pa.__version__}, pandas {pandas.__version__}, polars {polars.__version__}: "
          f"{counts['read']} files read, {counts['written']} written, {counts['statistics']} statistics, "
          f"{counts['refused']} refusals, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main())
