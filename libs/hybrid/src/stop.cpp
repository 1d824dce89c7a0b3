// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/stop.hpp"

#include "twill/base/identity.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <unistd.h>

namespace twill::hybrid {
namespace {

constinit std::atomic<request_bits> requests{0};
// Seconds of the monotonic clock at the last SIGINT; 0: none.
constinit std::atomic<std::int64_t> last_interrupt{0};

constinit std::atomic<const char*> at_phase{"start"};
constinit std::atomic<const char*> at_operation{"none"};
constinit std::atomic<std::uint64_t> at_sequence{0};
constinit std::atomic<std::uint64_t> at_iteration{0};
constinit std::atomic<std::int64_t> at_stage{-1};
static_assert(std::atomic<const char*>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free &&
              std::atomic<request_bits>::is_always_lock_free);

constexpr std::array<int, 4> handled{SIGTERM, SIGINT, SIGUSR1, SIGQUIT};
std::array<struct sigaction, handled.size()> former;

constexpr std::int64_t second_interrupt_seconds = 5;

void on_signal(int number) {
  const int keep = errno;
  if (number == SIGUSR1) {
    post_request(request::checkpoint);
  } else if (number == SIGQUIT) {
    dump_whereabouts(STDERR_FILENO);
  } else {
    if (number == SIGINT) {
      timespec t{};
      ::clock_gettime(CLOCK_MONOTONIC, &t);
      // ORD relaxed [stop]: the handler does not interrupt itself.
      const std::int64_t before = last_interrupt.exchange(t.tv_sec + 1, std::memory_order_relaxed);
      if (before != 0 && t.tv_sec + 1 - before <= second_interrupt_seconds) {
        ::signal(SIGINT, SIG_DFL);
        ::raise(SIGINT);
      }
    }
    post_request(request::stop);
  }
  errno = keep;
}

// A line without allocation and locale.
class line {
 public:
  line& text(const char* t) noexcept {
    while (*t != '\0' && used_ < buffer_.size()) buffer_[used_++] = *t++;
    return *this;
  }
  line& number(std::uint64_t n) noexcept {
    std::array<char, 20> digits{};
    std::size_t k = 0;
    do {
      digits[k++] = static_cast<char>('0' + n % 10);
      n /= 10;
    } while (n != 0);
    while (k > 0 && used_ < buffer_.size()) buffer_[used_++] = digits[--k];
    return *this;
  }
  void write_to(int descriptor) const noexcept {
    [[maybe_unused]] const auto written = ::write(descriptor, buffer_.data(), used_);
  }

 private:
  std::array<char, 256> buffer_{};
  std::size_t used_ = 0;
};

}  // namespace

request_bits pending_requests() noexcept {
  // ORD relaxed [stop]: a flag without data.
  return requests.load(std::memory_order_relaxed);
}

request_bits take_requests() noexcept {
  // ORD relaxed [stop]: a flag without data.
  return requests.fetch_and(static_cast<request_bits>(request::stop), std::memory_order_relaxed);
}

void post_request(request which) noexcept {
  // ORD relaxed [stop]: a flag without data; lock-free, so a handler may set it.
  requests.fetch_or(static_cast<request_bits>(which), std::memory_order_relaxed);
}

void clear_requests() noexcept {
  // ORD relaxed [stop]: a flag without data.
  requests.store(0, std::memory_order_relaxed);
  // ORD relaxed [stop]: as above.
  last_interrupt.store(0, std::memory_order_relaxed);
}

signal_handlers::signal_handlers() {
  struct sigaction ours{};
  ours.sa_handler = on_signal;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  for (std::size_t i = 0; i < handled.size(); ++i) ::sigaction(handled[i], &ours, &former[i]);
}

signal_handlers::~signal_handlers() {
  for (std::size_t i = handled.size(); i-- > 0;) ::sigaction(handled[i], &former[i], nullptr);
}

void set_whereabouts(const whereabouts& here) noexcept {
  // ORD relaxed [where]: each field stands for itself; a dump may see two neighbouring moments.
  at_phase.store(here.phase, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_operation.store(here.operation, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_sequence.store(here.sequence, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_iteration.store(here.iteration, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_stage.store(here.stage, std::memory_order_relaxed);
}

whereabouts current_whereabouts() noexcept {
  // ORD relaxed [where]: five fields that each stand for themselves.
  return {at_phase.load(std::memory_order_relaxed), at_operation.load(std::memory_order_relaxed),
          // ORD relaxed [where]: as above.
          at_sequence.load(std::memory_order_relaxed), at_iteration.load(std::memory_order_relaxed),
          // ORD relaxed [where]: as above.
          at_stage.load(std::memory_order_relaxed)};
}

void dump_whereabouts(int descriptor) noexcept {
  const whereabouts here = current_whereabouts();
  line out;
  out.text("rank ").number(static_cast<std::uint64_t>(process_rank() < 0 ? 0 : process_rank()));
  out.text(": phase ").text(here.phase);
  if (here.stage >= 0) out.text(", stage ").number(static_cast<std::uint64_t>(here.stage));
  out.text(", iteration ").number(here.iteration);
  if (std::strcmp(here.operation, "none") == 0) {
    out.text(", between collectives (").number(here.sequence).text(" so far)\n");
  } else {
    out.text(", in ").text(here.operation).text(" (call ").number(here.sequence).text(")\n");
  }
  out.write_to(descriptor);
}

void enter_phase(const char* phase, std::int64_t stage) noexcept {
  // ORD relaxed [where]: see set_whereabouts.
  at_phase.store(phase, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_stage.store(stage, std::memory_order_relaxed);
}

in_collective::in_collective(const char* operation) noexcept {
  // ORD relaxed [where]: see set_whereabouts.
  at_sequence.fetch_add(1, std::memory_order_relaxed);
  // ORD relaxed [where]: as above.
  at_operation.store(operation, std::memory_order_relaxed);
}

in_collective::~in_collective() {
  // ORD relaxed [where]: see set_whereabouts.
  at_operation.store("none", std::memory_order_relaxed);
}

}  // namespace twill::hybrid
