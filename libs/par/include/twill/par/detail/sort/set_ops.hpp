// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace twill::par::detail {

/// Copies two sorted ranges into one, cut by rank into pieces that run in parallel. `less(right, left)`,
/// `serial(...)` merges one piece.
template <class I, class J, class O, class Less, class Serial>
void copy_merge(I left, std::size_t left_size, J right, std::size_t right_size, O out, const Less& less,
                const Serial& serial) {
  const std::size_t n = left_size + right_size;
  if (n <= 2 * merge_piece) {
    serial(left, ahead(left, left_size), right, ahead(right, right_size), out);
    return;
  }
  const std::size_t half = n / 2;
  const std::size_t from_left = co_rank(half, left, left_size, right, right_size, less);
  const std::size_t from_right = half - from_left;
  fork_both([&] { copy_merge(left, from_left, right, from_right, out, less, serial); },
            [&] {
              copy_merge(ahead(left, from_left), left_size - from_left, ahead(right, from_right),
                         right_size - from_right, ahead(out, half), less, serial);
            });
}

/// An output iterator that counts what is written to it.
class counting_output {
 public:
  struct sink {
    template <class T>
    const sink& operator=(T&&) const noexcept {
      return *this;
    }
  };
  using difference_type = std::ptrdiff_t;

  [[nodiscard]] sink operator*() const noexcept { return {}; }
  counting_output& operator++() noexcept {
    ++count_;
    return *this;
  }
  counting_output operator++(int) noexcept {
    counting_output before = *this;
    ++count_;
    return before;
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_ = 0;
};

/// Cuts of two sorted ranges at the same values, so that equal elements stay in one piece.
struct aligned_cuts {
  std::vector<std::size_t> left;
  std::vector<std::size_t> right;
};

template <class I, class J, class Compare, class Proj1, class Proj2>
[[nodiscard]] aligned_cuts cut_at_values(I left, std::size_t left_size, J right, std::size_t right_size,
                                         const Compare& compare, const Proj1& proj1, const Proj2& proj2) {
  const bool by_left = left_size >= right_size;
  const fixed_blocks blocks{by_left ? left_size : right_size, merge_piece};
  aligned_cuts cuts{std::vector<std::size_t>(blocks.count() + 1),
                    std::vector<std::size_t>(blocks.count() + 1)};
  cuts.left.back() = left_size;
  cuts.right.back() = right_size;
  const auto place = [&](std::size_t b, auto&& value) {
    const auto below = [&](auto&& x, auto&& v) { return static_cast<bool>(std::invoke(compare, x, v)); };
    cuts.left[b] =
        span_of(left, std::ranges::lower_bound(left, ahead(left, left_size), value, below, std::cref(proj1)));
    cuts.right[b] = span_of(
        right, std::ranges::lower_bound(right, ahead(right, right_size), value, below, std::cref(proj2)));
  };
  fork_indices(1, std::max<std::size_t>(blocks.count(), 1), [&](std::size_t b) {
    if (by_left) {
      place(b, std::invoke(proj1, *ahead(left, b * merge_piece)));
    } else {
      place(b, std::invoke(proj2, *ahead(right, b * merge_piece)));
    }
  });
  return cuts;
}

/// Runs a set operation piece by piece: once to count, once to write. `serial(l, l_end, r, r_end, out)` does
/// one piece and returns the end of its output. Returns how much was written.
template <class I, class J, class O, class Serial>
std::size_t set_operation(I left, J right, O out, const aligned_cuts& cuts, const Serial& serial) {
  const std::size_t pieces = cuts.left.size() - 1;
  const auto run = [&](std::size_t p, auto to) {
    return serial(ahead(left, cuts.left[p]), ahead(left, cuts.left[p + 1]), ahead(right, cuts.right[p]),
                  ahead(right, cuts.right[p + 1]), to);
  };
  std::vector<std::size_t> start(pieces + 1);
  fork_indices(0, pieces, [&](std::size_t p) { start[p + 1] = run(p, counting_output()).count(); });
  for (std::size_t p = 0; p < pieces; ++p) start[p + 1] += start[p];
  fork_indices(0, pieces, [&](std::size_t p) { static_cast<void>(run(p, ahead(out, start[p]))); });
  return start[pieces];
}

}  // namespace twill::par::detail
