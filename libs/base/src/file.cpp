// SPDX-License-Identifier: Apache-2.0
#include "twill/base/file.hpp"

#include "twill/base/detail/file_calls.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace twill {
namespace detail {
namespace {

thread_local file_calls* replaced_calls = nullptr;

}  // namespace

int file_calls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t file_calls::read(int descriptor, void* to, std::size_t size) { return ::read(descriptor, to, size); }
ssize_t file_calls::write(int descriptor, const void* from, std::size_t size) {
  return ::write(descriptor, from, size);
}
int file_calls::stat(int descriptor, struct ::stat* to) { return ::fstat(descriptor, to); }
int file_calls::change_mode(int descriptor, mode_t mode) { return ::fchmod(descriptor, mode); }
int file_calls::sync(int descriptor) { return ::fsync(descriptor); }
int file_calls::close(int descriptor) { return ::close(descriptor); }
int file_calls::rename(const char* from, const char* to) { return std::rename(from, to); }
int file_calls::unlink(const char* path) { return ::unlink(path); }

file_calls& current_file_calls() noexcept {
  static file_calls system;
  return replaced_calls != nullptr ? *replaced_calls : system;
}

scoped_file_calls::scoped_file_calls(file_calls& calls) noexcept
    : previous_(std::exchange(replaced_calls, &calls)) {}
scoped_file_calls::~scoped_file_calls() { replaced_calls = previous_; }

}  // namespace detail

namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 16U;
constexpr std::string_view temporary_suffix = ".twill-tmp";

detail::file_calls& calls() noexcept { return detail::current_file_calls(); }

