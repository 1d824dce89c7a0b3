// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "descriptor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace twill::comm::launch {

class stream;

/// Where output goes. Writing never blocks the launcher, whoever reads: what is not taken at once is queued.
///
/// O_NONBLOCK on an inherited descriptor would change it for the shell and everyone else that shares it. So a
/// pipe or a terminal is opened once more through /proc, which makes an open file of our own; a socket takes
/// MSG_DONTWAIT; and where neither works, pieces of PIPE_BUF bytes are written when poll says that there is
/// room for them.
class sink {
 public:
  explicit sink(int fd);

  /// Writes or queues; dropped after a failure.
  void write(std::string_view text);
  /// Writes as much of the queue as is taken.
  void flush();

  /// Bytes that wait.
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size() - head_; }
  /// What to poll for POLLOUT while bytes wait.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// errno of the first write that failed, 0 while all is well.
  [[nodiscard]] int failure() const noexcept { return failure_; }

  /// The stream whose endless line is being passed on, null mostly. The others wait for its end.
  stream* holder = nullptr;
  /// The last stream that wrote, and whether it left the line unfinished.
  const stream* last = nullptr;
  bool line_open = false;

 private:
  enum class way { direct, nonblocking, socket, pieces };
  [[nodiscard]] std::size_t attempt(std::string_view text);

  descriptor own_;
  int fd_;
  way way_ = way::direct;
  std::string queue_;
  std::size_t head_ = 0;
  int failure_ = 0;
};

/// Whether both descriptors lead to the same pipe, terminal, socket or file.
[[nodiscard]] bool same_target(int a, int b) noexcept;

}  // namespace twill::comm::launch
