// SPDX-License-Identifier: Apache-2.0
// A source and a consumer of one's own: all that a loop needs to know of them.
#include "twill/par/range.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace par = twill::par;

// [snippet:source]
/// 1/1, 1/4, 1/9, ...: a source with positions.
struct inverse_squares {
  using item_type = double;
  std::size_t n;

  /// A piece of it, from some position on. `split_at(k)` keeps the first k items and returns the rest.
  struct producer {
    using item_type = double;
    std::size_t first;
    producer split_at(std::size_t k) { return {first + k}; }
    /// At a leaf: how to make item i of the piece.
    auto leaf() && {
      return [f = first](std::size_t i) {
        return 1.0 / (static_cast<double>(f + i + 1) * static_cast<double>(f + i + 1));
      };
    }
  };

  [[nodiscard]] std::size_t len() const { return n; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return n; }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(producer{0});
  }
  template <class Consumer>
  typename Consumer::result_type drive(Consumer consumer) && {
    return par::drive_indexed(std::move(*this), std::move(consumer));
  }
};
static_assert(par::indexed_parallel_range<inverse_squares>);
// [end:source]

// [snippet:consumer]
/// Joins words into lines of at most `width` characters within a leaf, and counts the lines.
struct line_counter {
  using result_type = std::size_t;
  std::size_t width;

  struct folder {
    std::size_t width;
    std::size_t lines = 0;
    std::size_t column = 0;
    void consume(const std::string& word) {
      if (lines == 0 || column + 1 + word.size() > width) {
        ++lines;
        column = word.size();
      } else {
        column += 1 + word.size();
      }
    }
    [[nodiscard]] bool full() const { return false; }
    std::size_t complete() && { return lines; }
  };
  struct adder {
    std::size_t combine(std::size_t left, std::size_t right) { return left + right; }
  };
  // The leaves are the blocks of the fixed tree, so the answer does not depend on the number of threads.
  static constexpr bool fixed_tree = true;
  line_counter split_off_left() { return *this; }
  folder into_folder() && { return {width}; }
  [[nodiscard]] adder to_reducer() const { return {}; }
  [[nodiscard]] bool full() const { return false; }
};
static_assert(par::consumer<line_counter, const std::string&>);
// [end:consumer]

int main() {
  // [snippet:use]
  const double sum = inverse_squares{1000000} | par::sum<double>();
  const std::vector<std::string> words{"all", "that", "a", "loop", "needs", "to", "know"};
  const std::size_t lines = words | par::with_deterministic_tree(3) | par::drive(line_counter{12});
  // [end:use]
  std::printf("sum %.12f, lines %zu\n", sum, lines);
}
