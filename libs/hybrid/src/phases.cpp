// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/phases.hpp"

#include "twill/base/json_writer.hpp"
#include "twill/base/trace.hpp"
#include "twill/hybrid/stop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace twill::hybrid {
namespace {

constexpr std::size_t row_doubles = phase_count + 3;

void add(iteration_times& to, const iteration_times& from) noexcept {
  for (std::size_t p = 0; p < phase_count; ++p) to.seconds[p] += from.seconds[p];
  to.solves += from.solves;
  to.steals += from.steals;
  to.bytes += from.bytes;
}

void write_times(json_writer& w, const iteration_times& t) {
  w.begin_object();
  for (std::size_t p = 0; p < phase_count; ++p)
    w.member(fmt::format("{}_ms", name_of(static_cast<phase>(p))), t.seconds[p] * 1e3);
  w.member("solves", t.solves).member("steals", t.steals).member("bytes", t.bytes).end_object();
}

}  // namespace

std::string_view name_of(phase p) noexcept {
  switch (p) {
    case phase::forward: return "forward";
    case phase::backward: return "backward";
    case phase::communication: return "communication";
    case phase::idle: return "idle";
    case phase::io: return "io";
    case phase::overhead: return "overhead";
  }
  return "unknown";
}

double iteration_times::busy() const noexcept {
  double out = 0;
  for (const phase p : {phase::forward, phase::backward, phase::io, phase::overhead})
    out += seconds[static_cast<std::size_t>(p)];
  return out;
}

phase_clock::timer::timer(phase_clock& clock, phase what) noexcept
    : clock_(clock),
      what_(what),
      begin_(std::chrono::steady_clock::now()),
      trace_begin_(trace::active() ? trace::detail::now() : -1) {
  // Names of phases are literals, so their text ends in a zero.
  enter_phase(name_of(what).data());
}

phase_clock::timer::~timer() {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
  const double idle = std::min(waited_, took.count());
  clock_.now_.seconds[static_cast<std::size_t>(what_)] += took.count() - idle;
  clock_.now_.seconds[static_cast<std::size_t>(phase::idle)] += idle;
  if (trace_begin_ >= 0) trace::detail::record_span(name_of(what_).data(), nullptr, 0, trace_begin_);
}

std::string_view name_of(balance_verdict v) noexcept {
  switch (v) {
    case balance_verdict::good: return "good";
    case balance_verdict::fair: return "ok";
    case balance_verdict::placement: return "look at placement";
    case balance_verdict::problem: return "problem";
  }
  return "unknown";
}

balance_verdict verdict_of(double ratio) noexcept {
  if (ratio < 1.1) return balance_verdict::good;
  if (ratio < 1.2) return balance_verdict::fair;
  if (ratio <= 1.5) return balance_verdict::placement;
  return balance_verdict::problem;
}

iteration_times phase_report::total(std::size_t rank) const noexcept {
  iteration_times out;
  for (const iteration_times& row : ranks[rank]) add(out, row);
  return out;
}

double phase_report::balance() const noexcept {
  double least = 0;
  double most = 0;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const double busy = total(r).busy();
    least = r == 0 ? busy : std::min(least, busy);
    most = std::max(most, busy);
  }
  return least > 0 ? most / least : 1.0;
}

double phase_report::share(phase p) const noexcept {
  double all = 0;
  double of_phase = 0;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const iteration_times t = total(r);
    for (const double s : t.seconds) all += s;
    of_phase += t.seconds[static_cast<std::size_t>(p)];
  }
  return all > 0 ? of_phase / all : 0.0;
}

std::string phase_report::to_string() const {
  std::string out = "rank     forward    backward        comm        idle          io    overhead  ms\n";
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const iteration_times t = total(r);
    out += fmt::format("{:>4}", r);
    for (const double s : t.seconds) out += fmt::format("  {:>10.1f}", s * 1e3);
    out += fmt::format("  solves {:.0f}, steals {:.0f}, bytes {:.0f}\n", t.solves, t.steals, t.bytes);
  }
  const double ratio = balance();
  out += fmt::format("balance {:.2f} ({}), communication {:.2f} %, waiting for other ranks {:.2f} %\n", ratio,
                     name_of(verdict_of(ratio)), communication_share() * 100, idle_share() * 100);
  return out;
}

