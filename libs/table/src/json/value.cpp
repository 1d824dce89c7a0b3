// SPDX-License-Identifier: Apache-2.0
#include "document.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace twill::table::json {

using detail::node;

std::string_view name_of(kind k) noexcept {
  switch (k) {
    case kind::null: return "null";
    case kind::boolean: return "true or false";
    case kind::integer: return "an integer";
    case kind::real: return "a number";
    case kind::string: return "a text";
    case kind::array: return "an array";
    case kind::object: return "an object";
  }
  return "unknown";
}

value::iterator& value::iterator::operator++() noexcept {
  index_ = data_->behind(index_);
  return *this;
}

kind value::type() const noexcept { return data_->nodes[index_].type; }

std::optional<bool> value::as_bool() const noexcept {
  const node& n = data_->nodes[index_];
  return n.type == kind::boolean ? std::optional(n.bits != 0) : std::nullopt;
}

std::optional<std::int64_t> value::as_int64() const noexcept {
  const node& n = data_->nodes[index_];
  return n.type == kind::integer && n.flags == node::plain ? std::optional(n.integer) : std::nullopt;
}

std::optional<std::uint64_t> value::as_uint64() const noexcept {
  const node& n = data_->nodes[index_];
  if (n.type != kind::integer || (n.flags == node::plain && n.integer < 0)) return std::nullopt;
  return n.bits;
}

std::optional<double> value::as_double() const noexcept {
  const node& n = data_->nodes[index_];
  if (n.type == kind::real) return n.real;
  if (n.type != kind::integer) return std::nullopt;
  return n.flags == node::unsigned_only ? static_cast<double>(n.bits) : static_cast<double>(n.integer);
}

std::optional<std::string_view> value::as_string() const noexcept {
  const node& n = data_->nodes[index_];
  return n.type == kind::string ? std::optional(data_->piece(n.bits, n.size)) : std::nullopt;
}

std::size_t value::size() const noexcept {
  const node& n = data_->nodes[index_];
  return n.type == kind::array || n.type == kind::object ? n.size : 0;
}

value::iterator value::begin() const noexcept { return size() == 0 ? end() : iterator(data_, index_ + 1); }

value::iterator value::end() const noexcept { return {data_, data_->behind(index_)}; }

std::optional<value> value::find(std::string_view key) const noexcept {
  if (!is_object()) return std::nullopt;
  for (const value member : *this) {
    if (member.key() == key) return member;
  }
  return std::nullopt;
}

std::string_view value::key() const noexcept {
  const node& n = data_->nodes[index_];
  return data_->piece(n.key_offset, n.key_size);
}

std::string value::pointer() const {
  // Down from the root: at each level the child whose range of the preorder holds this value.
  std::string path;
  std::uint32_t parent = 0;
  while (parent != index_) {
    std::uint32_t child = parent + 1;
    std::size_t position = 0;
    while (data_->behind(child) <= index_) {
      child = data_->behind(child);
      ++position;
    }
    path += '/';
    if (data_->nodes[parent].type == kind::object) {
      detail::append_pointer_token(path, value(data_, child).key());
    } else {
      path += std::to_string(position);
    }
    parent = child;
  }
  return path;
}

namespace {

location place(const detail::document_data& data, std::size_t offset, std::string pointer) {
  const auto [line, column] = detail::line_column_of(data.text, offset);
  return {.file = data.name, .line = line, .column = column, .pointer = std::move(pointer)};
}

}  // namespace

location value::where() const { return place(*data_, data_->where().values[index_], pointer()); }

location value::key_where() const { return place(*data_, data_->where().keys[index_], pointer()); }

std::string value::summary() const {
  const auto counted = [this](std::string_view what, std::string_view noun) {
    if (size() == 0) return fmt::format("an empty {}", what);
    return fmt::format("an {} with {} {}{}", what, size(), noun, size() == 1 ? "" : "s");
  };
  switch (type()) {
    case kind::string: return detail::excerpt(quoted(*as_string()));
    case kind::array: return counted("array", "element");
    case kind::object: return counted("object", "key");
    default: return write(*this, 0);
  }
}

const std::string& document::name() const noexcept { return data_->name; }

namespace detail {

const places& document_data::where() const {
  // The recursion of `scan` is bounded by the depth that the parser has already accepted.
  std::call_once(
      once_, [this] { scan(text, start, name, std::numeric_limits<std::size_t>::max(), nullptr, &places_); });
  return places_;
}

line_column line_column_of(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t last = before.rfind('\n');
  const auto lines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  // A byte order mark takes no column.
  const std::size_t mark = lines == 0 && text.starts_with("\xEF\xBB\xBF") && before.size() >= 3 ? 3 : 0;
  return {lines + 1, before.size() - (last == std::string_view::npos ? 0 : last + 1) - mark + 1};
}

void append_pointer_token(std::string& pointer, std::string_view key) {
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::size_t cut = text.size();
  if (cut > longest) {
    cut = longest;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  }
  std::string shown;
  for (const char c : text.substr(0, cut)) {
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\r') {
      shown += "\\r";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      shown += c;
    }
  }
  return cut < text.size() ? shown + "..." : shown;
}

}  // namespace detail

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20U) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

namespace {

void write_number(std::string& out, double number) {
  std::string text = shortest(number);
  // A real number stays one when it is read again.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  out += text;
}

}  // namespace

std::string write(const value& v, int indent) {
  std::string out;
  const auto& nodes = v.data_->nodes;
  const auto line = [&](std::size_t depth) {
    if (indent > 0) out.append("\n").append(depth * static_cast<std::size_t>(indent), ' ');
  };
  // Preorder with a stack of open containers: depth is the reader's, not ours, to limit.
  struct open {
    std::uint32_t behind;
    bool object;
  };
  std::vector<open> stack;
  const std::uint32_t last = v.data_->behind(v.index_);
  for (std::uint32_t i = v.index_; i < last; ++i) {
    const node& n = nodes[i];
    const value at(v.data_, i);
    if (!stack.empty()) {
      if (out.back() != '[' && out.back() != '{') out += indent > 0 ? "," : ", ";
      line(stack.size());
      if (stack.back().object) out += quoted(at.key()) + ": ";
    }
    switch (n.type) {
      case kind::null: out += "null"; break;
      case kind::boolean: out += n.bits != 0 ? "true" : "false"; break;
      case kind::integer:
        out += n.flags == node::unsigned_only ? std::to_string(n.bits) : std::to_string(n.integer);
        break;
      case kind::real: write_number(out, n.real); break;
      case kind::string: out += quoted(*at.as_string()); break;
      case kind::array:
      case kind::object: {
        const bool object = n.type == kind::object;
        if (n.size == 0) {
          out += object ? "{}" : "[]";
        } else {
          out += object ? '{' : '[';
          stack.push_back({v.data_->behind(i), object});
        }
      }
    }
    while (!stack.empty() && stack.back().behind == i + 1) {
      const bool object = stack.back().object;
      stack.pop_back();
      line(stack.size());
      out += object ? '}' : ']';
    }
  }
  return out;
}

}  // namespace twill::table::json
