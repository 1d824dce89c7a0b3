// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/endpoint.hpp"

#include "shm/futex.hpp"
#include "twill/comm/detail/kernel.hpp"

#include <climits>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <utility>

namespace twill::comm::detail {
namespace {

// A message of a rank to itself.
struct own_message {
  std::vector<std::byte> payload;
  std::shared_ptr<std::atomic<bool>> matched;
};

struct own_ticket final : send_ticket {
  explicit own_ticket(std::shared_ptr<std::atomic<bool>> m) : taken(std::move(m)) {}
  [[nodiscard]] bool matched() const noexcept override {
    // ORD acquire [own-ticket]: pairs with release_own; the receiver is done with the payload.
    return taken->load(std::memory_order_acquire);
  }
  std::shared_ptr<std::atomic<bool>> taken;
};

void release_own(void* owner) noexcept {
  const std::unique_ptr<own_message> message(static_cast<own_message*>(owner));
  // ORD release [own-ticket]: pairs with own_ticket::matched.
  if (message->matched) message->matched->store(true, std::memory_order_release);
}

}  // namespace

send_ticket::~send_ticket() = default;
transfer::~transfer() = default;
messenger::~messenger() = default;
context::~context() = default;

endpoint::endpoint(endpoint_options options)
    : options_(options), gate_(static_cast<std::uint8_t>(options.level)), direct_(is_direct(options)) {}

endpoint::~endpoint() { discard_messages(); }

void endpoint::discard_messages() noexcept {
  for (const arrival& message : unexpected_) message.release(message.owner);
  unexpected_.clear();
}

void endpoint::finalize() noexcept {
  // ORD relaxed [finalized]: see finalized().
  if (gate_.exchange(closed, std::memory_order_relaxed) == closed) return;
  // ORD relaxed [finalized]: as gate_.
  direct_.store(false, std::memory_order_relaxed);
  // Operations that were given up keep their buffers until nobody can use them any more.
  leave();
  buried_.clear();
}

bool endpoint::fits(const posted_receive& receive, const arrival& message) noexcept {
  return receive.context == message.context &&
         (receive.source == any_source || receive.source == message.source) &&
         (receive.tag == message.tag || (receive.tag == any_tag && message.tag <= max_tag));
}

void endpoint::hand_over(posted_receive& receive, const arrival& message) noexcept {
  receive.result = {message.source, message.tag, message.bytes};
  copy_bytes(receive.buffer, message.data, std::min(message.bytes, receive.capacity));
  message.release(message.owner);
  receive.listed = false;
  receive.done = true;
}

void endpoint::deliver(const arrival& message) {
  const auto found = std::find_if(posted_.begin(), posted_.end(),
                                  [&](const posted_receive* p) { return fits(*p, message); });
  if (found == posted_.end()) {
    unexpected_.push_back(message);
    return;
  }
  posted_receive* const receive = *found;
  posted_.erase(found);
  hand_over(*receive, message);
}

std::shared_ptr<send_ticket> endpoint::send(std::uint64_t context, int me, int to, bool self,
                                            const std::byte* data, std::size_t bytes, int tag, bool ticket) {
  if (!self) return transmit(context, me, to, data, bytes, tag, ticket);
  auto message = std::make_unique<own_message>();
  if (bytes != 0) message->payload.assign(data, data + bytes);
  if (ticket) message->matched = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<send_ticket> result;
  if (ticket) result = std::make_shared<own_ticket>(message->matched);
  {
    const std::lock_guard hold(lock_);
    take_in();  // what came before must not be overtaken
    const std::byte* payload = message->payload.data();
    deliver({context, me, tag, bytes, payload, release_own, message.release()});
  }
  ring(-1);
  return result;
}

std::shared_ptr<send_ticket> endpoint::transmit(std::uint64_t, int me, int to, const std::byte*, std::size_t,
                                                int, bool) {
  fail_peer({name_of(op_kind::send), backend_kind::local, me, 1}, to);
}

bool endpoint::expects(std::uint64_t context, int source, int tag) {
  const std::lock_guard hold(lock_);
  arrival probe{.context = context, .source = source, .tag = tag};
  return std::any_of(posted_.begin(), posted_.end(),
                     [&](const posted_receive* p) { return fits(*p, probe); });
}

void endpoint::post(posted_receive& receive) {
  const std::lock_guard hold(lock_);
  take_in();
  const auto found = std::find_if(unexpected_.begin(), unexpected_.end(),
                                  [&](const arrival& m) { return fits(receive, m); });
  if (found == unexpected_.end()) {
    receive.done = false;
    receive.listed = true;
    posted_.push_back(&receive);
    return;
  }
  const arrival message = *found;
  unexpected_.erase(found);
  hand_over(receive, message);
}

bool endpoint::complete(posted_receive& receive) {
  const std::lock_guard hold(lock_);
  if (!receive.done) take_in();
  return receive.done;
}

bool endpoint::withdraw(posted_receive& receive) noexcept {
  const std::lock_guard hold(lock_);
  if (!receive.listed) return false;
  posted_.remove(&receive);
  receive.listed = false;
  return true;
}

std::optional<status> endpoint::peek(std::uint64_t context, int source, int tag) {
  const std::lock_guard hold(lock_);
  take_in();
  const posted_receive like{.context = context, .source = source, .tag = tag};
  for (const arrival& m : unexpected_) {
    if (fits(like, m)) return status{m.source, m.tag, m.bytes};
  }
  return std::nullopt;
}

std::optional<arrival> endpoint::take(std::uint64_t context, int source, int tag) {
  const std::lock_guard hold(lock_);
  take_in();
  const posted_receive like{.context = context, .source = source, .tag = tag};
  const auto found =
      std::find_if(unexpected_.begin(), unexpected_.end(), [&](const arrival& m) { return fits(like, m); });
  if (found == unexpected_.end()) return std::nullopt;
  const arrival message = *found;
  unexpected_.erase(found);
  return message;
}

void endpoint::bury(std::shared_ptr<void> operation) {
  const std::lock_guard hold(lock_);
  buried_.push_back(std::move(operation));
}

bool endpoint::check_health(const call_site&, int) { return false; }

void endpoint::ring(int) noexcept {
  // ORD release [own-bell]: pairs with the acquire in bell(): what arrived is seen by who was woken.
  own_bell_.fetch_add(1, std::memory_order_release);
  futex_wake(own_bell_, INT_MAX);
}

std::uint32_t endpoint::bell() const noexcept {
  // ORD acquire [own-bell]: pairs with ring.
  return own_bell_.load(std::memory_order_acquire);
}

void endpoint::sleep(std::uint32_t seen) noexcept { futex_wait(own_bell_, seen, health_interval); }

std::string endpoint::waits() const { return {}; }

void endpoint::abort(int code, const std::string&, bool) {
  std::fflush(nullptr);
  ::_exit(code);
}

void endpoint::wait_until(const call_site& site, op_kind kind, int peer, const std::function<bool()>& ready) {
  constexpr int looks = 200;  // a peer that is about to send does so within a few of these
  for (int i = 0; i < looks; ++i) {
    if (ready()) return;
  }
  const auto begin = std::chrono::steady_clock::now();
  struct mark {
    endpoint& self;
    ~mark() { self.note_wait(op_kind::none, any_source); }
  } const at_end{*this};
  note_wait(kind, peer);
  for (;;) {
    const std::uint32_t seen = bell();
    if (ready()) return;
    if (finalized()) fail(errc::finalized, site, "the environment has ended");
    if (check_health(site, peer)) {
      if (ready()) return;  // it sent what we wait for before it left
      fail(errc::rank_failed, site, "a rank that this one waits for has left the job", {.peer = peer});
    }
    if (options_.timeout.count() > 0 && std::chrono::steady_clock::now() - begin > options_.timeout) {
      fail(errc::timed_out, site,
           "no progress within " + std::to_string(std::chrono::duration<double>(options_.timeout).count()) +
               " s\n" + waits());
    }
    sleep(seen);
  }
}

}  // namespace twill::comm::detail
