// SPDX-License-Identifier: Apache-2.0
#include "parquet/metadata.hpp"
#include "parquet/thrift.hpp"

#include <fmt/format.h>

namespace twill::table::detail::pq {

namespace {

/// Marks which required fields of a structure were seen; Parquet's required ids are below 32.
class required_fields {
 public:
  void saw(std::int16_t id) noexcept {
    if (id < 32) seen_ |= 1U << id;
  }
  void check(const thrift_reader& in, std::string_view what, std::initializer_list<int> wanted) const {
    for (const int id : wanted) {
      if ((seen_ & (1U << id)) == 0) in.fail(fmt::format("{} lacks its required field {}", what, id));
    }
  }

 private:
  std::uint32_t seen_ = 0;
};

time_unit read_unit(thrift_reader& in, wire type) {
  time_unit unit = time_unit::millis;
  in.structure(type, [&](std::int16_t id, wire t) {
    if (id < 1 || id > 3) in.fail("unknown time unit", std::to_string(id), "1 to 3");
    unit = static_cast<time_unit>(id);
    in.skip(t);
  });
  return unit;
}

logical_type read_logical(thrift_reader& in, wire type, schema_element& element) {
  logical_type out;
  in.structure(type, [&](std::int16_t kind, wire t) {
    out.kind = static_cast<logical>(kind);
    if (t != wire::structure) return in.skip(t);
    in.structure(t, [&](std::int16_t id, wire inner) {
      if (out.kind == logical::decimal && id == 1)
        element.scale = in.i32(inner);
      else if (out.kind == logical::decimal && id == 2)
        element.precision = in.i32(inner);
      else if ((out.kind == logical::time || out.kind == logical::timestamp) && id == 1)
        out.utc = in.boolean(inner);
      else if ((out.kind == logical::time || out.kind == logical::timestamp) && id == 2)
        out.unit = read_unit(in, inner);
      else if (out.kind == logical::integer && id == 1)
        out.bits = in.i8(inner);
      else if (out.kind == logical::integer && id == 2)
        out.is_signed = in.boolean(inner);
      else
        in.skip(inner);
    });
  });
  return out;
}

schema_element read_schema_element(thrift_reader& in, wire type) {
  schema_element out;
  required_fields seen;
  in.structure(type, [&](std::int16_t id, wire t) {
    seen.saw(id);
    switch (id) {
      case 1: out.type = static_cast<physical>(in.i32(t)); break;
      case 2: out.length = in.i32(t); break;
      case 3: out.repeats = static_cast<repetition>(in.i32(t)); break;
      case 4: out.name = in.binary(t); break;
      case 5: out.children = in.i32(t); break;
      case 6: out.annotation = static_cast<converted>(in.i32(t)); break;
      case 7: out.scale = in.i32(t); break;
      case 8: out.precision = in.i32(t); break;
      case 10: out.meaning = read_logical(in, t, out); break;
      default: in.skip(t);
    }
  });
  seen.check(in, "schema element", {4});
  return out;
}

statistics read_statistics(thrift_reader& in, wire type) {
  statistics out;
  in.structure(type, [&](std::int16_t id, wire t) {
    // Fields 1 and 2 are the retired pair whose byte order was never defined for unsigned values and text.
    if (id == 3)
      out.nulls = in.i64(t);
    else if (id == 5)
      out.max = in.binary(t);
    else if (id == 6)
      out.min = in.binary(t);
    else
      in.skip(t);
  });
  return out;
}

void read_chunk_metadata(thrift_reader& in, wire type, column_chunk& out) {
  required_fields seen;
  in.structure(type, [&](std::int16_t id, wire t) {
    seen.saw(id);
    switch (id) {
      case 1: out.type = static_cast<physical>(in.i32(t)); break;
      case 2: in.list(t, [&](wire e) { out.encodings.push_back(static_cast<encoding>(in.i32(e))); }); break;
      case 3: in.list(t, [&](wire e) { out.path.push_back(in.binary(e)); }); break;
      case 4: out.compression = static_cast<codec>(in.i32(t)); break;
      case 5: out.values = in.i64(t); break;
      case 6: out.uncompressed = in.i64(t); break;
      case 7: out.compressed = in.i64(t); break;
      case 9: out.data_page = in.i64(t); break;
      case 11: out.dictionary_page = in.i64(t); break;
      case 12: out.stats = read_statistics(in, t); break;
      default: in.skip(t);
    }
  });
  seen.check(in, "column chunk", {1, 2, 3, 4, 5, 6, 7, 9});
}

column_chunk read_chunk(thrift_reader& in, wire type) {
  column_chunk out;
  bool described = false;
  in.structure(type, [&](std::int16_t id, wire t) {
    switch (id) {
      case 1: out.other_file = in.binary(t); break;
      case 3:
        read_chunk_metadata(in, t, out);
        described = true;
        break;
      case 8:
      case 9:
        out.encrypted = true;
        in.skip(t);
        break;
      default: in.skip(t);
    }
  });
  if (!described && !out.encrypted) in.fail("column chunk lacks its metadata");
  return out;
}

row_group read_group(thrift_reader& in, wire type) {
  row_group out;
  required_fields seen;
  in.structure(type, [&](std::int16_t id, wire t) {
    seen.saw(id);
    switch (id) {
      case 1: in.list(t, [&](wire e) { out.columns.push_back(read_chunk(in, e)); }); break;
      case 2: out.bytes = in.i64(t); break;
      case 3: out.rows = in.i64(t); break;
      case 5: out.offset = in.i64(t); break;
      case 6: out.compressed = in.i64(t); break;
      default: in.skip(t);
    }
  });
  seen.check(in, "row group", {1, 2, 3});
  return out;
}

}  // namespace

file_metadata read_file_metadata(bytes data, const context& at) {
  file_metadata out;
  thrift_reader in(data, at);
  required_fields seen;
  in.structure([&](std::int16_t id, wire t) {
    seen.saw(id);
    switch (id) {
      case 1: out.version = in.i32(t); break;
      case 2: in.list(t, [&](wire e) { out.schema.push_back(read_schema_element(in, e)); }); break;
      case 3: out.rows = in.i64(t); break;
      case 4: in.list(t, [&](wire e) { out.groups.push_back(read_group(in, e)); }); break;
      case 6: out.created_by = in.binary(t); break;
      case 8:
        out.encrypted = true;
        in.skip(t);
        break;
      default: in.skip(t);
    }
  });
  seen.check(in, "footer", {1, 2, 3, 4});
  return out;
}

page_header read_page_header(bytes data, const context& at, std::size_t& size) {
  page_header out;
  thrift_reader in(data, at);
  required_fields seen;
  bool described = false;
  in.structure([&](std::int16_t id, wire t) {
    seen.saw(id);
    switch (id) {
      case 1: out.kind = static_cast<page_kind>(in.i32(t)); break;
      case 2: out.uncompressed = in.i32(t); break;
      case 3: out.compressed = in.i32(t); break;
      case 4: out.crc = static_cast<std::uint32_t>(in.i32(t)); break;
      case 5:
      case 7:
        described = true;
        in.structure(t, [&](std::int16_t inner, wire it) {
          if (inner == 1)
            out.values = in.i32(it);
          else if (inner == 2)
            out.form = static_cast<encoding>(in.i32(it));
          else if (inner == 3 && id == 5)
            out.levels = static_cast<encoding>(in.i32(it));
          else
            in.skip(it);
        });
        break;
      case 8:
        described = true;
        in.structure(t, [&](std::int16_t inner, wire it) {
          switch (inner) {
            case 1: out.values = in.i32(it); break;
            case 2: out.nulls = in.i32(it); break;
            case 3: out.rows = in.i32(it); break;
            case 4: out.form = static_cast<encoding>(in.i32(it)); break;
            case 5: out.definition_bytes = in.i32(it); break;
            case 6: out.repetition_bytes = in.i32(it); break;
            case 7: out.is_compressed = in.boolean(it); break;
            default: in.skip(it);
          }
        });
        break;
      default: in.skip(t);
    }
  });
  seen.check(in, "page header", {1, 2, 3});
  if (!described && out.kind != page_kind::index)
    in.fail("page header lacks the part that its type asks for");
  size = in.consumed();
  return out;
}

}  // namespace twill::table::detail::pq
