// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace twill::comm::launch {
namespace {

using std::chrono::milliseconds;

// How often it is asked whether ranks take part in communication that others have left out.
constexpr milliseconds look_again_interval{100};

// Ranks are looked for without SIGCHLD as well: another thread of the host that does not block the signal may
// have taken it.
constexpr milliseconds reap_interval{100};

}  // namespace

int job::wait() {
  while (running_ > 0) {
    const auto now = clock::now();
    pursue_stragglers(now);
    say(verdict_.look_again());
    if (verdict_.failed()) end_after_failure(now);
    say(waits_.look(now));
    poll_once(timeout_ms(now));
    check_sinks();
  }
  drain();
  return verdict_.exit_code();
}

int job::timeout_ms(clock::time_point now) const {
  std::optional<clock::time_point> next = waits_.next();
  const auto consider = [&next](std::optional<clock::time_point> t) {
    if (t && (!next || *t < *next)) next = t;
  };
  consider(term_at_);
  consider(kill_at_);
  if (verdict_.looks_again()) consider(now + look_again_interval);
  consider(reaped_at_ + reap_interval);
  const auto left = std::chrono::ceil<milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

void job::poll_once(int timeout_ms) {
  polled_.clear();
  polled_streams_.clear();
  const auto add = [this](int fd, short events) {
    polled_.push_back({.fd = fd, .events = events, .revents = 0});
  };
  // A negative descriptor is passed over: what stands where never changes.
  add(signals_.fd(), POLLIN);
  add(output_->queued() > 0 ? output_->fd() : -1, POLLOUT);
  add(errors_ != output_ && errors_->queued() > 0 ? errors_->fd() : -1, POLLOUT);
  add(keyboard_ && keyboard_->wants_input() ? keyboard_->terminal() : -1, POLLIN);
  add(keyboard_ && keyboard_->wants_room() ? keyboard_->rank_end() : -1, POLLOUT);
  const std::size_t first = polled_.size();
  for (stream& s : streams_) {
    if (!s.wants()) continue;
    add(s.fd(), POLLIN);
    polled_streams_.push_back(&s);
  }
  if (poll(polled_.data(), polled_.size(), timeout_ms) < 0) return;
  if (polled_[1].revents != 0) output_->flush();
  if (polled_[2].revents != 0) errors_->flush();
  if (polled_[3].revents != 0) keyboard_->read_some();
  if (polled_[4].revents != 0) keyboard_->write_some();
  // Before the signals: what a rank wrote comes before the message about its end.
  pump_streams(polled_, first);
  if (polled_[0].revents != 0) {
    take_signals();
  } else if (clock::now() >= reaped_at_ + reap_interval) {
    reap();
  }
}

void job::pump_streams(const std::vector<pollfd>& polled, std::size_t first) {
  for (std::size_t i = 0; i < polled_streams_.size(); ++i) {
    if (polled[first + i].revents == 0) continue;
    polled_streams_[i]->pump(scratch_);
  }
  for (stream& s : streams_) s.resume();
}

// Output that cannot be written any more ends the job: its ranks would otherwise work for nobody.
void job::check_sinks() {
  const int code = output_->failure();
  if (code == 0 || verdict_.failed()) return;
  for (stream& s : streams_) {
    if (s.target() == output_) s.abandon();
  }
  if (code == EPIPE) {
    verdict_.fail(128 + SIGPIPE);
    say("twill run: nobody reads the output any more: the ranks are ended\n");
  } else {
    verdict_.fail(static_cast<int>(twill::exit_code::io));
    say(format_diagnosis("error", code == ENOSPC ? "disk_full" : "cannot_write",
                         {.what = fmt::format("cannot write the ranks' output: {}", std::strerror(code)),
                          .where = twill::location{.file = "standard output"}}) +
        '\n');
  }
  rendezvous::record_abort(*memory_, rendezvous::abort_cause::call, -1, verdict_.exit_code(),
                           "the launcher's output cannot be written");
  verdict_.ending();
  kill_ranks(SIGTERM);
  kill_at_ = clock::now() + milliseconds(1000);
}

// All ranks have ended. What they wrote is in their pipes; who left its rank's group may hold a pipe for
// ever, so an empty pipe is the end. A signal ends a launcher whose reader does not read.
void job::drain() {
  for (;;) {
    bool more = false;
    for (stream& s : streams_) {
      if (s.wants()) {
        s.empty_pipe(scratch_);
        s.finish();
      }
      s.resume();
      more = more || !s.idle();
    }
    const bool waiting = output_->queued() + errors_->queued() > 0;
    if (!more && !waiting) return;
    std::array<pollfd, 3> room{
        {{.fd = output_->queued() > 0 ? output_->fd() : -1, .events = POLLOUT, .revents = 0},
         {.fd = errors_->queued() > 0 ? errors_->fd() : -1, .events = POLLOUT, .revents = 0},
         {.fd = signals_.fd(), .events = POLLIN, .revents = 0}}};
    poll(room.data(), room.size(), waiting ? -1 : 0);
    output_->flush();
    errors_->flush();
    while (const auto got = signals_.next()) {
      if (got->ssi_signo == SIGINT || got->ssi_signo == SIGTERM) return;
    }
  }
}

}  // namespace twill::comm::launch
