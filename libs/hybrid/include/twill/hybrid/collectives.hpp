// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/concepts.hpp"

#include <cstddef>
#include <span>

namespace twill::hybrid {

/// A communicator that also moves bytes: what agreements and checkpoints travel in.
template <class C>
concept byte_communicator =
    comm::communicator<C> &&
    requires(C& c, std::span<const std::byte> in, std::span<std::byte> out, std::span<const std::size_t> n) {
      c.broadcast(out, 0);
      c.allgatherv(in, out, n);
    };

namespace detail {

// The few operations that the protocols of this part need, so that they are compiled once.
class collective_view {
 public:
  collective_view() = default;
  collective_view(const collective_view&) = delete;
  collective_view& operator=(const collective_view&) = delete;
  virtual ~collective_view();

  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;
  virtual void barrier() = 0;
  virtual void broadcast(std::span<std::byte> data, int root) = 0;
  virtual void gather_bytes(std::span<const std::byte> mine, std::span<std::byte> all,
                            std::span<const std::size_t> counts) = 0;
  virtual void gather_numbers(std::span<const double> mine, std::span<double> all,
                              std::span<const std::size_t> counts) = 0;
};

template <byte_communicator C>
class collective_view_of final : public collective_view {
 public:
  explicit collective_view_of(C& c) noexcept : c_(c) {}
  [[nodiscard]] int rank() const noexcept override { return c_.rank(); }
  [[nodiscard]] int size() const noexcept override { return c_.size(); }
  void barrier() override { c_.barrier(); }
  void broadcast(std::span<std::byte> data, int root) override { c_.broadcast(data, root); }
  void gather_bytes(std::span<const std::byte> mine, std::span<std::byte> all,
                    std::span<const std::size_t> counts) override {
    c_.allgatherv(mine, all, counts);
  }
  void gather_numbers(std::span<const double> mine, std::span<double> all,
                      std::span<const std::size_t> counts) override {
    c_.allgatherv(mine, all, counts);
  }

 private:
  C& c_;
};

}  // namespace detail

/// The few operations that loops and agreements ask of ranks: a library whose own headers hide its
/// communicator derives from it.
using collective_view = detail::collective_view;

}  // namespace twill::hybrid
