// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "descriptor.hpp"
#include "sink.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace twill::comm::launch {

/// One rank's output or error stream on its way to a sink, in whole lines.
///
/// Invariants. Bytes of one stream keep their order and value. A line is passed on at once when it ends; one
/// that is longer than `long_line` is passed on in pieces, and its stream holds the sink until it ends, so
/// that no line is ever torn. Streams that wait for that keep up to `most_waiting` bytes and then leave the
/// rest in their pipe.
class stream {
 public:
  static constexpr std::size_t long_line = std::size_t{1} << 20U;
  static constexpr std::size_t most_waiting = std::size_t{64} << 20U;
  static constexpr std::size_t most_queued = std::size_t{4} << 20U;

  enum class mode {
    lines,     ///< whole lines
    at_once,   ///< whatever comes: nobody else writes there
    prefixed,  ///< whole lines, each after the prefix
  };

  stream(descriptor from, std::shared_ptr<sink> to, mode how, std::string prefix = {})
      : from_(std::move(from)), to_(std::move(to)), how_(how), prefix_(std::move(prefix)) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) = delete;
  ~stream() = default;

  /// Reads once and passes on. False when nothing was there.
  bool pump(std::span<char> scratch);
  /// Reads what is in the pipe now. Requires: scratch is no shorter than the pipe.
  void empty_pipe(std::span<char> scratch);
  /// Hands over what waited for another stream's line.
  void resume();
  /// Whether it has room for more.
  [[nodiscard]] bool wants() const noexcept {
    return from_ && waiting_.size() + line_.size() < most_waiting && to_->queued() < most_queued;
  }
  /// Stops reading and passes the unfinished line on.
  void finish();
  /// Stops reading; nobody takes what is left.
  void abandon() noexcept { from_.close(); }

  [[nodiscard]] int fd() const noexcept { return from_.get(); }
  [[nodiscard]] bool open() const noexcept { return static_cast<bool>(from_); }
  [[nodiscard]] bool idle() const noexcept { return !from_ && waiting_.empty(); }
  [[nodiscard]] const std::shared_ptr<sink>& target() const noexcept { return to_; }

 private:
  void take(std::string_view bytes);
  void hold_for_long_line();
  void pass(std::string_view text);
  void deliver(std::string_view text);

  descriptor from_;
  std::shared_ptr<sink> to_;
  mode how_;
  std::string prefix_;
  std::string line_;         // unfinished
  std::string waiting_;      // ready, but another stream holds the sink
  bool line_begun_ = false;  // part of the present line has been passed on
};

}  // namespace twill::comm::launch
