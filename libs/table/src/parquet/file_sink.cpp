// SPDX-License-Identifier: Apache-2.0
#include "parquet/file_sink.hpp"

#include "twill/table/findings.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace twill::table::detail::pq {

void file_sink::fail(int code) const {
  diagnosis d;
  d.what = std::string("cannot write the file: ") + std::strerror(code);
  d.where.file = path_;
  if (code == ENOSPC || code == EDQUOT) throw error(twill::errc::disk_full, d);
  throw error(errc::cannot_write, d);
}

file_sink::file_sink(const std::string& path) : path_(path), partial_(path + ".partial") {
  fd_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(errno);
}

file_sink::~file_sink() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(partial_.c_str());
}

void file_sink::put(bytes data) {
  while (!data.empty()) {
    const ::ssize_t n = ::write(fd_, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno);
    data = data.subspan(static_cast<std::size_t>(n));
  }
}

void file_sink::commit() {
  const int fd = fd_;
  fd_ = -1;
  const bool closed = ::close(fd) == 0;
  if (closed && std::rename(partial_.c_str(), path_.c_str()) == 0) return;
  const int code = errno;
  ::unlink(partial_.c_str());
  fail(code);
}

}  // namespace twill::table::detail::pq