std::string phase_report::to_json() const {
  json_writer w;
  w.begin_object();
  const double ratio = balance();
  w.member("balance", ratio).member("verdict", name_of(verdict_of(ratio)));
  w.member("communication_share", communication_share()).member("idle_share", idle_share());
  w.key("ranks").begin_array();
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    w.begin_object().member("rank", r).key("total");
    write_times(w, total(r));
    w.key("iterations").begin_array();
    for (const iteration_times& row : ranks[r]) write_times(w, row);
    w.end_array().end_object();
  }
  w.end_array().end_object();
  return w.take();
}

namespace detail {
namespace {

// What every rank has, with the lengths ahead.
std::vector<std::string> gather_texts(collective_view& ranks, const std::string& mine) {
  const auto n = static_cast<std::size_t>(ranks.size());
  const auto length = static_cast<double>(mine.size());
  std::vector<double> lengths(n);
  const std::vector<std::size_t> one(n, 1);
  ranks.gather_numbers(std::span(&length, 1), lengths, one);
  std::vector<std::size_t> counts;
  std::size_t total = 0;
  for (const double l : lengths) {
    counts.push_back(static_cast<std::size_t>(l));
    total += counts.back();
  }
  std::string all(total, '\0');
  ranks.gather_bytes(std::as_bytes(std::span(mine.data(), mine.size())),
                     std::as_writable_bytes(std::span(all.data(), all.size())), counts);
  std::vector<std::string> out;
  std::size_t at = 0;
  for (const std::size_t c : counts) {
    out.push_back(all.substr(at, c));
    at += c;
  }
  return out;
}

// The items of the array under "traceEvents": from its bracket to the one that closes it, texts skipped.
std::string_view events_of(std::string_view trace) {
  constexpr std::string_view key = "\"traceEvents\":[";
  const auto found = trace.find(key);
  if (found == std::string_view::npos) return {};
  const std::size_t begin = found + key.size();
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = begin; i < trace.size(); ++i) {
    const char c = trace[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (depth == 0) return trace.substr(begin, i - begin);
      --depth;
    }
  }
  return {};
}

}  // namespace

phase_report gather_phases(collective_view& ranks, const phase_clock& clock) {
  const std::size_t n = clock.rows().size();
  std::vector<double> mine;
  mine.reserve(n * row_doubles);
  for (const iteration_times& row : clock.rows()) {
    mine.insert(mine.end(), row.seconds.begin(), row.seconds.end());
    mine.insert(mine.end(), {row.solves, row.steals, row.bytes});
  }
  const auto size = static_cast<std::size_t>(ranks.size());
  std::vector<double> all(size * mine.size());
  const std::vector<std::size_t> counts(size, mine.size());
  ranks.gather_numbers(mine, all, counts);
  phase_report out;
  out.ranks.resize(size);
  std::span<const double> rest(all);
  for (auto& rows : out.ranks) {
    for (std::size_t i = 0; i < n; ++i, rest = rest.subspan(row_doubles)) {
      iteration_times t;
      std::copy_n(rest.begin(), phase_count, t.seconds.begin());
      t.solves = rest[phase_count];
      t.steals = rest[phase_count + 1];
      t.bytes = rest[phase_count + 2];
      rows.push_back(t);
    }
  }
  return out;
}

std::string gather_trace(collective_view& ranks, const std::string& mine) {
  const std::vector<std::string> all = gather_texts(ranks, std::string(events_of(mine)));
  if (ranks.rank() != 0) return {};
  std::string out = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
  bool first = true;
  for (const std::string& events : all) {
    if (events.empty()) continue;
    if (!first) out += ',';
    out += events;
    first = false;
  }
  return out + "]}";
}

}  // namespace detail
}  // namespace twill::hybrid
