// SPDX-License-Identifier: Apache-2.0
#include "parquet/schema.hpp"

#include <fmt/format.h>

#include <unordered_set>

namespace twill::table::detail::pq {

namespace {

/// The retired annotation says the same as the logical type; one form is enough for what follows.
logical_type meaning_of(const schema_element& e) {
  if (e.meaning.kind != logical::none || !e.annotation) return e.meaning;
  const auto integer = [](int bits, bool is_signed) {
    return logical_type{.kind = logical::integer, .bits = bits, .is_signed = is_signed};
  };
  switch (*e.annotation) {
    case converted::utf8: return {.kind = logical::string};
    case converted::enumeration: return {.kind = logical::enumeration};
    case converted::json: return {.kind = logical::json};
    case converted::bson: return {.kind = logical::bson};
    case converted::decimal: return {.kind = logical::decimal};
    case converted::date: return {.kind = logical::date};
    case converted::time_millis: return {.kind = logical::time, .unit = time_unit::millis, .utc = true};
    case converted::time_micros: return {.kind = logical::time, .unit = time_unit::micros, .utc = true};
    case converted::timestamp_millis:
      return {.kind = logical::timestamp, .unit = time_unit::millis, .utc = true};
    case converted::timestamp_micros:
      return {.kind = logical::timestamp, .unit = time_unit::micros, .utc = true};
    case converted::uint8: return integer(8, false);
    case converted::uint16: return integer(16, false);
    case converted::uint32: return integer(32, false);
    case converted::uint64: return integer(64, false);
    case converted::int8: return integer(8, true);
    case converted::int16: return integer(16, true);
    case converted::int32: return integer(32, true);
    case converted::int64: return integer(64, true);
    default: return {};
  }
}

std::string_view unit_name(time_unit unit) {
  return unit == time_unit::millis ? "ms" : unit == time_unit::micros ? "us" : "ns";
}

void describe_words(leaf& out, const schema_element& e, const logical_type& m, bool wide) {
  out.target = wide ? column_type::int64 : column_type::int32;
  out.described = wide ? "int64" : "int32";
  if (m.kind == logical::date && !wide) {
    out.target = column_type::date;
    out.described = "date";
  } else if (m.kind == logical::integer) {
    if (!m.is_signed) out.target = wide ? column_type::uint64 : column_type::uint32;
    out.described = fmt::format("{}int{}", m.is_signed ? "" : "u", m.bits);
  } else if (m.kind == logical::decimal) {
    out.described = fmt::format("decimal({},{})", e.precision, e.scale);
  } else if (m.kind == logical::timestamp || m.kind == logical::time) {
    out.described = fmt::format("{}({}{})", m.kind == logical::time ? "time" : "timestamp", unit_name(m.unit),
                                m.utc ? ", UTC" : "");
  } else if (m.kind == logical::unknown) {
    out.described = "null";
  }
}

void describe_bytes(leaf& out, const schema_element& e, const logical_type& m) {
  out.target = column_type::string;
  out.convert = conversion::text;
  if (m.kind == logical::decimal) {
    out.target = column_type::int64;
    out.convert = conversion::decimal;
    out.described = fmt::format("decimal({},{})", e.precision, e.scale);
  } else if (m.kind == logical::string || m.kind == logical::enumeration || m.kind == logical::json) {
    out.must_be_utf8 = true;
    out.described = m.kind == logical::json ? "json" : "string";
  } else if (m.kind == logical::float16 && out.length == 2) {
    out.target = column_type::float32;
    out.convert = conversion::half;
    out.described = "float16";
  } else if (m.kind == logical::uuid && out.length == 16) {
    out.convert = conversion::uuid;
    out.described = "uuid";
  } else if (e.annotation == converted::interval) {
    out.refusal = fmt::format("interval column `{}` is not supported", out.name);
    out.described = "interval";
  } else {
    out.described = out.length > 0 ? fmt::format("bytes[{}]", out.length) : "bytes";
  }
}

void describe(leaf& out, const schema_element& e, const context& at) {
  const logical_type m = meaning_of(e);
  switch (out.type) {
    case physical::boolean:
      out.target = column_type::boolean;
      out.described = "bool";
      break;
    case physical::int32: describe_words(out, e, m, false); break;
    case physical::int64: describe_words(out, e, m, true); break;
    case physical::int96:
      out.target = column_type::int64;
      out.convert = conversion::int96;
      out.length = 12;
      out.described = "timestamp(ns)";
      break;
    case physical::real32:
      out.target = column_type::float32;
      out.described = "float";
      break;
    case physical::real64:
      out.target = column_type::float64;
      out.described = "double";
      break;
    case physical::fixed:
      if (e.length <= 0) at.corrupt("fixed length out of range", std::to_string(e.length), "at least 1");
      out.length = static_cast<std::size_t>(e.length);
      describe_bytes(out, e, m);
      break;
    case physical::byte_array: describe_bytes(out, e, m); break;
    default:
      at.corrupt("column has an unknown physical type", name_of(out.type), "BOOLEAN to FIXED_LEN_BYTE_ARRAY");
  }
}

class walker {
 public:
  walker(const file_metadata& metadata, context at) : schema_(metadata.schema), at_(std::move(at)) {}

