// SPDX-License-Identifier: Apache-2.0
#include "../file_bytes.hpp"
#include "document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace twill::table::json {
namespace {

using detail::document_data;
using detail::node;

constexpr std::size_t hard_max_bytes = std::size_t{1} << 31;  // node offsets are 32 bits
constexpr std::size_t hard_max_depth = 1000;                  // `scan` recurses

/// Builds our nodes from the events of nlohmann's parser.
class builder {
 public:
  builder(document_data& data, std::size_t max_depth) : data_(data), max_depth_(max_depth) {}

  bool null() { return add(kind::null), true; }
  bool boolean(bool value) { return add(kind::boolean).bits = value ? 1 : 0, true; }
  bool number_integer(std::int64_t value) { return add(kind::integer).integer = value, true; }
  bool number_unsigned(std::uint64_t value) {
    node& n = add(kind::integer);
    n.bits = value;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      n.flags = node::unsigned_only;
    return true;
  }
  bool number_float(double value, const std::string& /*text*/) { return add(kind::real).real = value, true; }
  bool string(const std::string& text) {
    const std::uint64_t offset = data_.strings.size();
    data_.strings += text;
    node& n = add(kind::string);
    n.bits = offset;
    n.size = static_cast<std::uint32_t>(text.size());
    return true;
  }
  bool binary(const std::vector<std::uint8_t>& /*bytes*/) { return false; }
  bool start_object(std::size_t /*unknown*/) { return open(kind::object); }
  bool end_object() {
    duplicates_ = duplicates_ || has_duplicates(open_.back());
    return close();
  }
  bool start_array(std::size_t /*unknown*/) { return open(kind::array); }
  bool end_array() { return close(); }
  bool key(const std::string& text) {
    key_offset_ = static_cast<std::uint32_t>(data_.strings.size());
    key_size_ = static_cast<std::uint32_t>(text.size());
    data_.strings += text;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) {
    failed_at_ = position;
    return false;
  }

  [[nodiscard]] bool duplicates() const noexcept { return duplicates_; }
  [[nodiscard]] std::size_t failed_at() const noexcept { return failed_at_; }

 private:
  node& add(kind type) {
    if (!open_.empty()) ++data_.nodes[open_.back()].size;
    node& n = data_.nodes.emplace_back();
    n.type = type;
    n.key_offset = std::exchange(key_offset_, 0);
    n.key_size = std::exchange(key_size_, 0);
    return n;
  }
  bool open(kind type) {
    if (open_.size() == max_depth_) return false;
    add(type);
    open_.push_back(static_cast<std::uint32_t>(data_.nodes.size() - 1));
    return true;
  }
  bool close() {
    data_.nodes[open_.back()].bits = data_.nodes.size();
    open_.pop_back();
    return true;
  }
  [[nodiscard]] bool has_duplicates(std::uint32_t object) {
    const std::uint32_t count = data_.nodes[object].size;
    if (count < 2) return false;
    const auto end = static_cast<std::uint32_t>(data_.nodes.size());
    keys_.clear();
    for (std::uint32_t i = object + 1; i < end; i = data_.behind(i)) {
      keys_.push_back(data_.piece(data_.nodes[i].key_offset, data_.nodes[i].key_size));
    }
    if (count <= 24) {
      for (std::size_t i = 1; i < keys_.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (keys_[i] == keys_[j]) return true;
        }
      }
      return false;
    }
    std::ranges::sort(keys_);
    return std::ranges::adjacent_find(keys_) != keys_.end();
  }

  document_data& data_;
  std::size_t max_depth_;
  std::vector<std::uint32_t> open_;
  std::vector<std::string_view> keys_;
  std::uint32_t key_offset_ = 0;
  std::uint32_t key_size_ = 0;
  bool duplicates_ = false;
  std::size_t failed_at_ = 0;
};

/// Says that a text is of another encoding, which no message about a character in it could.
bool other_encoding(std::string_view text, const std::string& name, findings& out) {
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
                     (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'));
  if (!utf16) return false;
  out.error(rule::encoding, {.what = "the text is not UTF-8",
                             .where = {.file = name, .line = 1, .column = 1},
                             .found = "UTF-16",
                             .expected = "UTF-8",
                             .hint = "save the file as UTF-8"});
  return true;
}

}  // namespace

std::optional<document> parse(std::string text, std::string name, findings& out,
                              const parse_options& options) {
  const std::size_t max_bytes = std::min(options.max_bytes, hard_max_bytes);
  const std::size_t max_depth = std::min(options.max_depth, hard_max_depth);
  if (text.size() > max_bytes) {
    out.error(rule::limit, {.what = "the JSON text is too long",
                            .where = {.file = std::move(name)},
                            .found = fmt::format("{} bytes", text.size()),
                            .expected = fmt::format("at most {}", max_bytes)});
    return std::nullopt;
  }
  if (other_encoding(text, name, out)) return std::nullopt;

  auto data = std::make_shared<document_data>();
  data->name = std::move(name);
  data->text = std::move(text);
  data->start = data->text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  data->nodes.reserve(data->text.size() / 16 + 1);
  data->strings.reserve(data->text.size() / 4);
  builder build(*data, max_depth);
  const char* const first = data->text.data() + data->start;
  const char* const last = data->text.data() + data->text.size();
  // That parser takes a zero byte behind the value for the end of the text; JSON has zero bytes nowhere.
  const bool accepted = nlohmann::json::sax_parse(first, last, &build) &&
                        data->text.find('\0', data->start) == std::string::npos;
  if (accepted && !build.duplicates()) return document(std::move(data));

  const std::size_t before = out.errors();
  detail::scan(data->text, data->start, data->name, max_depth, &out, nullptr);
  if (!accepted && out.errors() == before) {
    const auto [line, column] = detail::line_column_of(data->text, data->start + build.failed_at());
    out.error(rule::syntax,
              {.what = "not a JSON text", .where = {.file = data->name, .line = line, .column = column}});
  }
  return accepted ? std::optional(document(std::move(data))) : std::nullopt;
}

document parse(std::string text, std::string name, const parse_options& options) {
  findings out;
  auto read = parse(std::move(text), std::move(name), out, options);
  out.throw_if_errors();
  return *std::move(read);
}

std::optional<document> read_file(const std::string& path, findings& out, const parse_options& options) {
  const file_bytes file(path);
  if (file.size() > options.max_bytes) {
    out.error(rule::limit, {.what = "the JSON text is too long",
                            .where = {.file = path},
                            .found = fmt::format("{} bytes", file.size()),
                            .expected = fmt::format("at most {}", options.max_bytes)});
    return std::nullopt;
  }
  return parse(std::string(file.text()), path, out, options);
}

document read_file(const std::string& path, const parse_options& options) {
  findings out;
  auto read = read_file(path, out, options);
  out.throw_if_errors();
  return *std::move(read);
}

}  // namespace twill::table::json
