// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/segments.hpp"
#include "twill/comm/reduction.hpp"
#include "twill/comm/region.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace twill::comm {

/// How a window's memory is laid out.
struct window_options {
  std::size_t alignment = 64;  ///< of each rank's first element: a power of two up to 2 MiB
  bool contiguous = false;     ///< part r + 1 begins where part r ends; only the whole is aligned then
  bool zero = true;            ///< elements start as zero bytes
};

/// T can be changed atomically by processors, so also between processes.
template <class T>
concept lock_free = comm_data<T> && (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8) &&
                    alignof(T) == sizeof(T);

namespace detail {

[[noreturn]] void guard_outlives_window() noexcept;

}  // namespace detail

/// What a lock on one rank's part lets its holder do.
enum class lock_kind : std::uint8_t {
  exclusive,  ///< alone: read and write
  shared      ///< beside other shared holders: read
};

/// Memory of all ranks of a node, a part each: reading another rank's part is a plain load.
///
/// What one rank writes is seen by another after a `fence`, or when it takes a lock that the writer has given
/// up. Element-wise operations are atomic against each other. Destruction does not block; destroying it while
/// a guard is alive ends the process with a message.
template <class T, class Engine>
class basic_window {
 public:
  /// Holds a lock on one rank's part until it is destroyed.
  class lock_guard {
   public:
    /// Moves it; the other one is empty.
    lock_guard(lock_guard&& other) noexcept
        : window_(std::exchange(other.window_, nullptr)),
          target_(other.target_),
          exclusive_(other.exclusive_) {}
    lock_guard& operator=(lock_guard&&) = delete;
    ~lock_guard() {
      if (window_ == nullptr) return;
      --window_->guards_;
      detail::unlock_segment(*window_->seg_.words[static_cast<std::size_t>(target_)], exclusive_);
    }
    /// The locked part, for writing. Throws: error(rma_sync) under a shared lock.
    [[nodiscard]] std::span<T> remote_mut() const {
      if (!exclusive_) {
        detail::fail(errc::rma_sync, window_->site(), "a shared lock lets its holder read only",
                     {.peer = target_});
      }
      return window_->part(target_);
    }
    /// The locked part.
    [[nodiscard]] std::span<const T> remote() const { return window_->part(target_); }
    /// What was put is complete at the target: at once here, where a put is a store.
    void flush() const noexcept {}
    /// What was put may be overwritten at this rank: at once.
    void flush_local() const noexcept {}

   private:
    friend class basic_window;
    lock_guard(basic_window& w, int target, bool exclusive) noexcept
        : window_(&w), target_(target), exclusive_(exclusive) {
      ++w.guards_;
    }
    basic_window* window_;
    int target_;
    bool exclusive_;
  };

  /// Holds a shared lock on every part until it is destroyed.
  class lock_all_guard {
   public:
    /// Moves it; the other one is empty.
    lock_all_guard(lock_all_guard&& other) noexcept : window_(std::exchange(other.window_, nullptr)) {}
    lock_all_guard& operator=(lock_all_guard&&) = delete;
    ~lock_all_guard() {
      if (window_ == nullptr) return;
      --window_->guards_;
      for (auto* w : window_->seg_.words) detail::unlock_segment(*w, false);
    }
    /// What was put at that rank is complete.
    void flush(int) const noexcept {}
    /// What was put at any rank is complete.
    void flush_all() const noexcept {}

   private:
    friend class basic_window;
    explicit lock_all_guard(basic_window& w) noexcept : window_(&w) { ++w.guards_; }
    basic_window* window_;
  };

  /// For communicator::create_window.
  basic_window(Engine e, detail::segments s) : engine_(std::move(e)), seg_(std::move(s)) {}
  /// Moves it; the other one is empty.
  basic_window(basic_window&& other) noexcept : engine_(other.engine_), seg_(std::move(other.seg_)) {
    other.seg_ = {};
    // Guards know the window by its address.
    if (other.guards_ != 0) detail::guard_outlives_window();
  }
  basic_window& operator=(basic_window&&) = delete;
  ~basic_window() { free(); }

