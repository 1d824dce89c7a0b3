// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/memory.hpp"
#include "twill/comm/detail/endpoint.hpp"
#include "twill/comm/detail/kernel.hpp"
#include "twill/comm/detail/operation.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

// Collectives over shared memory; the protocol is described in src/shm/README.md.
namespace twill::comm::detail {

inline constexpr std::size_t inline_bytes = 32;

// One rank's announcement of one collective: a cache line, so that a small operation moves one line a rank.
struct alignas(cache_line) shm_line {
  std::atomic<std::uint64_t> sequence;
  std::uint64_t word;
  std::uint64_t count;
  std::uint64_t bytes;
  union {
    std::array<std::byte, inline_bytes> small;
    std::uint64_t offset;
  };
};
static_assert(sizeof(shm_line) == cache_line);

// Two lines a rank: operation k uses line k % 2. Behind a rank's last line stands nobody else's.
struct alignas(destructive_distance) shm_lines {
  std::array<shm_line, 2> parity;
};

// The first words of a communicator's block in shared memory; behind it `size` shm_lines, then `size` list
// heads.
struct alignas(destructive_distance) shm_shared {
  std::atomic<std::uint32_t> sleepers;  // ranks asleep in a collective
  std::atomic<std::uint32_t> epoch;  // futex: changes when a collective that somebody sleeps for is complete
  std::atomic<std::uint32_t> users;  // ranks that still hold the communicator
};

// A published contribution to a nonblocking collective, the payload behind it.
struct alignas(cache_line) shm_parcel {
  std::atomic<std::uint64_t> next;  // offset of this rank's following parcel, 0: none yet
  std::uint64_t word;
  std::uint64_t count;
  std::uint64_t bytes;
  std::uint64_t payload;  // offset
};

class shm_endpoint;
struct shm_block;

struct shm_context final : context {
  shm_shared* shared = nullptr;
  shm_lines* lines = nullptr;
  std::byte* base = nullptr;  // of the mapping: offsets count from here
  std::uint64_t sequence = 0;
  int spin = 0;
  std::array<std::byte*, 2> arena{};
  std::size_t arena_bytes = 0;

  ~shm_context() override;

  [[nodiscard]] shm_line& line(std::uint64_t seq, int r) const noexcept { return lines[r].parity[seq & 1U]; }

