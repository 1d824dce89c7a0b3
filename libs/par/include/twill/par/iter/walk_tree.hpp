// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"
#include "twill/par/iter/detail/callable.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

namespace detail {

/// The children of a node as a vector, the last child first: the order in which a stack takes them.
template <class Node, class F>
std::vector<Node> children_reversed(const F& children, const Node& node) {
  std::vector<Node> out;
  for (auto&& child : children(node)) out.push_back(static_cast<Node>(std::forward<decltype(child)>(child)));
  std::reverse(out.begin(), out.end());
  return out;
}

template <class Node>
void append_moved(std::vector<Node>& to, std::vector<Node>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// The lower half of a stack: what comes later in order.
template <class Node>
std::vector<Node> lower_half(std::vector<Node>& stack) {
  const auto middle = stack.begin() + static_cast<std::ptrdiff_t>(stack.size() / 2);
  std::vector<Node> lower(std::make_move_iterator(stack.begin()), std::make_move_iterator(middle));
  stack.erase(stack.begin(), middle);
  return lower;
}

/// Nodes that were opened already and come first, then a stack of subtrees.
template <class Node, class F>
class prefix_producer {
 public:
  using item_type = Node;
  prefix_producer(std::vector<Node> stack, const F* f) : stack_(std::move(stack)), children_(f) {}

  [[nodiscard]] std::optional<prefix_producer> split() {
    while (stack_.size() == 1) {
      Node node = std::move(stack_.back());
      stack_ = children_reversed(*children_, node);
      opened_.push_back(std::move(node));
    }
    if (stack_.empty()) return std::nullopt;
    return prefix_producer(lower_half(stack_), children_);
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    for (Node& node : opened_) {
      if (folder.full()) return;
      folder.consume(std::move(node));
    }
    while (!stack_.empty() && !folder.full()) {
      Node node = std::move(stack_.back());
      stack_.pop_back();
      append_moved(stack_, children_reversed(*children_, node));
      folder.consume(std::move(node));
    }
  }

 private:
  std::vector<Node> opened_;
  std::vector<Node> stack_;
  const F* children_;
};

/// A stack of subtrees, then nodes whose subtrees are all to the left.
template <class Node, class F>
class postfix_producer {
 public:
  using item_type = Node;
  postfix_producer(std::vector<Node> stack, const F* f) : stack_(std::move(stack)), children_(f) {}

  [[nodiscard]] std::optional<postfix_producer> split() {
    while (stack_.size() == 1) {
      Node node = std::move(stack_.back());
      stack_ = children_reversed(*children_, node);
      closing_.push_back(std::move(node));
    }
    if (stack_.empty()) return std::nullopt;
    postfix_producer right(lower_half(stack_), children_);
    right.closing_ = std::exchange(closing_, {});
    return right;
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    struct open_node {
      Node node;
      std::vector<Node> children;
    };
    while (!stack_.empty() && !folder.full()) {
      std::vector<open_node> path;
      const auto open = [&](Node node) {
        auto children = children_reversed(*children_, node);
        path.push_back({std::move(node), std::move(children)});
      };
      open(std::move(stack_.back()));
      stack_.pop_back();
      while (!path.empty() && !folder.full()) {
        if (path.back().children.empty()) {
          folder.consume(std::move(path.back().node));
          path.pop_back();
        } else {
          Node child = std::move(path.back().children.back());
          path.back().children.pop_back();
          open(std::move(child));
        }
      }
    }
    // The node that was opened last is the innermost: it closes first.
    for (auto node = closing_.rbegin(); node != closing_.rend() && !folder.full(); ++node)
      folder.consume(std::move(*node));
  }

 private:
  std::vector<Node> stack_;
  std::vector<Node> closing_;
  const F* children_;
};

}  // namespace detail

/// The nodes of a tree that is made while it is walked.
template <class Node, class F, template <class, class> class Producer>
class tree_range {
 public:
  using item_type = Node;
  static constexpr std::string_view name = "walk_tree";
  tree_range(Node root, F children) : root_(std::move(root)), children_(std::move(children)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    std::vector<Node> stack;
    stack.push_back(std::move(root_));
    return bridge_unindexed(Producer<Node, F>(std::move(stack), &children_), std::move(c));
  }

 private:
  Node root_;
  F children_;
};

/// Every node of the tree under `root`, a parent before its children, children in their order.
/// Requires: `children(const Node&)` gives a range of nodes, and the tree is finite unless the consumer
/// stops.
template <class Node, class F>
[[nodiscard]] auto walk_tree_prefix(Node root, F children) {
  TWILL_PAR_CALLABLE("par::walk_tree_prefix", F, const Node&);
  return tree_range<Node, F, detail::prefix_producer>(std::move(root), std::move(children));
}
/// As `walk_tree_prefix`, a parent after its children.
template <class Node, class F>
[[nodiscard]] auto walk_tree_postfix(Node root, F children) {
  TWILL_PAR_CALLABLE("par::walk_tree_postfix", F, const Node&);
  return tree_range<Node, F, detail::postfix_producer>(std::move(root), std::move(children));
}
/// As `walk_tree_prefix`, in an order that is left free.
template <class Node, class F>
[[nodiscard]] auto walk_tree(Node root, F children) {
  TWILL_PAR_CALLABLE("par::walk_tree", F, const Node&);
  return tree_range<Node, F, detail::prefix_producer>(std::move(root), std::move(children));
}

}  // namespace twill::par
