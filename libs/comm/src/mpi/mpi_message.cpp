// SPDX-License-Identifier: Apache-2.0
// Messages are matched by the library: blocking ones are its blocking calls.
#include "mpi/mpi_endpoint.hpp"
#include "twill/comm/detail/mpi_context.hpp"
#include "twill/comm/detail/p2p.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace twill::comm::detail {
namespace {

status told_by(const mpi_status& s) noexcept { return {s.source, s.tag, s.bytes}; }

// This library's own messages must not be met by a receive of the program's with any tag.
mpi_handle way_of(const mpi_context& c, int tag) noexcept { return tag > max_tag ? c.side : c.comm; }

[[noreturn]] void fail_receive(const mpi_context& c, int code, op_kind kind, const mpi_status& s,
                               std::size_t capacity) {
  try {
    c.raise(code, kind, {.expected = capacity, .peer = s.source, .tag = s.tag});
  } catch (const error& e) {
    if (e.code() != errc::truncated) throw;
    throw error(errc::truncated, c.site(kind),
                "a message of rank " + std::to_string(s.source) + " is longer than the " +
                    std::to_string(capacity) + " bytes of its buffer",
                {.expected = capacity, .peer = s.source, .tag = s.tag}, e.native_class(), e.native_code());
  }
}

void release_taken(void* owner) noexcept { delete static_cast<std::vector<std::byte>*>(owner); }

// What was received, by its true length. Throws: truncated.
status taken_by(const mpi_context& c, op_kind kind, const mpi_status& s, std::size_t capacity) {
  if (s.source != c.rank) return told_by(s);
  const std::size_t length = c.home().take_own(c, s.tag, s.bytes, capacity);
  if (length > capacity) {
    throw error(errc::truncated, c.site(kind),
                "a message of " + std::to_string(length) + " bytes does not fit " + std::to_string(capacity),
                {.expected = capacity, .actual = length, .peer = s.source, .tag = s.tag});
  }
  return told_by(s);
}

class mpi_send final : public transfer, public mpi_live {
 public:
  mpi_send(mpi_context& c, op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag,
           bool synchronous)
      : mpi_live(c),
        ctx_(c),
        kind_(kind),
        data_(data),
        bytes_(bytes),
        dest_(dest),
        tag_(tag),
        mode_(synchronous ? mpi_send_mode::synchronous : mpi_send_mode::standard) {}
  ~mpi_send() override {
    // Its buffer goes with it, so it has to be through; a dead receiver ends the job before this waits long.
    if (active_ && !ctx_.ep->finalized()) (void)ctx_.api->wait(&handle_, nullptr);
  }
  void start() override {
    if (dest_ == ctx_.rank && mode_ == mpi_send_mode::standard && bytes_ <= eager_limit) {
      ctx_.send_copy(kind_, data_, bytes_, dest_, tag_);
      return;
    }
    if (dest_ == ctx_.rank) ctx_.home().note_own(ctx_, tag_, bytes_);
    ctx_.check(ctx_.api->begin_send(way_of(ctx_, tag_), mode_, data_, bytes_, dest_, tag_, &handle_), kind_);
    active_ = true;
  }
  [[nodiscard]] bool poll() override {
    if (!active_) return true;
    int done = 0;
    ctx_.check(ctx_.api->test(&handle_, &done, nullptr), kind_);
    active_ = done == 0;
    return done != 0;
  }
  [[nodiscard]] bool cancel() noexcept override { return false; }
  [[nodiscard]] status result() const noexcept override { return {}; }
  void abandon() noexcept override {
    int done = 0;
    if (active_ && ctx_.api->test(&handle_, &done, nullptr) == 0 && done == 0)
      (void)ctx_.api->free_request(&handle_);
    active_ = false;
  }

 private:
  mpi_context& ctx_;
  op_kind kind_;
  const std::byte* data_;
  std::size_t bytes_;
  int dest_;
  int tag_;
  mpi_send_mode mode_;
  mpi_handle handle_ = 0;
  bool active_ = false;
};

class mpi_receive final : public transfer, public mpi_live {
 public:
  mpi_receive(mpi_context& c, op_kind kind, std::byte* data, std::size_t capacity, int source, int tag)
      : mpi_live(c), ctx_(c), kind_(kind), data_(data), capacity_(capacity), source_(source), tag_(tag) {}
  ~mpi_receive() override {
    if (!ctx_.ep->finalized()) abandon();
  }
  void start() override {
    ctx_.check(ctx_.api->begin_recv(way_of(ctx_, tag_), data_, capacity_, source_, tag_, &handle_), kind_);
    active_ = true;
    if (source_ == ctx_.rank || source_ == any_source) {
      const std::lock_guard hold(ctx_.posted_lock);
      place_ = ctx_.posted.insert(ctx_.posted.end(), {source_, tag_});
      listed_ = true;
    }
  }
  [[nodiscard]] bool poll() override {
    if (!active_) return true;
    int done = 0;
    mpi_status got{};
    const int code = failed_ != 0 ? failed_ : ctx_.api->test(&handle_, &done, &got);
    if (done == 0 && code == 0) return false;
    finish(code, failed_ != 0 ? failed_as_ : got);
    return true;
  }
  [[nodiscard]] bool cancel() noexcept override {
    if (!active_ || failed_ != 0) return false;
    int done = 0;
    mpi_status got{};
    // A message that is here is not given up. MPICH 5 takes notice of it only when it is asked.
    int code = ctx_.api->test(&handle_, &done, &got);
    if (code == 0 && done == 0) {
      if (ctx_.api->cancel(&handle_) != 0) return false;
      code = ctx_.api->wait(&handle_, &got);
    }
    if (code != 0) {
      // Whoever waits is told.
      failed_ = code;
      failed_as_ = got;
      return false;
    }
    active_ = false;
    unlist();
    if (got.cancelled != 0) return true;
    result_ = told_by(got);
    if (got.source == ctx_.rank) (void)ctx_.home().take_own(ctx_, got.tag, got.bytes, capacity_);
    return false;
  }
  [[nodiscard]] status result() const noexcept override { return result_; }
  void abandon() noexcept override {
    if (active_ && ctx_.api->cancel(&handle_) == 0) (void)ctx_.api->wait(&handle_, nullptr);
    active_ = false;
    unlist();
  }

