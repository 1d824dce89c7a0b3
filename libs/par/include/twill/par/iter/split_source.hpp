// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

/// Cuts some data in two, or gives it back whole with an empty second part.
template <class F, class Data>
concept data_splitter = requires(const F& f, Data d) {
  { f(std::move(d)) } -> std::convertible_to<std::pair<Data, std::optional<Data>>>;
};

namespace detail {

template <class Data, class F>
class split_data_producer {
 public:
  using item_type = Data;
  split_data_producer(Data data, const F* f) : data_(std::move(data)), splitter_(f) {}

  [[nodiscard]] std::optional<split_data_producer> split() {
    std::pair<Data, std::optional<Data>> parts = (*splitter_)(std::move(data_));
    data_ = std::move(parts.first);
    if (!parts.second) return std::nullopt;
    return split_data_producer(std::move(*parts.second), splitter_);
  }
  /// Splits on to the end, so that the pieces do not depend on how many workers there are.
  template <class Folder>
  void fold_into(Folder& folder) && {
    std::vector<Data> pending;
    pending.push_back(std::move(data_));
    while (!pending.empty() && !folder.full()) {
      Data top = std::move(pending.back());
      pending.pop_back();
      std::pair<Data, std::optional<Data>> parts = (*splitter_)(std::move(top));
      if (!parts.second) {
        folder.consume(std::move(parts.first));
        continue;
      }
      pending.push_back(std::move(*parts.second));
      pending.push_back(std::move(parts.first));
    }
  }

 private:
  Data data_;
  const F* splitter_;
};

}  // namespace detail

/// The pieces of some data that its splitter cannot cut any more, from left to right.
template <class Data, class F>
class split_data_range {
 public:
  using item_type = Data;
  static constexpr std::string_view name = "split";
  split_data_range(Data data, F f) : data_(std::move(data)), splitter_(std::move(f)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    return bridge_unindexed(detail::split_data_producer<Data, F>(std::move(data_), &splitter_), std::move(c));
  }

 private:
  Data data_;
  F splitter_;
};

}  // namespace twill::par
