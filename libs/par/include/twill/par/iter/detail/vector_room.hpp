// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par::detail {

/// Room behind the elements of a vector, in which workers build elements in place.
///
/// The standard gives no way to say that elements behind the end have been built. With libstdc++ the end
/// pointer is reached through a derived class; elsewhere the elements are built beside the vector and moved
/// once.
template <class T, class Allocator>
class vector_room {
#if defined(__GLIBCXX__)
  struct opened : std::vector<T, Allocator> {
    void move_end(T* end) noexcept { this->_M_impl._M_finish = end; }
  };
#endif

 public:
  /// Requires: T is not bool.
  vector_room(std::vector<T, Allocator>& v, std::size_t n) : vector_(&v), size_(n) {
#if defined(__GLIBCXX__)
    v.reserve(v.size() + n);
#else
    beside_ = std::allocator<T>().allocate(n);
#endif
  }
  vector_room(vector_room&& other) noexcept : vector_(other.vector_), size_(other.size_) {
    std::swap(beside_, other.beside_);
  }
  vector_room& operator=(vector_room&&) = delete;
  ~vector_room() {
    if (beside_ != nullptr) std::allocator<T>().deallocate(beside_, size_);
  }

  [[nodiscard]] T* data() noexcept {
    return beside_ != nullptr ? beside_ : vector_->data() + vector_->size();
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// All `size()` elements have been built: they belong to the vector from here on.
  void commit() {
#if defined(__GLIBCXX__)
    static_cast<opened&>(*vector_).move_end(vector_->data() + vector_->size() + size_);
#else
    vector_->insert(vector_->end(), std::make_move_iterator(beside_),
                    std::make_move_iterator(beside_ + size_));
    std::destroy_n(beside_, size_);
#endif
  }

 private:
  std::vector<T, Allocator>* vector_;
  std::size_t size_;
  T* beside_ = nullptr;
};

}  // namespace twill::par::detail
