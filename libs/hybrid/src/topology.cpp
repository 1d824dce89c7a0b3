// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/topology.hpp"

#include "twill/base/json_writer.hpp"
#include "twill/hybrid/loop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace twill::hybrid {
namespace {

std::string text_of(const comm::variable_map& v, std::string_view name) {
  const auto found = v.find(name);
  return found == v.end() ? std::string() : found->second;
}

std::string plural(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

void write_texts(json_writer& w, std::string_view name, const std::vector<std::string>& texts) {
  w.key(name).begin_array();
  for (const std::string& t : texts) w.value(t);
  w.end_array();
}

void write_rank(json_writer& w, std::size_t number, const rank_facts& r) {
  w.begin_object().member("rank", number).member("local_rank", r.local_rank).member("host", r.host);
  w.member("pid", r.pid).member("cpus", r.cpus).member("numa_nodes", r.nodes).member("threads", r.threads);
  w.member("threads_source", r.threads_source).member("binding", r.binding).member("placement", r.placement);
  w.member("memory_limit", r.memory_limit).member("memory_source", r.memory_source);
  w.member("oversubscription", r.factor).end_object();
}

}  // namespace

scheduler_facts scheduler_facts::of(const comm::variable_map& v) {
  scheduler_facts out;
  if (comm::slurm::is_job(v)) {
    out.name = "slurm";
    out.job = fmt::format("{}", *comm::slurm::job_id(v));
    if (const auto s = comm::slurm::step_id(v)) out.step = fmt::format("{}", *s);
    out.nodes = comm::slurm::node_list(v).value_or("");
    out.cpus_per_task = text_of(v, "SLURM_CPUS_PER_TASK");
  } else if (comm::pbs::is_job(v)) {
    out.name = "pbs";
    out.job = fmt::format("{}", *comm::pbs::job_id(v));
    out.cpus_per_task = text_of(v, "NCPUS");
  }
  if (!out.name.empty()) {
    if (const auto left = scheduler_seconds_left(v)) out.time_left = fmt::format("{:.0f}", *left);
  }
  return out;
}

bool execution_topology::is_homogeneous() const noexcept {
  return std::ranges::all_of(hosts,
                             [&](const auto& h) { return h.ranks.size() == hosts.front().ranks.size(); }) &&
         std::ranges::all_of(ranks, [&](const auto& r) { return r.threads == ranks.front().threads; });
}

const std::string& execution_topology::leader_hostname() const { return hosts.front().name; }

std::uint64_t execution_topology::total_threads() const noexcept {
  std::uint64_t n = 0;
  for (const rank_facts& r : ranks) n += r.threads;
  return n;
}

std::string execution_topology::layout() const {
  if (backend == "local") {
    return fmt::format("Backend: local\nHost: {}\nThreads: {}", leader_hostname(), total_threads());
  }
  if (hosts.size() == 1) return fmt::format("{} on {}", plural(ranks.size(), "rank"), leader_hostname());
  std::string out = fmt::format("{} across {} nodes", plural(ranks.size(), "rank"), hosts.size());
  for (const auto& h : hosts)
    out += fmt::format("\n  {}: {} ({})", h.name, plural(h.ranks.size(), "rank"), ranges_of(h.ranks));
  return out;
}

std::string execution_topology::to_string() const {
  std::string out = fmt::format("twill {} ({})\n{}\n", version, build, layout());
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("  {:<18} {}\n", name, value);
  };
  line("build id", build_id);
  line("communication", fmt::format("{}, {}, {}", backend, library, standard));
  line("threads of calls", fmt::format("asked for {}, provided {}", requested_level, provided_level));
  line("persistent calls", persistent);
  line("plug-in", plugin);
  line("launcher", launcher);
  if (!scheduler.name.empty()) {
    std::string text = fmt::format("{} job {}", scheduler.name, scheduler.job);
    if (!scheduler.step.empty()) text += ", step " + scheduler.step;
    if (!scheduler.nodes.empty()) text += ", nodes " + scheduler.nodes;
    if (!scheduler.cpus_per_task.empty()) text += ", CPUs a task " + scheduler.cpus_per_task;
    if (!scheduler.time_left.empty()) text += ", seconds left " + scheduler.time_left;
    line("scheduler", text);
  }
  double factor = 0;
  for (const rank_facts& r : ranks) factor = std::max(factor, r.factor);
  line("workers",
       fmt::format("{} = {} ranks x threads{}, {} a CPU", total_threads(), ranks.size(),
                   is_homogeneous() ? "" : " (not the same everywhere)", fmt::format("{:.2f}", factor)));
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const rank_facts& f = ranks[r];
    out += fmt::format("  rank {:<13} {} local {} pid {}, {} ({}), {}; memory {}\n", r, f.host, f.local_rank,
                       f.pid, plural(f.threads, "thread"), f.threads_source, f.binding, f.placement);
  }
  line("solver", solver);
  line("solver threads", suppression);
  line("floating point", floating_point);
  line("vector level", simd);
  line("reductions", reduction_order);
  line("checks", fmt::format("{}, timeout {}", check_level, timeout));
  out += "memory plan\n";
  const std::string plan = memory.to_string();
  for (std::size_t at = 0; at < plan.size();) {
    const std::size_t end = std::min(plan.find('\n', at), plan.size());
    out += "  " + plan.substr(at, end - at) + "\n";
    at = end + 1;
  }
  for (const std::string& w : warnings) out += "warning: " + w + "\n";
  return out;
}

std::string execution_topology::to_json() const {
  json_writer w(json_style::indented);
  w.begin_object().member("version", version).member("build", build).member("build_id", build_id);
  w.member("backend", backend).member("library", library).member("standard", standard);
  w.member("requested_thread_level", requested_level).member("provided_thread_level", provided_level);
  w.member("persistent", persistent).member("plugin", plugin).member("launcher", launcher);
  w.member("size", ranks.size()).member("homogeneous", is_homogeneous()).member("leader_rank", 0);
  w.member("total_threads", total_threads());
  w.key("hosts").begin_array();
  for (const auto& h : hosts) {
    w.begin_object()
        .member("name", h.name)
        .member("ranks", ranges_of(h.ranks))
        .member("count", h.ranks.size());
    w.end_object();
  }
  w.end_array();
  w.key("ranks").begin_array();
  for (std::size_t r = 0; r < ranks.size(); ++r) write_rank(w, r, ranks[r]);
  w.end_array();
  w.key("scheduler").begin_object().member("name", scheduler.name).member("job", scheduler.job);
  w.member("step", scheduler.step).member("nodes", scheduler.nodes);
  w.member("cpus_per_task", scheduler.cpus_per_task).member("seconds_left", scheduler.time_left).end_object();
  w.key("memory").begin_object().member("shared", memory.request.shared).member("shares", memory.shares);
  w.member("rank_private", memory.request.rank_private).member("workspace", memory.request.workspace);
  w.member("total", memory.total()).member("limit", memory.limit.bytes.value_or(0));
  w.member("limit_source", memory.limit.source).member("fraction", memory.limit.fraction).end_object();
  w.member("solver", solver).member("solver_threads", suppression).member("floating_point", floating_point);
  w.member("simd", simd);
  w.key("policies").begin_object().member("reduction_order", reduction_order).member("checks", check_level);
  w.member("timeout", timeout).end_object();
  w.key("steps").begin_object();
  for (const auto& [name, status] : steps) w.member(name, status);
  w.end_object();
  write_texts(w, "warnings", warnings);
  w.end_object();
  return w.take();
}

}  // namespace twill::hybrid
