// SPDX-License-Identifier: Apache-2.0
#include "twill/report/text_table.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace twill::report {
namespace {

using detail::terminal_width;

constexpr std::size_t narrowest = 3;

/// The strokes of a style: left, between, right, and the filling of a rule.
struct rule {
  std::string_view left;
  std::string_view fill;
  std::string_view between;
  std::string_view right;
};
struct strokes {
  rule top;
  rule below_header;
  rule bottom;
  std::string_view left;
  std::string_view between;
  std::string_view right;
  std::string_view ellipsis;
};

strokes strokes_of(table_style style) {
  switch (style) {
    case table_style::plain: return {{}, {"", "-", "  ", ""}, {}, "", "  ", "", "~"};
    case table_style::ascii:
      return {{"+-", "-", "-+-", "-+"},
              {"+-", "-", "-+-", "-+"},
              {"+-", "-", "-+-", "-+"},
              "| ",
              " | ",
              " |",
              "~"};
    case table_style::box: break;
  }
  return {{"\u250c\u2500", "\u2500", "\u2500\u252c\u2500", "\u2500\u2510"},
          {"\u251c\u2500", "\u2500", "\u2500\u253c\u2500", "\u2500\u2524"},
          {"\u2514\u2500", "\u2500", "\u2500\u2534\u2500", "\u2500\u2518"},
          "\u2502 ",
          " \u2502 ",
          " \u2502",
          "\u2026"};
}

/// What a terminal may be given.
std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const detail::code_point c = detail::read_code_point(text, at);
    at = c.next;
    const bool space = c.value == '\n' || c.value == '\r' || c.value == '\t';
    // Bidirectional controls could make a cell read as its neighbour.
    const bool turns = (c.value >= 0x202a && c.value <= 0x202e) || (c.value >= 0x2066 && c.value <= 0x2069);
    const bool control = c.value < 0x20 || (c.value >= 0x7f && c.value < 0xa0) || turns;
    detail::append_utf8(out, space ? U' ' : control ? U'\ufffd' : c.value);
  }
  return out;
}

