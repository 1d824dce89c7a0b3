// SPDX-License-Identifier: Apache-2.0
#include "mpi/mpi_endpoint.hpp"
#include "twill/comm/detail/mpi_context.hpp"

#include <utility>

namespace twill::comm::detail {

mpi_live::mpi_live(mpi_context& c)
    : ep_(std::static_pointer_cast<mpi_endpoint>(c.ep)), place_(ep_->remember(this)) {}
mpi_live::~mpi_live() { ep_->forget(place_); }

void mpi_blocking::begin(op_kind kind, int peer) {
  place_ = c_->home().remember(
      mpi_blocked{kind, peer, std::chrono::steady_clock::now(), c_->ep->options().timeout});
}
void mpi_blocking::end() noexcept { c_->home().forget(place_); }

mpi_request::mpi_request(mpi_context& c) : mpi_live(c), ctx_(c), crowded_(c.home().crowded()) {}

mpi_request::~mpi_request() {
  if (ctx_.ep->finalized()) return;
  if (active_) (void)ctx_.api->wait(&handle_, nullptr);
  if (persistent_) (void)ctx_.api->free_request(&handle_);
}

void mpi_request::abandon() noexcept {
  if (active_) {
    int done = 0;
    (void)ctx_.api->test(&handle_, &done, nullptr);
    // A collective that not all ranks began cannot be taken back; its buffers stay as long as the request.
    active_ = false;
    persistent_ = persistent_ && done != 0;
  }
  if (persistent_) (void)ctx_.api->free_request(&handle_);
  persistent_ = false;
}

void mpi_request::begin(const mpi_call& call, op_kind kind) {
  ctx_.check(ctx_.api->begin(ctx_.side, &call, &handle_), kind);
  active_ = true;
}

void mpi_request::start_again(const mpi_call& call, op_kind kind) {
  // The second start of a request tells that it is a persistent one: on all ranks at the same place in the
  // order of nonblocking collectives, which is what making the library's own asks for.
  // A long block is of a type that is made for one call.
  const bool typed = (ctx_.api->features & mpi_native_large) == 0 && call.what < mpi_operation::gatherv &&
                     call.count * call.element > 0x7fffffffU;
  if (typed || !ctx_.home().persistent()) {
    begin(call, kind);
    return;
  }
  if (!persistent_) {
    ctx_.check(ctx_.api->make(ctx_.side, &call, &handle_), kind);
    persistent_ = true;
  }
  ctx_.check(ctx_.api->start(&handle_), kind);
  active_ = true;
}

bool mpi_request::prepare(const mpi_call& call) {
  // A library's own persistent request needs its start alone.
  if (ctx_.home().persistent() && !persistent_) return false;
  ctx_.api->prepare(ctx_.side, persistent_ ? nullptr : &call, &again_);
  return again_.begin != nullptr;
}

bool mpi_request::complete(op_kind kind) {
  int done = 0;
  ctx_.check(ctx_.api->test(&handle_, &done, nullptr), kind);
  active_ = done == 0;
  return done != 0;
}

mpi_exchange::mpi_exchange(mpi_context& c) : mpi_live(c), ctx_(c) {}

mpi_exchange::~mpi_exchange() {
  if (!ctx_.ep->finalized()) abandon();
}

int mpi_exchange::tag() const noexcept { return static_cast<int>(number_ % exchange_tags) * 2; }

void mpi_exchange::begin(op_kind kind, const signature& sig, std::vector<std::byte> mine) {
  const auto n = static_cast<std::size_t>(ctx_.size);
  const auto me = static_cast<std::size_t>(ctx_.rank);
  number_ = ctx_.next_exchange();
  told_.assign(n, {});
  data_.assign(n, {});
  told_[me] = {sig.word, sig.count, mine.size()};
  data_[me] = std::move(mine);
  sends_.clear();
  heads_.clear();
  bodies_.clear();
  for (std::size_t r = 0; r < n; ++r) {
    if (r == me) continue;
    const int peer = static_cast<int>(r);
    ctx_.check(
        ctx_.api->begin_recv(ctx_.side, &told_[r], sizeof told_[r], peer, tag(), &heads_.emplace_back()),
        kind);
    ctx_.check(ctx_.api->begin_send(ctx_.side, mpi_send_mode::standard, &told_[me], sizeof told_[me], peer,
                                    tag(), &sends_.emplace_back()),
               kind);
    ctx_.check(ctx_.api->begin_send(ctx_.side, mpi_send_mode::standard, data_[me].data(), data_[me].size(),
                                    peer, tag() + 1, &sends_.emplace_back()),
               kind);
  }
  stage_ = stage::heads;
}

bool mpi_exchange::all_done(std::vector<mpi_handle>& requests, op_kind kind) {
  while (!requests.empty()) {
    int done = 0;
    ctx_.check(ctx_.api->test(&requests.back(), &done, nullptr), kind);
    if (done == 0) return false;
    requests.pop_back();
  }
  return true;
}

bool mpi_exchange::complete(op_kind kind) {
  if (stage_ == stage::heads) {
    if (!all_done(heads_, kind)) return false;
    for (std::size_t r = 0; r < told_.size(); ++r) {
      if (static_cast<int>(r) == ctx_.rank) continue;
      data_[r].resize(told_[r].bytes);
      ctx_.check(ctx_.api->begin_recv(ctx_.side, data_[r].data(), data_[r].size(), static_cast<int>(r),
                                      tag() + 1, &bodies_.emplace_back()),
                 kind);
    }
    stage_ = stage::bodies;
  }
  if (stage_ == stage::idle) return true;
  if (!all_done(bodies_, kind) || !all_done(sends_, kind)) return false;
  stage_ = stage::idle;
  return true;
}

void mpi_exchange::abandon() noexcept {
  for (auto* list : {&heads_, &bodies_}) {
    for (mpi_handle& r : *list) {
      // Receives that nobody answers are taken back; those that are matched complete.
      if (ctx_.api->cancel(&r) == 0) (void)ctx_.api->wait(&r, nullptr);
    }
    list->clear();
  }
  for (mpi_handle& r : sends_) {
    int done = 0;
    if (ctx_.api->test(&r, &done, nullptr) == 0 && done == 0) (void)ctx_.api->free_request(&r);
  }
  sends_.clear();
  stage_ = stage::idle;
}

}  // namespace twill::comm::detail
