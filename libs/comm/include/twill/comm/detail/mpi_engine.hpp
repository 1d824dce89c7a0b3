// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/mpi_context.hpp"
#include "twill/comm/detail/mpi_plan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

// How kernels run over an MPI library: each kind of kernel is a collective of the library where that gives
// what the kernel promises; what no collective of MPI gives, folds in rank order above all, is put together
// of its data movements.
namespace twill::comm::detail {

// The module's functions by its table.
struct table_calls {
  static int barrier(const mpi_context& c) { return c.api->barrier(c.comm); }
  static int broadcast(const mpi_context& c, void* data, std::uint64_t n, int root) {
    return c.api->broadcast(c.comm, data, n, root);
  }
  static int allreduce(const mpi_context& c, const void* in, void* out, std::uint64_t n, std::uint8_t type,
                       op_code op) {
    return c.api->allreduce(c.comm, in, out, n, type, static_cast<std::uint8_t>(op));
  }
  static int allgather(const mpi_context& c, const void* in, void* out, std::uint64_t n) {
    return c.api->allgather(c.comm, in, out, n);
  }
  static int allgatherv(const mpi_context& c, const void* in, std::uint64_t n, void* out, const int* lengths,
                        const int* places) {
    return c.api->allgatherv(c.comm, in, n, out, lengths, places);
  }
  static int send(const mpi_context& c, const void* data, std::uint64_t n, int dest, int tag) {
    return c.api->send(c.comm, data, n, dest, tag);
  }
  static int recv(const mpi_context& c, void* data, std::uint64_t n, int source, int tag, mpi_status* got) {
    return c.api->recv(c.comm, data, n, source, tag, got);
  }
};

// A collective between its beginning and its end.
template <class K>
class mpi_collective;

template <class Calls>
class basic_mpi_engine {
 public:
  static constexpr bool is_local = false;

  basic_mpi_engine() noexcept = default;
  explicit basic_mpi_engine(std::shared_ptr<mpi_context> c) noexcept
      : ctx_(std::move(c)), rank_(ctx_->rank), size_(ctx_->size) {}
  // The same communicator by another way to its library.
  template <class Other>
  explicit basic_mpi_engine(const basic_mpi_engine<Other>& e) noexcept
      : basic_mpi_engine(e.native_context()) {}

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] static constexpr backend_kind backend() noexcept { return backend_kind::mpi; }
  [[nodiscard]] context& ctx() const noexcept { return *ctx_; }
  [[nodiscard]] std::shared_ptr<context> shared_context() const noexcept { return ctx_; }
  [[nodiscard]] const std::shared_ptr<mpi_context>& native_context() const noexcept { return ctx_; }

