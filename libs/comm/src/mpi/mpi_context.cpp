// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/mpi_context.hpp"

#include "mpi/mpi_endpoint.hpp"
#include "twill/comm/detail/mpi_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace twill::comm::detail {

mpi_context::mpi_context() {
  backend = backend_kind::mpi;
  mail = this;
}

mpi_context::~mpi_context() {
  if (!ep) return;
  home().forget(this);
  if (!ep->finalized()) close();
}

mpi_endpoint& mpi_context::home() const noexcept { return static_cast<mpi_endpoint&>(*ep); }
bool mpi_context::starts_again() const noexcept { return home().persistent(); }

void mpi_context::close() noexcept {
  if (side != 0) (void)api->free_comm(&side);
  if (comm != 0) (void)api->free_comm(&comm);
  side = 0;
  comm = 0;
}

void mpi_context::raise(int code, op_kind kind, error_context facts) const {
  int twill = 0;
  int native_class = 0;
  std::array<char, 1024> text{};
  api->explain(code, &twill, &native_class, text.data(), text.size());
  std::string words(text.data());
  std::replace(words.begin(), words.end(), '\n', ' ');
  throw error(static_cast<errc>(twill), site(kind), fmt::format("{}: {}", api->library, words), facts,
              native_class, code);
}

void mpi_context::raise(int code, op_kind kind) const { raise(code, kind, {}); }

const std::vector<mpi_announcement>& mpi_context::agree(op_kind kind, const signature& sig,
                                                        std::size_t bytes) {
  const mpi_announcement mine{sig.word, sig.count, bytes};
  told_.resize(static_cast<std::size_t>(size));
  check(api->allgather(comm, &mine, told_.data(), sizeof mine), kind);
  const bool equal = std::all_of(told_.begin(), told_.end(), [&](const mpi_announcement& a) {
    return a.word == mine.word && a.count == mine.count;
  });
  if (!equal) [[unlikely]]
    mismatch(told_, kind);
  return told_;
}

void mpi_context::mismatch(const std::vector<mpi_announcement>& all, op_kind kind) const {
  std::string text = "ranks do not call the same:";
  for (std::size_t r = 0; r < all.size(); ++r)
    text += fmt::format("\n  rank {}: {}", r, describe_call(all[r].word, all[r].count));
  fail(errc::collective_mismatch, site(kind), std::move(text));
}

void mpi_context::refused(op_kind kind, int r, std::size_t bytes) const {
  fail(errc::collective_mismatch, site(kind),
       fmt::format("rank {} contributes {} bytes, which is not what this rank's counts say", r, bytes),
       {.actual = bytes, .peer = r});
}

void mpi_context::decline(op_kind kind) {
  const mpi_announcement mine{signature_word(kind, declined_type, op_code::none, -1, 0), declined_count, 0};
  told_.resize(static_cast<std::size_t>(size));
  check(api->allgather(comm, &mine, told_.data(), sizeof mine), kind);
}

bool mpi_context::all_of(bool mine, op_kind kind) {
  const std::uint8_t one = mine ? 1 : 0;
  std::uint8_t all = 0;
  check(
      api->allreduce(comm, &one, &all, 1, type_code<std::uint8_t>(), static_cast<std::uint8_t>(op_code::min)),
      kind);
  return all == 1;
}

bool mpi_context::counts_fit(op_kind kind, std::span<const std::size_t> sent,
                             std::span<const std::size_t> expected) {
  std::vector<std::uint64_t> coming(static_cast<std::size_t>(size));
  perform({.what = mpi_operation::alltoall,
           .element = sizeof(std::uint64_t),
           .in = sent.data(),
           .out = coming.data(),
           .count = 1},
          kind);
  return std::equal(coming.begin(), coming.end(), expected.begin(), expected.end());
}

bool mpi_context::count_fits(op_kind kind, std::span<const std::size_t> sent, std::size_t expected,
                             int root) {
  std::uint64_t coming = 0;
  perform({.what = mpi_operation::scatter,
           .root = root,
           .element = sizeof(std::uint64_t),
           .in = sent.data(),
           .out = &coming,
           .count = 1},
          kind);
  return coming == expected;
}

