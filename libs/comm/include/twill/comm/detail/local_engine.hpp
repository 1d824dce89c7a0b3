// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/kernel.hpp"
#include "twill/comm/detail/operation.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace twill::comm::detail {

struct local_context final : context {};

// A collective of one rank: complete when it has started.
template <class K>
class local_operation final : public operation {
 public:
  local_operation(std::shared_ptr<local_context> c, op_kind kind, K k)
      : operation(c->ep, c->site(kind), kind), ctx_(std::move(c)), k_(std::move(k)) {
    k_.keep();
  }
  void start() override {
    k_.begin();
    k_.run_alone();
  }
  [[nodiscard]] bool poll() override { return true; }

 private:
  std::shared_ptr<local_context> ctx_;
  K k_;
};

// How kernels run on one rank: they copy.
class local_engine {
 public:
  static constexpr bool is_local = true;

  local_engine() noexcept = default;
  explicit local_engine(std::shared_ptr<local_context> c) noexcept : ctx_(std::move(c)) {}

  [[nodiscard]] static constexpr int rank() noexcept { return 0; }
  [[nodiscard]] static constexpr int size() noexcept { return 1; }
  [[nodiscard]] static constexpr backend_kind backend() noexcept { return backend_kind::local; }
  [[nodiscard]] context& ctx() const noexcept { return *ctx_; }

  template <class K>
  void run(op_kind, K& k) const {
    k.begin();
    k.run_alone();
  }
  template <class K>
  [[nodiscard]] std::shared_ptr<operation> prepare(op_kind kind, K k) const {
    return std::make_shared<local_operation<K>>(ctx_, kind, std::move(k));
  }
  void decline(op_kind) const noexcept {}

  [[nodiscard]] std::shared_ptr<context> shared_context() const noexcept { return ctx_; }
  // Another communicator of this rank; nothing for colour -1.
  [[nodiscard]] std::optional<local_engine> fork(op_kind kind, int color, int key) const;
  // The nonblocking duplicate: calls `done` with the engine of the copy when it is complete.
  [[nodiscard]] std::shared_ptr<operation> prepare_duplicate(std::function<void(local_engine)> done) const;

 private:
  std::shared_ptr<local_context> ctx_;
};

}  // namespace twill::comm::detail
