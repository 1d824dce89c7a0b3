// SPDX-License-Identifier: Apache-2.0
// What other implementations compare with: `parquet_dump dump FILE [COLUMN ...]` prints the table as JSON
// lines, one a column; `parquet_dump copy FROM TO [codec] [page version] [row group rows] [dictionary 0|1]`
// reads a file and writes it again; `parquet_dump info FILE` prints what the file says of itself.
#include "twill/table/parquet.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

using namespace twill::table;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

void dump(const std::string& path, read_options options) {
  const column_table t = read_parquet(path, options);
  std::printf("{\"rows\": %zu}\n", t.rows());
  for (const table_column& c : t.columns()) {
    std::string line =
        "{\"name\": " + quoted(c.name()) + ", \"type\": " + quoted(name_of(c.type())) + ", \"values\": [";
    for (std::size_t row = 0; row < c.size(); ++row) {
      if (row > 0) line += ',';
      line += c.is_null(row) ? "null" : quoted(c.text_at(row));
    }
    std::puts((line + "]}").c_str());
  }
}

void info(const std::string& path) {
  const parquet_info i = inspect_parquet(path);
  std::printf("{\"rows\": %zu, \"created_by\": %s}\n", i.rows, quoted(i.created_by).c_str());
  for (const parquet_row_group& g : i.row_groups) {
    for (std::size_t c = 0; c < g.chunks.size(); ++c) {
      const parquet_chunk& k = g.chunks[c];
      std::string line =
          "{\"name\": " + quoted(i.columns[c].name) + ", \"type\": " + quoted(i.columns[c].type);
      line +=
          ", \"codec\": " + quoted(k.codec) + ", \"nulls\": " + (k.nulls ? std::to_string(*k.nulls) : "null");
      line += ", \"min\": " + (k.min ? quoted(*k.min) : "null") +
              ", \"max\": " + (k.max ? quoted(*k.max) : "null") + "}";
      std::puts(line.c_str());
    }
  }
}

int run(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "dump") {
    read_options options;
    for (int i = 3; i < argc; ++i) options.columns.emplace_back(argv[i]);
    dump(argv[2], options);
    return 0;
  }
  if (verb == "info") {
    info(argv[2]);
    return 0;
  }
  if (verb == "copy" && argc > 3) {
    parquet_write_options options;
    const std::string codec = argc > 4 ? argv[4] : "zstd";
    options.codec = codec == "none"     ? parquet_codec::none
                    : codec == "snappy" ? parquet_codec::snappy
                    : codec == "gzip"   ? parquet_codec::gzip
                                        : parquet_codec::zstd;
    if (argc > 5) options.page_version = std::atoi(argv[5]);
    if (argc > 6) options.row_group_rows = static_cast<std::size_t>(std::atoll(argv[6]));
    if (argc > 7) options.dictionary = std::atoi(argv[7]) != 0;
    options.page_bytes = 4096;
    options.checksums = true;
    write_parquet(argv[3], read_parquet(argv[2]), options);
    return 0;
  }
  std::fputs("usage: parquet_dump dump|info FILE | copy FROM TO [codec] [page version] [rows] [dictionary]\n",
             stderr);
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
