// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/op_kind.hpp"
#include "twill/comm/reduction.hpp"
#include "twill/comm/types.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

// A collective as data: what a rank contributes, and what it does with the contributions of the others.
// Engines move the contributions, whole or in pieces; in each piece `consume` is called for every rank in
// rank order, which is all that reductions in rank order need. One description serves the blocking, the
// nonblocking and the persistent form.
namespace twill::comm::detail {

// What ranks compare before they believe each other. Equal words and counts on all ranks, or the call is a
// mismatch.
struct signature {
  std::uint64_t word = 0;
  std::uint64_t count = 0;
  friend bool operator==(const signature&, const signature&) = default;
};

// kind, element type, reduction, 16 bits of root + 1 (0: no root), 24 bits of element size.
constexpr std::uint64_t signature_word(op_kind kind, std::uint8_t type, op_code op, int root,
                                       std::size_t element) noexcept {
  return static_cast<std::uint64_t>(kind) | std::uint64_t{type} << 8U |
         static_cast<std::uint64_t>(op) << 16U | (static_cast<std::uint64_t>(root + 1) & 0xffffU) << 24U |
         (static_cast<std::uint64_t>(element) & 0xffffffU) << 40U;
}

// Of a rank whose arguments were refused.
inline constexpr std::uint64_t declined_count = ~std::uint64_t{0};
inline constexpr std::uint8_t declined_type = 0xff;
// `allreduce of f64 (8 bytes), max, count 3`.
[[nodiscard]] std::string describe_call(std::uint64_t word, std::uint64_t count);

// Bytes without a null pointer problem: memcpy of nothing from nowhere is undefined.
inline void copy_bytes(void* to, const void* from, std::size_t n) noexcept {
  if (n != 0) std::memcpy(to, from, n);
}
// As copy_bytes, for memory that another rank reads next: long pieces go past this processor's caches where
// the cores share none, because lines that one core has modified are what a distant one reads slowest.
void publish_bytes(void* to, const void* from, std::size_t n, bool past_caches) noexcept;
// A long piece goes past the caches on its way to a result too: the result would push out what is read next,
// and its lines would be fetched only to be overwritten.
inline constexpr std::size_t least_streamed = std::size_t{256} << 10U;
void stream_bytes(void* to, const void* from, std::size_t n) noexcept;
// x[i] + y[i] on the same way: sums of long vectors, which is what large reductions mostly are.
void stream_sum(double* to, const double* x, const double* y, std::size_t n) noexcept;
void stream_sum(float* to, const float* x, const float* y, std::size_t n) noexcept;
// These stores are outside of the order that a release gives; this puts them into it.
void settle_streams() noexcept;
inline void move_bytes(void* to, const void* from, std::size_t n) noexcept {
  if (n != 0 && to != from) std::memmove(to, from, n);
}

// A piece of a result that no other piece of it overlaps; nothing where it stands already.
inline void place_bytes(void* to, const void* from, std::size_t n) noexcept {
  if (n < least_streamed) {
    move_bytes(to, from, n);
  } else if (to != from) {
    stream_bytes(to, from, n);
    settle_streams();
  }
}

// The part of [offset, offset + n) that lies in [first, last), as (place in the piece, place in the range,
// length).
struct cut {
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t n = 0;
};
constexpr cut intersect(std::size_t offset, std::size_t n, std::size_t first, std::size_t last) noexcept {
  const std::size_t begin = std::max(offset, first);
  const std::size_t end = std::min(offset + n, last);
  if (begin >= end) return {};
  return {begin - offset, begin - first, end - begin};
}

struct kernel_base {
  signature sig{};
  std::size_t granule = 1;  // pieces are cut at multiples of this
  bool past_caches = true;  // how long pieces are published
  bool stays = false;       // the buffers live as long as the operation
  static constexpr bool by_range = false;

  void begin() noexcept {}
  void finish() {}
  void keep() {}
  // Rank r's own contribution from `offset` on, where it may be read instead of what was published; null: it
  // may not.
  [[nodiscard]] const std::byte* own(int, std::size_t) const noexcept { return nullptr; }
  // Whether rank r may contribute that many bytes; asked once all contributions are announced.
  [[nodiscard]] bool accepts(int, std::size_t) const noexcept { return true; }
};

struct barrier_kernel : kernel_base {
  [[nodiscard]] std::size_t bytes() const noexcept { return 0; }
  void produce(std::byte*, std::size_t, std::size_t) const noexcept {}
  void consume(int, std::size_t, const std::byte*, std::size_t) noexcept {}
  void run_alone() noexcept {}
};

// Every reduction: elements [first, last) of the contributions of ranks 0..last_rank, folded in rank order.
template <class T, class Op, bool All = false>
struct fold_kernel : kernel_base {
  const T* in = nullptr;
  T* out = nullptr;
  std::size_t n = 0;  // elements of a contribution
  std::size_t first = 0;
  std::size_t last = 0;
  int last_rank = -1;      // -1: this rank receives nothing
  bool unordered = false;  // the program takes whichever order is fastest
  bool filled = false;     // the result is fill_value where nothing is folded (rank 0 of an exclusive scan)
  T fill_value{};
  const T* first_operand = nullptr;
  [[no_unique_address]] Op op;

