// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One way to do the work of a row. An empty one was not found on this machine.
struct side {
  std::string name;
  std::function<void()> run;
};

/// What the command line asks for.
struct choice {
  bool json = false;
  std::string row;   ///< that row alone,
  std::string only;  ///< and of it one side, whose time in microseconds is printed
};

/// Runs the sides of a row in turn for some rounds; the median of the rounds' ratios counts. Prints a line.
///
/// The first side is ours; `repeats` is how often a side runs within a round.
class table {
 public:
  explicit table(choice what) : what_(std::move(what)) {}
  /// Whether anything of a row with this id is wanted: else its data need not be made.
  [[nodiscard]] bool wants(std::string_view id) const { return what_.row.empty() || what_.row == id; }
  void row(const std::string& id, const std::string& what, std::vector<side> sides, int repeats);
  /// Whether `--row` named a row that there was.
  [[nodiscard]] bool seen() const { return what_.row.empty() || seen_; }

 private:
  choice what_;
  bool seen_ = false;
};

}  // namespace bench
