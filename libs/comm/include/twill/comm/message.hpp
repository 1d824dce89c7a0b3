// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/p2p.hpp"
#include "twill/comm/types.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace twill::comm {

/// A message that a matched probe has taken out: no other receive can have it, on whichever thread.
class message {
 public:
  /// For mprobe.
  message(std::shared_ptr<detail::context> c, const detail::arrival& what)
      : ctx_(std::move(c)), what_(what) {}
  /// Moves it; the other one is empty.
  message(message&& other) noexcept = default;
  /// Takes the other one over; what this one held ends first.
  message& operator=(message&& other) noexcept {
    if (this != &other) {
      discard();
      ctx_ = std::move(other.ctx_);
      what_ = other.what_;
    }
    return *this;
  }
  ~message() { discard(); }

  /// Source, tag, length.
  [[nodiscard]] comm::status status() const noexcept { return {what_.source, what_.tag, what_.bytes}; }
  /// Copies it out, once. Throws: error(truncated), error(type_mismatch), error(invalid_request) the second
  /// time.
  template <out_buffer M>
  void receive(M&& into) {
    const auto m = detail::as_out(into);
    copy(m.data(), m.size_bytes(), sizeof(element_t<M>));
  }
  /// Its elements, once. Throws: as receive.
  template <comm_data T>
  [[nodiscard]] std::vector<T> receive_vector() {
    std::vector<T> out(what_.bytes / sizeof(T));
    copy(out.data(), what_.bytes / sizeof(T) * sizeof(T), sizeof(T));
    return out;
  }

 private:
  void copy(void* to, std::size_t capacity, std::size_t element);
  void discard() noexcept;

  std::shared_ptr<detail::context> ctx_;  // null once it was received
  detail::arrival what_;
};

}  // namespace twill::comm
