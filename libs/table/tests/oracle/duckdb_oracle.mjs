// SPDX-License-Identifier: Apache-2.0
// Holds our Parquet reader and writer against DuckDB: duckdb_oracle.mjs PARQUET_DUMP [NODE_MODULES].
// DuckDB writes files that `parquet_dump` reads; `parquet_dump copy` writes them again and DuckDB compares the two.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [dump, modules] = process.argv.slice(2);
let duckdb;
try {
  const require = createRequire(modules ? join(modules, "any.js") : import.meta.url);
  duckdb = require("@duckdb/node-api");
} catch (missing) {
  console.log(`not run: no index (${missing.code})`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "parquet_"));
const connection = await (await duckdb.DuckDBInstance.create(":memory:")).connect();
const rowsOf = async (sql) => (await connection.runAndReadAll(sql)).getRows();
const faults = [];
const counts = { read: 0, written: 0 };

const run = (...argv) => spawnSync(dump, argv, { encoding: "utf8", maxBuffer: 1 << 28 });

// One column of each type we read; $1 rows, every $2-th value missing.
const gap = (every, value) => (every === 0 ? value : `CASE WHEN i % ${every} = 0 THEN NULL ELSE ${value} END`);
const tableOf = (rows, every) => `SELECT
  ${gap(every, "i % 3 = 0")} AS flag, ${gap(every, "(i % 200 - 100)::TINYINT")} AS i8,
  ${gap(every, "(i % 30000)::SMALLINT")} AS i16, ${gap(every, "(i * 7919 - 5)::INTEGER")} AS i32,
  ${gap(every, "(i * 1000000007 - 9)::BIGINT")} AS i64, ${gap(every, "(i % 256)::UTINYINT")} AS u8,
  ${gap(every, "(i % 65536)::USMALLINT")} AS u16, ${gap(every, "(4294967295 - i)::UINTEGER")} AS u32,
  ${gap(every, "(18446744073709551615 - i)::UBIGINT")} AS u64, ${gap(every, "(i / 4)::FLOAT")} AS f32,
  ${gap(every, "i / 7 - 3")} AS f64, ${gap(every, "'text ' || (i % 41)::VARCHAR")} AS text,
  ${gap(every, "(DATE '1969-12-01' + i::INTEGER)")} AS day,
  ${gap(every, "make_timestamp(i::BIGINT * 1000003 - 7)")} AS stamp,
  ${gap(every, "(i - 5)::DECIMAL(9, 2)")} AS d9, ${gap(every, "((i - 5) * 1000)::DECIMAL(18, 4)")} AS d18,
  NULL::DOUBLE AS missing
  FROM range(${rows}) t(i)`;

const columns = ["flag", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "text", "day", "stamp", "d9",
  "d18", "missing"];
const scaled = { stamp: "epoch_us(stamp)", d9: "(d9 * 100)::BIGINT", d18: "(d18 * 10000)::BIGINT" };
const asText = (source) => `SELECT ${columns.map((c) => `(${scaled[c] ?? c})::VARCHAR`).join(", ")} FROM ${source}`;

function compare(label, path, expected) {
  const result = run("dump", path);
  if (result.status !== 0) {
    faults.push(`${label}: ${result.stderr.trim()}`);
    return;
  }
  const lines = result.stdout.trim().split("\n").map((line) => JSON.parse(line));
  if (lines[0].rows !== expected.length) faults.push(`${label}: ${lines[0].rows} rows, expected ${expected.length}`);
  columns.forEach((name, index) => {
    const column = lines[index + 1];
    if (column.name !== name) faults.push(`${label}: column ${column.name}, expected ${name}`);
    const bad = expected.findIndex((row, i) => {
      const [ours, theirs] = [column.values[i], row[index]];
      if (ours === null || theirs === null) return ours !== theirs;
      return ["f32", "f64"].includes(name) ? Number(ours) !== Number(theirs) : ours !== theirs;
    });
    if (bad >= 0) faults.push(`${label}: ${name}[${bad}] is ${column.values[bad]}, expected ${expected[bad][index]}`);
  });
}

const settings = [];
for (const codec of ["uncompressed", "snappy", "gzip", "zstd"]) {
  for (const version of ["V1", "V2"]) settings.push(`COMPRESSION ${codec}, PARQUET_VERSION ${version}`);
}
settings.push("COMPRESSION zstd, ROW_GROUP_SIZE 2048", "COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1");

for (const rows of [0, 1, 1000, 5000]) {
  for (const every of [0, 1, 3]) {
    await connection.run(`CREATE OR REPLACE TABLE made AS ${tableOf(rows, every)}`);
    const expected = await rowsOf(asText("made"));
    const path = join(folder, "made.parquet");
    for (const setting of settings) {
      await connection.run(`COPY made TO '${path}' (FORMAT parquet, ${setting})`);
      compare(`${rows} rows, gap ${every}, ${setting}`, path, expected);
      counts.read += 1;
    }
    for (const codec of ["none", "snappy", "gzip", "zstd"]) {
      for (const version of ["1", "2"]) {
        for (const dictionary of ["0", "1"]) {
          const copy = join(folder, "copy.parquet");
          const label = `copy of ${rows} rows, gap ${every}, ${codec} v${version} dictionary ${dictionary}`;
          const result = run("copy", path, copy, codec, version, "700", dictionary);
          if (result.status !== 0) {
            faults.push(`${label}: ${result.stderr.trim()}`);
            continue;
          }
          const plain = { at: "stamp", d9: "d9", d18: "d18" };
          const text = (c) => `(${plain[c] ?? c})::VARCHAR`;
          const again = await rowsOf(`SELECT ${columns.map(text).join(", ")} FROM '${copy}'`);
          if (JSON.stringify(again) !== JSON.stringify(expected)) faults.push(`${label}: DuckDB reads other values`);
          // Row groups are passed over by their statistics: a wrong bound would lose rows.
          const [[kept]] = await rowsOf(`SELECT count(*)::VARCHAR FROM '${copy}' WHERE i32 >= 7919 * 500 AND f64 < 1000`);
          const [[wanted]] = await rowsOf("SELECT count(*)::VARCHAR FROM made WHERE i32 >= 7919 * 500 AND f64 < 1000");
          if (kept !== wanted) faults.push(`${label}: a filter keeps ${kept} rows, expected ${wanted}`);
          counts.written += 1;
        }
      }
    }
  }
}
rmSync(folder, { recursive: true });
faults.slice(0, 20).forEach((fault) => console.log("FAULT", fault));
const [[version]] = await rowsOf("SELECT version()");
console.log(`DuckDB ${version}: ${counts.read} files read, ${counts.written} written, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
