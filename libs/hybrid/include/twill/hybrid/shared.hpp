// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/checksum.hpp"
#include "twill/base/memory.hpp"
#include "twill/comm/communicator.hpp"
#include "twill/hybrid/block.hpp"
#include "twill/hybrid/error.hpp"
#include "twill/hybrid/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twill::hybrid {

namespace detail {

[[nodiscard]] comm::region_options region_options_for(memory_placement where) noexcept;
void note_fallback(const char* reason);
[[noreturn]] void refuse_region(std::size_t bytes, const char* reason);
[[noreturn]] void fail_content(int rank);

}  // namespace detail

/// Elements that the ranks of a node write together once and then read: one copy a node when sharing is on,
/// one a rank when it is off. The content is the same either way, because who writes what is a function of
/// the index. One writer a phase; the others read after the fence.
template <comm::comm_data T>
class shared_array {
 public:
  /// Collective over `local`, the ranks of a node. Throws: error(region_refused) when `how` is required and
  /// no region can be had.
  template <class Engine>
  shared_array(const comm::basic_communicator<Engine>& local, std::size_t count, bool share,
               sharing how = sharing::automatic, memory_placement where = {})
      : rank_(local.rank()), ranks_(local.size()), level_(local.level()) {
    if (share) {
      try {
        auto region = std::make_shared<comm::basic_region<T, Engine>>(
            local.template create_region<T>(count, detail::region_options_for(where)));
        keep(region);
      } catch (const comm::error& e) {
        if (how == sharing::required || !recoverable(static_cast<comm::errc>(e.code().value())))
          detail::refuse_region(count * sizeof(T), e.what());
        detail::note_fallback(e.what());
      }
    }
    if (!shared_) own_ = aligned_buffer<T>(count);
    size_ = count;
    compare_ = [engine = local.engine()](std::uint32_t mine) {
      return comm::basic_communicator<Engine>(engine).allgather(mine);
    };
    if (!shared_) fence_ = [] {};
  }

  /// One copy a node.
  [[nodiscard]] bool shared() const noexcept { return shared_; }
  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Everything, for reading after a fence.
  [[nodiscard]] std::span<const T> view() const {
    return shared_ ? view_() : std::span<const T>(own_.data(), size_);
  }

  /// `f(span)` writes everything: on the leader, or on each rank when sharing is off. Then fences.
  template <class F>
  void fill_by_leader(F&& f) {
    if (!shared_) {
      f(std::span<T>(own_.data(), size_));
    } else if (rank_ == 0) {
      f(range_(0, size_));
    }
    fence();
  }
  /// `f(begin, span)` writes the elements from `begin` on: a block of each rank, or everything on each rank
  /// when sharing is off. Then fences.
  template <class F>
  void fill_distributed(F&& f) {
    if (!shared_) {
      f(std::size_t{0}, std::span<T>(own_.data(), size_));
    } else {
      const index_block mine =
          block(size_, static_cast<std::size_t>(ranks_), static_cast<std::size_t>(rank_));
      f(mine.begin, range_(mine.begin, mine.end()));
    }
    fence();
  }
  /// Collective: what was written before is seen after. At check level heavy all ranks compare their
  /// content. Throws: twill::error(errc::corrupt_data) on every rank when it differs.
  void fence() {
    fence_();
    if (level_ == comm::check_level::heavy) check_content();
  }
  /// CRC-32C of the content.
  [[nodiscard]] std::uint32_t checksum() const { return crc32c(std::as_bytes(view())); }

 private:
  template <class R>
  void keep(const std::shared_ptr<R>& region) {
    shared_ = true;
    view_ = [region] { return region->view(); };
    range_ = [region](std::size_t from, std::size_t to) { return region->writable_range(from, to); };
    fence_ = [region] { region->fence(); };
  }
  void check_content() {
    const std::vector<std::uint32_t> all = compare_(checksum());
    for (std::size_t r = 0; r < all.size(); ++r)
      if (all[r] != all[0]) detail::fail_content(static_cast<int>(r));
  }

  int rank_;
  int ranks_;
  comm::check_level level_;
  bool shared_ = false;
  std::size_t size_ = 0;
  aligned_buffer<T> own_;
  std::function<std::span<const T>()> view_;
  std::function<std::span<T>(std::size_t, std::size_t)> range_;
  std::function<void()> fence_;
  std::function<std::vector<std::uint32_t>(std::uint32_t)> compare_;
};

/// Where the sections of a block of bytes begin: each on a cache line, behind a header with a version, their
/// number, counts and offsets. Offsets, not pointers, so that every process may map the block elsewhere.
class section_layout {
 public:
  /// Of data whose meaning has this version.
  explicit section_layout(std::uint32_t version) noexcept : version_(version) {}

  /// Adds a section of `count` elements and gives its number.
  template <comm::comm_data T>
  std::size_t add(std::size_t count) {
    static_assert(alignof(T) <= cache_line);
    return add_bytes(count, sizeof(T));
  }
  /// Bytes of everything, header included.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Writes the header. Requires: the block is at least bytes() long.
  void write_header(std::span<std::byte> block) const;
  /// Throws: twill::error(errc::corrupt_data) unless the block has this layout's header.
  void check_header(std::span<const std::byte> block) const;
  /// A section of a block.
  template <comm::comm_data T>
  [[nodiscard]] std::span<T> section(std::span<std::byte> block, std::size_t number) const {
    return {reinterpret_cast<T*>(block.data() + offset(number)), sections_[number].count};
  }
  /// A section of a block, for reading.
  template <comm::comm_data T>
  [[nodiscard]] std::span<const T> section(std::span<const std::byte> block, std::size_t number) const {
    return {reinterpret_cast<const T*>(block.data() + offset(number)), sections_[number].count};
  }

 private:
  struct extent {
    std::uint64_t count;
    std::uint64_t width;
  };
  std::size_t add_bytes(std::size_t count, std::size_t width);
  [[nodiscard]] std::size_t offset(std::size_t number) const noexcept;

  std::uint32_t version_;
  std::vector<extent> sections_;
};

}  // namespace twill::hybrid