  /// This rank's part.
  [[nodiscard]] std::span<T> local() { return part_alive(engine_.rank()); }
  /// The part of a rank, for reading. Throws: error(invalid_rank).
  [[nodiscard]] std::span<const T> remote(int rank) const { return part_alive(rank); }
  /// All parts behind each other. Throws: error(rma_flavor) when the window is not contiguous.
  [[nodiscard]] std::span<const T> all() const {
    part_alive(0);
    if (!seg_.contiguous) detail::fail(errc::rma_flavor, site(), "the window was not made contiguous");
    std::size_t n = 0;
    for (const std::size_t b : seg_.bytes) n += b / sizeof(T);
    return {reinterpret_cast<const T*>(seg_.base[0]), n};
  }
  /// Collective: what any rank wrote before is seen by all ranks after it.
  void fence() {
    part_alive(0);
    detail::barrier_kernel k;
    k.sig = {detail::signature_word(detail::op_kind::window_access, 0, op_code::none, -1, 0), 0};
    engine_.run(detail::op_kind::window_access, k);
  }
  /// Locks the part of a rank. Throws: error(invalid_rank), error(rank_failed) when a rank died,
  /// error(timed_out).
  [[nodiscard]] lock_guard lock(int rank, lock_kind kind = lock_kind::exclusive) {
    part_alive(rank);
    const bool exclusive = kind == lock_kind::exclusive;
    detail::lock_segment(engine_.ctx(), *seg_.words[static_cast<std::size_t>(rank)], rank, exclusive);
    return lock_guard(*this, rank, exclusive);
  }
  /// A shared lock on every part, taken in rank order.
  [[nodiscard]] lock_all_guard lock_all() {
    part_alive(0);
    std::size_t taken = 0;
    try {
      for (; taken < seg_.words.size(); ++taken)
        detail::lock_segment(engine_.ctx(), *seg_.words[taken], static_cast<int>(taken), false);
    } catch (...) {
      for (std::size_t r = 0; r < taken; ++r) detail::unlock_segment(*seg_.words[r], false);
      throw;
    }
    return lock_all_guard(*this);
  }
  /// Orders this rank's plain stores before what it announces next; needs no other rank.
  void sync() const noexcept {
    // ORD seq_cst [window-sync]: stores before it are seen by whoever sees a later store of this rank.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  /// Copies into the part of a rank, from element `offset` on. Throws: error(invalid_rank), error(rma_range).
  template <in_buffer S>
  void put(const S& from, int rank, std::size_t offset) {
    const auto s = detail::as_in(from);
    const auto to = range(rank, offset, s.size());
    std::copy(s.begin(), s.end(), to.begin());
  }
  /// Copies out of the part of a rank. Throws: as put.
  template <out_buffer M>
  void get(M&& into, int rank, std::size_t offset) const {
    const auto m = detail::as_out(into);
    const auto from = range(rank, offset, m.size());
    std::copy(from.begin(), from.end(), m.begin());
  }
  /// Combines each element of the target with one of `from`, each atomically. Throws: as put.
  template <in_buffer S, class Op>
    requires lock_free<T>
  void accumulate(const S& from, int rank, std::size_t offset, Op op) {
    const auto s = detail::as_in(from);
    const auto to = range(rank, offset, s.size());
    for (std::size_t i = 0; i < s.size(); ++i) (void)update(to[i], s[i], op);
  }
  /// Combines one element with `value` atomically and returns what it was. Throws: as put.
  template <class Op>
    requires lock_free<T>
  T fetch_and_op(const T& value, int rank, std::size_t offset, Op op) {
    return update(range(rank, offset, 1)[0], value, op);
  }
  /// Stores `desired` where `expected` stands, atomically; returns what stood there. Throws: as put.
  T compare_and_swap(const T& expected, const T& desired, int rank, std::size_t offset)
    requires lock_free<T>
  {
    const std::atomic_ref<T> target(range(rank, offset, 1)[0]);
    T found = expected;
    // ORD acq_rel [window-atomic]: pairs with every other element-wise operation of the window; acquire on
    // failure.
    target.compare_exchange_strong(found, desired, std::memory_order_acq_rel, std::memory_order_acquire);
    return found;
  }

  /// Lets go of the memory; the destructor does the same.
  void free() noexcept {
    if (guards_ != 0) detail::guard_outlives_window();
    seg_ = {};
  }

 private:
  [[nodiscard]] call_site site() const noexcept { return engine_.ctx().site(detail::op_kind::window_access); }
  [[nodiscard]] std::span<T> part(int rank) const noexcept {
    const auto r = static_cast<std::size_t>(rank);
    return {reinterpret_cast<T*>(seg_.base[r]), seg_.bytes[r] / sizeof(T)};
  }
  std::span<T> part_alive(int rank) const {
    if (engine_.ctx().ep->finalized()) detail::fail(errc::finalized, site(), "the environment has ended");
    if (seg_.base.empty()) detail::fail(errc::invalid_window, site(), "the window was freed or moved from");
    if (rank < 0 || rank >= engine_.size()) detail::fail_peer(site(), rank);
    return part(rank);
  }
  [[nodiscard]] std::span<T> range(int rank, std::size_t offset, std::size_t n) const {
    const auto all = part_alive(rank);
    if (offset > all.size() || n > all.size() - offset) {
      detail::fail(errc::rma_range, site(),
                   "elements " + std::to_string(offset) + " to " + std::to_string(offset + n) + " of " +
                       std::to_string(all.size()) + " at rank " + std::to_string(rank),
                   {.expected = all.size(), .actual = offset + n, .peer = rank});
    }
    return all.subspan(offset, n);
  }
  template <class Op>
  static T update(T& element, const T& value, Op op) {
    const std::atomic_ref<T> target(element);
    if constexpr (std::is_same_v<Op, no_op_t>) {
      // ORD acquire [window-atomic]: pairs with the release of the other element-wise operations.
      return target.load(std::memory_order_acquire);
    } else if constexpr (std::is_same_v<Op, replace_t>) {
      // ORD acq_rel [window-atomic]: pairs with every other element-wise operation of the window.
      return target.exchange(value, std::memory_order_acq_rel);
    } else {
      static_assert(reduction_for<Op, T>, "the operation does not reduce this type");
      // ORD relaxed [window-atomic]: a first guess; the exchange below decides.
      T found = target.load(std::memory_order_relaxed);
      T wanted = static_cast<T>(op(found, value));
      // ORD acq_rel [window-atomic]: pairs with every other element-wise operation of the window.
      while (
          !target.compare_exchange_weak(found, wanted, std::memory_order_acq_rel, std::memory_order_relaxed))
        wanted = static_cast<T>(op(found, value));
      return found;
    }
  }

  Engine engine_;
  detail::segments seg_;
  int guards_ = 0;
};

}  // namespace twill::comm