  static constexpr bool by_range = All;

  explicit fold_kernel(Op o) : op(o) {}

  [[nodiscard]] std::size_t bytes() const noexcept { return n * sizeof(T); }
  void produce(std::byte* to, std::size_t offset, std::size_t length) const noexcept {
    publish_bytes(to, reinterpret_cast<const std::byte*>(in) + offset, length, past_caches);
  }
  // In place, a result stands where rank r's contribution stood once it is more than the second operand.
  [[nodiscard]] const std::byte* own(int r, std::size_t offset) const noexcept {
    return r <= 1 || in != out ? reinterpret_cast<const std::byte*>(in) + offset : nullptr;
  }
  void consume(int r, std::size_t offset, const std::byte* piece, std::size_t length) {
    if (r > last_rank) return;
    if constexpr (All) {
      fold(out + offset / sizeof(T), r, reinterpret_cast<const T*>(piece), length / sizeof(T));
    } else {
      const cut c = intersect(offset, length, first * sizeof(T), last * sizeof(T));
      if (c.n == 0) return;
      fold(out + c.to / sizeof(T), r, reinterpret_cast<const T*>(piece + c.from), c.n / sizeof(T));
    }
  }
  // Two operands at a time: the first waits until the second is there, so that the result is written once and
  // not read back. Both lie in memory that stays as it is until all ranks' pieces are consumed.
  void fold(T* into, int r, const T* from, std::size_t count) {
    if (r == 0) {
      first_operand = from;
      if (last_rank == 0) begin_fold(into, from, count);
      return;
    }
    if (r > 1) {
      for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<T>(op(into[i], from[i]));
      return;
    }
    const T* const left = first_operand;
    if constexpr (All && std::is_same_v<Op, sum_t> &&
                  (std::is_same_v<T, double> || std::is_same_v<T, float>)) {
      if (last_rank == 1 && in != out && count * sizeof(T) >= least_streamed) {
        stream_sum(into, left, from, count);
        settle_streams();
        return;
      }
    }
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<T>(op(left[i], from[i]));
  }
  // The first operand alone; in place when a rank is alone.
  static void begin_fold(T* into, const T* from, std::size_t count) {
    if constexpr (requires { Op::single(*from); }) {
      std::transform(from, from + count, into, [](const T& x) { return Op::single(x); });
    } else {
      // The same range in place, else ranges apart: a copy of a known length becomes a few moves.
      if (into != from) copy_bytes(into, from, count * sizeof(T));
    }
  }
  void fold_bytes(std::byte* into, int r, const std::byte* from, std::size_t length) {
    fold(reinterpret_cast<T*>(into), r, reinterpret_cast<const T*>(from), length / sizeof(T));
  }
  void place(std::size_t offset, const std::byte* piece, std::size_t length) noexcept {
    place_bytes(reinterpret_cast<std::byte*>(out) + offset, piece, length);
  }
  void finish() {
    if constexpr (!All) {
      if (last_rank < 0 && filled) std::fill_n(out, last - first, fill_value);
    }
  }
  void run_alone() {
    if (last_rank >= 0) begin_fold(out, in + first, last - first);
    finish();
  }
};

// Every rank's contribution, or the root's, as it is.
struct broadcast_kernel : kernel_base {
  std::byte* data = nullptr;
  std::size_t n = 0;
  int root = 0;
  bool mine = false;

  [[nodiscard]] std::size_t bytes() const noexcept { return mine ? n : 0; }
  void produce(std::byte* to, std::size_t offset, std::size_t length) const noexcept {
    publish_bytes(to, data + offset, length, past_caches);
  }
  void consume(int r, std::size_t offset, const std::byte* piece, std::size_t length) noexcept {
    if (r == root && !mine) place_bytes(data + offset, piece, length);
  }
  void run_alone() noexcept {}
};

// Blocks of all ranks laid out one behind the other or by displacements: gather, allgather and their v forms.
struct gather_kernel : kernel_base {
  const std::byte* in = nullptr;
  std::size_t n = 0;         // bytes of this rank's block
  std::byte* out = nullptr;  // null where nothing is received
  bool receives = false;
  std::size_t element = 1;
  bool varying = false;
  std::span<const std::size_t> counts{};  // in elements; only of the v forms
  std::span<const std::size_t> displs{};  // empty: packed
  std::vector<std::size_t> kept{};
  std::size_t packed = 0;  // where the block of the rank whose turn it is begins
  int me = -1;             // -1: it is not said
  cut spread{};            // the part of this rank's block that stands in its place already

