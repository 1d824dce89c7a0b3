// SPDX-License-Identifier: Apache-2.0
// Writes the broken Parquet files of the corpus and the message that each must give: parquet_corpus FOLDER.
#include "parquet/codec.hpp"
#include "parquet/footer.hpp"
#include "parquet/metadata.hpp"
#include "twill/table/parquet.hpp"

#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace twill::table;
using namespace twill::table::detail::pq;

std::span<const std::byte> view(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string little(std::uint32_t value) {
  std::string out(4, '\0');
  std::memcpy(out.data(), &value, 4);
  return out;
}

std::string finished(std::string body, const file_metadata& m) {
  const std::string foot = write_file_metadata(m);
  return body + foot + little(static_cast<std::uint32_t>(foot.size())) + "PAR1";
}

/// A sound file of our own writer.
std::string sound(parquet_write_options options = {.codec = parquet_codec::none}) {
  column_table t("t");
  t.add(table_column("id", buffer<std::int32_t>{1, 2, 3, 4, 5}));
  t.add(table_column("value", buffer<double>{0.5, 1.5, 0, 3.5, 4.5}, buffer<std::uint8_t>{1, 1, 0, 1, 1}));
  t.add(table_column("name", string_array{"a", "b", "c", "d", "e"}));
  const buffer<std::byte> out = encode_parquet(t, options);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

/// The sound file with another footer.
std::string with_footer(const std::function<void(file_metadata&)>& edit) {
  const std::string file = sound();
  const auto source = open_memory(view(file));
  context at;
  file_metadata m = read_footer(*source, at).metadata;
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + file.size() - 8, 4);
  edit(m);
  return finished(file.substr(0, file.size() - 8 - length), m);
}

/// One page: its header, its stored bytes.
struct made_page {
  page_header header{};
  std::string stored{};
};

page_header data_page(std::int32_t values, encoding form) {
  page_header h;
  h.values = values;
  h.form = form;
  return h;
}

/// A file of one column `c` of `rows` rows whose chunk holds these pages.
std::string one_column(schema_element element, std::int64_t rows, const std::vector<made_page>& pages,
                       codec compression = codec::none) {
  element.name = "c";
  std::string body = "PAR1";
  column_chunk chunk{
      .type = *element.type, .encodings = {encoding::plain}, .path = {"c"}, .compression = compression};
  chunk.values = rows;
  chunk.data_page = 4;
  for (made_page p : pages) {
    if (p.header.compressed == 0) p.header.compressed = static_cast<std::int32_t>(p.stored.size());
    if (p.header.uncompressed == 0) p.header.uncompressed = p.header.compressed;
    body += write_page_header(p.header) + p.stored;
  }
  chunk.compressed = chunk.uncompressed = static_cast<std::int64_t>(body.size()) - 4;
  file_metadata m;
  m.rows = rows;
  m.schema = {{.name = "schema", .children = 1}, element};
  m.groups = {{.columns = {chunk},
               .bytes = chunk.uncompressed,
               .rows = rows,
               .compressed = chunk.compressed,
               .offset = 4}};
  return finished(body, m);
}

schema_element of(physical type, repetition repeats = repetition::required) {
  schema_element e;
  e.type = type;
  e.repeats = repeats;
  return e;
}

schema_element text() {
  schema_element e = of(physical::byte_array);
  e.meaning.kind = logical::string;
  return e;
}

std::string replaced(std::string file, std::size_t at, std::string_view with) {
  return file.replace(at, with.size(), with);
}

made_page dictionary_page(std::int32_t values, std::string stored) {
  page_header h;
  h.kind = page_kind::dictionary;
  h.values = values;
  return {h, std::move(stored)};
}

using maker = std::pair<const char*, std::string>;

std::vector<maker> whole_files() {
  const std::string file = sound();
  const std::size_t end = file.size();
  std::vector<maker> out;
  out.emplace_back("empty", "");
  out.emplace_back("magic_only", "PAR1PAR1");
  out.emplace_back("text_file", "hydro_id,stage_id,value\n0,0,1.5\n");
  out.emplace_back("cut_short", file.substr(0, end - 20));
  out.emplace_back("footer_longer_than_file", replaced(file, end - 8, little(0x7FFFFFFF)));
  out.emplace_back("footer_length_zero", replaced(file, end - 8, little(0)));
  out.emplace_back("footer_is_noise", replaced(file, end - 40, std::string(20, '\xEE')));
  out.emplace_back("encrypted_footer", replaced(file, end - 4, "PARE"));
  out.emplace_back("list_longer_than_footer",
                   "PAR1" + std::string("\x15\x02\x19\xFC\xFF\xFF\xFF\x7F", 8) + little(8) + "PAR1");
  out.emplace_back("deep_nesting", "PAR1\xFC" + std::string(200, '\x1C') + little(201) + "PAR1");
  return out;
}

std::vector<maker> footers() {
  std::vector<maker> out;
  const auto add = [&](const char* name, const std::function<void(file_metadata&)>& edit) {
    out.emplace_back(name, with_footer(edit));
  };
  add("root_is_a_column", [](auto& m) { m.schema[0].type = physical::int32; });
  add("too_many_children", [](auto& m) { m.schema[0].children = 9; });
  add("too_few_children", [](auto& m) { m.schema[0].children = 2; });
  add("duplicate_column", [](auto& m) { m.schema[2].name = "id"; });
  add("unknown_type", [](auto& m) { m.schema[1].type = static_cast<physical>(11); });
  add("unknown_repetition", [](auto& m) { m.schema[1].repeats = static_cast<repetition>(7); });
  add("repeated_column", [](auto& m) { m.schema[1].repeats = repetition::repeated; });
  add("nested_column", [](auto& m) {
    m.schema.insert(m.schema.begin() + 1, schema_element{.name = "a", .children = 1});
    for (auto& g : m.groups) g.columns[0].path = {"a", "id"};
  });
  add("negative_rows", [](auto& m) { m.rows = -1; });
  add("groups_hold_fewer_rows", [](auto& m) { m.rows = 6; });
  add("groups_hold_more_rows", [](auto& m) { m.rows = 4; });
  add("missing_chunk", [](auto& m) { m.groups[0].columns.pop_back(); });
  add("chunk_of_other_type", [](auto& m) { m.groups[0].columns[0].type = physical::int64; });
  add("chunk_of_other_column", [](auto& m) { m.groups[0].columns[0].path = {"value"}; });
  add("chunk_values_differ", [](auto& m) { m.groups[0].columns[1].values = 4; });
  add("chunk_at_negative_offset", [](auto& m) { m.groups[0].columns[1].data_page = -3; });
  add("chunk_past_the_end", [](auto& m) { m.groups[0].columns[1].data_page = 1 << 30; });
  add("chunk_longer_than_file", [](auto& m) { m.groups[0].columns[1].compressed = std::int64_t{1} << 40; });
  add("lzo_codec", [](auto& m) { m.groups[0].columns[0].compression = codec::lzo; });
  add("unknown_codec", [](auto& m) { m.groups[0].columns[0].compression = static_cast<codec>(42); });
  add("claims_10_to_the_15_rows", [](auto& m) {
    m.rows = m.groups[0].rows = 1'000'000'000'000'000;
    for (auto& c : m.groups[0].columns) c.values = m.rows;
  });
  return out;
}

std::vector<maker> pages() {
  std::vector<maker> out;
  const std::string ten(10, '\1');
  const auto i32 = of(physical::int32);
  const auto plain = [](std::int32_t n) { return data_page(n, encoding::plain); };
  out.emplace_back("page_too_small", one_column(i32, 5, {{plain(5), ten}}));
  out.emplace_back("page_of_too_many_values", one_column(i32, 2, {{plain(5), ten + ten}}));
  out.emplace_back("chunk_ends_early", one_column(i32, 9, {{plain(5), ten + ten}}));
  page_header h = plain(5);
  h.compressed = h.uncompressed = 1 << 20;
  out.emplace_back("page_longer_than_chunk", one_column(i32, 5, {{h, ten}}));
  h.compressed = h.uncompressed = -5;
  out.emplace_back("negative_page_size", one_column(i32, 5, {{h, ten}}));
  h = plain(5);
  h.crc = 0x12345678;
  out.emplace_back("checksum_differs", one_column(i32, 5, {{h, ten + ten}}));
  h = plain(5);
  h.kind = static_cast<page_kind>(9);
  out.emplace_back("unknown_page_type", one_column(i32, 5, {{h, ten + ten}}));
  out.emplace_back("encoding_of_other_type",
                   one_column(of(physical::real64), 1, {{data_page(1, encoding::delta_binary_packed), ten}}));
  out.emplace_back("unknown_encoding", one_column(i32, 1, {{data_page(1, static_cast<encoding>(77)), ten}}));
  out.emplace_back("dictionary_missing", one_column(i32, 1, {{data_page(1, encoding::rle_dictionary), ten}}));
  const made_page words = dictionary_page(2, little(7) + little(8));
  out.emplace_back("dictionary_index_out_of_range",
                   one_column(i32, 2, {words, {data_page(2, encoding::rle_dictionary), "\x03\x04\x05"}}));
  out.emplace_back("dictionary_twice", one_column(i32, 2, {words, words}));
  out.emplace_back("index_width_out_of_range",
                   one_column(i32, 2, {words, {data_page(2, encoding::rle_dictionary), "\x28\x04\x05"}}));
  out.emplace_back("dictionary_too_small", one_column(i32, 2, {dictionary_page(3, little(7))}));
  out.emplace_back("text_longer_than_page", one_column(text(), 1, {{plain(1), little(1000) + "abc"}}));
  out.emplace_back("text_not_utf8", one_column(text(), 1,
                                               {{plain(1), little(3) + "a\xFF"
                                                                       "c"}}));
  out.emplace_back("levels_end_early", one_column(of(physical::int32, repetition::optional), 9,
                                                  {{plain(9), little(2) + "\x04\x01" + ten}}));
  out.emplace_back("levels_longer_than_page",
                   one_column(of(physical::int32, repetition::optional), 2, {{plain(2), little(99) + ten}}));
  out.emplace_back("level_out_of_range", one_column(of(physical::int32, repetition::optional), 2,
                                                    {{plain(2), little(2) + "\x04\x05" + ten}}));
  h = plain(2);
  h.kind = page_kind::data_v2;
  h.definition_bytes = 50;
  out.emplace_back("v2_levels_longer_than_page",
                   one_column(of(physical::int32, repetition::optional), 2, {{h, ten}}));
  out.emplace_back(
      "delta_count_differs",
      one_column(i32, 2,
                 {{data_page(2, encoding::delta_binary_packed), std::string("\x80\x01\x04\x09\x02", 5)}}));
  out.emplace_back(
      "delta_block_size",
      one_column(i32, 2,
                 {{data_page(2, encoding::delta_binary_packed), std::string("\x81\x01\x04\x02\x02", 5)}}));
  return out;
}

std::vector<maker> compressed() {
  std::vector<maker> out;
  const auto i32 = of(physical::int32);
  page_header h = data_page(5, encoding::plain);
  h.uncompressed = 20;
  const std::string noise(16, '\x5A');
  out.emplace_back("zstd_damaged", one_column(i32, 5, {{h, noise}}, codec::zstd));
  out.emplace_back("gzip_damaged", one_column(i32, 5, {{h, noise}}, codec::gzip));
  out.emplace_back("snappy_length_differs", one_column(i32, 5, {{h, noise}}, codec::snappy));
  out.emplace_back("snappy_copy_before_start",
                   one_column(i32, 5, {{h, std::string("\x14\x4E\x09\x00", 4)}}, codec::snappy));
  h.uncompressed = 21;
  out.emplace_back("sizes_differ_uncompressed", one_column(i32, 5, {{h, noise + "abcd"}}));
  h.uncompressed = 1 << 30;
  out.emplace_back("snappy_bomb", one_column(i32, 5, {{h, noise}}, codec::snappy));
  // 256 MiB of zeros: a true zstd frame, twenty thousand times smaller than what it holds.
  const std::string zeros(std::size_t{256} << 20, '\0');
  compressor pack(codec::zstd, 3);
  const bytes small = pack.run(view(zeros));
  h = data_page(std::int32_t{1} << 26, encoding::plain);
  h.uncompressed = std::int32_t{1} << 28;
  out.emplace_back("zstd_bomb", one_column(i32, std::int64_t{1} << 26,
                                           {{h, {reinterpret_cast<const char*>(small.data()), small.size()}}},
                                           codec::zstd));
  return out;
}

void put(const std::string& folder, const maker& made) {
  const std::string name = std::string(made.first) + ".parquet";
  std::ofstream(folder + "/" + name, std::ios::binary) << made.second;
  std::string message = "read without an error\n";
  try {
    static_cast<void>(read_parquet(view(made.second), name));
  } catch (const std::exception& e) {
    message = std::string(e.what()) + "\n";
  }
  std::ofstream(folder + "/" + made.first + ".message") << message;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: parquet_corpus FOLDER\n";
    return 64;
  }
  for (const auto& family : {whole_files(), footers(), pages(), compressed()}) {
    for (const maker& made : family) put(argv[1], made);
  }
  return 0;
}