  template <class K>
  void run(op_kind kind, K& k) const {
    k.begin();
    const mpi_blocking inside(*ctx_, kind);
    if (ctx_->ep->level() >= check_level::collective) [[unlikely]] {
      const std::vector<mpi_announcement>& told = ctx_->agree(kind, k.sig, k.bytes());
      if (!lengths_fit(kind, k, told)) {
        exchange(kind, k, told);
        return;
      }
    }
    if (size_ == 1) {
      k.run_alone();
      return;
    }
    move(kind, k);
    k.finish();
  }
  // Below: the library's own call where neither a check nor an order nor a limit asks for more than it.
  // False: nothing was done.
  template <class T, std::size_t N, std::size_t M, class Op>
  [[gnu::always_inline]] bool reduce_at_once(std::span<const T, N> in, std::span<T, M> out, Op,
                                             order how) const {
    if constexpr (native_reduction<T, Op>) {
      const std::size_t n = in.size();
      if (left_to_library<T, Op>(*ctx_, how == order::any) && n == out.size() && n <= most &&
          apart(in, out) && plain()) [[likely]] {
        ctx_->check(Calls::allreduce(*ctx_, in.data(), out.data(), n, type_code<T>(), Op::code),
                    op_kind::allreduce);
        return true;
      }
    }
    return false;
  }
  [[gnu::always_inline]] bool barrier_at_once() const {
    if (!plain()) [[unlikely]]
      return false;
    ctx_->check(Calls::barrier(*ctx_), op_kind::barrier);
    return true;
  }
  template <class T, std::size_t N>
  [[gnu::always_inline]] bool broadcast_at_once(std::span<T, N> data, int root) const {
    if (root < 0 || root >= size_ || !plain()) [[unlikely]]
      return false;
    ctx_->check(Calls::broadcast(*ctx_, data.data(), data.size_bytes(), root), op_kind::broadcast);
    return true;
  }
  // Blocks of two ranks, one behind the other: no loop and few registers, because at 8 bytes ten instructions
  // are a hundredth of the library's time. Lengths that don't fit show in the bits of both.
  template <class T, std::size_t N, std::size_t M>
  [[gnu::always_inline]] bool gather_at_once(std::span<const T, N> in, std::span<T, M> out,
                                             std::span<const std::size_t> counts) const {
    if (counts.size() != 2 || size_ != 2 || !unwatched() ||
        counts[static_cast<std::size_t>(rank_)] != in.size() || !apart(in, out)) [[unlikely]]
      return false;
    if ((counts[0] | counts[1]) > most / 2 / sizeof(T)) [[unlikely]]
      return false;
    if (counts[0] + counts[1] > out.size()) [[unlikely]]
      return false;
    int first = bytes_of<T>(counts[0]);
    int second = bytes_of<T>(counts[1]);
    // Kept apart: packed into a vector register, their stores come later than the library's loads.
    asm("" : "+r"(second));
    const std::array<int, 2> lengths{first, second};
    const std::array<int, 2> places{0, first};
    gather(in.data(), in.size_bytes(), out.data(), lengths.data(), places.data());
    return true;
  }
  // Of more ranks, whose lists are on the stack.
  template <class T>
  bool gather_listed(std::span<const T> in, std::span<T> out, std::span<const std::size_t> counts) const {
    if (!plain() || counts.size() != static_cast<std::size_t>(size_) || counts.size() > listed_ranks ||
        counts[static_cast<std::size_t>(rank_)] != in.size() || !apart(in, out))
      return false;
    std::array<int, listed_ranks> lengths;
    std::array<int, listed_ranks> places;
    std::size_t any = 0;
    std::size_t end = 0;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      any |= counts[r];
      lengths[r] = bytes_of<T>(counts[r]);
      places[r] = bytes_of<T>(end);
      end += counts[r];
    }
    if (end > out.size() || (any | end) > most / sizeof(T)) return false;
    gather(in.data(), in.size_bytes(), out.data(), lengths.data(), places.data());
    return true;
  }
  [[gnu::always_inline]] bool send_at_once(std::span<const std::byte> data, int dest, int tag) const {
    if (!other(dest) || tag < 0 || tag > max_tag || data.size() > most || !unwatched()) [[unlikely]]
      return false;
    ctx_->check(Calls::send(*ctx_, data.data(), data.size(), dest, tag), op_kind::send);
    return true;
  }
  // What came, of a rank and with a tag that are known.
  template <class T, std::size_t N>
  [[gnu::always_inline]] std::optional<status> recv_at_once(std::span<T, N> into, int source, int tag) const {
    const std::size_t room = into.size_bytes();
    if (!other(source) || tag < 0 || tag > max_tag || room > most || !unwatched()) [[unlikely]]
      return std::nullopt;
    mpi_status got{};
    const int code = Calls::recv(*ctx_, into.data(), room, source, tag, &got);
    if (code != 0 || got.bytes % sizeof(T) != 0) [[unlikely]]
      ctx_->raise_receive(code, got, room, sizeof(T));
    return status{source, tag, got.bytes};
  }
  template <class K>
  [[nodiscard]] std::shared_ptr<operation> prepare(op_kind kind, K k) const {
    return std::make_shared<mpi_collective<K>>(ctx_, kind, std::move(k));
  }
  void decline(op_kind kind) const { ctx_->decline(kind); }

  [[nodiscard]] std::optional<basic_mpi_engine> fork(op_kind kind, int color, int key) const {
    auto c = ctx_->split(kind, color, key);
    if (!c) return std::nullopt;
    return basic_mpi_engine(std::move(c));
  }
  [[nodiscard]] std::shared_ptr<operation> prepare_duplicate(
      std::function<void(basic_mpi_engine)> done) const {
    return begin_mpi_duplicate(ctx_, [done = std::move(done)](std::shared_ptr<mpi_context> made) {
      done(basic_mpi_engine(std::move(made)));
    });
  }

 private:
  static constexpr std::size_t most = 0x7fffffffU;
  // Lists of more ranks than this are not made on the stack.
  static constexpr std::size_t listed_ranks = 32;

  [[nodiscard]] bool unwatched() const noexcept { return ctx_->ep->direct(); }
  // One of several ranks, with nothing in front of the library's calls.
  [[nodiscard]] bool plain() const noexcept { return unwatched() && size_ != 1; }
  [[nodiscard]] bool other(int r) const noexcept { return r >= 0 && r < size_ && r != rank_; }
  template <class T, std::size_t N, std::size_t M>
  [[nodiscard]] static bool apart(std::span<const T, N> in, std::span<T, M> out) noexcept {
    const T* const to = out.data();
    return in.data() + in.size() <= to || to + out.size() <= in.data();
  }

  template <class T>
  [[nodiscard]] static int bytes_of(std::size_t n) noexcept {
    return static_cast<int>(static_cast<unsigned>(n) * static_cast<unsigned>(sizeof(T)));
  }
  [[gnu::always_inline]] void gather(const void* in, std::size_t bytes, void* out, const int* lengths,
                                     const int* places) const {
    ctx_->check(Calls::allgatherv(*ctx_, in, bytes, out, lengths, places), op_kind::allgatherv);
  }

  // Contributions of more bytes than this travel in pieces where every rank takes all of them.
  static constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
  // Above this many bytes each of more than two ranks folds its own range of the elements.
  static constexpr std::size_t range_threshold = 8192;

  // Above: equal words and counts. Lengths of single blocks are compared as well, because a library gives no
  // error for one that is too short.
  template <class K>
  bool lengths_fit(op_kind kind, const K& k, const std::vector<mpi_announcement>& told) const {
    if constexpr (std::is_same_v<K, gather_kernel>) {
      if (!k.varying) return true;
      bool mine = true;
      for (int r = 0; r < size_; ++r) mine = mine && k.accepts(r, told[static_cast<std::size_t>(r)].bytes);
      return ctx_->all_of(mine, kind);
    } else if constexpr (std::is_same_v<K, varying_kernel>) {
      const bool mine = k.root < 0 ? ctx_->counts_fit(kind, k.send_counts, k.recv_counts)
                                   : ctx_->count_fits(kind, k.send_counts, k.own_count, k.root);
      return ctx_->all_of(mine, kind);
    } else {
      return true;
    }
  }

  void move(op_kind kind, barrier_kernel&) const { ctx_->check(Calls::barrier(*ctx_), kind); }
  void move(op_kind kind, broadcast_kernel& k) const {
    ctx_->check(Calls::broadcast(*ctx_, k.data, k.n, k.root), kind);
  }
  void move(op_kind kind, gather_kernel& k) const {
    if (!k.varying && root_of(k.sig) < 0 && k.in != k.out + static_cast<std::size_t>(rank_) * k.n) {
      ctx_->check(Calls::allgather(*ctx_, k.in, k.out, k.n), kind);
      return;
    }
    move_planned(kind, k);
  }
  void move(op_kind kind, alltoall_kernel& k) const { move_planned(kind, k); }
  void move(op_kind kind, varying_kernel& k) const { move_planned(kind, k); }
  template <class T, class Op, bool All>
  void move(op_kind kind, fold_kernel<T, Op, All>& k) const {
    if constexpr (All && native_reduction<T, Op>) {
      if (left_to_library<T, Op>(*ctx_, k.unordered)) {
        ctx_->check(Calls::allreduce(*ctx_, k.in, k.out, k.n, type_code<T>(), Op::code), kind);
        return;
      }
    }
    if constexpr (All) {
      if (size_ > 2 && k.bytes() >= range_threshold) {
        fold_by_ranges(kind, k);
        return;
      }
    }
    fold_all(kind, k, root_of(k.sig));
  }
  template <class K>
  void move_planned(op_kind kind, K& k) const {
    ctx_->perform(plan_of(*ctx_, k, k.in, k.out, ctx_->lists), kind);
  }

  // Every rank's contribution, or with a root only there, folded in rank order piece by piece.
  template <class K>
  void fold_all(op_kind kind, K& k, int root) const {
    const std::size_t bytes = k.bytes();
    const std::size_t piece = std::max(k.granule, piece_bytes / k.granule * k.granule);
    const auto n = static_cast<std::size_t>(size_);
    const bool takes = root < 0 || root == rank_;
    const auto* const in = reinterpret_cast<const std::byte*>(k.in);
    std::size_t offset = 0;
    do {
      const std::size_t length = std::min(piece, bytes - offset);
      std::byte* const all = ctx_->scratch(takes ? n * length : 1);
      if (root < 0) {
        ctx_->check(Calls::allgather(*ctx_, in + offset, all, length), kind);
      } else {
        ctx_->perform(
            {.what = mpi_operation::gather, .root = root, .in = in + offset, .out = all, .count = length},
            kind);
      }
      for (int r = 0; r < size_ && takes; ++r)
        k.consume(r, offset, all + static_cast<std::size_t>(r) * length, length);
      offset += length;
    } while (offset < bytes);
  }

  // Each rank folds its own range of a piece: contributions travel once, results once.
  template <class K>
  void fold_by_ranges(op_kind kind, K& k) const {
    const std::size_t bytes = k.bytes();
    const auto n = static_cast<std::size_t>(size_);
    const auto me = static_cast<std::size_t>(rank_);
    const std::size_t piece = std::max(k.granule, n * (piece_bytes / k.granule) * k.granule);
    std::vector<std::uint64_t> sent(n);
    std::vector<std::uint64_t> places(n);
    std::vector<std::uint64_t> received(n);
    std::vector<std::uint64_t> behind(n);
    for (std::size_t offset = 0; offset < bytes; offset += piece) {
      const std::size_t length = std::min(piece, bytes - offset);
      const std::size_t elements = length / k.granule;
      const auto first = [&](std::size_t r) { return elements * r / n * k.granule; };
      const std::size_t mine = first(me + 1) - first(me);
      for (std::size_t r = 0; r < n; ++r) {
        sent[r] = first(r + 1) - first(r);
        places[r] = first(r);
        received[r] = mine;
        behind[r] = r * mine;
      }
      std::byte* const room = ctx_->scratch((n + 1) * (mine + k.granule));
      std::byte* const folded = room + n * mine;
      mpi_call call{.what = mpi_operation::alltoallv,
                    .in = reinterpret_cast<const std::byte*>(k.in) + offset,
                    .out = room,
                    .send_counts = sent.data(),
                    .send_displs = places.data(),
                    .recv_counts = received.data(),
                    .recv_displs = behind.data()};
      ctx_->perform(call, kind);
      for (int r = 0; r < size_; ++r)
        k.fold_bytes(folded, r, room + static_cast<std::size_t>(r) * mine, mine);
      ctx_->perform({.what = mpi_operation::allgatherv,
                     .in = folded,
                     .out = reinterpret_cast<std::byte*>(k.out) + offset,
                     .count = mine,
                     .recv_counts = sent.data(),
                     .recv_displs = places.data()},
                    kind);
    }
  }

  // Contributions as they are, to all: ranks whose lengths fit get theirs, the others learn what is wrong.
  template <class K>
  void exchange(op_kind kind, K& k, const std::vector<mpi_announcement>& told) const {
    const std::vector<mpi_announcement> all = told;
    std::vector<std::uint64_t> counts;
    std::vector<std::uint64_t> places;
    std::uint64_t total = 0;
    for (const mpi_announcement& a : all) {
      counts.push_back(a.bytes);
      places.push_back(total);
      total += a.bytes;
    }
    std::vector<std::byte> mine(k.bytes());
    k.produce(mine.data(), 0, mine.size());
    std::vector<std::byte> received(total);
    ctx_->perform({.what = mpi_operation::allgatherv,
                   .in = mine.data(),
                   .out = received.data(),
                   .count = mine.size(),
                   .recv_counts = counts.data(),
                   .recv_displs = places.data()},
                  kind);
    for (int r = 0; r < size_; ++r) {
      if (!k.accepts(r, counts[static_cast<std::size_t>(r)]))
        ctx_->refused(kind, r, counts[static_cast<std::size_t>(r)]);
    }
    for (int r = 0; r < size_; ++r) {
      const auto i = static_cast<std::size_t>(r);
      k.consume(r, 0, received.data() + places[i], counts[i]);
    }
    k.finish();
  }

  std::shared_ptr<mpi_context> ctx_;
  int rank_ = 0;
  int size_ = 1;
};