  [[nodiscard]] std::size_t bytes() const noexcept { return n; }
  void produce(std::byte* to, std::size_t offset, std::size_t length) noexcept {
    if (!past_caches && receives && me >= 0 && length >= least_streamed) {
      publish_and_place(to, offset, length);
      return;
    }
    publish_bytes(to, in + offset, length, past_caches);
  }
  // Both at once: the block is read from memory one time instead of two.
  void publish_and_place(std::byte* to, std::size_t offset, std::size_t length) noexcept;
  [[nodiscard]] const std::byte* own(int, std::size_t offset) const noexcept { return in + offset; }
  [[nodiscard]] bool accepts(int r, std::size_t total) const noexcept {
    return !receives || !varying || counts[static_cast<std::size_t>(r)] * element == total;
  }
  void consume(int r, std::size_t offset, const std::byte* piece, std::size_t length) noexcept {
    if (!receives) return;
    const auto i = static_cast<std::size_t>(r);
    const bool placed = r == me && spread.from == offset && spread.n == length;
    if (!varying) {
      if (!placed) place_bytes(out + i * n + offset, piece, length);
      return;
    }
    if (r == 0) packed = 0;
    const std::size_t at = displs.empty() ? packed : displs[i] * element;
    packed += counts[i] * element;
    if (!placed) place_bytes(out + at + offset, piece, length);
  }
  void keep();
  void run_alone() noexcept {
    if (receives) move_bytes(out + (varying && !displs.empty() ? displs[0] * element : 0), in, n);
  }
};

// Equal blocks from each to each; with `root` only its blocks travel (scatter).
struct alltoall_kernel : kernel_base {
  const std::byte* in = nullptr;
  std::size_t total = 0;  // bytes of this rank's contribution
  std::byte* out = nullptr;
  std::size_t block = 0;  // bytes for each rank
  int me = 0;
  int root = -1;        // -1: everybody's
  bool skip = false;    // the root's own block stays where it is
  bool copied = false;  // in place: the contribution is a copy
  std::vector<std::byte> copy{};

  void begin() {
    if (copied) copy.assign(in, in + total);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return total; }
  void produce(std::byte* to, std::size_t offset, std::size_t length) const noexcept {
    publish_bytes(to, (copied ? copy.data() : in) + offset, length, past_caches);
  }
  void consume(int r, std::size_t offset, const std::byte* piece, std::size_t length) noexcept {
    if ((root >= 0 && r != root) || skip) return;
    const std::size_t mine = static_cast<std::size_t>(me) * block;
    const cut c = intersect(offset, length, mine, mine + block);
    const std::size_t base = root >= 0 ? 0 : static_cast<std::size_t>(r) * block;
    copy_bytes(out + base + c.to, piece + c.from, c.n);
  }
  void run_alone() noexcept {
    if (!skip) move_bytes(out, in, block);
  }
};

// Blocks of any length from each to each, or from a root: a contribution is a header of `size` lengths in
// bytes, then the blocks in rank order without gaps.
struct varying_kernel : kernel_base {
  const std::byte* in = nullptr;
  std::span<const std::size_t> send_counts{};
  std::span<const std::size_t> send_displs{};  // empty: packed
  std::byte* out = nullptr;
  std::span<const std::size_t> recv_counts{};
  std::span<const std::size_t> recv_displs{};  // empty: packed
  std::size_t own_count = 0;                   // elements to receive from a root
  std::size_t element = 1;
  int me = 0;
  int size = 1;
  int root = -1;      // -1: everybody's
  bool sends = true;  // false: contributes nothing (a scatter's other ranks)
  bool skip = false;  // the root's own block stays where it is
  bool copied = false;
  std::vector<std::byte> copy{};
  std::vector<std::size_t> kept{};
  std::vector<std::size_t>
      place{};  // for each rank where this rank's block begins and ends in its contribution
  std::size_t packed = 0;
  bool unequal = false;
  int unequal_rank = 0;
  std::size_t unequal_found = 0;
  std::size_t unequal_expected = 0;
  backend_kind backend = backend_kind::local;  // for the message

  void begin();
  [[nodiscard]] std::size_t header() const noexcept {
    return static_cast<std::size_t>(size) * sizeof(std::size_t);
  }
  [[nodiscard]] std::size_t bytes() const noexcept;
  void produce(std::byte* to, std::size_t offset, std::size_t length) const noexcept;
  void consume(int r, std::size_t offset, const std::byte* piece, std::size_t length) noexcept;
  void keep();
  void finish();  // Throws: collective_mismatch when lengths did not fit
  void run_alone();
};

}  // namespace twill::comm::detail
