// SPDX-License-Identifier: Apache-2.0
#include "waits.hpp"

#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::comm::launch {
namespace {

struct sample {
  std::vector<std::uint64_t> words;
  bool anybody_waits = false;
};

sample take(const rendezvous::memory& job) {
  sample s;
  for (int r = 0; r < static_cast<int>(job.header().size); ++r) {
    const rendezvous::rank_words& w = job.rank(r);
    // ORD relaxed [waits]: a report; each word is right by itself.
    const std::uint32_t operation = w.operation.load(std::memory_order_relaxed);
    // ORD relaxed [waits]: likewise.
    const std::uint32_t phase = w.phase.load(std::memory_order_relaxed);
    // ORD relaxed [waits]: likewise.
    s.words.push_back(w.sequence.load(std::memory_order_relaxed));
    // ORD relaxed [waits]: likewise.
    s.words.push_back(w.waiting_since.load(std::memory_order_relaxed));
    s.words.push_back((std::uint64_t{operation} << 32U) | phase);
    s.anybody_waits = s.anybody_waits || (operation != 0 && static_cast<rendezvous::rank_phase>(phase) ==
                                                                rendezvous::rank_phase::attached);
  }
  return s;
}

}  // namespace

std::string waits::look(clock::time_point now) {
  if (interval_ <= clock::duration::zero() || now < next_) return {};
  sample present = take(job_);
  // Looked at more often than told, so that the interval is kept to a quarter.
  next_ = now + std::max<clock::duration>(interval_ / 4, std::chrono::milliseconds(1));
  if (present.words != seen_ || !present.anybody_waits) {
    seen_ = std::move(present.words);
    changed_ = now;
    return {};
  }
  if (now - changed_ < interval_) return {};
  changed_ = now;
  return format_diagnosis("warning", "no_progress",
                          {.what = fmt::format("ranks wait, and none has made progress for {:g} s",
                                               std::chrono::duration<double>(interval_).count()),
                           .hint = "a rank that computes for long is no mistake; TWILL_COMM_TIMEOUT makes a "
                                   "long wait an error"}) +
         '\n' + rendezvous::describe_waits(job_);
}

}  // namespace twill::comm::launch