std::byte* mpi_context::scratch(std::size_t bytes) {
  if (scratch_.size() < bytes) scratch_.resize(bytes);
  return scratch_.data();
}

void mpi_context::complete_lists(mpi_call& call, std::vector<std::uint64_t>& keep, bool send,
                                 bool recv) const {
  const auto n = static_cast<std::size_t>(size);
  keep.resize(6 * n);
  call.room = keep.data();
  const auto pack = [n](std::uint64_t* to, const std::uint64_t* counts) {
    std::exclusive_scan(counts, counts + n, to, std::uint64_t{0});
    return to;
  };
  if (send && call.send_displs == nullptr) call.send_displs = pack(keep.data() + 4 * n, call.send_counts);
  if (recv && call.recv_displs == nullptr) call.recv_displs = pack(keep.data() + 5 * n, call.recv_counts);
}

bool mpi_context::too_large(const mpi_call& call) const noexcept {
  if ((api->features & mpi_native_large) != 0) return false;
  constexpr std::uint64_t most = 0x7fffffffU;
  bool large = call.count * call.element > most;
  for (int r = 0; r < size; ++r) {
    if (call.send_counts != nullptr)
      large = large || (call.send_counts[r] + call.send_displs[r]) * call.element > most;
    if (call.recv_counts != nullptr)
      large = large || (call.recv_counts[r] + call.recv_displs[r]) * call.element > most;
  }
  return large;
}

namespace {

struct list_of {
  const std::uint64_t* counts;
  const std::uint64_t* displs;
};

}  // namespace

void mpi_context::perform(const mpi_call& call, op_kind kind) {
  mpi_call k = call;
  const bool varies = k.what >= mpi_operation::gatherv;
  std::vector<std::uint64_t> room;
  if (varies && k.room == nullptr) {
    room.resize(4 * static_cast<std::size_t>(size));
    k.room = room.data();
  }
  if (varies && (api->features & mpi_native_large) == 0) {
    // Whether lengths are too large for the library has to be known to all ranks alike. All know all lengths
    // of an allgatherv; of the others each knows its own.
    const bool large = too_large(k);
    if (k.what == mpi_operation::allgatherv ? large : !all_of(!large, kind)) {
      perform_by_messages(k, kind);
      return;
    }
  }
  check(api->perform(comm, &k), kind);
}

void mpi_context::perform_by_messages(const mpi_call& k, op_kind kind) {
  const int tag = static_cast<int>(next_exchange() % exchange_tags) * 2;
  const auto* const in = static_cast<const std::byte*>(k.in);
  auto* const out = static_cast<std::byte*>(k.out);
  const list_of send{k.send_counts, k.send_displs};
  const list_of recv{k.recv_counts, k.recv_displs};
  std::vector<mpi_handle> requests;
  const auto give = [&](int to, const std::byte* from, std::uint64_t elements) {
    check(api->begin_send(side, mpi_send_mode::standard, from, elements * k.element, to, tag,
                          &requests.emplace_back()),
          kind);
  };
  const auto take = [&](int from, std::byte* to, std::uint64_t elements) {
    check(api->begin_recv(side, to, elements * k.element, from, tag, &requests.emplace_back()), kind);
  };
  const bool from_root = k.what == mpi_operation::scatterv;
  const bool to_root = k.what == mpi_operation::gatherv;
  for (int r = 0; r < size; ++r) {
    // What this rank gets from r, then what it gives r.
    if (from_root ? r == k.root && !(k.in_place != 0 && rank == k.root) : !to_root || rank == k.root) {
      if (from_root) {
        take(r, out, k.count);
      } else if (r != rank || k.in_place == 0) {
        take(r, out + recv.displs[r] * k.element, recv.counts[r]);
      }
    }
    if (from_root) {
      if (rank == k.root && (r != rank || k.in_place == 0))
        give(r, in + send.displs[r] * k.element, send.counts[r]);
    } else if (to_root) {
      if (r == k.root && (r != rank || k.in_place == 0)) give(r, in, k.count);
    } else if (k.what == mpi_operation::alltoallv) {
      give(r, in + send.displs[r] * k.element, send.counts[r]);
    } else if (r != rank || k.in_place == 0) {
      give(r, in, k.count);
    }
  }
  for (mpi_handle& r : requests) check(api->wait(&r, nullptr), kind);
}

