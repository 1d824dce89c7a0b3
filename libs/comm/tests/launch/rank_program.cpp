// SPDX-License-Identifier: Apache-2.0
// What the tests of the launcher start as ranks: each word on the command line is one deed, done in turn.
#include "twill/comm/detail/op_kind.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace rendezvous = twill::comm::detail::rendezvous;

std::shared_ptr<rendezvous::memory> job;
volatile std::sig_atomic_t caught = 0;

int number(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::atoi(text) : -1;
}
int rank() { return number("TWILL_RANK"); }

void all_of(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) std::_Exit(9);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The value behind `name=` of a deed.
std::string argument(std::string_view deed) {
  return std::string(deed.substr(std::min(deed.find('=') + 1, deed.size())));
}

void lines(long count) {
  // Written in pieces that end anywhere, so that whole lines are the launcher's doing.
  std::string text;
  for (long i = 0; i < count; ++i) {
    text += std::to_string(rank()) + ':' + std::to_string(i) + ':' +
            std::string(static_cast<std::size_t>(i % 90), 'x') + '\n';
    if (text.size() > 7000) {
      all_of(1, std::string_view(text).substr(0, 6997));
      text.erase(0, 6997);
    }
  }
  all_of(1, text);
}

void copy_input() {
  std::array<char, 65536> buffer{};
  for (ssize_t n = 0; (n = read(0, buffer.data(), buffer.size())) > 0;)
    all_of(1, {buffer.data(), static_cast<std::size_t>(n)});
}

void attach() {
  job = rendezvous::memory::attach(number("TWILL_SHM_FD"), rank(), number("TWILL_SIZE"));
  rendezvous::enter(*job, rank());
}

void wait_for_all() {
  // ORD acquire [test-attached]: pairs with enter.
  while (static_cast<int>(job->header().attached.load(std::memory_order_acquire)) < number("TWILL_SIZE"))
    poll(nullptr, 0, 1);
}

void look_like_waiting(int peer) {
  rendezvous::rank_words& w = job->rank(rank());
  // ORD relaxed [test-waits]: a report reads it.
  w.waiting_for.store(peer, std::memory_order_relaxed);
  // ORD relaxed [test-waits]: likewise.
  w.operation.store(static_cast<std::uint32_t>(twill::comm::detail::op_kind::barrier),
                    std::memory_order_relaxed);
}

void catch_signal(int signal) {
  struct sigaction action{};
  action.sa_handler = [](int got) { caught = got; };
  sigaction(signal, &action, nullptr);
}

void leave_a_child() {
  int ready[2];
  if (pipe(ready) != 0) std::_Exit(9);
  if (fork() == 0) {
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    all_of(1, "child " + std::to_string(getpid()) + '\n');
    all_of(ready[1], "!");
    for (;;) pause();
  }
  char byte = 0;
  if (read(ready[0], &byte, 1) != 1) std::_Exit(9);
}

void act(std::string_view deed) {
  const std::string value = argument(deed);
  const long n = std::strtol(value.c_str(), nullptr, 10);
  const auto is = [deed](std::string_view name) { return deed.substr(0, deed.find('=')) == name; };
  if (is("print")) all_of(1, value + '\n');
  if (is("print-raw")) all_of(1, value);
  if (is("error")) all_of(2, value + '\n');
  if (is("error-raw")) all_of(2, value);
  if (is("lines")) lines(n);
  if (is("long-line"))
    all_of(1, std::string(static_cast<std::size_t>(n), static_cast<char>('a' + rank())) + '\n');
  if (is("cat")) copy_input();
  if (is("print-variable")) {
    const char* found = std::getenv(value.c_str());
    all_of(1, std::to_string(rank()) + ' ' + value + '=' + (found != nullptr ? found : "(unset)") + '\n');
  }
  if (is("print-state")) {
    int parent_death = 0;
    prctl(PR_GET_PDEATHSIG, &parent_death);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, nullptr, &mask);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    struct sigaction pipe_action{};
    sigaction(SIGPIPE, nullptr, &pipe_action);
    all_of(1, "group " + std::string(getpgrp() == getpid() ? "own" : "shared") + " death " +
                  std::to_string(parent_death) + " blocked " + std::to_string(sigismember(&mask, SIGINT)) +
                  " files " + std::to_string(files.rlim_cur) + " pipe " +
                  (pipe_action.sa_handler == SIG_DFL ? "default" : "other") + '\n');
  }
  if (is("exit")) std::_Exit(static_cast<int>(n));
  if (is("raise")) {
    const rlimit no_core{};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(static_cast<int>(n), SIG_DFL);
    std::raise(static_cast<int>(n));
  }
  if (is("for-ever")) {
    for (;;) pause();
  }
  if (is("attach")) attach();
  if (is("all-attached")) wait_for_all();
  if (is("leave")) rendezvous::leave(*job, rank());
  if (is("waiting-for")) look_like_waiting(static_cast<int>(n));
  if (is("abort-job")) {
    rendezvous::record_abort(*job, rendezvous::abort_cause::call, rank(), static_cast<int>(n),
                             "the reason\n");
    std::_Exit(static_cast<int>(n));
  }
  if (is("timeout-job"))
    rendezvous::record_abort(*job, rendezvous::abort_cause::timeout, rank(), 4, "rank 1 is late");
  if (is("catch")) catch_signal(static_cast<int>(n));
  if (is("ignore")) std::signal(static_cast<int>(n), SIG_IGN);
  if (is("signal-launcher")) kill(getppid(), static_cast<int>(n));
  if (is("signal-launcher-until-the-end")) {
    for (;;) {  // as a person would: again and again
      kill(getppid(), static_cast<int>(n));
      poll(nullptr, 0, 20);
    }
  }
  if (is("await-signal")) {
    while (caught == 0) poll(nullptr, 0, 1);
    all_of(1, std::to_string(rank()) + " caught " + std::to_string(caught) + '\n');
  }
  if (is("read-a-byte")) {
    char byte = 0;
    if (read(0, &byte, 1) != 1) std::_Exit(9);
  }
  if (is("child")) leave_a_child();
}

}  // namespace

// DEED... or RANK:DEED for one rank alone.
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view deed = argv[i];
    const auto colon = deed.find(':');
    if (colon != std::string_view::npos &&
        deed.substr(0, colon).find_first_not_of("0123456789") == std::string_view::npos) {
      if (std::atoi(argv[i]) != rank()) continue;
      deed.remove_prefix(colon + 1);
    }
    act(deed);
  }
  return 0;
}