  // Makes this rank's line of operation `seq` visible, and wakes sleepers when it is the last one.
  void publish(std::uint64_t seq) noexcept {
    // ORD seq_cst [line]: release publishes the line and its payload to `await`; the total order against
    // `sleepers` is what keeps a rank that goes to sleep [sleep] from missing the last announcement.
    line(seq, rank).sequence.exchange(seq, std::memory_order_seq_cst);
    // ORD seq_cst [line]: see above.
    if (shared->sleepers.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      wake(seq);
  }
  // Returns when every rank has announced operation `seq`.
  void await(std::uint64_t seq, op_kind kind) {
    for (int r = 0; r < size; ++r) {
      const std::atomic<std::uint64_t>& theirs = line(seq, r).sequence;
      int left = spin;
      // ORD acquire [line]: pairs with `publish`; the line's other words and its payload are read after it.
      while (theirs.load(std::memory_order_acquire) != seq) {
        if (left-- <= 0) {
          await_asleep(seq, kind);
          return;
        }
        pause();
      }
    }
  }
  [[nodiscard]] const std::byte* payload(const shm_line& l) const noexcept {
    return l.bytes <= inline_bytes ? l.small.data() : base + l.offset;
  }

  static void pause() noexcept;
  void wake(std::uint64_t seq) noexcept;
  void await_asleep(std::uint64_t seq, op_kind kind);
  [[nodiscard]] bool complete(std::uint64_t seq) const noexcept;
  // The piece length for elements of that size, and room for it in both arenas. Long operations take longer
  // ones behind their first: ranks meet less often, and what a rank has written has left its core's cache
  // when another reads it.
  std::size_t piece(std::size_t granule, bool longer = false);
  static constexpr std::size_t long_from = std::size_t{2} << 20U;
  // Whether this rank's next piece is written past the caches. Cores that share a cache hand over plain lines
  // a third faster. Where they share none, taking lines back that the other has read makes plain writing ten
  // times slower, and a virtual machine's cores change from one to the other while it runs: so pieces are
  // plain until most of an operation's were slow to write, and after some hundred again.
  [[nodiscard]] bool goes_past_caches() noexcept {
    if (past_left == 0) return false;
    --past_left;
    return true;
  }
  // Of an operation; a single slow piece may have waited for a processor.
  void note_plain_pieces(std::size_t all, std::size_t slow) noexcept {
    if (2 * slow > all) past_left = past_pieces;
  }
  // Nanoseconds a byte: 0.02 to 0.09 where cores share a cache, 0.45 where they do not.
  static constexpr double slow_to_write = 0.2;
  static constexpr std::uint32_t past_pieces = 1024;
  std::uint32_t past_left = 0;

  [[noreturn]] void mismatch(std::uint64_t seq, op_kind kind) const;
  [[noreturn]] void refused(op_kind kind, int r, std::size_t bytes) const;
  // This rank's part in an operation whose arguments it refused: the others throw instead of waiting.
  void decline(op_kind kind);

  // --- nonblocking
  [[nodiscard]] std::byte* parcel_room(std::size_t bytes, op_kind kind);
  // The operation's number among the nonblocking ones of this communicator.
  std::uint64_t post_parcel(const signature& sig, std::size_t bytes, std::byte* payload);
  // All ranks' parcels of operation `number`, once they are there.
  [[nodiscard]] bool find_parcels(std::uint64_t number, std::vector<const shm_parcel*>& found);
  void release_parcels(std::uint64_t number) noexcept;
  void check_parcels(const std::vector<const shm_parcel*>& all, op_kind kind) const;

  [[nodiscard]] shm_endpoint& home() const noexcept;

  // In shared memory: where rank r's first parcel stands.
  [[nodiscard]] std::atomic<std::uint64_t>& head(int r) const noexcept { return *(heads + r); }
  std::atomic<std::uint64_t>* heads = nullptr;
  std::mutex parcels_lock;
  std::uint64_t posted = 0;
  std::uint64_t released = 0;  // operations below this number are released here
  shm_parcel* last = nullptr;
  std::vector<std::deque<const shm_parcel*>> arrived;  // of each rank, from number `released` on
  std::vector<const shm_parcel*> newest;               // of each rank, whose `next` is looked at
  [[nodiscard]] shm_block* parcel_block(const shm_parcel* p) const noexcept;

  shm_block* anchor = nullptr;         // the block of `shared`
  std::vector<std::byte*> old_arenas;  // replaced by larger ones
};

template <class K>
class shm_operation;

// How kernels run over shared memory.
class shm_engine {
 public:
  static constexpr bool is_local = false;

  shm_engine() noexcept = default;
  explicit shm_engine(std::shared_ptr<shm_context> c) noexcept
      : ctx_(std::move(c)), rank_(ctx_->rank), size_(ctx_->size) {}

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] static constexpr backend_kind backend() noexcept { return backend_kind::shm; }
  [[nodiscard]] context& ctx() const noexcept { return *ctx_; }
  [[nodiscard]] std::shared_ptr<context> shared_context() const noexcept { return ctx_; }

  template <class K>
  void run(op_kind kind, K& k) const {
    shm_context& c = *ctx_;
    k.begin();
    const std::size_t bytes = k.bytes();
    const std::uint64_t seq = ++c.sequence;
    shm_line& mine = c.line(seq, rank_);
    mine.word = k.sig.word;
    mine.count = k.sig.count;
    mine.bytes = bytes;
    std::size_t piece = inline_bytes;
    if (bytes <= inline_bytes) {
      k.produce(mine.small.data(), 0, bytes);
    } else {
      piece = c.piece(k.granule);
      if constexpr (K::by_range) {
        if (size_ > 2 && bytes >= range_threshold) {
          run_by_range(kind, k, seq, bytes, c.piece(k.granule, bytes >= shm_context::long_from));
          return;
        }
      }
      std::byte* room = c.arena[seq & 1U];
      k.produce(room, 0, std::min(bytes, piece));
      mine.offset = static_cast<std::uint64_t>(room - c.base);
    }
    c.publish(seq);
    c.await(seq, kind);
    std::size_t longest = bytes;
    bool equal = true;
    for (int r = 0; r < size_; ++r) {
      const shm_line& theirs = c.line(seq, r);
      equal = equal && theirs.word == mine.word && theirs.count == mine.count;
      longest = std::max<std::size_t>(longest, theirs.bytes);
    }
    if (!equal) [[unlikely]]
      c.mismatch(seq, kind);
    if (longest > inline_bytes) piece = c.piece(k.granule);
    for (int r = 0; r < size_; ++r) {
      const shm_line& theirs = c.line(seq, r);
      if (!k.accepts(r, theirs.bytes)) [[unlikely]]
        c.refused(kind, r, theirs.bytes);
    }
    for (int r = 0; r < size_; ++r) {
      const shm_line& theirs = c.line(seq, r);
      const std::byte* at = c.payload(theirs);
      if (longest > inline_bytes) at = nearest(k, r, 0, theirs.bytes, at);
      k.consume(r, 0, at, std::min<std::size_t>(theirs.bytes, piece));
    }
    if (longest > piece && longest > inline_bytes) run_rest(kind, k, seq, bytes, piece, longest);
    k.finish();
  }

