// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/atlas.hpp"
#include "twill/lanes/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twill::lanes {

/// `size()` elements in an executor's memory, freed with this object. A contiguous range.
template <class T>
class buffer {
 public:
  /// Zeroed elements. Throws: `fault` (OutOfMemory).
  buffer(executor& owner, std::size_t n)
      : owner_(&owner), handle_(owner.allocate_buffer(bytes_for(n))), owned_(true) {
    elements_ = {reinterpret_cast<T*>(owner.map(handle_).data()), n};
  }
  buffer(buffer&& other) noexcept
      : owner_(other.owner_),
        handle_(other.handle_),
        owned_(std::exchange(other.owned_, false)),
        elements_(std::exchange(other.elements_, {})) {}
  buffer& operator=(buffer&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(handle_, other.handle_);
    std::swap(owned_, other.owned_);
    std::swap(elements_, other.elements_);
    return *this;
  }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer() {
    if (owned_) owner_->free_buffer(handle_);
  }

  /// What programs know it by.
  [[nodiscard]] buffer_handle handle() const noexcept { return handle_; }
  [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
  [[nodiscard]] bool empty() const noexcept { return elements_.empty(); }
  [[nodiscard]] T* data() const noexcept { return elements_.data(); }
  [[nodiscard]] T* begin() const noexcept { return elements_.data(); }
  [[nodiscard]] T* end() const noexcept { return elements_.data() + elements_.size(); }
  [[nodiscard]] std::span<T> span() const noexcept { return elements_; }
  [[nodiscard]] T& operator[](std::size_t i) const noexcept { return elements_[i]; }

  /// Throws (both): `fault` (InvalidArgument) when the lengths differ.
  void copy_from_slice(std::span<const T> from) {
    check_length(from.size());
    if (!from.empty()) std::memcpy(elements_.data(), from.data(), from.size_bytes());
  }
  void copy_to_slice(std::span<T> to) const {
    check_length(to.size());
    if (!to.empty()) std::memcpy(to.data(), elements_.data(), to.size_bytes());
  }
  [[nodiscard]] std::vector<T> to_vector() const { return {elements_.begin(), elements_.end()}; }

 private:
  template <class U>
  friend buffer<U> allocate_boundary(executor&, unsigned, std::size_t, std::size_t);
  buffer(executor& owner, buffer_handle h, std::span<T> elements)
      : owner_(&owner), handle_(h), elements_(elements) {}
  static std::size_t bytes_for(std::size_t n) {
    if (n > ~std::size_t{0} / sizeof(T)) throw fault({.code = errc::out_of_memory, .numbers = {n, 0}});
    return n * sizeof(T);
  }
  void check_length(std::size_t n) const {
    if (n != elements_.size()) {
      throw fault(errc::invalid_argument,
                  "a slice of " + std::to_string(n) + " for a buffer of " + std::to_string(elements_.size()));
    }
  }

  executor* owner_;
  buffer_handle handle_;
  bool owned_ = false;
  std::span<T> elements_{};
};

/// n zeroed elements.
template <class T>
[[nodiscard]] buffer<T> allocate(executor& owner, std::size_t n) {
  return buffer<T>(owner, n);
}
/// The first width * height bytes of a class of the boundary pool; not freed with the buffer. Throws: `fault`
/// for a class from 96 on, a width above 48 or a height above 256.
template <class T>
[[nodiscard]] buffer<T> allocate_boundary(executor& owner, unsigned cls, std::size_t width,
                                          std::size_t height) {
  if (cls >= atlas::class_count) throw fault({.code = errc::invalid_class_index, .numbers = {cls}});
  if (width > atlas::page_count || height > atlas::page_bytes) {
    throw fault(errc::invalid_argument, "a boundary buffer has at most 48 pages of 256 bytes");
  }
  const auto bytes = owner.map(class_handle(cls));
  return buffer<T>(owner, class_handle(cls),
                   std::span<T>(reinterpret_cast<T*>(bytes.data()), width * height / sizeof(T)));
}

/// A pool of an executor, freed with this object. Every access throws `fault` (PoolOutOfBounds) outside of
/// it.
class linear_pool {
 public:
  linear_pool(executor& owner, std::size_t bytes) : owner_(&owner), handle_(owner.allocate_pool(bytes)) {}
  linear_pool(const linear_pool&) = delete;
  linear_pool& operator=(const linear_pool&) = delete;
  ~linear_pool() { owner_->free_pool(handle_); }

  [[nodiscard]] pool_handle handle() const noexcept { return handle_; }
  [[nodiscard]] std::size_t capacity() const { return owner_->pool_size(handle_); }
  template <class T>
  [[nodiscard]] T load(std::size_t offset) const {
    T out;
    load_bytes(offset, std::as_writable_bytes(std::span(&out, 1)));
    return out;
  }
  template <class T>
  void store(std::size_t offset, const T& v) {
    store_bytes(offset, std::as_bytes(std::span(&v, 1)));
  }
  template <class T>
  void load_slice(std::size_t offset, std::span<T> to) const {
    load_bytes(offset, std::as_writable_bytes(to));
  }
  template <class T>
  void store_slice(std::size_t offset, std::span<const T> from) {
    store_bytes(offset, std::as_bytes(from));
  }
  void load_bytes(std::size_t offset, std::span<std::byte> to) const {
    owner_->copy_from_pool(handle_, to, offset);
  }
  void store_bytes(std::size_t offset, std::span<const std::byte> from) {
    owner_->copy_to_pool(handle_, from, offset);
  }
  /// Zero everywhere.
  void clear() { store_bytes(0, std::vector<std::byte>(capacity())); }

 private:
  executor* owner_;
  pool_handle handle_;
};

/// Hands out the 96 classes: the class that was freed last comes first.
class class_allocator {
 public:
  class_allocator();
  /// Empty when all are taken.
  [[nodiscard]] std::optional<std::uint8_t> allocate();
  /// The first of n neighbours, the lowest there are; empty when there are none.
  [[nodiscard]] std::optional<std::uint8_t> allocate_consecutive(unsigned n);
  /// Throws: `fault` for a class that is not allocated.
  void free(std::uint8_t cls);
  [[nodiscard]] std::size_t available() const noexcept { return free_.size(); }

 private:
  std::vector<std::uint8_t> free_;  // the next one last
};

}  // namespace twill::lanes