using mpi_engine = basic_mpi_engine<table_calls>;

// A nonblocking or persistent collective. The library works on the request's buffers where those live as long
// as the operation; else on the operation's own, and polls copy the result out: whoever gives a request up
// can take its buffers away.
template <class K>
class mpi_collective final : public operation {
 public:
  mpi_collective(std::shared_ptr<mpi_context> c, op_kind kind, K k)
      : operation(c->ep, c->site(kind), kind), ctx_(std::move(c)), k_(std::move(k)) {
    k_.keep();
  }
  void start() override {
    k_.begin();
    if (ctx_->ep->level() >= check_level::collective || !staging_.fits(*ctx_, k_)) {
      if (!exchange_) exchange_.emplace(*ctx_);
      std::vector<std::byte> mine(k_.bytes());
      k_.produce(mine.data(), 0, mine.size());
      exchange_->begin(kind(), k_.sig, std::move(mine));
      by_exchange_ = true;
    } else {
      const bool again = request_.has_value();
      if (!again) request_.emplace(*ctx_);
      const mpi_call call = staging_.fill(*ctx_, k_);
      if (again) {
        request_->start_again(call, kind());
      } else {
        request_->begin(call, kind());
      }
      if constexpr (can_refill) {
        prepared_ = request_->prepare(call);
        undelivered_ = prepared_ && k_.stays && staging_.unused() && !request_->crowded();
      }
      by_exchange_ = false;
    }
    pending_ = true;
  }
  [[nodiscard]] bool start_at_once() override {
    if constexpr (can_refill) {
      if (!prepared_ || !ctx_->ep->direct()) return false;
      k_.begin();
      staging_.refill(k_);
      by_exchange_ = false;
      if (const int code = request_->begin_prepared(); code != 0) [[unlikely]]
        raise(code);
      pending_ = true;
      return true;
    }
    return false;
  }
  [[nodiscard]] bool finish_at_once() override {
    if constexpr (can_refill) {
      if (!undelivered_ || by_exchange_ || !ctx_->ep->direct()) return false;
      if (const int code = request_->wait_unwatched(); code != 0) [[unlikely]]
        raise(code);
      pending_ = false;
      k_.finish();
      return true;
    }
    return false;
  }
  [[nodiscard]] bool poll() override {
    if (!pending_) return true;
    if (by_exchange_) {
      if (!exchange_->complete(kind())) return false;
      pending_ = false;
      take_exchanged();
    } else {
      if (!request_->complete(kind())) return false;
      pending_ = false;
      staging_.deliver(*ctx_, k_);
    }
    k_.finish();
    return true;
  }
  [[nodiscard]] bool native() const noexcept override {
    return !by_exchange_ && ctx_->ep->level() < check_level::collective && ctx_->starts_again();
  }
  [[nodiscard]] bool block() override {
    if (!pending_) return true;
    if (by_exchange_ || !request_->wait(kind())) return false;
    pending_ = false;
    staging_.deliver(*ctx_, k_);
    k_.finish();
    return true;
  }

