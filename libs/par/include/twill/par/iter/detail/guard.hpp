// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/leaf.hpp"
#include "twill/par/iter/plumbing.hpp"

#include <utility>

namespace twill::par::detail {

/// One guard around a consumer, for chains that have no positions. Leaves of indexed chains look at
/// `chain_options::guards` themselves.
template <class Folder>
struct guard_folder {
  Folder base;
  const chain_guard* guard;
  template <class T>
  void consume(T&& item) {
    if (guard->on_exception == nullptr) return base.consume(std::forward<T>(item));
    struct watch {
      const chain_guard* guard;
      bool left_normally = false;
      ~watch() {
        if (!left_normally) guard->on_exception(guard->object);
      }
    } watching{guard};
    base.consume(std::forward<T>(item));
    watching.left_normally = true;
  }
  /// Throws: `cancelled`, for a guard that cancels.
  [[nodiscard]] bool full() const {
    if (guard->tripped(guard->object)) {
      if (guard->cancels) throw cancelled();
      return true;
    }
    return base.full();
  }
  auto complete() && { return std::move(base).complete(); }
};

template <class C>
struct guard_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const chain_guard* guard;
  guard_consumer split_off_left() { return {base.split_off_left(), guard}; }
  auto into_folder() && {
    return guard_folder<decltype(std::move(base).into_folder())>{std::move(base).into_folder(), guard};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  /// Throws: as the folder's `full`.
  [[nodiscard]] bool full() const {
    if (guard->tripped(guard->object)) {
      if (guard->cancels) throw cancelled();
      return true;
    }
    return base.full();
  }
};

}  // namespace twill::par::detail