  template <class K>
  [[nodiscard]] std::shared_ptr<operation> prepare(op_kind kind, K k) const {
    return std::make_shared<shm_operation<K>>(ctx_, kind, std::move(k));
  }
  void decline(op_kind kind) const { ctx_->decline(kind); }

  // Ranks with equal colours together, in the order of (key, old rank); nothing for colour -1. Collective.
  [[nodiscard]] std::shared_ptr<shm_context> split(op_kind kind, int color, int key) const;
  [[nodiscard]] std::optional<shm_engine> fork(op_kind kind, int color, int key) const {
    auto c = split(kind, color, key);
    if (!c) return std::nullopt;
    return shm_engine(std::move(c));
  }
  // The nonblocking duplicate: calls `done` with the engine of the copy when all ranks have begun it.
  [[nodiscard]] std::shared_ptr<operation> prepare_duplicate(std::function<void(shm_engine)> done) const;

 private:
  // Above this many bytes each of more than two ranks folds its own range of the elements.
  static constexpr std::size_t range_threshold = 8192;

  // Writing a shorter piece says little about where the cores are.
  static constexpr std::size_t least_timed = std::size_t{64} << 10U;

  // Where to read the `n` bytes of rank r's piece: this rank's own is nearer than its copy in shared memory.
  // A contribution that has ended has no address at `offset`.
  template <class K>
  [[nodiscard]] const std::byte* nearest(const K& k, int r, std::size_t offset, std::size_t n,
                                         const std::byte* shared) const noexcept {
    if (r != rank_ || n == 0) return shared;
    const std::byte* const mine = k.own(r, offset);
    return mine != nullptr ? mine : shared;
  }
  // The pieces behind the first: two operations' worth of arenas, so producing piece i + 1 overlaps with
  // others that still read piece i.
  template <class K>
  void run_rest(op_kind kind, K& k, std::uint64_t first, std::size_t bytes, std::size_t piece,
                std::size_t longest) const {
    shm_context& c = *ctx_;
    std::vector<std::size_t> total(static_cast<std::size_t>(size_));
    for (int r = 0; r < size_; ++r) total[static_cast<std::size_t>(r)] = c.line(first, r).bytes;
    std::size_t offset = piece;
    if (longest >= shm_context::long_from) piece = c.piece(k.granule, true);
    std::size_t plain = 0;
    std::size_t slow = 0;
    for (; offset < longest; offset += piece) {
      const std::uint64_t seq = ++c.sequence;
      shm_line& mine = c.line(seq, rank_);
      std::byte* room = c.arena[seq & 1U];
      if (offset < bytes) {
        // As far behind a cache line as the contribution: then whole lines go to whole lines.
        if (const std::byte* const own = k.own(rank_, offset))
          room += reinterpret_cast<std::uintptr_t>(own) % cache_line;
        const std::size_t n = std::min(bytes - offset, piece);
        k.past_caches = c.goes_past_caches();
        const auto begin = std::chrono::steady_clock::now();
        k.produce(room, offset, n);
        if (!k.past_caches && n >= least_timed) {
          const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
          ++plain;
          if (took.count() > shm_context::slow_to_write * static_cast<double>(n)) ++slow;
        }
      }
      mine.word = k.sig.word;
      mine.count = k.sig.count;
      mine.bytes = inline_bytes + 1;
      mine.offset = static_cast<std::uint64_t>(room - c.base);
      c.publish(seq);
      c.await(seq, kind);
      for (int r = 0; r < size_; ++r) {
        const std::size_t all = total[static_cast<std::size_t>(r)];
        const std::size_t n = offset < all ? std::min(all - offset, piece) : 0;
        k.consume(r, offset, nearest(k, r, offset, n, c.base + c.line(seq, r).offset), n);
      }
    }
    c.note_plain_pieces(plain, slow);
  }

