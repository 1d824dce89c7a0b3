// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace twill::trace::detail {

enum class record_kind : std::uint8_t { span, instant, counter };

/// One event; all texts live until the process ends.
struct record {
  const char* what;
  const char* argument;  ///< null: none
  std::int64_t begin;    ///< nanoseconds of the session's clock
  union {
    std::int64_t duration;  ///< of a span
    double level;           ///< of a counter
  };
  std::int64_t value;  ///< of the argument
  record_kind kind;
};
static_assert(sizeof(record) == 48);

/// The records of one thread in one session.
///
/// Thread safety: one thread writes, the one that stops the session reads; both hold the mutex, so the writer
/// finds it free but for the moment of the stop. Invariants: (1) `written` counts every record ever put, the
/// newest min(written, capacity) of them are in place, the oldest at written % capacity once it is full; (2)
/// once closed, nothing changes.
class ring {
 public:
  ring(std::size_t capacity, std::uint32_t thread, std::string thread_name)
      : records_(std::make_unique_for_overwrite<record[]>(capacity)),
        capacity_(capacity),
        thread_(thread),
        thread_name_(std::move(thread_name)) {}

  void put(const record& r) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    records_[written_ % capacity_] = r;
    ++written_;
  }

  void rename(const std::string& thread_name) {
    const std::lock_guard lock(mutex_);
    if (!closed_) thread_name_ = thread_name;
  }

  void close() noexcept {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  // The rest is for closed rings: close() has synchronised with the last put().
  [[nodiscard]] std::vector<record> in_order() const {
    std::vector<record> all;
    const std::uint64_t kept = written_ < capacity_ ? written_ : capacity_;
    all.reserve(kept);
    for (std::uint64_t i = written_ - kept; i < written_; ++i) all.push_back(records_[i % capacity_]);
    return all;
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return written_ < capacity_ ? 0 : written_ - capacity_;
  }
  [[nodiscard]] std::uint32_t thread() const noexcept { return thread_; }
  [[nodiscard]] const std::string& thread_name() const noexcept { return thread_name_; }

 private:
  std::mutex mutex_;
  // Not initialised: the pages of a ring that stays short are never touched.
  std::unique_ptr<record[]> records_;
  std::size_t capacity_;
  std::uint64_t written_ = 0;
  bool closed_ = false;
  std::uint32_t thread_;
  std::string thread_name_;
};

}  // namespace twill::trace::detail
