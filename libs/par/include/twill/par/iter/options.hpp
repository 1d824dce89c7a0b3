// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <vector>

namespace twill::par {

/// What is known about a chain when it is compiled. Adaptors hand it on from what they adapt.
struct chain_traits {
  bool cheap_items = false;  ///< an item costs a load at most, so small pieces are not worth a fork
  bool unordered = false;    ///< the caller gave up the fixed tree
  bool pinned = false;       ///< part i of p goes to worker i
  bool remembered = false;   ///< parts go where an `affinity_partitioner` saw them last
  bool guarded = false;      ///< `chain_options::guards` is not empty
};

class affinity_partitioner;

/// One thing that can end a loop early from outside: a stop token, or the fuse of `throw_fuse`.
struct chain_guard {
  /// Whether the loop has to end. Called between items, from every worker.
  bool (*tripped)(const void* object) noexcept = nullptr;
  /// What to do when an exception leaves a leaf; null: nothing.
  void (*on_exception)(const void* object) noexcept = nullptr;
  /// What the two functions are given.
  const void* object = nullptr;
  /// Whether the loop then ends with `cancelled`; otherwise it ends as if its source were exhausted.
  bool cancels = false;
};

/// What the caller asked of a chain. Adaptors hand it on from what they adapt.
struct chain_options {
  std::size_t min_len = 1;                                        ///< no leaf gets shorter by splitting
  std::size_t max_len = std::numeric_limits<std::size_t>::max();  ///< leaves are at most about so long
  std::size_t block = 0;                        ///< of the fixed tree; 0: a function of the length
  affinity_partitioner* partitioner = nullptr;  ///< of `affinity`; null: none
  std::vector<chain_guard> guards{};            ///< what may end the loop early

  /// The options of a chain that is fed by two: the larger lower bound, the smaller upper one, all guards.
  void merge(const chain_options& other) {
    min_len = std::max(min_len, other.min_len);
    max_len = std::min(max_len, other.max_len);
    if (block == 0) block = other.block;
    if (partitioner == nullptr) partitioner = other.partitioner;
    guards.insert(guards.end(), other.guards.begin(), other.guards.end());
  }
};

/// The traits of a chain; a range that declares none has the defaults.
template <class R>
[[nodiscard]] consteval chain_traits traits_of() {
  if constexpr (requires { std::remove_cvref_t<R>::traits; }) {
    return std::remove_cvref_t<R>::traits;
  } else {
    return {};
  }
}

/// As `traits_of`, for an adaptor that runs the caller's code for each item.
template <class R>
[[nodiscard]] consteval chain_traits costly_traits_of() {
  chain_traits t = traits_of<R>();
  t.cheap_items = false;
  return t;
}

/// The traits of a chain that is fed by several.
[[nodiscard]] consteval chain_traits merge_traits(std::initializer_list<chain_traits> all) {
  chain_traits t;
  for (const chain_traits& one : all) {
    t.unordered = t.unordered || one.unordered;
    t.pinned = t.pinned || one.pinned;
    t.remembered = t.remembered || one.remembered;
    t.guarded = t.guarded || one.guarded;
  }
  return t;
}

/// The options of a chain; a range that declares none has the defaults.
template <class R>
[[nodiscard]] chain_options options_of(const R& range) {
  if constexpr (requires { range.options(); }) {
    return range.options();
  } else {
    return {};
  }
}

}  // namespace twill::par
