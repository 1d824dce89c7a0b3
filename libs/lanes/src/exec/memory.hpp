// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace twill::lanes::detail {

/// Zeroed bytes on a cache line; large ones are zeroed by the operating system page by page, where they are
/// used.
class zeroed_memory {
 public:
  zeroed_memory() noexcept = default;
  /// Empty where there is no memory: `ok` tells.
  explicit zeroed_memory(std::size_t bytes) noexcept {
    constexpr std::size_t line = 64;
    if (bytes > ~std::size_t{0} - 2 * line) return;
    raw_ = static_cast<std::byte*>(std::calloc(bytes + line, 1));
    if (raw_ == nullptr) return;
    data_ = raw_ + (line - reinterpret_cast<std::uintptr_t>(raw_) % line);
    size_ = bytes;
  }
  zeroed_memory(zeroed_memory&& other) noexcept
      : raw_(std::exchange(other.raw_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  zeroed_memory& operator=(zeroed_memory&& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  zeroed_memory(const zeroed_memory&) = delete;
  zeroed_memory& operator=(const zeroed_memory&) = delete;
  ~zeroed_memory() { std::free(raw_); }

  [[nodiscard]] bool ok() const noexcept { return raw_ != nullptr; }
  /// The bytes may be written whoever has them.
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::byte* raw_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Bytes that a handle stands for; no data where the handle is not valid.
struct region {
  std::byte* data = nullptr;
  std::size_t size = 0;
  bool valid = false;
};

/// The buffers of an executor as one launch sees them: looked up without a lock.
class region_table {
 public:
  void build(const std::map<std::uint64_t, region>& live, std::byte* boundary,
             std::vector<std::shared_ptr<const zeroed_memory>> owned) {
    boundary_ = boundary;
    owned_ = std::move(owned);
    entries_.assign(live.begin(), live.end());
    // Handles are handed out in order, so that most tables are dense.
    dense_ = !entries_.empty() && entries_.back().first - entries_.front().first + 1 == entries_.size();
  }
  [[nodiscard]] region find(std::uint64_t handle) const noexcept {
    if (!entries_.empty() && handle >= entries_.front().first && handle <= entries_.back().first) {
      if (dense_) return entries_[handle - entries_.front().first].second;
      std::size_t low = 0;
      std::size_t high = entries_.size();
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (entries_[middle].first < handle) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (low < entries_.size() && entries_[low].first == handle) return entries_[low].second;
    }
    if (handle == 0) return {boundary_, boundary_bytes, true};
    if (handle >= class_handle(0))
      return {boundary_ + (handle - class_handle(0)) * class_bytes, class_bytes, true};
    return {};
  }

 private:
  std::byte* boundary_ = nullptr;
  std::vector<std::shared_ptr<const zeroed_memory>> owned_;
  std::vector<std::pair<std::uint64_t, region>> entries_;
  bool dense_ = false;
};

}  // namespace twill::lanes::detail
