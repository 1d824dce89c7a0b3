// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/parts.hpp"
#include "twill/par/iter/min_len.hpp"

#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

struct set_pinned {
  static constexpr std::string_view name = "static_partition";
  static consteval chain_traits traits(chain_traits t) {
    t.pinned = true;
    return t;
  }
  void apply(chain_options&) const {}
};
struct set_partitioner {
  static constexpr std::string_view name = "affinity";
  static consteval chain_traits traits(chain_traits t) {
    t.remembered = true;
    return t;
  }
  affinity_partitioner* partitioner;
  void apply(chain_options& o) const { o.partitioner = partitioner; }
};

struct static_partition_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(indexed_parallel_range<R>, "par::static_partition: the chain must be indexed");
    return option_range<R, set_pinned>(std::move(range), set_pinned{});
  }
};
}  // namespace detail

/// `static_partition()`: part i of p to worker i of p, every time: for memory that is placed where it is
/// first touched.
inline constexpr detail::pipeable<detail::static_partition_impl, 0> static_partition{};

/// `affinity(partitioner)`: parts go to the workers that ran them in the last loop with this partitioner,
/// unless another worker has nothing to do.
[[nodiscard]] inline auto affinity(affinity_partitioner& partitioner) {
  return detail::closure{[p = &partitioner]<class R>(R&& range) {
    static_assert(indexed_parallel_range<all_t<R>>, "par::affinity: the chain must be indexed");
    return detail::option_range<all_t<R>, detail::set_partitioner>(as_parallel(std::forward<R>(range)),
                                                                   detail::set_partitioner{p});
  }};
}

}  // namespace twill::par