std::string truncated(std::string_view text, std::size_t columns, std::string_view ellipsis) {
  if (terminal_width(text) <= columns) return std::string(text);
  std::string out(text.substr(0, detail::prefix_within(text, columns - 1)));
  return out + std::string(ellipsis);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  while (terminal_width(text) > columns) {
    std::size_t end = detail::prefix_within(text, columns);
    const std::size_t space = text.substr(0, end + 1).rfind(' ');
    if (space != std::string_view::npos && space > 0) end = space;
    // A wide character in a column too narrow for it still has to go somewhere.
    if (end == 0) end = detail::read_code_point(text, 0).next;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  lines.emplace_back(text);
  return lines;
}

struct layout {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> cells;  ///< a column
  std::vector<bool> right;
  std::vector<std::size_t> widths;
};

/// Puts the decimal points of a column below each other. Texts with an exponent stay as they are.
void align_points(std::vector<std::string>& cells) {
  std::size_t longest = 0;
  const auto fraction = [](const std::string& s) {
    const std::size_t point = s.find('.');
    return point == std::string::npos ? std::size_t{0} : s.size() - point;
  };
  const auto plain = [](const std::string& s) {
    return s.find_first_of("0123456789") != std::string::npos &&
           s.find_first_not_of("-0123456789.") == std::string::npos;
  };
  for (const std::string& cell : cells) {
    if (plain(cell)) longest = std::max(longest, fraction(cell));
  }
  for (std::string& cell : cells) {
    if (plain(cell)) cell.append(longest - fraction(cell), ' ');
  }
}

layout lay_out(const data_table& table, const text_table_options& options, const strokes& s) {
  layout l;
  for (std::size_t c = 0; c < table.columns().size(); ++c) {
    const data_column& column = table.columns()[c];
    l.header.push_back(harmless(column.heading()));
    l.right.push_back(column.kind == column_kind::number);
    std::vector<std::string> cells;
    for (std::size_t r = 0; r < table.rows(); ++r) {
      const std::string text = table.text_at(r, c);
      cells.push_back(harmless(text.empty() ? options.missing : text));
    }
    if (l.right.back()) align_points(cells);
    std::size_t width = std::max<std::size_t>(terminal_width(l.header.back()), 1);
    for (const std::string& cell : cells) width = std::max(width, terminal_width(cell));
    l.cells.push_back(std::move(cells));
    l.widths.push_back(width);
  }
  if (options.max_width == 0 || l.widths.empty()) return l;
  std::size_t used =
      terminal_width(s.left) + terminal_width(s.right) + terminal_width(s.between) * (l.widths.size() - 1);
  for (const std::size_t width : l.widths) used += width;
  for (const bool numbers : {false, true}) {
    while (used > options.max_width) {
      std::size_t widest = l.widths.size();
      for (std::size_t c = 0; c < l.widths.size(); ++c) {
        const bool candidate = (numbers || !l.right[c]) && l.widths[c] > narrowest;
        if (candidate && (widest == l.widths.size() || l.widths[c] > l.widths[widest])) widest = c;
      }
      if (widest == l.widths.size()) break;
      --l.widths[widest];
      --used;
    }
  }
  return l;
}

class writer {
 public:
  writer(const layout& l, const strokes& s, const text_table_options& options)
      : layout_(l), strokes_(s), options_(options) {}

  void rule_line(const rule& r) {
    if (r.fill.empty()) return;
    out_ += r.left;
    for (std::size_t c = 0; c < layout_.widths.size(); ++c) {
      if (c > 0) out_ += r.between;
      for (std::size_t i = 0; i < layout_.widths[c]; ++i) out_ += r.fill;
    }
    out_ += r.right;
    out_ += '\n';
  }

  template <class CellOf>
  void row(CellOf cell_of, bool header) {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t c = 0; c < layout_.widths.size(); ++c) {
      const std::string& text = cell_of(c);
      if (options_.when_wide == overflow::wrap && !(layout_.right[c] && !header)) {
        lines.push_back(wrapped(text, layout_.widths[c]));
      } else {
        lines.push_back({truncated(text, layout_.widths[c], strokes_.ellipsis)});
      }
      height = std::max(height, lines.back().size());
    }
    for (std::size_t k = 0; k < height; ++k) {
      std::string line(strokes_.left);
      for (std::size_t c = 0; c < layout_.widths.size(); ++c) {
        if (c > 0) line += strokes_.between;
        const std::string text = k < lines[c].size() ? lines[c][k] : std::string();
        const std::string room(layout_.widths[c] - std::min(layout_.widths[c], terminal_width(text)), ' ');
        if (layout_.right[c]) line += room;
        if (header && options_.colours) line += "\x1b[1m";
        line += text;
        if (header && options_.colours) line += "\x1b[0m";
        if (!layout_.right[c]) line += room;
      }
      line += strokes_.right;
      while (!line.empty() && line.back() == ' ') line.pop_back();
      out_ += line + '\n';
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  const layout& layout_;
  const strokes& strokes_;
  const text_table_options& options_;
  std::string out_;
};

}  // namespace

std::string to_text(const data_table& table, const text_table_options& options) {
  if (table.columns().empty()) return {};
  const strokes s = strokes_of(options.style);
  const layout l = lay_out(table, options, s);
  writer w(l, s, options);
  w.rule_line(s.top);
  w.row([&](std::size_t c) -> const std::string& { return l.header[c]; }, true);
  w.rule_line(s.below_header);
  for (std::size_t r = 0; r < table.rows(); ++r) {
    w.row([&](std::size_t c) -> const std::string& { return l.cells[c][r]; }, false);
  }
  w.rule_line(s.bottom);
  return w.take();
}

}  // namespace twill::report
