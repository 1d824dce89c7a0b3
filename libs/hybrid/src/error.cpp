// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/error.hpp"

#include <fmt/format.h>

namespace twill::hybrid {
namespace {

struct description {
  std::string_view name;
  std::string_view message;
  exit_code exit;
};

description describe(int code) noexcept {
  switch (static_cast<errc>(code)) {
    case errc::pool_mismatch:
      return {"pool_mismatch", "the global pool has another number of threads", exit_code::internal};
    case errc::already_started: return {"already_started", "a runtime exists already", exit_code::internal};
    case errc::ranks_disagree:
      return {"ranks_disagree", "ranks differ in what has to be equal", exit_code::internal};
    case errc::over_budget: return {"over_budget", "the memory plan exceeds the limit", exit_code::internal};
    case errc::region_refused: return {"region_refused", "shared memory cannot be had", exit_code::internal};
    case errc::lost_in_fork:
      return {"lost_in_fork", "the runtime belongs to the process that forked", exit_code::internal};
    case errc::checkpoint_mismatch:
      return {"checkpoint_mismatch", "the checkpoint belongs to another run", exit_code::invalid_input};
    case errc::no_checkpoint: return {"no_checkpoint", "there is no checkpoint", exit_code::io};
    case errc::remote_invalid_input:
      return {"remote_invalid_input", "a rank failed: wrong input", exit_code::invalid_input};
    case errc::remote_io: return {"remote_io", "a rank failed: input or output", exit_code::io};
    case errc::remote_numerical: return {"remote_numerical", "a rank failed: numerics", exit_code::numerical};
    case errc::remote_internal: return {"remote_internal", "a rank failed", exit_code::internal};
    case errc::remote_usage: return {"remote_usage", "a rank failed: a malformed setting", exit_code::usage};
  }
  return {"unknown", "unknown code", exit_code::internal};
}

class hybrid_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.hybrid"; }
  [[nodiscard]] std::string message(int code) const override { return std::string(describe(code).message); }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override { return describe(code).name; }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override { return describe(code).exit; }
};

errc remote_code(exit_code exit) noexcept {
  switch (exit) {
    case exit_code::invalid_input: return errc::remote_invalid_input;
    case exit_code::io: return errc::remote_io;
    case exit_code::numerical: return errc::remote_numerical;
    case exit_code::usage: return errc::remote_usage;
    case exit_code::success:
    case exit_code::internal: break;
  }
  return errc::remote_internal;
}

}  // namespace

const category& hybrid_category() noexcept {
  static const hybrid_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), hybrid_category()}; }

remote_failure::remote_failure(int rank, int failed, std::string text, exit_code exit, bool mine)
    : error(remote_code(exit),
            {.what = failed == 1 ? fmt::format("rank {} failed: {}", rank, text)
                                 : fmt::format("{} ranks failed, rank {} first: {}", failed, rank, text),
             .where = location{}}),
      rank_(rank),
      failed_(failed),
      mine_(mine) {}

}  // namespace twill::hybrid
