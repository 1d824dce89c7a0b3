// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <sys/stat.h>
#include <sys/types.h>

namespace twill::detail {

/// The system calls that writing a file makes, each as POSIX says: -1 and errno on failure. Tests put
/// failures here.
class file_calls {
 public:
  file_calls() = default;
  file_calls(const file_calls&) = delete;
  file_calls& operator=(const file_calls&) = delete;
  virtual ~file_calls() = default;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t read(int descriptor, void* to, std::size_t size);
  virtual ssize_t write(int descriptor, const void* from, std::size_t size);
  virtual int stat(int descriptor, struct ::stat* to);
  virtual int change_mode(int descriptor, mode_t mode);
  virtual int sync(int descriptor);
  virtual int close(int descriptor);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

/// The calls of this thread: the system's, or those of the innermost `scoped_file_calls`.
[[nodiscard]] file_calls& current_file_calls() noexcept;

/// Puts `calls` in the place of the system's for this thread, until the end of the scope.
class scoped_file_calls {
 public:
  explicit scoped_file_calls(file_calls& calls) noexcept;
  scoped_file_calls(const scoped_file_calls&) = delete;
  scoped_file_calls& operator=(const scoped_file_calls&) = delete;
  ~scoped_file_calls();

 private:
  file_calls* previous_;
};

}  // namespace twill::detail
