// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/runtime.hpp"

#include "state.hpp"
#include "twill/base/identity.hpp"
#include "twill/par/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace twill::hybrid {
namespace {

void say(const std::string& text) noexcept {
  // A line for the person whose program ends here; no sink may be relied on any more.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

// An error that all ranks have alike is told by one of them.
bool is_told_elsewhere(const std::exception& e) noexcept {
  if (const auto* remote = dynamic_cast<const remote_failure*>(&e)) return !remote->mine();
  if (const auto* ours = dynamic_cast<const error*>(&e))
    return ours->code() == errc::ranks_disagree && process_rank() > 0;
  return false;
}

}  // namespace

bool detail::is_agreed(const std::exception& e) noexcept {
  if (dynamic_cast<const remote_failure*>(&e) != nullptr) return true;
  const auto* ours = dynamic_cast<const error*>(&e);
  return ours != nullptr && ours->code() == errc::ranks_disagree;
}

void detail::tell_once(const std::exception& e, std::string_view who) noexcept {
  if (!is_told_elsewhere(e)) say(fmt::format("{}{}\n", who, e.what()));
}

runtime::runtime(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
runtime::runtime(runtime&&) noexcept = default;

runtime::~runtime() {
  if (!state_) return;
  if (state_->pid != ::getpid()) {
    // The parent's ranks, threads and files: nothing of it may be touched here.
    static_cast<void>(state_.release());
    return;
  }
  state_->stop();
}

namespace {

void here_or_throw(long pid) {
  if (pid == ::getpid()) return;
  throw error(errc::lost_in_fork, {.what = "this runtime belongs to the process that forked this one",
                                   .where = location{},
                                   .hint = "start one in the child after exec, or fork before the start"});
}

}  // namespace

comm::any_communicator& runtime::world() {
  here_or_throw(state_->pid);
  return state_->environment->world();
}
comm::any_communicator& runtime::node() {
  here_or_throw(state_->pid);
  return *state_->node;
}
int runtime::rank() const noexcept { return state_->environment->world().rank(); }
int runtime::size() const noexcept { return state_->environment->world().size(); }
std::size_t runtime::threads() const noexcept { return state_->threads.threads; }
const thread_choice& runtime::thread_origin() const noexcept { return state_->threads; }
const execution_topology& runtime::topology() const noexcept { return state_->topology; }
const memory_plan& runtime::memory() const noexcept { return state_->plan; }
bool runtime::shares() const noexcept { return state_->plan.shares; }

const shared_array<std::byte>& runtime::shared(std::string_view name) const {
  const auto found =
      std::ranges::find(state_->regions, name, [](const auto& r) -> std::string_view { return r.first; });
  if (found == state_->regions.end()) {
    throw twill::error(
        twill::errc::unknown_name,
        {.what = "no shared data has this name", .where = location{}, .found = std::string(name)});
  }
  return found->second;
}

void* runtime::workspace_at(std::size_t worker, const void* type) const {
  if (type != state_->with.workspace.type || worker >= state_->workspaces.size()) {
    throw twill::error(twill::errc::invalid_value, {.what = "no workspace of this type and worker",
                                                    .where = location{},
                                                    .found = fmt::format("worker {}", worker)});
  }
  return state_->workspaces[worker]->get();
}

int runtime::fail(const std::exception& e) noexcept {
  const int code = static_cast<int>(exit_code_of(e));
  if (!detail::is_agreed(e)) return comm::detail::report_failure(e, &*state_->environment);
  // All ranks have it, so each leaves in order with the same code.
  detail::tell_once(e, fmt::format("rank {} of {}: ", rank(), size()));
  return code;
}

// The one that makes runtimes.
class starter {
 public:
  static runtime make(options with, bool* told = nullptr) {
    auto s = std::make_unique<runtime::state>(std::move(with));
    s->start(told);
    return runtime(std::move(s));
  }
};

runtime start(const options& with) { return starter::make(with); }

runtime local(options with) {
  with.communication.backend = "local";
  return starter::make(std::move(with));
}

namespace detail {

runtime start_or_tell(const options& with, bool& told) { return starter::make(with, &told); }

int report_failed_start(const std::exception& e, bool told) noexcept {
  if (!told) tell_once(e);
  return static_cast<int>(exit_code_of(e));
}

}  // namespace detail

}  // namespace twill::hybrid
