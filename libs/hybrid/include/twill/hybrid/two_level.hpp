// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/concepts.hpp"
#include "twill/hybrid/block.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// gather_blocks over nodes: to the leader of each node, between leaders, and back to the ranks of each node.
/// For many ranks a node, whose network then carries each block once a node instead of once a rank. The same
/// elements in the same order.
///
/// Ranks of a node have to be neighbours in the order of ranks, as block distribution places them; where they
/// are not, gather() is the plain one.
template <comm::full_communicator C>
class two_level_gather {
 public:
  /// Collective. `node` numbers the machine of this rank, from 0 on.
  two_level_gather(C& ranks, int node) : ranks_(ranks) {
    const std::vector<int> nodes = ranks.allgather(node);
    for (std::size_t r = 1; r < nodes.size(); ++r) {
      for (std::size_t s = 0; s + 1 < r; ++s)
        if (nodes[s] == nodes[r] && nodes[r - 1] != nodes[r]) return;
    }
    members_.emplace(std::move(*ranks.split(std::optional<int>(node), ranks.rank())));
    const bool leads = members_->rank() == 0;
    leaders_ = ranks.split(leads ? std::optional<int>(0) : std::nullopt, ranks.rank());
    for (std::size_t r = 0; r < nodes.size(); ++r) {
      if (r == 0 || nodes[r] != nodes[r - 1]) begins_.push_back(r);
      if (nodes[r] == node) mine_.push_back(r);
    }
  }

  /// True where it goes by nodes.
  [[nodiscard]] bool by_nodes() const noexcept { return members_.has_value(); }

  /// Collective: every rank's elements on every rank, as gather_blocks.
  template <comm::comm_data T>
  void gather(const block_table& blocks, std::span<const T> mine, std::span<T> all) {
    if (!by_nodes()) {
      ranks_.allgatherv(mine, all, std::span<const std::size_t>(blocks.counts));
      return;
    }
    std::vector<std::size_t> here;
    for (const std::size_t r : mine_) here.push_back(blocks.counts[r]);
    std::size_t of_node = 0;
    for (const std::size_t n : here) of_node += n;
    std::vector<T> gathered(leaders_ ? of_node : 0);
    members_->gatherv(mine, gathered, 0, here);
    if (leaders_) {
      std::vector<std::size_t> nodes;
      for (std::size_t i = 0; i < begins_.size(); ++i) {
        const std::size_t end = i + 1 < begins_.size() ? begins_[i + 1] : blocks.counts.size();
        std::size_t n = 0;
        for (std::size_t r = begins_[i]; r < end; ++r) n += blocks.counts[r];
        nodes.push_back(n);
      }
      leaders_->allgatherv(gathered, all, std::span<const std::size_t>(nodes));
    }
    members_->broadcast(all, 0);
  }

 private:
  C& ranks_;
  std::optional<C> members_;
  std::optional<C> leaders_;
  std::vector<std::size_t> begins_;
  std::vector<std::size_t> mine_;
};

}  // namespace twill::hybrid
