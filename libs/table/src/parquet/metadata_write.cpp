// SPDX-License-Identifier: Apache-2.0
#include "parquet/metadata.hpp"
#include "parquet/thrift.hpp"

namespace twill::table::detail::pq {

namespace {

template <class E>
std::int32_t number(E value) {
  return static_cast<std::int32_t>(value);
}

void write_logical(thrift_writer& out, const schema_element& e) {
  out.begin_field(10);
  out.begin_field(static_cast<std::int16_t>(e.meaning.kind));
  if (e.meaning.kind == logical::decimal) {
    out.i32(1, e.scale);
    out.i32(2, e.precision);
  } else if (e.meaning.kind == logical::timestamp || e.meaning.kind == logical::time) {
    out.boolean(1, e.meaning.utc);
    out.begin_field(2);
    out.begin_field(static_cast<std::int16_t>(e.meaning.unit));
    out.end();
    out.end();
  } else if (e.meaning.kind == logical::integer) {
    out.i8(1, static_cast<std::int8_t>(e.meaning.bits));
    out.boolean(2, e.meaning.is_signed);
  }
  out.end();
  out.end();
}

void write_schema_element(thrift_writer& out, const schema_element& e) {
  out.begin();
  if (e.type) out.i32(1, number(*e.type));
  if (e.length > 0) out.i32(2, e.length);
  if (e.type) out.i32(3, number(e.repeats));
  out.binary(4, e.name);
  if (!e.type) out.i32(5, e.children);
  if (e.annotation) out.i32(6, number(*e.annotation));
  if (e.meaning.kind == logical::decimal) {
    out.i32(7, e.scale);
    out.i32(8, e.precision);
  }
  if (e.meaning.kind != logical::none) write_logical(out, e);
  out.end();
}

void write_statistics(thrift_writer& out, const statistics& s) {
  if (!s.min && !s.max && !s.nulls) return;
  out.begin_field(12);
  if (s.nulls) out.i64(3, *s.nulls);
  if (s.max) out.binary(5, *s.max);
  if (s.min) out.binary(6, *s.min);
  out.end();
}

void write_chunk(thrift_writer& out, const column_chunk& c) {
  out.begin();
  out.i64(2, c.dictionary_page.value_or(c.data_page));
  out.begin_field(3);
  out.i32(1, number(c.type));
  out.list(2, wire::i32, c.encodings.size());
  for (const encoding e : c.encodings) out.element(std::int64_t{number(e)});
  out.list(3, wire::binary, c.path.size());
  for (const std::string& name : c.path) out.element(name);
  out.i32(4, number(c.compression));
  out.i64(5, c.values);
  out.i64(6, c.uncompressed);
  out.i64(7, c.compressed);
  out.i64(9, c.data_page);
  if (c.dictionary_page) out.i64(11, *c.dictionary_page);
  write_statistics(out, c.stats);
  out.end();
  out.end();
}

void write_group(thrift_writer& out, const row_group& g) {
  out.begin();
  out.list(1, wire::structure, g.columns.size());
  for (const column_chunk& c : g.columns) write_chunk(out, c);
  out.i64(2, g.bytes);
  out.i64(3, g.rows);
  out.i64(5, g.offset);
  out.i64(6, g.compressed);
  out.end();
}

}  // namespace

std::string write_file_metadata(const file_metadata& metadata) {
  thrift_writer out;
  out.begin();
  out.i32(1, metadata.version);
  out.list(2, wire::structure, metadata.schema.size());
  for (const schema_element& e : metadata.schema) write_schema_element(out, e);
  out.i64(3, metadata.rows);
  out.list(4, wire::structure, metadata.groups.size());
  for (const row_group& g : metadata.groups) write_group(out, g);
  out.binary(6, metadata.created_by);
  // Type-defined order for every leaf: without it a reader must ignore min and max.
  out.list(7, wire::structure, metadata.schema.size() - 1);
  for (std::size_t i = 1; i < metadata.schema.size(); ++i) {
    out.begin();
    out.begin_field(1);
    out.end();
    out.end();
  }
  out.end();
  return out.text();
}

std::string write_page_header(const page_header& h) {
  thrift_writer out;
  out.begin();
  out.i32(1, number(h.kind));
  out.i32(2, h.uncompressed);
  out.i32(3, h.compressed);
  if (h.crc) out.i32(4, static_cast<std::int32_t>(*h.crc));
  if (h.kind == page_kind::dictionary) {
    out.begin_field(7);
    out.i32(1, h.values);
    out.i32(2, number(h.form));
    out.end();
  } else if (h.kind == page_kind::data_v2) {
    out.begin_field(8);
    out.i32(1, h.values);
    out.i32(2, h.nulls);
    out.i32(3, h.rows);
    out.i32(4, number(h.form));
    out.i32(5, h.definition_bytes);
    out.i32(6, h.repetition_bytes);
    out.boolean(7, h.is_compressed);
    out.end();
  } else {
    out.begin_field(5);
    out.i32(1, h.values);
    out.i32(2, number(h.form));
    out.i32(3, number(h.levels));
    out.i32(4, number(encoding::rle));
    out.end();
  }
  out.end();
  return out.text();
}

}  // namespace twill::table::detail::pq
