// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/request.hpp"

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/message.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <string>
#include <unistd.h>

namespace twill::comm {

std::size_t request_pool::insert(detail::request_state* state, std::shared_ptr<void> hold) {
  const auto free = std::find_if(slots_.begin(), slots_.end(),
                                 [](const slot& s) { return s.state == nullptr || !s.state->active(); });
  if (free != slots_.end()) {
    *free = {state, std::move(hold)};
    return static_cast<std::size_t>(free - slots_.begin());
  }
  if (slots_.size() == capacity_)
    state->refuse(errc::invalid_argument, "the pool is full: all its requests are active");
  slots_.push_back({state, std::move(hold)});
  return slots_.size() - 1;
}

std::vector<detail::request_state*> request_pool::states() const {
  std::vector<detail::request_state*> all;
  for (const slot& s : slots_) all.push_back(s.state);
  return all;
}

std::vector<std::size_t> request_pool::wait_some() { return detail::wait_some_of(states()); }

void request_pool::wait_all() { detail::wait_all_of(states()); }

std::size_t request_pool::active() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.state->active(); }));
}

void message::copy(void* to, std::size_t capacity, std::size_t element) {
  if (!ctx_) {
    detail::fail(errc::invalid_request, {.operation = "recv"},
                 "the message was received already, or moved from");
  }
  const std::shared_ptr<detail::context> c = std::move(ctx_);
  detail::copy_out(*c, detail::op_kind::recv, what_, static_cast<std::byte*>(to), capacity, element);
}

void message::discard() noexcept {
  if (ctx_) what_.release(what_.owner);
  ctx_.reset();
}

namespace detail {

void lent_buffer_touched(const char* what) noexcept {
  const std::string text = std::string("comm: a lent buffer was ") + what + " while a request still has it\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  std::terminate();
}

std::size_t total_of(counts_t counts) noexcept {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::size_t start_of(counts_t counts, counts_t displs, std::size_t r) noexcept {
  return displs.empty() ? total_of(counts.first(r)) : displs[r];
}

void check_blocks(const caller& c, counts_t counts, counts_t displs, std::size_t room, bool disjoint) {
  // Without these two nothing below may be indexed, whatever the check level.
  if (counts.size() != c.ranks()) {
    fail(errc::invalid_count, c.site(),
         std::to_string(counts.size()) + " counts for " + std::to_string(c.size) + " ranks",
         {.expected = c.ranks(), .actual = counts.size()});
  }
  if (!displs.empty() && displs.size() != c.ranks()) {
    fail(errc::invalid_count, c.site(),
         std::to_string(displs.size()) + " displacements for " + std::to_string(c.size) + " ranks",
         {.expected = c.ranks(), .actual = displs.size()});
  }
  if (!c.checks) return;
  std::size_t end = 0;
  bool ascending = true;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const std::size_t begin = displs.empty() ? end : displs[r];
    if (begin > room || counts[r] > room - begin) {
      fail(errc::invalid_buffer, c.site(),
           "the block of rank " + std::to_string(r) + " ends at element " +
               std::to_string(begin + counts[r]) + " of " + std::to_string(room),
           {.expected = begin + counts[r], .actual = room, .peer = static_cast<int>(r)});
    }
    if (counts[r] == 0) continue;
    ascending = ascending && begin >= end;
    end = begin + counts[r];
  }
  if (!disjoint || ascending) return;
  std::vector<std::size_t> by_place;
  for (std::size_t r = 0; r < counts.size(); ++r)
    if (counts[r] != 0) by_place.push_back(r);
  std::sort(by_place.begin(), by_place.end(),
            [&](std::size_t a, std::size_t b) { return displs[a] < displs[b]; });
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    const std::size_t a = by_place[i - 1];
    const std::size_t b = by_place[i];
    if (displs[a] + counts[a] > displs[b]) {
      fail(errc::invalid_buffer, c.site(),
           "the blocks of ranks " + std::to_string(a) + " and " + std::to_string(b) + " overlap",
           {.peer = static_cast<int>(b)});
    }
  }
}

}  // namespace detail
}  // namespace twill::comm