 private:
  static constexpr bool can_refill = requires(mpi_staging<K>& s, const K& k) { s.refill(k); };

  [[noreturn, gnu::cold, gnu::noinline]] void raise(int code) const { ctx_->raise(code, kind()); }
  void take_exchanged() {
    const std::vector<mpi_announcement>& told = exchange_->told();
    const bool equal = std::all_of(told.begin(), told.end(), [&](const mpi_announcement& a) {
      return a.word == told[0].word && a.count == told[0].count;
    });
    if (!equal) ctx_->mismatch(told, kind());
    for (int r = 0; r < ctx_->size; ++r) {
      if (!k_.accepts(r, exchange_->of(r).size())) ctx_->refused(kind(), r, exchange_->of(r).size());
    }
    for (int r = 0; r < ctx_->size; ++r) k_.consume(r, 0, exchange_->of(r).data(), exchange_->of(r).size());
  }

  std::shared_ptr<mpi_context> ctx_;
  K k_;
  mpi_staging<K> staging_;
  std::optional<mpi_request> request_;
  std::optional<mpi_exchange> exchange_;
  bool by_exchange_ = false;
  bool pending_ = false;
  bool prepared_ = false;     // begins again by what the library's call comes to
  bool undelivered_ = false;  // and its result is where the program has it
};

}  // namespace twill::comm::detail
