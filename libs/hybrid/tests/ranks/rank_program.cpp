// SPDX-License-Identifier: Apache-2.0
// A program of ranks that fails as its first argument says. Rank 1 is the one that fails, or the last one.
#include "twill/base/error.hpp"
#include "twill/hybrid.hpp"
#include "twill/par/scope.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace {

namespace comm = twill::comm;
namespace hybrid = twill::hybrid;

[[noreturn]] void fail(twill::errc code, const std::string& what) {
  throw twill::error(code, {.what = what, .where = twill::location{}});
}

int work(hybrid::runtime& here, const std::string& how, const std::string& folder) {
  auto& world = here.world();
  const bool bad = here.rank() == std::min(1, here.size() - 1);
  const std::map<std::string, std::function<void()>> before{
      {"task",
       [&] {
         twill::par::scope([&](auto& s) {
           for (int i = 0; i < 100; ++i)
             s.spawn([i] {
               if (i == 40) throw std::runtime_error("task 40 of a worker");
             });
         });
       }},
      {"input", [] { fail(twill::errc::invalid_value, "row 7 is wrong"); }},
      {"io", [] { fail(twill::errc::cannot_read, "no such file"); }},
      {"plain", [] { throw std::runtime_error("plain"); }},
      // A library that an MPI brings along may have a handler that goes on after a signal that was sent.
      {"segfault",
       [] {
         ::signal(SIGSEGV, SIG_DFL);
         ::raise(SIGSEGV);
       }},
      {"kill", [] { ::raise(SIGKILL); }},
      {"exit", [] { std::exit(0); }},
      {"leave", [] { ::_exit(0); }}};
  if (how == "try") {
    hybrid::collective_try(world, [&] {
      if (bad) fail(twill::errc::invalid_value, "only rank 1 sees this");
    });
  }
  if (how == "checkpoint") {
    // A file stands where the folder has to be.
    std::fclose(std::fopen(folder.c_str(), "w"));
    hybrid::loop_options o;
    o.iterations = 3;
    o.every = 1;
    o.checkpoints.folder = folder;
    const hybrid::loop_body body{.iterate = [](std::uint64_t, hybrid::boundary&) { return false; },
                                 .save = [](hybrid::checkpoint_sink& to) { to.write(1.0); }};
    static_cast<void>(hybrid::checkpointed_loop(world, o, body));
  }
  if (how == "slow") {
    // Everybody but rank 0 is in a collective that rank 0 comes to when its standard input ends.
    if (here.rank() == 0) {
      char c = 0;
      while (::read(STDIN_FILENO, &c, 1) > 0) continue;
    } else {
      std::fprintf(stderr, "rank %d waits\n", here.rank());
    }
    hybrid::enter_phase("backward", 7);
    const hybrid::in_collective inside("barrier");
    world.barrier();
    return 0;
  }
  if (const auto f = before.find(how); f != before.end() && bad) f->second();
  world.barrier();
  if (how == "ready") {
    if (here.rank() == 0) {
      std::printf("ready\n");
      std::fflush(stdout);
    }
    // Ends by a signal or by its launcher.
    for (;;) ::pause();
  }
  if (here.rank() == 0) std::printf("done with %d ranks\n", here.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "none";
  hybrid::options o;
  o.threads = 2;
  const bool second = comm::launch_variables::from_env().rank == 1;
  if (how == "start")
    o.observer = [second](hybrid::step s, hybrid::step_event e) {
      if (second && s == hybrid::step::pool && e == hybrid::step_event::begins)
        fail(twill::errc::cannot_read, "rank 1 cannot start its pool");
    };
  if (how == "disagree") o.case_hash = second ? 5 : 4;
  if (how == "slow") o.stall_report = 0.3;
  if (how == "topology") o.report = hybrid::report_form::json;
  if (how == "ready") o.handle_signals = false;
  if (how == "again") {
    o.keep_job = true;
    for (int i = 0; i < 2; ++i) {
      const int code = hybrid::run(o, [&](hybrid::runtime& here) { return work(here, how, ""); });
      if (code != 0) return code;
    }
  }
  return hybrid::run(o, [&](hybrid::runtime& here) { return work(here, how, argc > 2 ? argv[2] : ""); });
}
