// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/p2p.hpp"

#include "twill/comm/detail/kernel.hpp"

#include <algorithm>
#include <string>

namespace twill::comm::detail {
namespace {

int job_rank(const context& c, int rank) noexcept {
  return rank >= 0 && rank < c.size ? c.world[static_cast<std::size_t>(rank)] : any_source;
}

void check_content(const context& c, op_kind kind, const status& s, std::size_t capacity,
                   std::size_t element) {
  if (s.bytes > capacity) {
    fail(errc::truncated, c.site(kind),
         "a message of " + std::to_string(s.bytes) + " bytes does not fit " + std::to_string(capacity),
         {.expected = capacity, .actual = s.bytes, .peer = s.source, .tag = s.tag});
  }
  if (s.bytes % element != 0) fail_element(c, kind, s, element);
}

constexpr status from_nobody{null_rank, any_tag, 0};

}  // namespace

void fail_element(const context& c, op_kind kind, const status& s, std::size_t element) {
  fail(errc::type_mismatch, c.site(kind),
       "a message of " + std::to_string(s.bytes) + " bytes is no multiple of an element's " +
           std::to_string(element),
       {.expected = element, .actual = s.bytes, .peer = s.source, .tag = s.tag});
}

void check_send(const context& c, op_kind kind, int dest, int tag, bool internal_tag) {
  if (c.ep->finalized()) fail(errc::finalized, c.site(kind), "the environment has ended");
  if (c.ep->level() == check_level::none) return;
  if (dest != null_rank && (dest < 0 || dest >= c.size)) fail_peer(c.site(kind), dest);
  if (tag < 0 || (tag > max_tag && !internal_tag)) fail_tag(c.site(kind), tag);
}

void check_receive(const context& c, op_kind kind, int source, int tag, bool internal_tag) {
  if (c.ep->finalized()) fail(errc::finalized, c.site(kind), "the environment has ended");
  if (c.ep->level() == check_level::none) return;
  if (source != null_rank && source != any_source && (source < 0 || source >= c.size))
    fail_peer(c.site(kind), source);
  if (tag != any_tag && (tag < 0 || (tag > max_tag && !internal_tag))) fail_tag(c.site(kind), tag);
}

void send_bytes(context& c, op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) {
  if (dest == null_rank) return;
  const bool self = dest == c.rank;
  if (self && bytes > eager_limit && c.ep->level() != check_level::none &&
      !(c.mail != nullptr ? c.mail->expects(c.rank, tag) : c.ep->expects(c.id, c.rank, tag))) {
    fail(errc::would_deadlock, c.site(kind),
         "a blocking send of " + std::to_string(bytes) +
             " bytes to this rank itself, and no receive is posted",
         {.peer = dest, .tag = tag});
  }
  if (c.mail != nullptr) {
    c.mail->send(kind, data, bytes, dest, tag);
    return;
  }
  (void)c.ep->send(c.id, c.rank, job_rank(c, dest), self, data, bytes, tag, false);
}

void send_aside(context& c, op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) {
  if (c.mail != nullptr) {
    c.mail->send_copy(kind, data, bytes, dest, tag);
    return;
  }
  (void)c.ep->send(c.id, c.rank, job_rank(c, dest), dest == c.rank, data, bytes, tag, false);
}

status receive_bytes(context& c, op_kind kind, std::byte* data, std::size_t capacity, std::size_t element,
                     int source, int tag) {
  if (source == null_rank) return from_nobody;
  if (c.mail != nullptr) {
    const status got = c.mail->receive(kind, data, capacity, source, tag);
    check_content(c, kind, got, capacity, element);
    return got;
  }
  struct listed {
    endpoint& ep;
    posted_receive posted;
    ~listed() { ep.withdraw(posted); }
  } here{*c.ep, {.context = c.id, .source = source, .tag = tag, .buffer = data, .capacity = capacity}};
  c.ep->post(here.posted);
  c.ep->wait_until(c.site(kind), kind, job_rank(c, source), [&] { return here.ep.complete(here.posted); });
  check_content(c, kind, here.posted.result, capacity, element);
  return here.posted.result;
}

status probe_message(context& c, int source, int tag) {
  if (source == null_rank) return from_nobody;
  std::optional<status> found;
  c.ep->wait_until(c.site(op_kind::probe), op_kind::probe, job_rank(c, source), [&] {
    found = look_for_message(c, source, tag);
    return found.has_value();
  });
  return *found;
}

std::optional<status> look_for_message(context& c, int source, int tag) {
  if (source == null_rank) return from_nobody;
  return c.mail != nullptr ? c.mail->peek(source, tag) : c.ep->peek(c.id, source, tag);
}

arrival take_message(context& c, int source, int tag) {
  std::optional<arrival> found;
  c.ep->wait_until(c.site(op_kind::probe), op_kind::probe, job_rank(c, source), [&] {
    found = try_take_message(c, source, tag);
    return found.has_value();
  });
  return *found;
}

std::optional<arrival> try_take_message(context& c, int source, int tag) {
  return c.mail != nullptr ? c.mail->take(source, tag) : c.ep->take(c.id, source, tag);
}

void copy_out(const context& c, op_kind kind, const arrival& message, std::byte* data, std::size_t capacity,
              std::size_t element) {
  const status s{message.source, message.tag, message.bytes};
  copy_bytes(data, message.data, std::min(capacity, message.bytes));
  message.release(message.owner);
  check_content(c, kind, s, capacity, element);
}

receive_operation::receive_operation(std::shared_ptr<context> c, op_kind kind, std::byte* data,
                                     std::size_t capacity, std::size_t element, int source, int tag)
    : operation(c->ep, c->site(kind), kind),
      ctx_(std::move(c)),
      posted_{.context = ctx_->id, .source = source, .tag = tag, .buffer = data, .capacity = capacity},
      element_(element),
      peer_(job_rank(*ctx_, source)),
      nobody_(source == null_rank) {
  if (nobody_) {
    posted_.result = from_nobody;
  } else if (ctx_->mail != nullptr) {
    native_ = ctx_->mail->begin_receive(kind, data, capacity, source, tag);
  }
}

receive_operation::~receive_operation() { ep().withdraw(posted_); }

void receive_operation::start() {
  if (native_) {
    native_->start();
  } else if (!nobody_) {
    ep().post(posted_);
  }
}

bool receive_operation::poll() {
  if (nobody_) return true;
  if (native_) {
    if (!native_->poll()) return false;
    check_content(*ctx_, kind(), native_->result(), posted_.capacity, element_);
    return true;
  }
  if (!ep().complete(posted_)) return false;
  check_content(*ctx_, kind(), posted_.result, posted_.capacity, element_);
  return true;
}

bool receive_operation::cancel() noexcept { return native_ ? native_->cancel() : ep().withdraw(posted_); }

send_operation::send_operation(std::shared_ptr<context> c, op_kind kind, const std::byte* data,
                               std::size_t bytes, int dest, int tag, bool synchronous)
    : operation(c->ep, c->site(kind), kind),
      ctx_(std::move(c)),
      data_(data),
      bytes_(bytes),
      dest_(dest),
      tag_(tag),
      peer_(job_rank(*ctx_, dest)),
      synchronous_(synchronous) {
  if (ctx_->mail != nullptr && dest_ != null_rank)
    native_ = ctx_->mail->begin_send(kind, data, bytes, dest, tag, synchronous);
}

void send_operation::start() {
  if (dest_ == null_rank) return;
  if (native_) {
    native_->start();
    return;
  }
  ticket_ = ep().send(ctx_->id, ctx_->rank, peer_, dest_ == ctx_->rank, data_, bytes_, tag_, synchronous_);
}

bool send_operation::poll() {
  if (native_) return native_->poll();
  if (!ticket_) return true;
  if (!ticket_->matched()) return false;
  ticket_.reset();
  return true;
}

}  // namespace twill::comm::detail
