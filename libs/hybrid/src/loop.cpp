// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/loop.hpp"

#include "twill/base/event.hpp"
#include "twill/base/number.hpp"
#include "twill/hybrid/collective_try.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <future>
#include <memory>
#include <pthread.h>

namespace twill::hybrid {

std::string_view name_of(loop_status status) noexcept {
  switch (status) {
    case loop_status::finished: return "finished";
    case loop_status::converged: return "converged";
    case loop_status::interrupted: return "interrupted";
    case loop_status::wall_time: return "wall_time";
  }
  return "unknown";
}

int loop_result::exit_code(int interrupted) const noexcept {
  if (status == loop_status::finished || status == loop_status::converged) return 0;
  return checkpoint.empty() ? static_cast<int>(twill::exit_code::internal) : interrupted;
}

std::optional<double> scheduler_seconds_left(const comm::variable_map& variables) {
  const auto number = [&variables](const char* name) -> std::optional<double> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    const auto n = parse_uint64(found->second);
    return n ? std::optional(static_cast<double>(n.value)) : std::nullopt;
  };
  if (const auto end = number("SLURM_JOB_END_TIME")) return *end - static_cast<double>(std::time(nullptr));
  if (const auto wall = number("PBS_WALLTIME")) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    static const std::time_t began = now.tv_sec;
    return *wall - static_cast<double>(now.tv_sec - began);
  }
  return std::nullopt;
}

namespace detail {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class F>
void everywhere(collective_view& ranks, F&& f) {
  std::exception_ptr failed;
  try {
    f();
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  agree_on_outcome(ranks, failed);
}

// The flag of a front by which rank 0 tells that the write of its checkpoint is over, well or badly.
constexpr request_bits write_is_over = 0x80;

// A thread made while this lives takes no signals: they belong to threads that run the program.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former_);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_{};
};

// One checkpoint that a thread of its own flushes to the device, renames and links. Rank 0 alone has one.
class background_write {
 public:
  background_write() = default;
  background_write(const background_write&) = delete;
  background_write& operator=(const background_write&) = delete;
  // Whatever ended the loop is told in the first place; this only waits, and notes what went wrong besides.
  ~background_write() {
    if (!path_.valid()) return;
    try {
      static_cast<void>(path_.get());
    } catch (const std::exception& e) {
      emit(event_level::warning, "hybrid.checkpoint.failed", "a checkpoint could not be written",
           {{"reason", e.what()}});
    }
  }

  /// Where no thread can be had, `take` writes.
  void begin(checkpoint_sink sink) {
    const signals_blocked none;
    path_ =
        std::async(std::launch::async | std::launch::deferred,
                   [kept = std::make_shared<checkpoint_sink>(std::move(sink))] { return kept->commit(); });
  }
  [[nodiscard]] bool over() const {
    return path_.valid() && path_.wait_for(std::chrono::seconds(0)) != std::future_status::timeout;
  }
  /// Waits. Throws: what the write threw.
  std::string take() { return path_.get(); }

 private:
  std::future<std::string> path_;
};

class loop {
 public:
  loop(collective_view& ranks, const loop_options& options, const loop_body& body)
      : ranks_(ranks),
        options_(options),
        body_(body),
        boundary_(
            options.values.parts() == 0 ? blocks(0, static_cast<std::size_t>(ranks.size())) : options.values,
            ranks.rank()) {}

  loop_result run() {
    begin_ = now();
    agree_on_limit();
    if (options_.mode != start_mode::fresh) restore();
    boundary_.set_together();
    bool stop = false;
    while (!stop && out_.iterations < options_.iterations) stop = iterate();
    if (out_.checkpoints > 0) send_text(out_.checkpoint);
    out_.seconds = now() - begin_;
    return std::move(out_);
  }

 private:
  [[nodiscard]] double now() const { return options_.clock ? options_.clock() : steady_seconds(); }

  // Rank 0's limit counts: another rank's clock or environment may differ.
  void agree_on_limit() {
    double limit = -1;
    if (ranks_.rank() == 0) {
      if (options_.max_wall) limit = *options_.max_wall;
      const auto left = scheduler_seconds_left(comm::process_variables::from_env().values);
      if (left && (limit < 0 || *left < limit)) limit = std::max(0.0, *left);
    }
    // All of them meet here, and the first boundary counts from there.
    std::vector<double> all(static_cast<std::size_t>(ranks_.size()));
    const std::vector<std::size_t> one(all.size(), 1);
    ranks_.gather_numbers(std::span<const double>(&limit, 1), all, one);
    if (all.front() >= 0) limit_ = all.front();
  }