  std::vector<leaf> run() {
    if (schema_.empty() || schema_[0].type) at_.corrupt("schema does not start with a group");
    children(schema_[0].children, "", false, 0);
    if (next_ != schema_.size()) {
      at_.corrupt("schema holds more elements than its groups count", std::to_string(schema_.size()),
                  std::to_string(next_));
    }
    return std::move(leaves_);
  }

 private:
  void children(std::int32_t count, const std::string& prefix, bool nested, int depth) {
    if (count < 0 || static_cast<std::size_t>(count) > schema_.size() - next_) {
      at_.corrupt("schema group counts more children than there are elements", std::to_string(count),
                  fmt::format("at most {}", schema_.size() - next_));
    }
    if (depth > 32) at_.unsupported("schema is nested too deeply", {}, "flat columns");
    for (std::int32_t i = 0; i < count; ++i) element(prefix, nested, depth);
  }

  void element(const std::string& prefix, bool nested, int depth) {
    if (next_ >= schema_.size()) at_.corrupt("schema ends inside a group");
    const schema_element& e = schema_[next_++];
    const std::string path = prefix + e.name;
    if (!e.type) return children(e.children, path + ".", true, depth + 1);
    leaf out;
    out.name = path;
    out.type = *e.type;
    out.optional = e.repeats == repetition::optional;
    at_.column = path;
    if (e.repeats < repetition::required || e.repeats > repetition::repeated) {
      at_.corrupt("column has an unknown repetition", std::to_string(static_cast<std::int32_t>(e.repeats)),
                  "0 to 2");
    }
    describe(out, e, at_);
    if (nested || e.repeats == repetition::repeated) {
      out.refusal = fmt::format("nested column `{}` is not supported", path);
    }
    if (!seen_.insert(path).second) at_.corrupt("two columns have the same name", path);
    leaves_.push_back(std::move(out));
    at_.column.clear();
  }

  const std::vector<schema_element>& schema_;
  context at_;
  std::size_t next_ = 1;
  std::vector<leaf> leaves_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::vector<leaf> read_schema(const file_metadata& metadata, const context& at) {
  return walker(metadata, at).run();
}

schema_element schema_of(const table_column& column) {
  schema_element e;
  e.name = column.name();
  e.repeats = column.nullable() ? repetition::optional : repetition::required;
  switch (column.type()) {
    case column_type::boolean: e.type = physical::boolean; break;
    case column_type::int32: e.type = physical::int32; break;
    case column_type::int64: e.type = physical::int64; break;
    case column_type::uint32:
      e.type = physical::int32;
      e.annotation = converted::uint32;
      e.meaning = {.kind = logical::integer, .bits = 32, .is_signed = false};
      break;
    case column_type::uint64:
      e.type = physical::int64;
      e.annotation = converted::uint64;
      e.meaning = {.kind = logical::integer, .bits = 64, .is_signed = false};
      break;
    case column_type::float32: e.type = physical::real32; break;
    case column_type::float64: e.type = physical::real64; break;
    case column_type::string:
      e.type = physical::byte_array;
      e.annotation = converted::utf8;
      e.meaning = {.kind = logical::string};
      break;
    case column_type::date:
      e.type = physical::int32;
      e.annotation = converted::date;
      e.meaning = {.kind = logical::date};
      break;
  }
  return e;
}

}  // namespace twill::table::detail::pq
