// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/run.hpp"

#include "shm/shm_endpoint.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>

namespace twill::comm::detail {

int report_failure(const std::exception& e, environment* env) noexcept {
  const int code = static_cast<int>(exit_code_of(e));
  const int rank = env != nullptr ? env->world().rank() : 0;
  const int size = env != nullptr ? env->world().size() : 1;
  try {
    // A rank that only hears of another's failure has nothing to add but that it ends as well.
    const auto* ours = dynamic_cast<const error*>(&e);
    const bool echo =
        ours != nullptr && (ours->code() == errc::job_aborted || ours->code() == errc::rank_failed);
    const std::string text = env == nullptr ? fmt::format("{}\n", e.what())
                                            : fmt::format("rank {} of {}: {}\n", rank, size, e.what());
    if (!echo || size == 1) {
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    }
    if (env == nullptr || size == 1) return code;
    endpoint& here = *env->world().engine().ctx().ep;
    // Said before the abort below, which then changes nothing: a launcher does not wait for a stuck rank once
    // more.
    if (auto* shared = dynamic_cast<shm_endpoint*>(&here);
        shared != nullptr && ours != nullptr && ours->code() == errc::timed_out) {
      rendezvous::record_abort(shared->job(), rendezvous::abort_cause::timeout, rank, code, text);
    }
    here.abort(code, text, false);
  } catch (const std::exception&) {
    // Out of memory while a failure is told: the code alone has to do.
    std::fflush(nullptr);
  }
  return code;
}

std::vector<std::shared_ptr<endpoint>> make_thread_ranks(int n, const endpoint_options& options,
                                                         std::uint64_t limit) {
  auto job = rendezvous::memory::create(n, {.limit = limit, .threads = true});
  std::vector<std::shared_ptr<endpoint>> ranks;
  for (int r = 0; r < n; ++r) {
    auto ep = std::make_shared<shm_endpoint>(job, r, options);
    auto t = std::make_shared<execution_topology>();
    t->backend = backend_kind::shm;
    t->library = library_version();
    t->launcher = "threads";
    t->rank = t->local_rank = r;
    t->size = t->local_size = n;
    t->leader = r == 0;
    t->hosts.push_back({processor_name(), {}});
    for (int i = 0; i < n; ++i) t->hosts.back().ranks.push_back(i);
    ep->set_topology(std::move(t));
    ranks.push_back(std::move(ep));
  }
  return ranks;
}

shm_comm enter_thread_rank(const std::shared_ptr<endpoint>& ep) {
  return shm_comm(shm_engine(make_world(std::static_pointer_cast<shm_endpoint>(ep))));
}

void run_on_threads(int n, const std::function<void(int)>& body) {
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(n));
  for (int r = 0; r < n; ++r) threads.emplace_back([&body, r] { body(r); });
}

void abandon_thread_ranks(const std::shared_ptr<endpoint>& ep, const char* what) noexcept {
  auto& here = static_cast<shm_endpoint&>(*ep);
  rendezvous::record_abort(here.job(), rendezvous::abort_cause::exception, here.rank(), 4, what);
}

void rethrow_first(const std::vector<std::exception_ptr>& failed) {
  std::exception_ptr echo;
  for (const auto& reason : failed) {
    if (!reason) continue;
    try {
      std::rethrow_exception(reason);
    } catch (const error& e) {
      if (e.code() != errc::job_aborted && e.code() != errc::rank_failed) throw;
      if (!echo) echo = reason;
    }
  }
  if (echo) std::rethrow_exception(echo);
}

}  // namespace twill::comm::detail
