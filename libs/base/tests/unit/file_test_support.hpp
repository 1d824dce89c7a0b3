// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/detail/file_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace twill::test {

/// A folder of its own that goes with its contents at the end of the scope.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "twill-file-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

inline std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

/// Runs `body` in a child process and gives its exit code, or -1 when a signal ended it.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) ::_exit(body());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The same without the rights of the superuser, whom no permission stops.
inline int in_child_without_privilege(const std::function<int()>& body) {
  return in_child([&] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 99;
    return body();
  });
}

/// Counts every call and lets chosen ones fail.
class faulty_calls final : public detail::file_calls {
 public:
  int fail_call = -1;            ///< number of the call, of all kinds, that fails
  int fail_write = -1;           ///< number of the write that fails
  int code = 0;                  ///< errno of the failure
  bool interrupt = false;        ///< every call but close fails once with EINTR before it is made
  std::size_t most = 1U << 30U;  ///< bytes a read or write moves at most

  int seen = 0;
  int writes = 0;
  bool renamed = false;
  std::vector<std::string> log;

  int open(const char* path, int flags, mode_t mode) override {
    return refused("open") ? -1 : file_calls::open(path, flags, mode);
  }
  ssize_t read(int descriptor, void* to, std::size_t size) override {
    return refused("read") ? -1 : file_calls::read(descriptor, to, std::min(size, most));
  }
  ssize_t write(int descriptor, const void* from, std::size_t size) override {
    if (refused("write")) return -1;
    if (writes++ == fail_write) {
      errno = code;
      return code == 0 ? 0 : -1;
    }
    return file_calls::write(descriptor, from, std::min(size, most));
  }
  int stat(int descriptor, struct ::stat* to) override {
    return refused("stat") ? -1 : file_calls::stat(descriptor, to);
  }
  int change_mode(int descriptor, mode_t mode) override {
    return refused("mode") ? -1 : file_calls::change_mode(descriptor, mode);
  }
  int sync(int descriptor) override { return refused("sync") ? -1 : file_calls::sync(descriptor); }
  int close(int descriptor) override {
    const int result = file_calls::close(descriptor);  // a close that fails has closed all the same
    return refused("close") ? -1 : result;
  }
  int rename(const char* from, const char* to) override {
    if (refused("rename")) return -1;
    renamed = true;
    return file_calls::rename(from, to);
  }

 private:
  bool refused(const std::string& name) {
    const bool interruptible = name == "open" || name == "read" || name == "write" || name == "sync";
    if (interrupt && interruptible) odd_ = !odd_;
    if (interrupt && interruptible && odd_) {  // the repetition gets through
      errno = EINTR;
      return true;
    }
    log.push_back(name);
    if (seen++ != fail_call) return false;
    errno = code;
    return true;
  }
  bool odd_ = false;
};

}  // namespace twill::test
