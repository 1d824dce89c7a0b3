// SPDX-License-Identifier: Apache-2.0
#include "sink.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace twill::comm::launch {

sink::sink(int fd) : fd_(fd) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return;  // the first write tells why
  if (S_ISSOCK(info.st_mode)) {
    way_ = way::socket;
  } else if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    own_ = descriptor(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    way_ = own_ ? way::nonblocking : way::pieces;
    if (own_) fd_ = own_.get();
  }
}

std::size_t sink::attempt(std::string_view text) {
  std::size_t done = 0;
  while (done < text.size() && failure_ == 0) {
    std::size_t length = text.size() - done;
    if (way_ == way::pieces) {
      pollfd room{.fd = fd_, .events = POLLOUT, .revents = 0};
      if (poll(&room, 1, 0) <= 0) break;
      length = std::min<std::size_t>(length, PIPE_BUF);
    }
    const ssize_t n = way_ == way::socket ? send(fd_, text.data() + done, length, MSG_DONTWAIT | MSG_NOSIGNAL)
                                          : ::write(fd_, text.data() + done, length);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
  return done;
}

void sink::write(std::string_view text) {
  if (failure_ != 0 || text.empty()) return;
  line_open = text.back() != '\n';
  if (queued() == 0) text.remove_prefix(attempt(text));
  if (failure_ == 0) queue_.append(text);
}

void sink::flush() {
  head_ += attempt(std::string_view(queue_).substr(head_));
  if (failure_ != 0 || head_ == queue_.size()) {
    queue_.clear();
    head_ = 0;
  } else if (head_ > queue_.size() / 2) {  // each byte is moved once at most
    queue_.erase(0, head_);
    head_ = 0;
  }
}

bool same_target(int a, int b) noexcept {
  struct stat x{};
  struct stat y{};
  return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
         x.st_rdev == y.st_rdev;
}

}  // namespace twill::comm::launch
