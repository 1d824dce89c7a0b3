// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "child.hpp"
#include "guard.hpp"
#include "keyboard.hpp"
#include "signals.hpp"
#include "sink.hpp"
#include "stream.hpp"
#include "twill/comm/detail/rendezvous.hpp"
#include "twill/comm/launch.hpp"
#include "verdict.hpp"
#include "waits.hpp"

#include <map>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <vector>

namespace twill::comm::launch {

namespace rendezvous = detail::rendezvous;

/// A job while it runs: one loop around poll(2), in one thread. Nothing in it blocks but poll.
class job {
 public:
  explicit job(const checked_plan& p);
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  /// Kills and reaps what is left: after an error, nothing stays behind.
  ~job();

  /// Starts all ranks. Throws: twill::error when one cannot be started or executed.
  void start();
  /// Returns the exit code when all ranks have ended and their output is written.
  [[nodiscard]] int wait();

 private:
  struct rank {
    pid_t pid = 0;  // 0: ended
  };

  // job_start.cpp
  void allow_descriptors();
  void check_executed(descriptor failures, descriptor write_end);
  void write_record() const;

  // job_loop.cpp
  void poll_once(int timeout_ms);
  [[nodiscard]] int timeout_ms(clock::time_point now) const;
  void pump_streams(const std::vector<pollfd>& polled, std::size_t first);
  void check_sinks();
  void drain();

  // job_signals.cpp
  void take_signals();
  void stop_by(int signal, clock::time_point now);
  void suspend();

  // job_end.cpp
  void reap();
  void pursue_stragglers(clock::time_point now);
  void end_after_failure(clock::time_point now);
  void kill_ranks(int signal) noexcept;
  [[nodiscard]] std::string names_of_running() const;
  void say(const std::string& lines);

  const checked_plan& plan_;
  signals signals_;  // first: the guard is reaped and the ranks are forked while it lives
  guard guard_;
  std::shared_ptr<rendezvous::memory> memory_;
  verdict verdict_;
  waits waits_;
  std::vector<rank> ranks_;
  int running_ = 0;
  std::vector<stream> streams_;  // two a rank
  std::shared_ptr<sink> output_;
  std::shared_ptr<sink> errors_;
  std::optional<keyboard> keyboard_;
  std::vector<char> scratch_;
  std::vector<pollfd> polled_;
  std::vector<stream*> polled_streams_;
  clock::time_point reaped_at_{};             // when it was last looked for ended ranks
  std::optional<clock::time_point> term_at_;  // when who is left is asked to end
  std::optional<clock::time_point> kill_at_;  // when they are killed
  std::map<int, clock::time_point> stops_;    // signals that end the job, when each first came
  bool pursued_ = false;                      // the first failure has set term_at_
};

}  // namespace twill::comm::launch
