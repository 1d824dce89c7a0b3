// SPDX-License-Identifier: Apache-2.0
#include "file_bytes.hpp"

#include "twill/table/findings.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace twill::table {
namespace {

[[noreturn]] void refuse(const std::string& path, int code) {
  diagnosis d;
  d.what = "cannot read the file";
  d.where.file = path;
  d.found = std::generic_category().message(code);
  if (code == ENOENT) d.hint = "check the path";
  throw error(errc::cannot_read, std::move(d));
}

struct descriptor {
  int fd;
  explicit descriptor(int value) noexcept : fd(value) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { ::close(fd); }
};

}  // namespace

file_bytes::file_bytes(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) refuse(path, errno);
  const descriptor open_file(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) refuse(path, errno);
  if (S_ISDIR(status.st_mode)) refuse(path, EISDIR);
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto length = static_cast<std::size_t>(status.st_size);
    void* const mapped = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped != MAP_FAILED) {
      ::madvise(mapped, length, MADV_SEQUENTIAL);
      mapping_ = mapped;
      data_ = static_cast<const char*>(mapped);
      size_ = length;
      return;
    }
  }
  char block[65536];
  for (;;) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path, errno);
    if (got == 0) break;
    content_.append(block, static_cast<std::size_t>(got));
  }
  data_ = content_.data();
  size_ = content_.size();
}

file_bytes::~file_bytes() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

}  // namespace twill::table
