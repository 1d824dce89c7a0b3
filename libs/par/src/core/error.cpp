// SPDX-License-Identifier: Apache-2.0
#include "twill/par/error.hpp"

#include <fmt/format.h>

namespace twill::par {
namespace {

struct description {
  std::string_view name;
  std::string_view message;
  exit_code exit;
};

description describe(int code) noexcept {
  switch (static_cast<errc>(code)) {
    case errc::thread_spawn_failed:
      return {"thread_spawn_failed", "a worker thread could not be created", exit_code::internal};
    case errc::current_thread_already_in_pool:
      return {"current_thread_already_in_pool", "the thread is a worker already", exit_code::internal};
    case errc::global_pool_already_initialized:
      return {"global_pool_already_initialized", "the global pool exists already", exit_code::internal};
    case errc::pool_lost_in_fork:
      return {"pool_lost_in_fork", "the pool's threads did not survive fork()", exit_code::internal};
    case errc::pool_shut_down:
      return {"pool_shut_down", "the pool takes no work any more", exit_code::internal};
    case errc::invalid_placement:
      return {"invalid_placement", "a CPU outside of what this process may use", exit_code::usage};
    case errc::invalid_stack_size:
      return {"invalid_stack_size", "below what the platform needs", exit_code::usage};
    case errc::cancelled: return {"cancelled", "stopped before all work ran", exit_code::success};
  }
  return {"unknown", "unknown code", exit_code::internal};
}

class par_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.par"; }
  [[nodiscard]] std::string message(int code) const override { return std::string(describe(code).message); }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override { return describe(code).name; }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override { return describe(code).exit; }
};

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace

const category& par_category() noexcept {
  static const par_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), par_category()}; }

cancelled::cancelled()
    : error(errc::cancelled, {.what = "a stop was requested and some of the work did not run"}) {}

aggregate_error::aggregate_error(std::vector<std::exception_ptr> errors) {
  std::string message = fmt::format("{} tasks failed; the first: {}", errors.size(),
                                    errors.empty() ? std::string("none") : text_of(errors.front()));
  content_ = std::make_shared<const content>(content{std::move(errors), std::move(message)});
}

const char* aggregate_error::what() const noexcept { return content_->message.c_str(); }

}  // namespace twill::par
