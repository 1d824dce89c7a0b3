// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/data.hpp"
#include "twill/report/figure.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::report {

/// How a figure or a note is to be taken: colour, sign and word.
enum class tone : std::uint8_t { neutral, good, warning, bad };

/// A key figure: a large value with its name.
struct card {
  std::string label{};       ///< what the figure is
  std::string value{};       ///< the figure as text
  std::string unit{};        ///< of the figure
  std::string detail{};      ///< a line below
  tone how = tone::neutral;  ///< its colour
};

/// One of several figures of which a reader looks at one at a time.
struct choice {
  std::string name{};  ///< in the list
  figure shown;        ///< when chosen
};

/// A report in one HTML file: no request leaves it, equal input gives equal bytes, and it reads well on
/// paper, in the dark, by keyboard and without its script.
///
/// Everything given is text: nothing in it is taken for markup. Content goes into the section opened last.
class document {
 public:
  explicit document(std::string title, std::string subtitle = {});

  /// A heading with its line in the table of contents.
  document& section(std::string title);
  /// A heading below that, also in the table of contents.
  document& subsection(std::string title);
  document& paragraph(std::string_view text);
  document& list(std::span<const std::string> items);
  document& note(std::string_view text, tone how = tone::neutral);
  document& cards(std::span<const card> cards);
  /// Names with their values: versions, hashes, settings.
  document& facts(std::span<const std::pair<std::string, std::string>> facts);
  /// Text as it is, in a fixed-width font.
  document& code(std::string_view text);
  /// A chart with its numbers: hover shows them, buttons show them as a table and save them.
  document& add(const figure& f);
  /// Figures behind one another with a list to choose from; the first is seen first, and on paper.
  document& choose(std::string label, std::span<const choice> choices);
  /// A table with its title as the caption, and buttons that save it.
  document& table(const data_table& t);
  /// Numbers that are not shown, for programs that read the report: the element with this id holds the
  /// table's JSON. Throws: twill::error when the id is taken or is not made of letters, digits, `-` and `_`.
  document& data(std::string id, const data_table& t);

  /// Ids of the data blocks so far, in their order.
  [[nodiscard]] const std::vector<std::string>& data_ids() const noexcept { return ids_; }
  /// The whole file.
  [[nodiscard]] std::string html() const;

 private:
  void heading(int level, std::string_view title);
  void append_figure(const figure& f, bool hidden);
  [[nodiscard]] std::string new_id(std::string_view prefix);

  struct entry {
    int level;
    std::string id;
    std::string title;
  };
  std::string title_;
  std::string subtitle_;
  std::string body_;
  std::vector<entry> contents_;
  std::vector<std::string> ids_;
  std::size_t figures_ = 0;
  std::size_t tables_ = 0;
};

}  // namespace twill::report
