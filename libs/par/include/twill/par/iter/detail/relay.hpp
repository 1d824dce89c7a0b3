// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/plumbing.hpp"

#include <utility>

namespace twill::par::detail {

/// A consumer that filters items through one shared, thread-safe state, which lives in the chain.
///
/// `State::pass(item, next)` calls `next(item)` for what goes on; `State::ended()` says that no item will
/// pass any more.
template <class Folder, class State>
struct relay_folder {
  Folder base;
  State* state;
  template <class T>
  void consume(T&& item) {
    state->pass(std::forward<T>(item), [this](auto&& x) { base.consume(std::forward<decltype(x)>(x)); });
  }
  [[nodiscard]] bool full() const { return state->ended() || base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class State>
struct relay_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  State* state;
  relay_consumer split_off_left() { return {base.split_off_left(), state}; }
  auto into_folder() && {
    return relay_folder<decltype(std::move(base).into_folder()), State>{std::move(base).into_folder(), state};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return state->ended() || base.full(); }
};

}  // namespace twill::par::detail
