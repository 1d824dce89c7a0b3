// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/endpoint.hpp"
#include "twill/comm/detail/operation.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

// Messages between two ranks, the same on every backend that matches in this library.
namespace twill::comm::detail {

// A send to oneself that nobody receives yet may be as long as this; more is taken for a deadlock.
inline constexpr std::size_t eager_limit = std::size_t{64} << 10U;

void check_send(const context& c, op_kind kind, int dest, int tag, bool internal_tag = false);
void check_receive(const context& c, op_kind kind, int source, int tag, bool internal_tag = false);

// A message that is no number of elements.
[[noreturn]] void fail_element(const context& c, op_kind kind, const status& s, std::size_t element);

// Returns at once, also without a receive; for this library's own exchanges. `dest` is in the communicator.
void send_aside(context& c, op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag);
void send_bytes(context& c, op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag);
// Throws: truncated, type_mismatch (a length that is no multiple of `element`); the message is consumed.
status receive_bytes(context& c, op_kind kind, std::byte* data, std::size_t capacity, std::size_t element,
                     int source, int tag);
[[nodiscard]] status probe_message(context& c, int source, int tag);
[[nodiscard]] std::optional<status> look_for_message(context& c, int source, int tag);
[[nodiscard]] arrival take_message(context& c, int source, int tag);
[[nodiscard]] std::optional<arrival> try_take_message(context& c, int source, int tag);
// Copies a taken message out and releases it. Throws: as receive_bytes.
void copy_out(const context& c, op_kind kind, const arrival& message, std::byte* data, std::size_t capacity,
              std::size_t element);

class receive_operation final : public operation {
 public:
  receive_operation(std::shared_ptr<context> c, op_kind kind, std::byte* data, std::size_t capacity,
                    std::size_t element, int source, int tag);
  ~receive_operation() override;
  void start() override;
  [[nodiscard]] bool poll() override;
  [[nodiscard]] bool cancel() noexcept override;
  [[nodiscard]] status result() const noexcept override {
    return native_ ? native_->result() : posted_.result;
  }
  [[nodiscard]] int peer() const noexcept override { return peer_; }

 private:
  std::shared_ptr<context> ctx_;
  posted_receive posted_;
  std::size_t element_;
  int peer_;
  bool nobody_;
  std::unique_ptr<transfer> native_;
};

class send_operation final : public operation {
 public:
  send_operation(std::shared_ptr<context> c, op_kind kind, const std::byte* data, std::size_t bytes, int dest,
                 int tag, bool synchronous);
  void start() override;
  [[nodiscard]] bool poll() override;
  [[nodiscard]] int peer() const noexcept override { return peer_; }

 private:
  std::shared_ptr<context> ctx_;
  const std::byte* data_;
  std::size_t bytes_;
  int dest_;
  int tag_;
  int peer_;
  bool synchronous_;
  std::shared_ptr<send_ticket> ticket_;
  std::unique_ptr<transfer> native_;
};

}  // namespace twill::comm::detail