// A call that a signal interrupted is made again. Never for close: the descriptor is gone either way.
template <class Call>
auto uninterrupted(Call call) noexcept {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Closes at the end of a scope whose outcome no longer depends on it.
class descriptor_guard {
 public:
  explicit descriptor_guard(int descriptor) noexcept : descriptor_(descriptor) {}
  descriptor_guard(const descriptor_guard&) = delete;
  descriptor_guard& operator=(const descriptor_guard&) = delete;
  ~descriptor_guard() {
    if (descriptor_ >= 0) static_cast<void>(calls().close(descriptor_));
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::string reason_of(int code) { return std::generic_category().message(code); }

[[noreturn]] void fail_to_read(const std::string& path, const read_request& request, std::string what,
                               std::string hint = {}) {
  throw error(errc::cannot_read, {.what = std::move(what),
                                  .where = {.file = path},
                                  .expected = std::string(request.expected),
                                  .hint = std::move(hint)});
}

struct opened_file {
  int descriptor;
  struct ::stat status;
};

opened_file open_to_read(const std::string& path, const read_request& request, bool regular_only) {
  if (path.find('\0') != std::string::npos) fail_to_read(path.c_str(), request, "path holds a zero byte");
  // Without O_NONBLOCK, a pipe that nobody writes would stop us before we could refuse it.
  const int flags = O_RDONLY | O_CLOEXEC | (regular_only ? O_NONBLOCK : 0);
  const int descriptor = uninterrupted([&] { return calls().open(path.c_str(), flags, 0); });
  if (descriptor < 0) {
    const int code = errno;
    fail_to_read(path, request, "cannot open for reading: " + reason_of(code),
                 code == ENOENT ? "check the path; relative paths start at the working directory" : "");
  }
  opened_file file{descriptor, {}};
  int code = 0;
  if (calls().stat(descriptor, &file.status) != 0) {
    code = errno;
  } else if (S_ISDIR(file.status.st_mode)) {
    code = EISDIR;
  } else if (regular_only && !S_ISREG(file.status.st_mode)) {
    static_cast<void>(calls().close(descriptor));
    fail_to_read(path, request, "not a regular file");
  }
  if (code != 0) {
    static_cast<void>(calls().close(descriptor));
    fail_to_read(path, request,
                 code == EISDIR ? "is a directory" : "cannot read its state: " + reason_of(code));
  }
  return file;
}

[[noreturn]] void refuse_empty(const std::string& path, const read_request& request) {
  throw error(errc::cannot_read, {.what = "file is empty",
                                  .where = {.file = path},
                                  .found = "0 bytes",
                                  .expected = std::string(request.expected)});
}

[[noreturn]] void fail_to_write(const std::string& path, std::string what, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  diagnosis d{.what = std::move(what), .where = {.file = path}};
  if (code != 0) d.what += ": " + reason_of(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      d.expected = "room for the whole content beside the old file";
      d.hint = "free space or quota, or choose another folder; the old content, if any, is untouched";
      break;
    case EFBIG:
      d.expected = "a file size within the limit";
      d.hint = "raise the limit on file sizes (ulimit -f)";
      break;
    case ENOENT:
    case ENOTDIR:
      d.expected = "an existing folder";
      d.hint = "create the folder first";
      break;
    case EACCES:
    case EPERM:
    case EROFS: d.expected = "a writable file in a writable folder"; break;
    default: d.expected = "a regular file in a writable folder"; break;
  }
  throw error(full ? errc::disk_full : errc::cannot_write, std::move(d));
}

[[noreturn]] void fail_after_rename(const std::string& path, int code) {
  throw error(errc::cannot_write,
              {.what = "cannot flush the folder of the file: " + reason_of(code),
               .where = {.file = path},
               .expected = "a folder that can be flushed to the device",
               .hint = "the new content is in place, but may be lost if the machine fails now"});
}

struct folder_and_name {
  std::string folder;  // "." where the path names none
  std::string name;
};

folder_and_name split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::string temporary_prefix(const std::string& name) { return '.' + name + '.'; }

// .NAME.PID-NUMBER.twill-tmp, and nothing that merely resembles it.
bool is_temporary_of(std::string_view entry, const std::string& prefix) {
  if (!entry.starts_with(prefix) || !entry.ends_with(temporary_suffix)) return false;
  if (entry.size() <= prefix.size() + temporary_suffix.size()) return false;
  entry = entry.substr(prefix.size(), entry.size() - prefix.size() - temporary_suffix.size());
  return entry.find_first_not_of("0123456789-") == std::string_view::npos;
}

std::string temporary_name(const std::string& target) {
  static std::atomic<unsigned> number{0};
  const folder_and_name parts = split_path(target);
  // ORD relaxed [file]: only the uniqueness of the value within the process counts; pairs with nothing.
  const unsigned next = number.fetch_add(1, std::memory_order_relaxed);
  return fmt::format("{}/{}{}-{}{}", parts.folder, temporary_prefix(parts.name), ::getpid(), next,
                     temporary_suffix);
}

}  // namespace

std::string read_file(const std::string& path, const read_request& request) {
  const opened_file file = open_to_read(path, request, false);
  const descriptor_guard guard(file.descriptor);
  // One byte more than the size says, so that the end shows without another resize.
  const bool sized = S_ISREG(file.status.st_mode) && file.status.st_size > 0;
  std::string content(sized ? static_cast<std::size_t>(file.status.st_size) + 1 : buffer_size, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = uninterrupted(
        [&] { return calls().read(file.descriptor, content.data() + size, content.size() - size); });
    if (got < 0) fail_to_read(path, request, "cannot read: " + reason_of(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  if (content.empty() && request.refuse_empty) refuse_empty(path, request);
  return content;
}

mapped_file::mapped_file(const std::string& path, const read_request& request) {
  const opened_file file = open_to_read(path, request, true);
  const descriptor_guard guard(file.descriptor);
  const auto size = static_cast<std::size_t>(file.status.st_size);
  if (size == 0) {  // mmap refuses a length of zero
    if (request.refuse_empty) refuse_empty(path, request);
    return;
  }
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
  if (data == MAP_FAILED) fail_to_read(path, request, "cannot map into memory: " + reason_of(errno));
  data_ = static_cast<const std::byte*>(data);
  size_ = size;
}

mapped_file::mapped_file(mapped_file&& other) noexcept { swap(other); }

mapped_file& mapped_file::operator=(mapped_file&& other) noexcept {
  mapped_file taken(std::move(other));
  swap(taken);
  return *this;
}

mapped_file::~mapped_file() {
  // munmap wants a pointer to what it may change: it gives the pages back, their content stays.
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::string_view mapped_file::text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

void mapped_file::swap(mapped_file& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

atomic_file_writer::atomic_file_writer(const std::string& path) : path_(path), target_(path) {
  if (path.empty() || path.find('\0') != std::string::npos)
    fail_to_write(path, "path is empty or holds a zero byte", 0);
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (resolved) target_ = resolved.get();
  struct ::stat status{};
  if (::stat(target_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) fail_to_write(path_, "is a directory", 0);
    if (!S_ISREG(status.st_mode)) fail_to_write(path_, "not a regular file", 0);
    if (::access(target_.c_str(), W_OK) != 0) fail_to_write(path_, "cannot write", errno);
  } else if (split_path(target_).name.empty()) {
    fail_to_write(path_, "names a folder", 0);
  }
  remove_stale();
  try {
    open_temporary();
    keep_attributes();
    buffer_.reserve(buffer_size);
  } catch (...) {
    abandon();  // the destructor does not run for what was never constructed
    throw;
  }
}

atomic_file_writer::atomic_file_writer(atomic_file_writer&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      buffer_(std::exchange(other.buffer_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

atomic_file_writer& atomic_file_writer::operator=(atomic_file_writer&& other) noexcept {
  if (this != &other) {
    abandon();
    path_ = std::move(other.path_);
    target_ = std::move(other.target_);
    temporary_ = std::exchange(other.temporary_, {});
    buffer_ = std::exchange(other.buffer_, {});
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

atomic_file_writer::~atomic_file_writer() { abandon(); }

void atomic_file_writer::abandon() noexcept {
  if (descriptor_ >= 0) static_cast<void>(calls().close(std::exchange(descriptor_, -1)));
  if (!temporary_.empty()) static_cast<void>(calls().unlink(temporary_.c_str()));
  temporary_.clear();
  buffer_.clear();
}

void atomic_file_writer::fail(const char* step, int code) {
  abandon();
  fail_to_write(path_, step, code);
}

// A temporary file is stale when nobody holds its lock. Whatever goes wrong here is left to the next writer:
// the write itself does not depend on it.
void atomic_file_writer::remove_stale() {
  const folder_and_name parts = split_path(target_);
  const std::string prefix = temporary_prefix(parts.name);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(parts.folder.c_str()), &::closedir);
  if (!folder) return;
  std::vector<std::string> found;
  while (const struct dirent* entry = ::readdir(folder.get())) {
    if (is_temporary_of(entry->d_name, prefix)) found.push_back(parts.folder + '/' + entry->d_name);
  }
  for (const std::string& name : found) {
    const descriptor_guard stale(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (stale.get() >= 0 && ::flock(stale.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(name.c_str());
  }
}

void atomic_file_writer::open_temporary() {
  for (;;) {
    std::string name = temporary_name(target_);
    const int descriptor = uninterrupted(
        [&] { return calls().open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (descriptor < 0 && errno == EEXIST) continue;  // of a process that had our number before us
    if (descriptor < 0) fail("cannot create a temporary file in its folder", errno);
    descriptor_ = descriptor;
    temporary_ = std::move(name);
    // Between creation and lock another writer may have taken the file for stale and removed it. A file
    // system without locks has no such writer either: none of its locks succeeds.
    static_cast<void>(uninterrupted([&] { return ::flock(descriptor_, LOCK_EX); }));
    struct ::stat status{};
    if (calls().stat(descriptor_, &status) != 0) fail("cannot read the state of the temporary file", errno);
    if (status.st_nlink != 0) return;
    abandon();
  }
}

void atomic_file_writer::keep_attributes() {
  struct ::stat old{};
  if (::stat(target_.c_str(), &old) != 0) return;
  struct ::stat ours{};
  if (calls().stat(descriptor_, &ours) != 0) fail("cannot read the state of the temporary file", errno);
  mode_t mode = old.st_mode & 07777U;
  if (ours.st_uid != old.st_uid || ours.st_gid != old.st_gid) {
    // Who may not give a file away becomes its owner, and must not become the owner of a set-id program by
    // that.
    if (::fchown(descriptor_, old.st_uid, old.st_gid) != 0) mode &= 01777U;
  }
  if (calls().change_mode(descriptor_, mode) != 0)
    fail("cannot set the permissions of the temporary file", errno);
}

void atomic_file_writer::write(std::span<const std::byte> data) {
  write(std::string_view(reinterpret_cast<const char*>(data.data()), data.size()));
}

void atomic_file_writer::write(std::string_view data) {
  if (descriptor_ < 0) fail_to_write(path_, "writer is closed, by a commit or by an earlier error", 0);
  while (!data.empty()) {
    const std::size_t taken = std::min(data.size(), buffer_size - buffer_.size());
    buffer_.append(data.substr(0, taken));
    data.remove_prefix(taken);
    if (buffer_.size() == buffer_size) flush();
  }
}

void atomic_file_writer::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t done = uninterrupted([&] { return calls().write(descriptor_, left.data(), left.size()); });
    if (done < 0) fail("cannot write", errno);
    if (done == 0) fail("cannot write", EIO);  // no progress and no reason: going on would be for ever
    left.remove_prefix(static_cast<std::size_t>(done));
  }
  buffer_.clear();
}

void atomic_file_writer::commit() {
  if (descriptor_ < 0) fail_to_write(path_, "writer is closed, by a commit or by an earlier error", 0);
  flush();
  if (uninterrupted([&] { return calls().sync(descriptor_); }) != 0)
    fail("cannot flush to the device", errno);
  // The rename comes before the close: the lock that guards the temporary name ends with the descriptor. Some
  // file systems report a lost write at close only, hence the second descriptor, whose close carries no lock
  // with it.
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) fail("cannot duplicate the descriptor", errno);
  if (calls().close(copy) != 0 && errno != EINTR) fail("cannot close", errno);
  if (calls().rename(temporary_.c_str(), target_.c_str()) != 0)
    fail("cannot rename the temporary file", errno);
  temporary_.clear();
  static_cast<void>(calls().close(std::exchange(descriptor_, -1)));

  // The name itself survives a crash of the machine only once the folder is on the device. EINVAL and its
  // like: a file system whose folders need no flush.
  const std::string folder = split_path(target_).folder;
  const descriptor_guard opened(
      uninterrupted([&] { return calls().open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); }));
  if (opened.get() < 0) {
    if (errno == EACCES) return;  // writable but not readable: nothing to flush it by
    fail_after_rename(path_, errno);
  }
  if (uninterrupted([&] { return calls().sync(opened.get()); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
    fail_after_rename(path_, errno);
  }
}

void write_file_atomically(const std::string& path, std::string_view content) {
  atomic_file_writer writer(path);
  writer.write(content);
  writer.commit();
}

void write_file_atomically(const std::string& path, std::span<const std::byte> content) {
  write_file_atomically(path,
                        std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

}  // namespace twill
