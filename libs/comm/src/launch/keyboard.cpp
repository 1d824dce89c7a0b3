// SPDX-License-Identifier: Apache-2.0
#include "keyboard.hpp"

#include <array>
#include <cerrno>
#include <unistd.h>

namespace twill::comm::launch {

bool keyboard::wants_input() const noexcept {
  return to_ && !ended_ && waiting_.empty() && tcgetpgrp(terminal_) == getpgrp();
}

void keyboard::read_some() {
  std::array<char, 4096> typed{};
  const ssize_t n = read(terminal_, typed.data(), typed.size());
  if (n > 0) waiting_.assign(typed.data(), static_cast<std::size_t>(n));
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
  write_some();
}

void keyboard::write_some() {
  while (to_ && !waiting_.empty()) {
    const ssize_t n = write(to_.get(), waiting_.data(), waiting_.size());
    if (n >= 0) {
      waiting_.erase(0, static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      waiting_.clear();
      to_.close();  // the rank reads no more
    }
  }
  if (ended_) to_.close();
}

}  // namespace twill::comm::launch
