// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"

#include <atomic>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::comm {
namespace detail {

template <class R>
using element_pointer = decltype(std::data(std::declval<R&>()));

}  // namespace detail

/// The type of a buffer's elements.
template <class R>
using element_t = std::remove_cv_t<std::remove_pointer_t<detail::element_pointer<R>>>;

/// What is sent: a contiguous range of data, such as a vector, an array or a span.
template <class R>
concept in_buffer = requires(R& r) {
  { std::size(r) } -> std::convertible_to<std::size_t>;
  requires std::is_pointer_v<detail::element_pointer<R>>;
  requires comm_data<element_t<R>>;
};

/// What is received into: as `in_buffer`, and writable.
template <class R>
concept out_buffer = in_buffer<R> && !std::is_const_v<std::remove_pointer_t<detail::element_pointer<R>>>;

namespace detail {

template <class R>
[[nodiscard]] constexpr std::span<const element_t<const R>> as_in(const R& r) noexcept {
  return {std::data(r), std::size(r)};
}
template <class R>
[[nodiscard]] constexpr std::span<element_t<R>> as_out(R&& r) noexcept {
  return {std::data(r), std::size(r)};
}

// Said when a container is destroyed or resized while a request still has it.
[[noreturn]] void lent_buffer_touched(const char* what) noexcept;

}  // namespace detail

/// Blocks of different lengths, one a rank: what collectives with unknown lengths return.
template <class T>
struct ragged {
  std::vector<T> values{};              ///< block after block, in rank order
  std::vector<std::size_t> offsets{0};  ///< of each block, and the end of the last one

  /// The number of blocks.
  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  /// The block of rank r.
  [[nodiscard]] std::span<const T> operator[](std::size_t r) const noexcept {
    return std::span<const T>(values).subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
  /// Equal in every member.
  friend bool operator==(const ragged&, const ragged&) = default;
};

/// A matrix inside a larger one: `rows` of `cols` elements, `ld` elements from row to row.
struct strided {
  std::size_t rows = 0;  ///< rows
  std::size_t cols = 0;  ///< elements of a row
  std::size_t ld = 0;    ///< elements from the start of a row to the start of the next, at least `cols`

  /// The rows one behind the other. Requires: the span holds the matrix.
  template <class T>
  [[nodiscard]] std::vector<T> pack(std::span<const T> from) const {
    std::vector<T> out;
    out.reserve(rows * cols);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto row = from.subspan(i * ld, cols);
      out.insert(out.end(), row.begin(), row.end());
    }
    return out;
  }
  /// The inverse of pack: what lies between the rows stays.
  template <class T>
  void unpack(std::span<const T> from, std::span<T> to) const {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) to[i * ld + j] = from[i * cols + j];
    }
  }
};

/// A container whose elements may be lent to requests.
///
/// Destroying or resizing it while lent ends the process with a message: a peer may still be reading.
template <class T>
class lendable {
 public:
  lendable() = default;
  /// `size` zero elements, or those of a vector.
  explicit lendable(std::size_t size) : values_(size) {}
  /// `size` zero elements, or those of a vector.
  explicit lendable(std::vector<T> values) : values_(std::move(values)) {}
  lendable(const lendable&) = delete;
  lendable& operator=(const lendable&) = delete;
  ~lendable() { check("destroyed"); }

  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  /// The first element.
  [[nodiscard]] T* data() noexcept { return values_.data(); }
  /// The first element.
  [[nodiscard]] const T* data() const noexcept { return values_.data(); }
  /// Element i.
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return values_[i]; }
  /// Element i.
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return values_[i]; }
  /// Begin of the elements.
  [[nodiscard]] auto begin() noexcept { return values_.begin(); }
  /// End of the elements.
  [[nodiscard]] auto end() noexcept { return values_.end(); }
  /// Ends the process while a loan is out.
  void resize(std::size_t size) {
    check("resized");
    values_.resize(size);
  }
  /// Loans that are out.
  [[nodiscard]] int loans() const noexcept {
    // ORD acquire [loans]: pairs with the release of a loan's end: the request's writes are seen.
    return loans_->load(std::memory_order_acquire);
  }

 private:
  template <class U>
  friend class loan;
  void check(const char* what) const noexcept {
    if (loans() != 0) detail::lent_buffer_touched(what);
  }

  std::vector<T> values_;
  std::shared_ptr<std::atomic<int>> loans_ = std::make_shared<std::atomic<int>>(0);
};

/// The right of one request to a lendable container, given back when the request is done with it.
template <class T>
class loan {
 public:
  /// Of the elements.
  using value_type = T;
  /// Counts as a loan of the container until it is destroyed.
  explicit loan(lendable<T>& from) : data_(from.data()), size_(from.size()), count_(from.loans_) {
    // ORD relaxed [loans]: the container's owner makes the loan, and its own checks come later in its order.
    count_->fetch_add(1, std::memory_order_relaxed);
  }
  /// Moves it; the other one is empty.
  loan(loan&& other) noexcept : data_(other.data_), size_(other.size_), count_(std::move(other.count_)) {}
  /// Takes the other one over; what this one held ends first.
  loan& operator=(loan&& other) noexcept {
    if (this != &other) {
      give_back();
      data_ = other.data_;
      size_ = other.size_;
      count_ = std::move(other.count_);
    }
    return *this;
  }
  ~loan() { give_back(); }

  /// The first element.
  [[nodiscard]] T* data() const noexcept { return data_; }
  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void give_back() noexcept {
    // ORD release [loans]: pairs with lendable::loans.
    if (count_) count_->fetch_sub(1, std::memory_order_release);
    count_.reset();
  }

  T* data_;
  std::size_t size_;
  std::shared_ptr<std::atomic<int>> count_;
};

/// Lends a container to one request: `comm.ibroadcast(lend(buffer), 0)`.
template <class T>
[[nodiscard]] loan<T> lend(lendable<T>& from) {
  return loan<T>(from);
}

namespace detail {

template <class B>
inline constexpr bool is_transferable = false;
template <class T>
inline constexpr bool is_transferable<std::vector<T>> = comm_data<T>;
template <class T>
inline constexpr bool is_transferable<loan<T>> = comm_data<T>;

}  // namespace detail

/// A buffer that a request can own for as long as it runs: a vector that is moved in, or a loan.
template <class B>
concept transferable = detail::is_transferable<B>;

}  // namespace twill::comm
