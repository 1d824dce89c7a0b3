// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/memory.hpp"
#include "twill/comm/detail/local_engine.hpp"
#include "twill/comm/detail/mpi_engine.hpp"
#include "twill/comm/detail/shm_context.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace twill::comm::detail {

// The words in front of one rank's segment: its lock and the count of puts under way.
struct alignas(cache_line) segment_words {
  std::atomic<std::uint32_t> lock;      // exclusive_bit, or the number of shared holders
  std::atomic<std::uint32_t> sleepers;  // ranks asleep on `lock`
};
inline constexpr std::uint32_t exclusive_bit = 0x80000000U;

// Memory of a group of ranks that each of them can read and write.
struct segments {
  std::vector<std::byte*> base;       // of each rank's part; an aligned address also where a part is empty
  std::vector<std::size_t> bytes;     // of each rank's part
  std::vector<segment_words*> words;  // of each rank
  std::shared_ptr<void> hold;         // gives this rank's claims back
  bool contiguous = false;
};

struct segment_request {
  std::size_t bytes = 0;       // of this rank; npos where the size itself overflowed
  std::size_t alignment = 64;  // a power of two, at most 2 MiB
  bool contiguous = false;     // part r + 1 begins where part r ends, in rank 0's memory
  bool zero = true;
};

// Collective. Throws: allocation_failed on every rank when it fails on one.
[[nodiscard]] segments share(const local_engine& e, op_kind kind, const segment_request& r);
[[nodiscard]] segments share(const shm_engine& e, op_kind kind, const segment_request& r);
[[nodiscard]] segments share_mpi(mpi_context& c, op_kind kind, const segment_request& r);
template <class Calls>
[[nodiscard]] segments share(const basic_mpi_engine<Calls>& e, op_kind kind, const segment_request& r) {
  return share_mpi(*e.native_context(), kind, r);
}
// Throws: invalid_argument.
void check_alignment(const context& c, op_kind kind, std::size_t alignment);

void lock_segment(context& c, segment_words& w, int target, bool exclusive);
void unlock_segment(segment_words& w, bool exclusive) noexcept;

}  // namespace twill::comm::detail
