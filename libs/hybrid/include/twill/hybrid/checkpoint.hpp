// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/hybrid/collectives.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// How a run begins.
enum class start_mode : std::uint8_t {
  fresh,       ///< with nothing
  warm_start,  ///< with the saved content, at iteration 0 and with new noise
  resume       ///< where the saved run stood: the same bits as without the interruption
};

/// A number that a checkpoint must agree with: a hash of the case or the configuration, a dimension.
struct identity_field {
  std::string name{};          ///< as messages call it
  std::uint64_t value = 0;     ///< what it is here
  bool for_warm_start = true;  ///< also a warm start needs it equal
};

/// Where checkpoints are and what they belong to. Nothing in a file depends on ranks or threads.
struct checkpoint_options {
  std::string folder{};                    ///< is created; empty: no checkpoints
  std::string name = "checkpoint";         ///< files are NAME-ITERATION.twck and the link NAME-latest
  std::size_t keep = 3;                    ///< files that stay
  std::vector<identity_field> identity{};  ///< of this run
};

/// Takes the content of a checkpoint. The first mistake of the system is kept and told at the end, so that
/// collectives between writes stay in step on all ranks.
class checkpoint_sink {
 public:
  /// Of a rank that writes nothing.
  checkpoint_sink() = default;
  /// Of the rank that writes the file of an iteration.
  checkpoint_sink(const checkpoint_options& options, std::uint64_t iteration);
  checkpoint_sink(checkpoint_sink&&) noexcept;
  checkpoint_sink& operator=(checkpoint_sink&&) noexcept;
  ~checkpoint_sink();

  /// What is written here is kept; on other ranks it need not be made.
  [[nodiscard]] bool wanted() const noexcept { return file_ != nullptr; }
  /// Appends bytes.
  void write(std::span<const std::byte> bytes) noexcept;
  /// Appends objects that are their bytes.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write(std::span<const T> values) noexcept {
    write(std::as_bytes(values));
  }
  /// Appends a number.
  template <class T>
    requires std::is_arithmetic_v<T>
  void write(const T& value) noexcept {
    write(std::as_bytes(std::span<const T>(&value, 1)));
  }
  /// Bytes so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Makes it the newest checkpoint, moves the link and removes what is too old. Throws: the first mistake.
  std::string commit();

 private:
  std::unique_ptr<atomic_file_writer> file_;
  std::unique_ptr<twill::error> failed_;
  checkpoint_options options_;
  std::uint64_t iteration_ = 0;
  std::uint64_t size_ = 0;
  std::uint32_t crc_ = 0;
  std::string folder_made_;
};

/// Gives the content of a checkpoint back in the order in which it was written.
class checkpoint_source {
 public:
  /// Over the content.
  explicit checkpoint_source(std::span<const std::byte> content) noexcept : rest_(content) {}

  /// Throws: twill::error(errc::corrupt_data) when there is less.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void read(std::span<T> into) {
    copy(std::as_writable_bytes(into));
  }
  /// A number. Throws: as above.
  template <class T>
    requires std::is_arithmetic_v<T>
  [[nodiscard]] T read() {
    T value{};
    copy(std::as_writable_bytes(std::span<T>(&value, 1)));
    return value;
  }
  /// Bytes that are left.
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

 private:
  void copy(std::span<std::byte> into);
  std::span<const std::byte> rest_;
};

/// A checkpoint that was read and found whole.
struct loaded_checkpoint {
  std::string path{};                ///< its file
  std::uint64_t iteration = 0;       ///< completed iterations
  std::vector<std::byte> content{};  ///< as it was written
};

/// The newest whole checkpoint; torn and corrupt files are passed over with a warning each. Throws:
/// error(checkpoint_mismatch) that names the field when it belongs to another case.
[[nodiscard]] std::optional<loaded_checkpoint> load_newest(const checkpoint_options& options, start_mode mode,
                                                           std::vector<std::string>& warnings);

/// The files of a run, the newest first.
[[nodiscard]] std::vector<std::string> checkpoint_files(const checkpoint_options& options);

}  // namespace twill::hybrid
