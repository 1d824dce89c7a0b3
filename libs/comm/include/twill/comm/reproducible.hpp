// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/sum.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/region.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::comm::detail {

// A node of the fixed tree: elements [start, start + 2^level), start being a multiple of 2^level. Its value
// is op(left half, right half), so it depends on those elements alone. Over n elements the tree is the nodes
// of n's binary digits, largest first, combined from the right: any two ranks' blocks cut it into nodes of
// the same tree.
template <class T>
struct tree_node {
  std::uint64_t start = 0;
  std::uint64_t level = 0;
  T value{};
};

template <class T, class Op>
[[nodiscard]] T fold_node(std::span<const T> x, const Op& op) {
  if (x.size() == 1) {
    if constexpr (requires { Op::single(x[0]); }) {
      return Op::single(x[0]);
    } else {
      return x[0];
    }
  }
  const std::size_t half = x.size() / 2;
  return static_cast<T>(op(fold_node(x.first(half), op), fold_node(x.subspan(half), op)));
}

// The largest nodes that lie inside [offset, offset + x.size()).
template <class T, class Op>
[[nodiscard]] std::vector<tree_node<T>> nodes_of(std::span<const T> x, std::uint64_t offset, const Op& op) {
  std::vector<tree_node<T>> out;
  while (!x.empty()) {
    const auto fits = static_cast<std::uint64_t>(std::bit_width(x.size()) - 1);
    const std::uint64_t level =
        offset == 0 ? fits
                    : std::min<std::uint64_t>(fits, static_cast<std::uint64_t>(std::countr_zero(offset)));
    const std::size_t n = std::size_t{1} << level;
    out.push_back({offset, level, fold_node(x.first(n), op)});
    offset += n;
    x = x.subspan(n);
  }
  return out;
}

// Requires: nodes in the order of their elements, without gaps, from element 0.
template <class T, class Op>
[[nodiscard]] T fold_tree(const std::vector<tree_node<T>>& nodes, const Op& op) {
  std::vector<tree_node<T>> open;
  for (tree_node<T> node : nodes) {
    while (!open.empty() && open.back().level == node.level &&
           (open.back().start & ((std::uint64_t{2} << node.level) - 1)) == 0) {
      node = {open.back().start, node.level + 1, static_cast<T>(op(open.back().value, node.value))};
      open.pop_back();
    }
    open.push_back(node);
  }
  T value = open.back().value;
  for (std::size_t i = open.size() - 1; i > 0; --i) value = static_cast<T>(op(open[i - 1].value, value));
  return value;
}

// Throws on every rank alike when blocks are not contiguous in rank order.
void check_contiguous(const call_site& site, const std::vector<std::vector<std::size_t>>& blocks,
                      std::size_t size);

template <class Engine, class T, class Op>
[[nodiscard]] T reproducible_reduce(const Engine& e, std::span<const T> local, std::size_t offset,
                                    std::size_t size, Op op) {
  static_assert(reduction_for<Op, T>, "the operation does not reduce this type");
  constexpr op_kind kind = op_kind::reproducible_reduce;
  if (e.ctx().ep->finalized()) fail(errc::finalized, e.ctx().site(kind), "the environment has ended");
  check_contiguous(e.ctx().site(kind), exchange_numbers(e, kind, {offset, local.size(), size}), size);
  const caller c{e.ctx(), kind, e.rank(), e.size(), true};
  if constexpr (std::is_same_v<Op, sum_t> && (std::is_same_v<T, double> || std::is_same_v<T, float>)) {
    reproducible_accumulator mine;
    mine.add(local);
    mine.normalize();
    std::vector<reproducible_accumulator> all(c.ranks());
    auto k = calls::allgather(c, std::span<const reproducible_accumulator>(&mine, 1), all);
    e.run(kind, k);
    reproducible_accumulator total;
    for (const auto& part : all) total.merge(part);
    if constexpr (std::is_same_v<T, float>) {
      return total.value_as_float();
    } else {
      return total.value();
    }
  } else {
    const std::vector<tree_node<T>> mine = nodes_of(local, offset, op);
    const std::vector<std::size_t> length{mine.size()};
    std::vector<std::size_t> lengths(c.ranks());
    auto first = calls::allgather(c, length, lengths);
    e.run(kind, first);
    std::vector<tree_node<T>> all(total_of(lengths));
    auto second = calls::allgatherv(c, mine, all, lengths);
    e.run(kind, second);
    if (!all.empty()) return fold_tree(all, op);
    if constexpr (requires { Op::template identity<T>(); }) {
      return Op::template identity<T>();
    } else {
      return T{};
    }
  }
}

}  // namespace twill::comm::detail
