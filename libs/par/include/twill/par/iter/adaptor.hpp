// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"
#include "twill/par/iter/plumbing.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

/// What most adaptors share: the chain below, whose length and options they hand on.
template <class R>
class adaptor {
 public:
  static constexpr chain_traits traits = costly_traits_of<R>();

  explicit constexpr adaptor(R base) : base_(std::move(base)) {}
  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return options_of(base_); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return base_.opt_len(); }
  [[nodiscard]] std::size_t len() const
    requires indexed_parallel_range<R>
  {
    return base_.len();
  }

 protected:
  R base_;
};

/// As `adaptor`, for adaptors that drop or multiply items: the length is not known.
template <class R>
class unindexed_adaptor {
 public:
  static constexpr chain_traits traits = costly_traits_of<R>();

  explicit constexpr unindexed_adaptor(R base) : base_(std::move(base)) {}
  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return options_of(base_); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }

 protected:
  R base_;
};

/// The chain in words: `slice[1000] | map | filter`.
template <parallel_range R>
[[nodiscard]] std::string describe(const R& range) {
  if constexpr (requires {
                  { range.describe() } -> std::same_as<std::string>;
                }) {
    return range.describe();
  } else {
    std::string text;
    if constexpr (requires { range.base(); }) text = par::describe(range.base()) + " | ";
    if constexpr (requires { R::name; }) {
      text += R::name;
    } else {
      text += "custom";
    }
    if constexpr (!requires { range.base(); }) {
      if (const auto n = range.opt_len()) text += "[" + std::to_string(*n) + "]";
    }
    return text;
  }
}

}  // namespace twill::par
