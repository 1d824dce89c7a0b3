// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <cerrno>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {

bool stream::pump(std::span<char> scratch) {
  const ssize_t n = read(from_.get(), scratch.data(), scratch.size());
  if (n > 0) {
    take({scratch.data(), static_cast<std::size_t>(n)});
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  finish();
  return true;
}

// One read takes all that a pipe holds, the second sees its end; a process that goes on writing is not
// followed.
void stream::empty_pipe(std::span<char> scratch) {
  for (int reads = 0; reads < 2 && from_ && pump(scratch); ++reads) {
  }
}

void stream::take(std::string_view bytes) {
  if (how_ == mode::at_once) return pass(bytes);
  const auto end = bytes.rfind('\n');
  if (end == std::string_view::npos) {
    line_.append(bytes);
  } else if (line_.empty()) {
    pass(bytes.substr(0, end + 1));
    line_.assign(bytes.substr(end + 1));
  } else {
    line_.append(bytes.substr(0, end + 1));
    pass(line_);
    line_.assign(bytes.substr(end + 1));
  }
  hold_for_long_line();
}

void stream::hold_for_long_line() {
  if (line_.size() < long_line || !waiting_.empty()) return;
  if (to_->holder != nullptr && to_->holder != this) return;
  to_->holder = this;
  pass(line_);
  line_.clear();
}

void stream::finish() {
  if (!from_) return;
  from_.close();
  if (!line_.empty()) {
    if (how_ == mode::prefixed) line_ += '\n';
    pass(line_);
    line_.clear();
  }
  if (to_->holder == this) to_->holder = nullptr;
}

// Text that ends a line, or all there is of one that is too long to keep.
void stream::pass(std::string_view text) {
  if (how_ != mode::prefixed) return deliver(text);
  std::string prefixed;
  prefixed.reserve(text.size() + text.size() / 4 + prefix_.size());
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view piece = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    if (!line_begun_) prefixed += prefix_;
    prefixed += piece;
    line_begun_ = end == std::string_view::npos;
    text.remove_prefix(piece.size());
  }
  deliver(prefixed);
}

void stream::deliver(std::string_view text) {
  if ((to_->holder != nullptr && to_->holder != this) || !waiting_.empty()) {
    waiting_.append(text);
    return;
  }
  // Another rank's last line had no end: without this its words and ours would read as one line.
  if (to_->line_open && to_->last != this && how_ != mode::at_once) to_->write("\n");
  to_->last = this;
  to_->write(text);
  if (to_->holder == this && text.back() == '\n') to_->holder = nullptr;
}

void stream::resume() {
  if (to_->holder != nullptr) return;
  if (const std::string ready = std::exchange(waiting_, {}); !ready.empty()) deliver(ready);
  if (from_) hold_for_long_line();
}

}  // namespace twill::comm::launch
