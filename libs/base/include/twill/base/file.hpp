// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace twill {

/// What a reader asks of a file.
struct read_request {
  std::string_view expected = "a readable file";  ///< goes into the message when there is none
  bool refuse_empty = false;                      ///< a file of zero bytes is an error too
};

/// The whole content of a file, also of one whose size is not known before (a pipe, /proc).
/// Throws: `error` with `errc::cannot_read` and the path, when it is absent, unreadable or a directory.
[[nodiscard]] std::string read_file(const std::string& path, const read_request& request = {});

/// A regular file as read-only memory. An empty file is an empty span.
///
/// The content must not be cut short by anyone while it is mapped: reading beyond the new end is a SIGBUS.
/// Files that `atomic_file_writer` replaces are safe, since the mapping keeps the old file.
class mapped_file {
 public:
  mapped_file() noexcept = default;
  /// Throws: `error` with `errc::cannot_read`, as `read_file`, and for what is not a regular file.
  explicit mapped_file(const std::string& path, const read_request& request = {});
  mapped_file(mapped_file&& other) noexcept;
  mapped_file& operator=(mapped_file&& other) noexcept;
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void swap(mapped_file& other) noexcept;

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Replaces a file as a whole: its readers see the old content or all of the new one, whatever happens in
/// between, a full disk and a killed process included.
///
/// The content goes to a file `.NAME.PID-NUMBER.twill-tmp` in the same folder, which is flushed to the device
/// and renamed over the target; then the folder is flushed. While it is written it is locked (flock). A
/// process that is killed leaves the temporary file behind, unlocked: the next writer of the same target
/// removes it.
///
/// A target that exists keeps its permissions and, where the process may set it, its owner; a new one follows
/// the umask. A symbolic link stays, the file that it leads to is replaced. What is not a regular file is
/// refused, and so is a file that the process may not write.
///
/// Throws (all members but the destructor): `error` with the path and the reason of the system,
/// `errc::disk_full` when there is no space or quota, `errc::cannot_write` otherwise. After an error the
/// temporary file is gone, the old content is as it was, and the writer is of no further use. Thread safety:
/// one thread at a time. Several writers of one target may run at once; the last to commit wins.
class atomic_file_writer {
 public:
  explicit atomic_file_writer(const std::string& path);
  atomic_file_writer(atomic_file_writer&& other) noexcept;
  atomic_file_writer& operator=(atomic_file_writer&& other) noexcept;
  atomic_file_writer(const atomic_file_writer&) = delete;
  atomic_file_writer& operator=(const atomic_file_writer&) = delete;
  /// Without a commit, removes the temporary file and leaves the target alone.
  ~atomic_file_writer();

  void write(std::span<const std::byte> data);
  void write(std::string_view data);
  /// Makes the content the target's. An error of the last step, the flush of the folder, finds the new
  /// content in place.
  void commit();
  /// The path as it was given.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Where the content waits for the commit; empty afterwards.
  [[nodiscard]] const std::string& temporary_path() const noexcept { return temporary_; }

 private:
  void flush();
  void abandon() noexcept;
  [[noreturn]] void fail(const char* step, int code);
  void open_temporary();
  void remove_stale();
  void keep_attributes();

  std::string path_;
  std::string target_;     // path_ with symbolic links resolved
  std::string temporary_;  // empty: nothing to remove
  std::string buffer_;
  int descriptor_ = -1;  // -1: closed, by commit or by an error
};

/// `content` becomes the file's, whole or not at all; see `atomic_file_writer`.
void write_file_atomically(const std::string& path, std::string_view content);
void write_file_atomically(const std::string& path, std::span<const std::byte> content);

}  // namespace twill
