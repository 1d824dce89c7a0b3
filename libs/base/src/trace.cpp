// SPDX-License-Identifier: Apache-2.0
#include "twill/base/trace.hpp"

#include "trace_ring.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/identity.hpp"
#include "twill/base/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace twill::trace {
namespace {

using detail::record;
using detail::record_kind;
using detail::ring;

/// The session under way, or the last one. Never destroyed: threads may still ask during static destruction.
struct tracer {
  std::mutex mutex;
  bool open = false;
  options with;
  std::int64_t origin = 0;
  std::vector<std::shared_ptr<ring>> rings;
  std::set<std::string, std::less<>> names;
};

tracer& the_tracer() {
  static auto* const the_one = new tracer;
  return *the_one;
}

/// Counts sessions, so that a thread can tell whether its ring is of this one.
constinit std::atomic<std::uint64_t> session{0};
using clock_function = std::int64_t (*)() noexcept;
constinit std::atomic<clock_function> session_clock{nullptr};

struct thread_state {
  std::shared_ptr<ring> current;
  std::uint64_t session = 0;
  std::string name;
};

thread_state& this_thread() {
  thread_local thread_state state;
  return state;
}

/// The calling thread's ring in the open session; null when none is open.
ring* this_ring() {
  thread_state& mine = this_thread();
  // ORD acquire [trace-session]: pairs with the release in start; a ring of the same number belongs to this
  // session.
  if (mine.current != nullptr && mine.session == session.load(std::memory_order_acquire))
    return mine.current.get();
  tracer& t = the_tracer();
  const std::lock_guard lock(t.mutex);
  if (!t.open) return nullptr;
  mine.current = std::make_shared<ring>(t.with.events_per_thread, thread_number(), mine.name);
  // ORD relaxed [trace-session]: changes only under the mutex that is held here.
  mine.session = session.load(std::memory_order_relaxed);
  t.rings.push_back(mine.current);
  return mine.current.get();
}

/// Records that found no memory for a ring.
constinit std::atomic<std::uint64_t> homeless{0};

void put(const record& r) noexcept {
  try {
    if (ring* const mine = this_ring()) mine->put(r);
  } catch (const std::bad_alloc&) {
    // A trace with a hole is worth more than a program that ends; the hole is counted.
    // ORD relaxed [trace-homeless]: a counter, read after the session.
    homeless.fetch_add(1, std::memory_order_relaxed);
  }
}

/// Nanoseconds as microseconds, all three decimals kept.
std::string microseconds(std::int64_t nanoseconds) {
  const std::uint64_t size =
      nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  return fmt::format("{}{}.{:03}", nanoseconds < 0 ? "-" : "", size / 1000, size % 1000);
}

void write_metadata(json_writer& json, std::string_view what, int process, std::uint32_t thread,
                    std::string_view text) {
  json.begin_object().member("ph", "M").member("name", what).member("pid", process).member("tid", thread);
  json.key("args").begin_object().member("name", text).end_object().end_object();
}

void write_record(json_writer& json, const record& r, int process, std::uint32_t thread,
                  std::int64_t origin) {
  json.begin_object();
  json.member("ph", r.kind == record_kind::span ? "X" : r.kind == record_kind::instant ? "i" : "C");
  json.member("name", r.what).member("pid", process).member("tid", thread);
  json.key("ts").raw(microseconds(r.begin - origin));
  if (r.kind == record_kind::span) {
    json.key("dur").raw(microseconds(r.duration));
    if (r.argument != nullptr) json.key("args").begin_object().member(r.argument, r.value).end_object();
  } else if (r.kind == record_kind::instant) {
    json.member("s", "t");
  } else {
    json.key("args").begin_object().member("value", r.level).end_object();
  }
  json.end_object();
}

std::string text_of(std::vector<std::shared_ptr<ring>> rings, std::int64_t origin) {
  std::ranges::sort(rings, {}, [](const auto& r) { return r->thread(); });
  const int rank = process_rank();
  const int process = rank < 0 ? 0 : rank;
  // ORD relaxed [trace-homeless]: a counter that guards no other data; each session starts at zero.
  std::uint64_t dropped = homeless.exchange(0, std::memory_order_relaxed);
  for (const auto& r : rings) dropped += r->dropped();

  json_writer json;
  json.begin_object().member("displayTimeUnit", "ns");
  json.key("otherData")
      .begin_object()
      .member("producer", "twill")
      .member("dropped_records", dropped)
      .end_object();
  json.key("traceEvents").begin_array();
  write_metadata(json, "process_name", process, 0, rank < 0 ? "twill" : fmt::format("rank {}", rank));
  for (const auto& r : rings) {
    const bool named = !r->thread_name().empty();
    write_metadata(json, "thread_name", process, r->thread(),
                   named ? r->thread_name() : fmt::format("thread {}", r->thread()));
    if (r->dropped() != 0) {
      json.begin_object().member("ph", "M").member("name", "dropped_records").member("pid", process);
      json.member("tid", r->thread())
          .key("args")
          .begin_object()
          .member("count", r->dropped())
          .end_object()
          .end_object();
    }
    const std::vector<record> records = r->in_order();
    std::vector<std::size_t> order(records.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Spans are recorded when they end; viewers and people read them by when they begin, the enclosing one
    // first.
    std::ranges::sort(order, {}, [&](std::size_t i) {
      const record& each = records[i];
      return std::tuple(each.begin, each.kind == record_kind::span ? -each.duration : 0, i);
    });
    for (const std::size_t i : order) {
      // A span that began in an earlier session has no place in this one.
      if (records[i].begin >= origin) write_record(json, records[i], process, r->thread(), origin);
    }
  }
  json.end_array().end_object();
  return json.take();
}

std::pair<std::string, std::string> finish() {
  tracer& t = the_tracer();
  std::vector<std::shared_ptr<ring>> rings;
  std::string path;
  std::int64_t origin = 0;
  {
    const std::lock_guard lock(t.mutex);
    if (!t.open)
      throw error(errc::bad_configuration, {.what = "no trace is being recorded, so none can be stopped"});
    // ORD relaxed [trace-on]: threads that still see true find their ring closed.
    detail::on.store(false, std::memory_order_relaxed);
    t.open = false;
    rings = std::move(t.rings);
    t.rings.clear();
    path = std::move(t.with.path);
    origin = t.origin;
  }
  for (const auto& r : rings) r->close();
  return {std::move(path), text_of(std::move(rings), origin)};
}

}  // namespace

namespace detail {

constinit std::atomic<bool> on{false};

std::int64_t now() noexcept {
  // ORD relaxed [trace-clock]: a function's address; whichever session's clock is seen, it can be called.
  if (const clock_function clock = session_clock.load(std::memory_order_relaxed)) return clock();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void record_span(const char* what, const char* argument, std::int64_t value, std::int64_t begin) noexcept {
  put({.what = what,
       .argument = argument,
       .begin = begin,
       .duration = now() - begin,
       .value = value,
       .kind = record_kind::span});
}

void record_instant(const char* what) noexcept {
  put({.what = what,
       .argument = nullptr,
       .begin = now(),
       .duration = 0,
       .value = 0,
       .kind = record_kind::instant});
}

void record_counter(const char* what, double value) noexcept {
  put({.what = what,
       .argument = nullptr,
       .begin = now(),
       .level = value,
       .value = 0,
       .kind = record_kind::counter});
}

}  // namespace detail

name intern(std::string_view text) {
  tracer& t = the_tracer();
  const std::lock_guard lock(t.mutex);
  auto found = t.names.find(text);
  if (found == t.names.end()) found = t.names.emplace(text).first;
  return {found->c_str(), name::interned{}};
}

void start(options with) {
  if (with.events_per_thread == 0) {
    throw error(
        errc::bad_configuration,
        {.what = "a trace needs room for events of each thread", .found = "0", .expected = "at least 1"});
  }
  tracer& t = the_tracer();
  const std::lock_guard lock(t.mutex);
  if (t.open) {
    throw error(errc::bad_configuration, {.what = "a trace is being recorded already",
                                          .where = {.file = t.with.path},
                                          .hint = "stop it first"});
  }
  t.with = std::move(with);
  // ORD relaxed [trace-clock]: see now(); threads that learn of the session under the mutex see this clock.
  session_clock.store(t.with.clock, std::memory_order_relaxed);
  t.origin = detail::now();
  t.open = true;
  // ORD release [trace-session]: pairs with the acquire in this_ring.
  session.fetch_add(1, std::memory_order_release);
  // ORD relaxed [trace-on]: opens the branch; what recording needs is published by the mutex.
  detail::on.store(true, std::memory_order_relaxed);
}

std::string stop_to_string() { return finish().second; }

void stop(const std::function<void(const std::string& path, std::string_view text)>& write) {
  const auto [path, text] = finish();
  write(path, text);
}

void stop() {
  stop([](const std::string& path, std::string_view text) {
    if (path.empty()) throw error(errc::bad_configuration, {.what = "the trace has no file to go to"});
    write_file_atomically(path, text);
  });
}

void name_this_thread(std::string_view thread_name) {
  thread_state& mine = this_thread();
  mine.name = thread_name;
  if (mine.current != nullptr) mine.current->rename(mine.name);
}

}  // namespace twill::trace