std::shared_ptr<mpi_context> mpi_context::split(op_kind kind, int color, int key) {
  if (ep->level() >= check_level::collective) {
    (void)agree(kind, {signature_word(kind, 0, op_code::none, -1, 0), 0}, 0);
  }
  mpi_handle made = 0;
  check(kind == op_kind::duplicate ? api->duplicate(comm, &made) : api->split(comm, color, key, &made), kind);
  if (made == 0) return nullptr;
  mpi_handle second = 0;
  check(api->duplicate(made, &second), kind);
  auto out = std::make_shared<mpi_context>();
  out->api = api;
  out->comm = made;
  out->side = second;
  out->any_order = any_order;
  out->native_nan = native_nan;
  check(api->rank_of(made, &out->rank), kind);
  check(api->size_of(made, &out->size), kind);
  if (kind == op_kind::duplicate) {
    out->world = world;
  } else {
    out->world.resize(static_cast<std::size_t>(out->size));
    check(api->allgather(made, &world[static_cast<std::size_t>(rank)], out->world.data(), sizeof(int)), kind);
  }
  out->ep = ep;
  out->id = home().next_context_id();
  home().remember(out.get());
  return out;
}

namespace {

class mpi_duplicate final : public operation, public mpi_live {
 public:
  mpi_duplicate(std::shared_ptr<mpi_context> c, std::function<void(std::shared_ptr<mpi_context>)> done)
      : operation(c->ep, c->site(op_kind::duplicate), op_kind::duplicate),
        mpi_live(*c),
        ctx_(std::move(c)),
        done_(std::move(done)) {}
  ~mpi_duplicate() override {
    if (!opened_ && !ep().finalized() && places_) {
      // The library writes there when it is complete.
      for (mpi_handle& r : places_->requests) (void)ctx_->api->wait(&r, nullptr);
    }
  }
  void start() override {
    places_ = std::make_unique<places>();
    // On the communicator of nonblocking collectives, in order with them.
    for (std::size_t i = 0; i < 2; ++i)
      ctx_->check(ctx_->api->begin_duplicate(ctx_->side, &places_->made[i], &places_->requests[i]), kind());
  }
  [[nodiscard]] bool poll() override {
    if (opened_) return true;
    for (std::size_t i = 0; i < 2; ++i) {
      int done = 0;
      ctx_->check(ctx_->api->test(&places_->requests[i], &done, nullptr), kind());
      if (done == 0) return false;
    }
    opened_ = true;
    auto out = std::make_shared<mpi_context>();
    out->api = ctx_->api;
    out->comm = places_->made[0];
    out->side = places_->made[1];
    out->any_order = ctx_->any_order;
    out->native_nan = ctx_->native_nan;
    out->rank = ctx_->rank;
    out->size = ctx_->size;
    out->world = ctx_->world;
    out->ep = ctx_->ep;
    out->id = ctx_->home().next_context_id();
    ctx_->home().remember(out.get());
    done_(std::move(out));
    return true;
  }
  void abandon() noexcept override {
    if (!opened_ && places_) {
      for (mpi_handle& r : places_->requests) (void)ctx_->api->wait(&r, nullptr);
    }
    opened_ = true;
  }

 private:
  struct places {
    std::array<mpi_handle, 2> made{};
    std::array<mpi_handle, 2> requests{};
  };
  std::shared_ptr<mpi_context> ctx_;
  std::function<void(std::shared_ptr<mpi_context>)> done_;
  std::unique_ptr<places> places_;
  bool opened_ = false;
};

}  // namespace

std::shared_ptr<operation> begin_mpi_duplicate(std::shared_ptr<mpi_context> c,
                                               std::function<void(std::shared_ptr<mpi_context>)> done) {
  return std::make_shared<mpi_duplicate>(std::move(c), std::move(done));
}

}  // namespace twill::comm::detail
