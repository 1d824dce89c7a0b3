// SPDX-License-Identifier: Apache-2.0
#include "parquet/source.hpp"

#include "twill/table/findings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace twill::table::detail::pq {

namespace {

class memory_source final : public byte_source {
 public:
  explicit memory_source(bytes content) : content_(content) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return content_.size(); }
  [[nodiscard]] bytes view(std::uint64_t offset, std::size_t count) override {
    return content_.subspan(static_cast<std::size_t>(offset), count);
  }

 private:
  bytes content_;
};

class file_source final : public byte_source {
 public:
  explicit file_source(const std::string& path) : path_(path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fail(std::strerror(errno));
    struct stat info{};
    const bool known = ::fstat(fd_, &info) == 0;
    if (!known || !S_ISREG(info.st_mode)) {
      ::close(fd_);
      fail(S_ISDIR(info.st_mode) ? "it is a folder" : "it is not a regular file");
    }
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~file_source() override { ::close(fd_); }

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  [[nodiscard]] bytes view(std::uint64_t offset, std::size_t count) override {
    if (offset < begin_ || offset + count > begin_ + window_.size()) read(offset, count);
    return bytes(window_.data(), window_.size()).subspan(static_cast<std::size_t>(offset - begin_), count);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    diagnosis d;
    d.what = "cannot read the file: " + why;
    d.where.file = path_;
    throw error(errc::cannot_read, std::move(d));
  }
  void read(std::uint64_t offset, std::size_t count) {
    constexpr std::size_t least = std::size_t{64} << 10;
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(count, least), size_ - offset));
    window_.resize_for_overwrite(wanted);
    begin_ = offset;
    for (std::size_t done = 0; done < wanted;) {
      const ::ssize_t n =
          ::pread(fd_, window_.data() + done, wanted - done, static_cast<::off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(std::strerror(errno));
      if (n == 0) fail("it became shorter while it was read");
      done += static_cast<std::size_t>(n);
    }
  }

  std::string path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t begin_ = 0;
  buffer<std::byte> window_;
};

}  // namespace

std::unique_ptr<byte_source> open_memory(bytes content) { return std::make_unique<memory_source>(content); }
std::unique_ptr<byte_source> open_file(const std::string& path) {
  return std::make_unique<file_source>(path);
}

}  // namespace twill::table::detail::pq
