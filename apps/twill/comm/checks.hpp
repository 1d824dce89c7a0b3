// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The checks of `twill comm selftest`: each calls one operation in its forms and compares the result with
// what follows from rank and size alone. All ranks call all checks in the same order.
namespace twill::apps {

using any_world = comm::any_communicator;

/// What a check finds wrong on this rank: the first difference, nothing when all is right.
class finding {
 public:
  template <class Found, class Expected>
  void equal(std::string_view what, const Found& found, const Expected& expected) {
    if (!text_.empty() || found == static_cast<Found>(expected)) return;
    text_ = fmt::format("{}: found {}, expected {}", what, found, static_cast<Found>(expected));
  }
  template <std::ranges::contiguous_range Found, std::ranges::contiguous_range Expected>
  void same(std::string_view what, const Found& found, const Expected& expected) {
    if (!text_.empty()) return;
    equal(fmt::format("{}, length", what), std::ranges::size(found), std::ranges::size(expected));
    for (std::size_t i = 0; text_.empty() && i < std::ranges::size(found); ++i)
      equal(fmt::format("{}, element {}", what, i), std::ranges::data(found)[i],
            std::ranges::data(expected)[i]);
  }
  void that(std::string_view what, bool holds) {
    if (text_.empty() && !holds) text_ = what;
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// One operation.
struct check {
  std::string_view group;
  std::string_view operation;
  void (*run)(const any_world&, finding&);
};

/// Three elements that tell their rank: r + 1, 2 (r + 1), 3 (r + 1).
inline std::vector<double> block_of(int rank) {
  const double one = rank + 1;
  return {one, 2 * one, 3 * one};
}

/// `block_of` of ranks first to last - 1, one behind the other.
inline std::vector<double> blocks_of(int first, int last) {
  std::vector<double> all;
  for (int r = first; r < last; ++r) std::ranges::copy(block_of(r), std::back_inserter(all));
  return all;
}

/// The sum of `block_of` over ranks 0 to n - 1.
inline std::vector<double> sum_of_blocks(int n) {
  const double one = n * (n + 1) / 2.0;
  return {one, 2 * one, 3 * one};
}

/// Rank r contributes r elements of its own: zero lengths are among them.
inline std::vector<double> rising_block(int rank) {
  std::vector<double> out;
  for (int i = 0; i < rank; ++i) out.push_back(100.0 * rank + i);
  return out;
}

/// The lengths of `rising_block` of n ranks.
inline std::vector<std::size_t> rising_counts(int n) {
  std::vector<std::size_t> out;
  for (int r = 0; r < n; ++r) out.push_back(static_cast<std::size_t>(r));
  return out;
}

/// `rising_block` of n ranks, one behind the other.
inline std::vector<double> rising_blocks(int n) {
  std::vector<double> all;
  for (int r = 0; r < n; ++r) std::ranges::copy(rising_block(r), std::back_inserter(all));
  return all;
}

inline std::size_t count_of(const any_world& world) { return static_cast<std::size_t>(world.size()); }
inline std::size_t index_of(const any_world& world) { return static_cast<std::size_t>(world.rank()); }

/// Each file's checks, in the order in which they run.
[[nodiscard]] std::span<const check> collective_checks();
[[nodiscard]] std::span<const check> ragged_checks();
[[nodiscard]] std::span<const check> nonblocking_checks();
[[nodiscard]] std::span<const check> persistent_checks();
[[nodiscard]] std::span<const check> message_checks();
[[nodiscard]] std::span<const check> communicator_checks();
[[nodiscard]] std::span<const check> memory_checks();

}  // namespace twill::apps
