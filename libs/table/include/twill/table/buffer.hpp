// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::table {

/// A growing array of plain values: like a vector, but growing leaves values unset, large blocks grow in
/// place where the system can, and `bool` is an ordinary element.
template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  buffer() noexcept = default;
  /// `count` zero-valued elements.
  explicit buffer(std::size_t count) { resize_for_overwrite(count), fill_from(0, T{}); }
  buffer(std::size_t count, T value) { resize_for_overwrite(count), fill_from(0, value); }
  explicit buffer(std::span<const T> values) { append(values); }
  buffer(std::initializer_list<T> values) { append({values.begin(), values.size()}); }
  buffer(const buffer& other) { append(other); }
  buffer(buffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  buffer& operator=(buffer other) noexcept {
    std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~buffer() = default;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* data() noexcept { return data_.get(); }
  [[nodiscard]] const T* data() const noexcept { return data_.get(); }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_.get()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_.get()[i]; }
  [[nodiscard]] T* begin() noexcept { return data(); }
  [[nodiscard]] T* end() noexcept { return data() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data(); }
  [[nodiscard]] const T* end() const noexcept { return data() + size_; }
  /// A buffer is a contiguous range of its elements.
  operator std::span<const T>() const noexcept { return {data(), size_}; }

  void clear() noexcept { size_ = 0; }
  void reserve(std::size_t count) {
    if (count > capacity_) reallocate(count);
  }
  /// New elements have no particular value until they are written.
  void resize_for_overwrite(std::size_t count) {
    if (count > capacity_) reallocate(grown(count));
    size_ = count;
  }
  void resize(std::size_t count, T value) {
    const std::size_t old = size_;
    resize_for_overwrite(count);
    if (count > old) fill_from(old, value);
  }
  void push_back(T value) {
    if (size_ == capacity_) reallocate(grown(size_ + 1));
    data_.get()[size_++] = value;
  }
  void append(std::span<const T> values) {
    if (values.empty()) return;
    const std::size_t old = size_;
    resize_for_overwrite(old + values.size());
    std::memcpy(static_cast<void*>(data() + old), values.data(), values.size_bytes());
  }
  void shrink_to_fit() {
    if (size_ < capacity_ && size_ != 0) reallocate(size_);
  }

  friend bool operator==(const buffer& a, const buffer& b) noexcept {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }

 private:
  struct release {
    void operator()(T* p) const noexcept { std::free(p); }
  };
  [[nodiscard]] std::size_t grown(std::size_t least) const noexcept {
    const std::size_t half_more = capacity_ + capacity_ / 2;
    return half_more > least ? half_more : least;
  }
  void reallocate(std::size_t count) {
    if (count > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T)) throw std::bad_alloc();
    void* moved = std::realloc(static_cast<void*>(data_.get()), count * sizeof(T));
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_.reset(static_cast<T*>(moved));
    capacity_ = count;
  }
  void fill_from(std::size_t first, T value) noexcept {
    for (std::size_t i = first; i < size_; ++i) data_.get()[i] = value;
  }

  std::unique_ptr<T, release> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Texts of a column in one block of bytes.
///
/// Invariant: `offsets()` has one element more than there are texts, starts with 0 and never falls.
class string_array {
 public:
  string_array() { offsets_.push_back(0); }
  string_array(std::initializer_list<std::string_view> values) : string_array() {
    for (const std::string_view value : values) push_back(value);
  }
  [[nodiscard]] std::size_t size() const noexcept { return offsets_.size() - 1; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Valid until the array changes.
  [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
    return {bytes_.data() + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
  }
  void push_back(std::string_view value) {
    bytes_.append({value.data(), value.size()});
    offsets_.push_back(bytes_.size());
  }
  void reserve(std::size_t texts, std::size_t bytes) { offsets_.reserve(texts + 1), bytes_.reserve(bytes); }
  [[nodiscard]] std::span<const char> bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::span<const std::uint64_t> offsets() const noexcept { return offsets_; }
  friend bool operator==(const string_array&, const string_array&) = default;

 private:
  buffer<char> bytes_;
  buffer<std::uint64_t> offsets_;
};

}  // namespace twill::table