  // One iteration; true when it was the last one of this run.
  bool iterate() {
    auto here = current_whereabouts();
    here.iteration = out_.iterations;
    set_whereabouts(here);
    request_bits told = take_requests();
    if (write_.over()) told |= write_is_over;
    boundary_.set_front(told, now() - begin_);
    static_cast<void>(boundary_.take_exchanged());
    const bool converged = body_.iterate(out_.iterations, boundary_);
    if (!boundary_.take_exchanged()) {
      static_cast<void>(boundary_.exchange_in(ranks_, {}));
      static_cast<void>(boundary_.take_exchanged());
    }
    ++out_.iterations;
    // Everything below is decided from the boundary alone, which is the same on all ranks.
    const boundary_view& all = boundary_.last();
    const bool wall = out_of_time(all.elapsed);
    const bool last = out_.iterations == options_.iterations;
    const bool asked = has(all.requests, request::stop);
    if (converged) {
      out_.status = loop_status::converged;
    } else if (asked && !last) {
      out_.status = loop_status::interrupted;
    } else if (wall && !last) {
      out_.status = loop_status::wall_time;
    }
    const bool ends = converged || last || asked || wall;
    const bool due = options_.every != 0 && out_.iterations % options_.every == 0;
    const bool wanted = ends || due || has(all.requests, request::checkpoint);
    // Before an error of the write that is over can be passed by.
    if (writing_ && (wanted || (all.requests & write_is_over) != 0)) finish_write();
    if (wanted) save();
    if (ends && writing_) finish_write();
    return ends;
  }

  // The front is written before an iteration, so the difference of two is one iteration and its checkpoint.
  bool out_of_time(double elapsed) {
    if (previous_) longest_ = std::max(longest_, elapsed - *previous_);
    previous_ = elapsed;
    return limit_ && longest_ > 0 && elapsed + 3 * longest_ > *limit_;
  }

  void save() {
    if (options_.checkpoints.folder.empty() || !body_.save) return;
    const double from = now();
    ranks_.barrier();
    checkpoint_sink sink;
    everywhere(ranks_, [&] {
      if (ranks_.rank() == 0) sink = checkpoint_sink(options_.checkpoints, out_.iterations);
    });
    body_.save(sink);
    if (ranks_.rank() == 0) {
      saved_bytes_ = sink.size();
      saved_iteration_ = out_.iterations;
      write_.begin(std::move(sink));
    }
    writing_ = true;
    ++out_.checkpoints;
    out_.checkpoint_seconds += now() - from;
    if (!options_.flush_in_background) finish_write();
  }

  // The outcome of the write that was begun last, on every rank.
  void finish_write() {
    const double from = now();
    everywhere(ranks_, [&] {
      if (ranks_.rank() == 0) out_.checkpoint = write_.take();
    });
    writing_ = false;
    if (ranks_.rank() == 0) {
      emit(event_level::info, "hybrid.checkpoint.written", "a checkpoint is complete",
           {{"path", out_.checkpoint}, {"iteration", saved_iteration_}, {"bytes", saved_bytes_}});
    }
    out_.checkpoint_seconds += now() - from;
  }

  void restore() {
    loaded_checkpoint found;
    bool there = false;
    everywhere(ranks_, [&] {
      if (ranks_.rank() != 0) return;
      auto newest = options_.checkpoints.folder.empty()
                        ? std::nullopt
                        : load_newest(options_.checkpoints, options_.mode, out_.warnings);
      if (newest) {
        found = std::move(*newest);
        there = true;
      } else if (options_.must_resume) {
        throw error(errc::no_checkpoint, {.what = "there is no whole checkpoint to go on from",
                                          .where = twill::location{.file = options_.checkpoints.folder}});
      }
    });
    std::array<std::uint64_t, 3> facts{there ? 1U : 0U, found.iteration, found.content.size()};
    ranks_.broadcast(std::as_writable_bytes(std::span(facts)), 0);
    if (facts[0] == 0) return;
    found.content.resize(static_cast<std::size_t>(facts[2]));
    ranks_.broadcast(found.content, 0);
    send_text(found.path);
    everywhere(ranks_, [&] {
      checkpoint_source from(found.content);
      body_.restore(from, options_.mode);
    });
    out_.resumed_at = facts[1];
    out_.checkpoint = std::move(found.path);
    if (options_.mode == start_mode::resume) out_.iterations = facts[1];
  }

  // Rank 0's text on every rank.
  void send_text(std::string& text) {
    std::uint64_t length = text.size();
    ranks_.broadcast(std::as_writable_bytes(std::span(&length, 1)), 0);
    text.resize(static_cast<std::size_t>(length));
    ranks_.broadcast(std::as_writable_bytes(std::span(text.data(), text.size())), 0);
  }

  collective_view& ranks_;
  const loop_options& options_;
  const loop_body& body_;
  boundary boundary_;
  loop_result out_;
  background_write write_;
  bool writing_ = false;  // the same on all ranks
  std::uint64_t saved_iteration_ = 0;
  std::uint64_t saved_bytes_ = 0;
  double begin_ = 0;
  double longest_ = 0;
  std::optional<double> previous_;
  std::optional<double> limit_;
};

}  // namespace

loop_result run_loop(collective_view& ranks, const loop_options& options, const loop_body& body) {
  return loop(ranks, options, body).run();
}

}  // namespace detail
}  // namespace twill::hybrid
