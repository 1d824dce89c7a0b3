// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/atomics.hpp"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace twill::par::detail {

#if defined(__linux__)

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void std_atomics::wait(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
  // Every caller loops on the word, so that EAGAIN and EINTR need no answer here.
  static_cast<void>(::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0));
}

void std_atomics::wake(std::atomic<std::uint32_t>& word) noexcept {
  // A word that is gone by now gives EFAULT or wakes a stranger, whose loop goes back to sleep.
  static_cast<void>(::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0));
}

#else

void std_atomics::wait(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
  // ORD acquire [S8]: as the caller's own load.
  word.wait(value, std::memory_order_acquire);
}

void std_atomics::wake(std::atomic<std::uint32_t>& word) noexcept {
  // ORD notify [S6]: the word was changed before, which the sleepers' loops see.
  word.notify_all();
}

#endif

}  // namespace twill::par::detail
