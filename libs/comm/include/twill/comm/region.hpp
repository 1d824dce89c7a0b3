// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/detail/segments.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twill::comm {

/// On which memory domains of a machine a region's pages lie.
enum class placement : std::uint8_t {
  first_touch,  ///< each `writable_range` near the rank that asks for it, the rest near the leader
  leader,       ///< near the leader
  interleave,   ///< page by page over all domains: for large tables that ranks of all domains read
  bind          ///< on the domain `region_options::node`
};

/// Whether pages of 2 MiB are asked for.
enum class huge_pages : std::uint8_t {
  automatic,  ///< where the region is that large and the kernel grants them
  on,         ///< asked for, and a refusal is recorded
  off         ///< none
};

/// How a region's memory is laid out.
struct region_options {
  std::size_t alignment = 64;                ///< of its first element: a power of two up to 2 MiB
  placement where = placement::first_touch;  ///< which memory domains
  int node = 0;                              ///< of placement::bind
  bool zero = true;                          ///< elements start as zero bytes
  huge_pages pages = huge_pages::automatic;  ///< page size
};

namespace detail {

// The error number with which the kernel refused; 0: done. A region works wherever its pages lie.
[[nodiscard]] int place_pages(std::span<std::byte> range, const region_options& how) noexcept;
[[nodiscard]] int use_huge_pages(std::span<std::byte> range, huge_pages how) noexcept;
// Moves what lies on another domain to the caller's, where there are several.
void bring_near(std::span<std::byte> range) noexcept;

// Bytes of `count` elements; the largest number when that overflows, which no allocation grants.
template <class T>
constexpr std::size_t bytes_for(std::size_t count) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  return count > most / sizeof(T) ? most : count * sizeof(T);
}

}  // namespace detail

/// Memory that the leader of a node allocates and all its ranks map: written once, then read by all.
///
/// It begins in the populate phase; `fence` ends it. Destruction does not block: the memory lives until the
/// last rank has let go of it. After the environment has ended its methods throw error(finalized).
template <class T, class Engine>
class basic_region {
 public:
  /// For communicator::create_region.
  basic_region(Engine e, detail::segments s, std::size_t count, placement where = placement::first_touch,
               int refusal = 0)
      : engine_(std::move(e)), seg_(std::move(s)), count_(count), where_(where), refusal_(refusal) {}
  /// Moves it; the other one is empty.
  basic_region(basic_region&&) noexcept = default;
  /// Takes the other one over; what this one held ends first.
  basic_region& operator=(basic_region&&) noexcept = default;
  ~basic_region() = default;

  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// The error number with which the kernel refused the placement or the page size, as in many containers; 0:
  /// done. The same on every rank. The region works all the same.
  [[nodiscard]] int placement_refusal() const noexcept { return refusal_; }
  /// True on the rank that allocated it.
  [[nodiscard]] bool is_leader() const noexcept { return engine_.rank() == 0; }
  /// Everything, for reading. At check levels from `collective` on a rank that is no leader and has no
  /// writable range may not read before the first fence. Throws: error(rma_sync).
  [[nodiscard]] std::span<const T> view() const {
    alive();
    if (populating_ && !writer_ && !is_leader() && engine_.ctx().ep->level() >= check_level::collective) {
      detail::fail(errc::rma_sync, site(), "the region is read before the fence that ends its population");
    }
    return {data(), count_};
  }
  /// Everything, for writing: on the leader; empty elsewhere.
  [[nodiscard]] std::span<T> leader_view() {
    alive();
    return is_leader() ? std::span<T>(data(), count_) : std::span<T>();
  }
  /// Elements [lo, hi), for writing by this rank. Requires: ranges of different ranks are disjoint until the
  /// next fence (checked by the fence at level `heavy`). Throws: error(invalid_argument) outside the region.
  [[nodiscard]] std::span<T> writable_range(std::size_t lo, std::size_t hi) {
    alive();
    if (lo > hi || hi > count_) {
      detail::fail(errc::invalid_argument, site(),
                   "range [" + std::to_string(lo) + ", " + std::to_string(hi) + ") of " +
                       std::to_string(count_) + " elements",
                   {.expected = count_, .actual = hi});
    }
    if (where_ == placement::first_touch && !writer_)
      detail::bring_near(std::as_writable_bytes(std::span<T>(data() + lo, hi - lo)));
    writer_ = true;
    ranges_.push_back(lo);
    ranges_.push_back(hi);
    return {data() + lo, hi - lo};
  }
  /// Collective: what any rank wrote before is seen by all ranks after it.
  /// Throws: error(rma_conflict) on every rank at level `heavy` when writable ranges overlapped.
  void fence() {
    alive();
    if (engine_.ctx().ep->level() == check_level::heavy) check_ranges();
    detail::barrier_kernel k;
    k.sig = {detail::signature_word(detail::op_kind::region_access, 0, op_code::none, -1, 0), 0};
    engine_.run(detail::op_kind::region_access, k);
    populating_ = false;
    ranges_.clear();
  }

 private:
  [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(seg_.base[0]); }
  [[nodiscard]] call_site site() const noexcept { return engine_.ctx().site(detail::op_kind::region_access); }
  void alive() const {
    if (engine_.ctx().ep->finalized()) detail::fail(errc::finalized, site(), "the environment has ended");
  }
  void check_ranges();

  Engine engine_;
  detail::segments seg_;
  std::size_t count_;
  placement where_ = placement::first_touch;
  int refusal_ = 0;
  bool populating_ = true;
  bool writer_ = false;
  std::vector<std::size_t> ranges_;  // begin and end of each that was handed out since the last fence
};

namespace detail {

// Every rank's bytes, rank by rank. Collective.
template <class Engine>
[[nodiscard]] std::vector<std::vector<std::size_t>> exchange_numbers(const Engine& e, op_kind kind,
                                                                     const std::vector<std::size_t>& mine) {
  const caller c{e.ctx(), kind, e.rank(), e.size(), true};
  std::vector<std::size_t> lengths(static_cast<std::size_t>(e.size()));
  const std::vector<std::size_t> length{mine.size()};
  auto first = calls::allgather(c, length, lengths);
  e.run(kind, first);
  std::vector<std::size_t> all(total_of(lengths));
  auto second = calls::allgatherv(c, mine, all, lengths);
  e.run(kind, second);
  std::vector<std::vector<std::size_t>> out;
  std::size_t at = 0;
  for (const std::size_t n : lengths) {
    out.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                     all.begin() + static_cast<std::ptrdiff_t>(at + n));
    at += n;
  }
  return out;
}

// A rank pair whose ranges overlap; (-1, -1) when there is none.
[[nodiscard]] std::pair<int, int> overlapping(const std::vector<std::vector<std::size_t>>& ranges);

}  // namespace detail

template <class T, class Engine>
void basic_region<T, Engine>::check_ranges() {
  const auto bad =
      detail::overlapping(detail::exchange_numbers(engine_, detail::op_kind::region_access, ranges_));
  if (bad.first >= 0) {
    detail::fail(errc::rma_conflict, site(),
                 "the writable ranges of ranks " + std::to_string(bad.first) + " and " +
                     std::to_string(bad.second) + " overlap",
                 {.peer = bad.second});
  }
}

}  // namespace twill::comm
