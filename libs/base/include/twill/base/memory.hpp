// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace twill {

/// Bytes of one cache line: data used together belongs inside this.
inline constexpr std::size_t cache_line = 64;
/// Bytes that keep two writers apart: two lines, since current x86 cores prefetch lines in pairs. A constant
/// of ours, because std::hardware_destructive_interference_size changes with the compiler's tuning flags and
/// so breaks layouts.
inline constexpr std::size_t destructive_distance = 128;

/// A value alone on its cache lines, so that its writer never slows another thread's neighbour.
template <class T>
struct alignas(destructive_distance) padded {
  T value{};

  [[nodiscard]] T& operator*() noexcept { return value; }
  [[nodiscard]] const T& operator*() const noexcept { return value; }
  [[nodiscard]] T* operator->() noexcept { return std::addressof(value); }
  [[nodiscard]] const T* operator->() const noexcept { return std::addressof(value); }
};

/// A block of `size()` value-initialised elements that starts on a cache line; it never grows.
///
/// Thread safety: as a standard container's.
template <class T>
class aligned_buffer {
  static_assert(std::is_nothrow_destructible_v<T>);

 public:
  using value_type = T;
  /// The address of the first element is a multiple of this.
  static constexpr std::size_t alignment = alignof(T) > cache_line ? alignof(T) : cache_line;

  aligned_buffer() noexcept = default;
  /// Throws: std::bad_array_new_length when the size in bytes is not representable, std::bad_alloc.
  explicit aligned_buffer(std::size_t size) : data_(allocate(size)) {
    try {
      std::uninitialized_value_construct_n(data_, size);
    } catch (...) {
      deallocate(data_);
      throw;
    }
    size_ = size;
  }
  aligned_buffer(aligned_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  aligned_buffer& operator=(aligned_buffer&& other) noexcept {
    aligned_buffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  aligned_buffer(const aligned_buffer&) = delete;
  aligned_buffer& operator=(const aligned_buffer&) = delete;
  ~aligned_buffer() {
    std::destroy_n(data_, size_);
    deallocate(data_);
  }

  void swap(aligned_buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] std::span<T> span() noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data_, size_}; }

 private:
  static T* allocate(std::size_t size) {
    if (size == 0) return nullptr;
    if (size > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t{alignment}));
  }
  static void deallocate(T* data) noexcept { ::operator delete(data, std::align_val_t{alignment}); }

  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace twill
