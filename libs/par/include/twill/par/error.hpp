// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <vector>

namespace twill::par {

/// The errors of the par part; a malformed setting is `twill::errc::bad_configuration`.
enum class errc {
  thread_spawn_failed = 1,          ///< a worker thread could not be created
  current_thread_already_in_pool,   ///< use_current_thread on a thread that is a worker already
  global_pool_already_initialized,  ///< build_global after the global pool exists
  pool_lost_in_fork,                ///< the pool's threads did not survive fork()
  pool_shut_down,                   ///< the pool takes no work any more
  invalid_placement,                ///< a CPU outside of what this process may use
  invalid_stack_size,               ///< below what the platform needs
  cancelled                         ///< a stop was requested and work was left out
};

/// The category `par` of the error codes below.
[[nodiscard]] const category& par_category() noexcept;
/// The code in the category `par`.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// An error of the par part.
class error : public twill::error {
 public:
  /// An error of that code with what a person needs to know.
  error(errc code, diagnosis d) : twill::error(make_error_code(code), std::move(d)) {}
};

/// A stop was requested and some of the work did not run.
class cancelled : public error {
 public:
  /// With the message that says so.
  cancelled();
};

/// Several tasks of one scope failed: their exceptions in the order in which the tasks were spawned.
class aggregate_error : public std::exception {
 public:
  /// Requires: at least one exception.
  explicit aggregate_error(std::vector<std::exception_ptr> errors);
  /// How many tasks failed, and the message of the first.
  [[nodiscard]] const char* what() const noexcept override;
  /// The exceptions, by spawn number.
  [[nodiscard]] const std::vector<std::exception_ptr>& errors() const noexcept { return content_->errors; }

 private:
  struct content {
    std::vector<std::exception_ptr> errors;
    std::string message;
  };
  std::shared_ptr<const content> content_;
};

/// How many exceptions this process dropped because another one of the same join or scope was reported.
[[nodiscard]] std::size_t suppressed_exception_count() noexcept;

}  // namespace twill::par

/// Lets an `errc` become a `std::error_code`.
template <>
struct std::is_error_code_enum<twill::par::errc> : std::true_type {};