  // Contributions, then each rank's folded range: every element is read once by one rank, not by all.
  template <class K>
  void run_by_range(op_kind kind, K& k, std::uint64_t first, std::size_t bytes, std::size_t piece) const {
    shm_context& c = *ctx_;
    std::uint64_t seq = first;
    const auto range = [&](std::size_t n, int r) {
      const std::size_t elements = n / k.granule;
      return elements * static_cast<std::size_t>(r) / static_cast<std::size_t>(size_) * k.granule;
    };
    for (std::size_t offset = 0; offset < bytes; offset += piece) {
      const std::size_t n = std::min(bytes - offset, piece);
      if (offset != 0) seq = ++c.sequence;
      std::byte* room = c.arena[seq & 1U];
      k.produce(room, offset, n);
      announce(k.sig, seq, bytes, room);
      c.await(seq, kind);
      for (int r = 0; r < size_; ++r) {
        const shm_line& theirs = c.line(seq, r);
        if (theirs.word != k.sig.word || theirs.count != k.sig.count) [[unlikely]]
          c.mismatch(seq, kind);
      }
      const std::uint64_t results = ++c.sequence;
      std::byte* folded = c.arena[results & 1U];
      const std::size_t begin = range(n, rank_);
      const std::size_t length = range(n, rank_ + 1) - begin;
      for (int r = 0; r < size_; ++r)
        k.fold_bytes(folded + begin, r, nearest(k, r, offset, n, c.base + c.line(seq, r).offset) + begin,
                     length);
      announce(k.sig, results, bytes, folded);
      c.await(results, kind);
      for (int r = 0; r < size_; ++r) {
        const std::size_t from = range(n, r);
        k.place(offset + from, c.base + c.line(results, r).offset + from, range(n, r + 1) - from);
      }
    }
    k.finish();
  }

  void announce(const signature& sig, std::uint64_t seq, std::size_t bytes, const std::byte* room) const {
    shm_line& mine = ctx_->line(seq, rank_);
    mine.word = sig.word;
    mine.count = sig.count;
    mine.bytes = bytes;
    mine.offset = static_cast<std::uint64_t>(room - ctx_->base);
    ctx_->publish(seq);
  }

  std::shared_ptr<shm_context> ctx_;
  int rank_ = 0;
  int size_ = 1;
};

// A collective whose contribution lies in shared memory; whoever polls it takes the others' from there.
template <class K>
class shm_operation final : public operation {
 public:
  shm_operation(std::shared_ptr<shm_context> c, op_kind kind, K k)
      : operation(c->ep, c->site(kind), kind), ctx_(std::move(c)), k_(std::move(k)) {
    k_.keep();
  }
  void start() override {
    k_.begin();
    const std::size_t bytes = k_.bytes();
    std::byte* room = ctx_->parcel_room(bytes, kind());
    k_.produce(room, 0, bytes);
    number_ = ctx_->post_parcel(k_.sig, bytes, room);
    pending_ = true;
  }
  [[nodiscard]] bool poll() override {
    if (!pending_) return true;
    if (!ctx_->find_parcels(number_, found_)) return false;
    pending_ = false;
    struct release {
      shm_operation& self;
      ~release() { self.ctx_->release_parcels(self.number_); }
    } const at_end{*this};
    ctx_->check_parcels(found_, kind());
    for (std::size_t r = 0; r < found_.size(); ++r) {
      if (!k_.accepts(static_cast<int>(r), found_[r]->bytes))
        ctx_->refused(kind(), static_cast<int>(r), found_[r]->bytes);
    }
    for (std::size_t r = 0; r < found_.size(); ++r)
      k_.consume(static_cast<int>(r), 0, ctx_->base + found_[r]->payload, found_[r]->bytes);
    k_.finish();
    return true;
  }

 private:
  std::shared_ptr<shm_context> ctx_;
  K k_;
  std::uint64_t number_ = 0;
  bool pending_ = false;
  std::vector<const shm_parcel*> found_;
};

}  // namespace twill::comm::detail
