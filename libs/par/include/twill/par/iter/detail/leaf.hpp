// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/clock.hpp"
#include "twill/par/error.hpp"
#include "twill/par/iter/options.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace twill::par::detail {

/// Items `first` to `last` of a cursor into a folder. Nothing here stands between the items and the
/// vectoriser.
template <class Folder, class Cursor>
void consume_span(Folder& folder, Cursor& cursor, std::size_t first, std::size_t last) {
  if constexpr (requires { folder.consume_leaf(cursor, first, last); }) {
    folder.consume_leaf(cursor, first, last);
  } else {
    for (std::size_t i = first; i < last && !folder.full(); ++i) folder.consume(cursor(i));
  }
}

/// Throws: `cancelled` when a guard asks for it. Returns true when the loop has to end quietly.
inline bool guards_tripped(const chain_options& options) {
  for (const chain_guard& guard : options.guards) {
    if (!guard.tripped(guard.object)) continue;
    if (guard.cancels) throw cancelled();
    return true;
  }
  return false;
}

struct exception_watch {
  const chain_options* options;
  bool left_normally = false;
  ~exception_watch() {
    if (left_normally) return;
    for (const chain_guard& guard : options->guards) {
      if (guard.on_exception != nullptr) guard.on_exception(guard.object);
    }
  }
};

/// As `consume_span`, looking at the guards of the chain between strips of items. A strip grows while strips
/// take less than 50 microseconds, so that a stop is seen within about that time and one item. A fuse is
/// looked at for each item.
template <class Folder, class Cursor>
void consume_guarded(Folder& folder, Cursor& cursor, std::size_t first, std::size_t last,
                     const chain_options& options) {
  if (options.guards.empty()) [[likely]]
    return consume_span(folder, cursor, first, last);
  const bool each_item = std::any_of(options.guards.begin(), options.guards.end(),
                                     [](const chain_guard& g) { return g.on_exception != nullptr; });
  exception_watch watch{&options};
  std::size_t strip = 1;
  std::int64_t before = now_ns();
  while (first < last && !folder.full() && !guards_tripped(options)) {
    const std::size_t n = std::min(strip, last - first);
    consume_span(folder, cursor, first, first + n);
    first += n;
    if (each_item) continue;
    const std::int64_t now = now_ns();
    if (now - before < 25'000) {
      strip = std::min<std::size_t>(strip * 2, 65536);
    } else {
      strip = std::max<std::size_t>(strip / 2, 1);
    }
    before = now;
  }
  watch.left_normally = true;
}

}  // namespace twill::par::detail
