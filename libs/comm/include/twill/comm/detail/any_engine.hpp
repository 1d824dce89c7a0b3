// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/local_engine.hpp"
#include "twill/comm/detail/mpi_engine.hpp"
#include "twill/comm/detail/segments.hpp"
#include "twill/comm/detail/shm_context.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

namespace twill::comm::detail {

// Whichever engine the run-time choice made: one branch a call.
class any_engine {
 public:
  static constexpr bool is_local = false;

  any_engine() noexcept = default;
  any_engine(local_engine e) noexcept : engine_(std::move(e)) {}
  any_engine(shm_engine e) noexcept : rank_(e.rank()), size_(e.size()), engine_(std::move(e)) {}
  any_engine(mpi_engine e) noexcept : rank_(e.rank()), size_(e.size()), engine_(std::move(e)) {}

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] backend_kind backend() const noexcept {
    static_assert(static_cast<int>(backend_kind::shm) == 1 && static_cast<int>(backend_kind::mpi) == 2);
    return static_cast<backend_kind>(engine_.index());
  }
  template <class F>
  decltype(auto) visit(F&& f) const {
    if (const auto* shm = std::get_if<shm_engine>(&engine_)) return f(*shm);
    if (const auto* mpi = std::get_if<mpi_engine>(&engine_)) return f(*mpi);
    return f(*std::get_if<local_engine>(&engine_));
  }

  [[nodiscard]] context& ctx() const noexcept {
    return visit([](const auto& e) -> context& { return e.ctx(); });
  }
  [[nodiscard]] std::shared_ptr<context> shared_context() const noexcept {
    return visit([](const auto& e) { return e.shared_context(); });
  }
  template <class K>
  void run(op_kind kind, K& k) const {
    visit([&](const auto& e) { e.run(kind, k); });
  }
  // As the MPI engine's; the others' calls need no shorter way.
  [[gnu::always_inline]] bool barrier_at_once() const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr && mpi->barrier_at_once();
  }
  template <class T, std::size_t N>
  [[gnu::always_inline]] bool broadcast_at_once(std::span<T, N> data, int root) const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr && mpi->broadcast_at_once(data, root);
  }
  template <class T, std::size_t N, std::size_t M>
  [[gnu::always_inline]] bool gather_at_once(std::span<const T, N> in, std::span<T, M> out,
                                             std::span<const std::size_t> counts) const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr && mpi->gather_at_once(in, out, counts);
  }
  template <class T>
  bool gather_listed(std::span<const T> in, std::span<T> out, std::span<const std::size_t> counts) const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr && mpi->gather_listed(in, out, counts);
  }
  [[gnu::always_inline]] bool send_at_once(std::span<const std::byte> data, int dest, int tag) const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr && mpi->send_at_once(data, dest, tag);
  }
  template <class T, std::size_t N>
  [[gnu::always_inline]] std::optional<status> recv_at_once(std::span<T, N> into, int source, int tag) const {
    const auto* mpi = std::get_if<mpi_engine>(&engine_);
    return mpi != nullptr ? mpi->recv_at_once(into, source, tag) : std::nullopt;
  }
  template <class K>
  [[nodiscard]] std::shared_ptr<operation> prepare(op_kind kind, K k) const {
    return visit([&](const auto& e) { return e.prepare(kind, std::move(k)); });
  }
  void decline(op_kind kind) const {
    visit([&](const auto& e) { e.decline(kind); });
  }
  [[nodiscard]] std::optional<any_engine> fork(op_kind kind, int color, int key) const {
    return visit([&](const auto& e) -> std::optional<any_engine> {
      auto made = e.fork(kind, color, key);
      if (!made) return std::nullopt;
      return any_engine(std::move(*made));
    });
  }
  [[nodiscard]] std::shared_ptr<operation> prepare_duplicate(std::function<void(any_engine)> done) const {
    return visit([&](const auto& e) {
      return e.prepare_duplicate([done = std::move(done)](auto copy) { done(any_engine(std::move(copy))); });
    });
  }

 private:
  int rank_ = 0;
  int size_ = 1;
  std::variant<local_engine, shm_engine, mpi_engine> engine_;
};

[[nodiscard]] inline segments share(const any_engine& e, op_kind kind, const segment_request& r) {
  return e.visit([&](const auto& real) { return share(real, kind, r); });
}

}  // namespace twill::comm::detail
