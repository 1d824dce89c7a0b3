// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/optional.hpp"

#include <optional>
#include <utility>

namespace twill::par {

/// One item, moved out.
template <class T>
[[nodiscard]] auto once(T x) {
  return optional_range<std::optional<T>>(std::optional<T>(std::move(x)));
}

/// No items of type T.
template <class T>
[[nodiscard]] auto empty() {
  return optional_range<std::optional<T>>(std::optional<T>());
}

}  // namespace twill::par
