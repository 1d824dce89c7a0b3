// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace twill::par {

/// The value of a task that returns void, where a value is needed.
struct unit {
  /// All units are equal.
  friend constexpr bool operator==(unit, unit) noexcept { return true; }
};

namespace detail {

/// What a task's result is called in a pair, a tuple or a vector.
template <class R>
using value_of = std::conditional_t<std::is_void_v<R>, unit, R>;

template <class F, class... Args>
value_of<std::invoke_result_t<F, Args...>> invoke_value(F&& f, Args&&... args) {
  if constexpr (std::is_void_v<std::invoke_result_t<F, Args...>>) {
    std::forward<F>(f)(std::forward<Args>(args)...);
    return {};
  } else {
    return std::forward<F>(f)(std::forward<Args>(args)...);
  }
}

/// Ends the process with a message: what happened leaves nothing that could be trusted.
[[noreturn]] void fatal(const char* what) noexcept;

/// Counts an exception that another one displaced.
void suppressed_exception() noexcept;

/// Runs `f` and gives the exception it ended with, or null. Forced unwinding (pthread_cancel, pthread_exit)
/// ends the process.
template <class F>
std::exception_ptr capture(F&& f) noexcept {
  std::exception_ptr error;
  try {
    std::forward<F>(f)();
  } catch (...) {
    error = std::current_exception();
    // Forced unwinding is the one thing that arrives here and is no exception.
    if (error == nullptr)
      fatal("a task was unwound by pthread_cancel or pthread_exit, which twill::par does not support");
  }
  return error;
}

/// Room for a result that another thread writes: no construction cost where it is never used.
template <class R>
class outcome_slot {
  using stored = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*, R>;

 public:
  outcome_slot() noexcept : nothing_{} {}
  outcome_slot(const outcome_slot&) = delete;
  outcome_slot& operator=(const outcome_slot&) = delete;
  ~outcome_slot() {
    if (state_ == holds::value) std::destroy_at(&value_);
  }

  /// Runs `f` and keeps its value or its exception.
  template <class F>
  void fill(F&& f) noexcept {
    std::exception_ptr error = capture([&] {
      if constexpr (std::is_reference_v<R>) {
        ::new (static_cast<void*>(&value_)) stored(std::addressof(f()));
      } else {
        ::new (static_cast<void*>(&value_)) stored(f());
      }
      state_ = holds::value;
    });
    if (error != nullptr) {
      error_ = std::move(error);
      state_ = holds::error;
    }
  }

  [[nodiscard]] bool failed() const noexcept { return state_ == holds::error; }
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

  /// The value, or the exception rethrown. Requires: filled.
  R take() {
    if (state_ == holds::error) std::rethrow_exception(error_);
    if constexpr (std::is_reference_v<R>) {
      return static_cast<R>(*value_);
    } else {
      return std::move(value_);
    }
  }

 private:
  enum class holds : std::uint8_t { nothing, value, error };
  union {
    char nothing_;
    stored value_;
  };
  // Beside the union: g++ 12 cannot see that a tag guards the destruction of a pointer inside of it.
  std::exception_ptr error_{};
  holds state_ = holds::nothing;
};

}  // namespace detail
}  // namespace twill::par
