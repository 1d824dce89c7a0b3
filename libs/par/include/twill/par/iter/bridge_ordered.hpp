// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/consumer_pieces.hpp"
#include "twill/par/iter/sequence.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

/// Items of any input range in their order, at most `window` of them in flight.
template <class Range>
class bridge_ordered_range {
 public:
  using item_type = std::remove_cvref_t<std::ranges::range_reference_t<std::remove_reference_t<Range>>>;
  static constexpr std::string_view name = "bridge_ordered";

  bridge_ordered_range(Range range, std::size_t window)
      : range_(std::forward<Range>(range)), window_(window) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }

  /// While one half of the window is consumed, the other half is read.
  template <class C>
  typename C::result_type drive(C c) && {
    auto next = std::ranges::begin(range_);
    const auto end = std::ranges::end(range_);
    const std::size_t half = std::max<std::size_t>(window_ / 2, 1);
    bool more = true;
    bool started = false;
    const auto read = [&] {
      std::vector<item_type> items;
      while (more && items.size() < half) {
        // Advancing only before the next item is wanted keeps a slow source from being asked for one item too
        // many.
        if (started) ++next;
        started = true;
        more = !(next == end);
        if (more) items.emplace_back(*next);
      }
      return items;
    };
    auto merger = c.to_reducer();
    detail::consumer_pieces<C> pieces(std::move(c));
    std::optional<typename C::result_type> sum;
    std::vector<item_type> items = read();
    for (;;) {
      C piece = pieces.next(items.size());
      const bool last = items.empty() || pieces.full();
      const auto consume = [&] {
        return bridge_producer_consumer(
            items.size(), sequence_producer<item_type*, item_type&&>(items.data(), items.size()),
            std::move(piece));
      };
      std::vector<item_type> ahead;
      std::optional<typename C::result_type> part;
      if (window_ == 1 || last) {
        part.emplace(consume());
        if (!last) ahead = read();
      } else {
        auto both = join_context([&](fn_context) { return consume(); }, [&](fn_context) { return read(); });
        part.emplace(std::move(both.first));
        ahead = std::move(both.second);
      }
      if (sum) {
        sum.emplace(merger.combine(std::move(*sum), std::move(*part)));
      } else {
        sum = std::move(part);
      }
      if (last) return std::move(*sum);
      items = std::move(ahead);
    }
  }

 private:
  Range range_;
  std::size_t window_;
};

/// As `bridge`, with the results in the order of the range and at most `window` items between reading and
/// consuming. Throws: `std::invalid_argument` when `window` is 0.
template <std::ranges::input_range R>
[[nodiscard]] auto bridge_ordered(R&& range, std::size_t window) {
  if (window == 0) throw std::invalid_argument("par::bridge_ordered: the window is 0, expected at least 1");
  return bridge_ordered_range<R>(std::forward<R>(range), window);
}

}  // namespace twill::par