 private:
  void finish(int code, const mpi_status& got) {
    active_ = false;
    unlist();
    if (code != 0) {
      if (got.source == ctx_.rank) (void)ctx_.home().take_own(ctx_, got.tag, ~std::size_t{0}, capacity_);
      fail_receive(ctx_, code, kind_, got, capacity_);
    }
    result_ = taken_by(ctx_, kind_, got, capacity_);
  }
  void unlist() noexcept {
    if (!listed_) return;
    const std::lock_guard hold(ctx_.posted_lock);
    ctx_.posted.erase(place_);
    listed_ = false;
  }

  mpi_context& ctx_;
  op_kind kind_;
  std::byte* data_;
  std::size_t capacity_;
  int source_;
  int tag_;
  mpi_handle handle_ = 0;
  bool active_ = false;
  bool listed_ = false;
  int failed_ = 0;  // what a call to cancel found
  mpi_status failed_as_{};
  std::list<std::pair<int, int>>::iterator place_;
  status result_{};
};

}  // namespace

void mpi_context::raise_receive(int code, const mpi_status& got, std::size_t capacity,
                                std::size_t element) const {
  if (code != 0) fail_receive(*this, code, op_kind::recv, got, capacity);
  fail_element(*this, op_kind::recv, told_by(got), element);
}

void mpi_context::send(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) {
  // To itself a short message is a copy: a library may wait for the receive that this rank makes next.
  if (dest == rank && bytes <= eager_limit) {
    send_copy(kind, data, bytes, dest, tag);
    return;
  }
  if (dest == rank) home().note_own(*this, tag, bytes);
  const mpi_blocking inside(*this, kind, world[static_cast<std::size_t>(dest)]);
  check(api->send(way_of(*this, tag), data, bytes, dest, tag), kind);
}

void mpi_context::send_copy(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) {
  if (dest == rank) home().note_own(*this, tag, bytes);
  home().send_copy(*this, way_of(*this, tag), kind, data, bytes, dest, tag);
}

status mpi_context::receive(op_kind kind, std::byte* data, std::size_t capacity, int source, int tag) {
  if (ep->options().timeout.count() == 0) {
    mpi_status got{};
    const int code = api->recv(way_of(*this, tag), data, capacity, source, tag, &got);
    if (code != 0) [[unlikely]] {
      if (got.source == rank) (void)home().take_own(*this, got.tag, ~std::size_t{0}, capacity);
      fail_receive(*this, code, kind, got, capacity);
    }
    return taken_by(*this, kind, got, capacity);
  }
  mpi_receive one(*this, kind, data, capacity, source, tag);
  one.start();
  const int peer = source >= 0 ? world[static_cast<std::size_t>(source)] : any_source;
  ep->wait_until(site(kind), kind, peer, [&] { return one.poll(); });
  return one.result();
}

std::optional<status> mpi_context::peek(int source, int tag) {
  int found = 0;
  mpi_status got{};
  check(api->probe(way_of(*this, tag), source, tag, &found, &got), op_kind::probe);
  if (found == 0) return std::nullopt;
  return told_by(got);
}

std::optional<arrival> mpi_context::take(int source, int tag) {
  int found = 0;
  mpi_handle taken = 0;
  mpi_status got{};
  check(api->take(way_of(*this, tag), source, tag, &found, &taken, &got), op_kind::probe);
  if (found == 0) return std::nullopt;
  auto data = std::make_unique<std::vector<std::byte>>(got.bytes);
  if (got.source == rank) (void)home().take_own(*this, got.tag, got.bytes, got.bytes);
  mpi_status received{};
  check(api->recv_taken(&taken, data->data(), got.bytes, &received), op_kind::recv);
  arrival out{id, got.source, got.tag, got.bytes, data->data(), release_taken, nullptr};
  out.owner = data.release();
  return out;
}

bool mpi_context::expects(int source, int tag) {
  const std::lock_guard hold(posted_lock);
  return std::any_of(posted.begin(), posted.end(), [&](const std::pair<int, int>& p) {
    return (p.first == any_source || p.first == source) && (p.second == any_tag || p.second == tag);
  });
}

std::unique_ptr<transfer> mpi_context::begin_send(op_kind kind, const std::byte* data, std::size_t bytes,
                                                  int dest, int tag, bool synchronous) {
  return std::make_unique<mpi_send>(*this, kind, data, bytes, dest, tag, synchronous);
}

std::unique_ptr<transfer> mpi_context::begin_receive(op_kind kind, std::byte* data, std::size_t capacity,
                                                     int source, int tag) {
  return std::make_unique<mpi_receive>(*this, kind, data, capacity, source, tag);
}

}  // namespace twill::comm::detail
