// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/memory.hpp"

#include "twill/base/error.hpp"
#include "twill/base/number.hpp"
#include "twill/hybrid/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sys/syscall.h>
#include <unistd.h>

namespace twill::hybrid {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t worth_sharing = 64'000'000;

std::optional<std::uint64_t> number_of(const comm::variable_map& variables, std::string_view name) {
  const auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  const auto number = parse_uint64(found->second);
  if (!number) {
    throw twill::error(twill::errc::bad_configuration, {.what = std::string(describe(number.fault)),
                                                        .where = twill::location{.file = std::string(name)},
                                                        .found = fmt::format("\"{}\"", found->second),
                                                        .expected = "MiB as Slurm gives them"});
  }
  return number.value;
}

std::string gigabytes(std::uint64_t bytes) {
  return bytes >= 1'000'000'000 ? fmt::format("{:.2f} GB", static_cast<double>(bytes) * 1e-9)
                                : fmt::format("{:.1f} MB", static_cast<double>(bytes) * 1e-6);
}

}  // namespace

std::string_view name_of(memory_policy policy) noexcept {
  switch (policy) {
    case memory_policy::local: return "local";
    case memory_policy::first_touch: return "first_touch";
    case memory_policy::interleave: return "interleave";
    case memory_policy::bind: return "bind";
    case memory_policy::leader: return "leader";
  }
  return "unknown";
}

memory_placement parse_memory_placement(std::string_view text) {
  for (const auto p :
       {memory_policy::local, memory_policy::first_touch, memory_policy::interleave, memory_policy::leader})
    if (text == name_of(p)) return {p, 0};
  if (text.starts_with("bind(") && text.ends_with(')')) {
    const auto node = parse_uint64(text.substr(5, text.size() - 6));
    if (node && node.value < 1024) return {memory_policy::bind, static_cast<int>(node.value)};
  }
  throw twill::error(twill::errc::bad_configuration,
                     {.what = "malformed memory policy",
                      .where = twill::location{.file = "TWILL_NUMA"},
                      .found = fmt::format("\"{}\"", text),
                      .expected = "local, first_touch, interleave, leader or bind(N)"});
}

memory_placement region_placement(memory_placement chosen, std::uint64_t bytes) noexcept {
  if (chosen.policy == memory_policy::local && bytes > interleave_above)
    return {memory_policy::interleave, 0};
  return chosen;
}

std::optional<std::uint64_t> memory_limit::usable() const noexcept {
  if (!bytes) return std::nullopt;
  return static_cast<std::uint64_t>(static_cast<double>(*bytes) * fraction);
}

memory_limit node_memory_limit(const machine_info& machine, const comm::variable_map& variables,
                               double fraction) {
  memory_limit out{.fraction = fraction};
  const auto offer = [&](std::optional<std::uint64_t> bytes, const char* source) {
    if (!bytes || *bytes == 0 || (out.bytes && *out.bytes <= *bytes)) return;
    out.bytes = bytes;
    out.source = source;
  };
  offer(machine.physical_memory, "physical memory");
  offer(machine.cgroup_memory_limit, "cgroup");
  if (const auto node = number_of(variables, "SLURM_MEM_PER_NODE"))
    offer(*node * mebibyte, "SLURM_MEM_PER_NODE");
  if (const auto cpu = number_of(variables, "SLURM_MEM_PER_CPU")) {
    const std::uint64_t cpus =
        number_of(variables, "SLURM_CPUS_ON_NODE").value_or(machine.online_cpus.value_or(1));
    offer(*cpu * mebibyte * cpus, "SLURM_MEM_PER_CPU");
  }
  if (!out.bytes) out.source = "unknown";
  return out;
}

std::uint64_t memory_plan::total() const noexcept {
  const auto ranks = static_cast<std::uint64_t>(local_size);
  return request.shared * (shares ? 1 : ranks) + ranks * request.rank_private +
         ranks * threads * request.workspace;
}

bool memory_plan::fits() const noexcept {
  const auto most = limit.usable();
  return !most || total() <= *most;
}

std::string memory_plan::to_string() const {
  const auto ranks = static_cast<std::uint64_t>(local_size);
  std::string out =
      fmt::format("shared data        {:>12}  {}\n", gigabytes(request.shared * (shares ? 1 : ranks)),
                  shares ? "once a node" : fmt::format("{} x {}", ranks, gigabytes(request.shared)));
  out += fmt::format("private to a rank  {:>12}  {} x {}\n", gigabytes(ranks * request.rank_private), ranks,
                     gigabytes(request.rank_private));
  out +=
      fmt::format("workspaces         {:>12}  {} x {} x {}\n", gigabytes(ranks * threads * request.workspace),
                  ranks, threads, gigabytes(request.workspace));
  out += fmt::format("total of the node  {:>12}", gigabytes(total()));
  if (const auto most = limit.usable()) {
    out += fmt::format("  of {}, {:g} of {} ({})", gigabytes(*most), limit.fraction, gigabytes(*limit.bytes),
                       limit.source);
  }
  return out;
}

void memory_plan::check() const {
  if (fits()) return;
  const auto ranks = static_cast<std::uint64_t>(local_size);
  struct knob {
    std::uint64_t saves;
    std::string text;
  };
  std::array<knob, 3> knobs{
      knob{shares ? 0 : request.shared * (ranks - 1), "share data between the ranks of a node"},
      knob{ranks * (threads - 1) * request.workspace, "fewer threads: each costs a workspace"},
      knob{(ranks - 1) * (request.rank_private + threads * request.workspace), "fewer ranks on the node"}};
  const auto& best = *std::ranges::max_element(knobs, {}, &knob::saves);
  throw error(errc::over_budget, {.what = "the memory plan exceeds what this node may use\n" + to_string(),
                                  .where = location{},
                                  .found = gigabytes(total()),
                                  .expected = "at most " + gigabytes(*limit.usable()),
                                  .hint = best.saves == 0 ? "a smaller case, or a larger node"
                                                          : fmt::format("{} (up to {} less)", best.text,
                                                                        gigabytes(best.saves))});
}

memory_plan plan_memory(const memory_request& request, int local_size, std::size_t threads,
                        const memory_limit& limit, sharing how) {
  memory_plan out{.request = request, .local_size = local_size, .threads = threads, .limit = limit};
  if (how == sharing::automatic) {
    const auto most = limit.usable();
    const bool tight = most && static_cast<double>(out.total()) > 0.8 * static_cast<double>(*most);
    out.shares = tight || (local_size > 1 && request.shared > worth_sharing);
  } else {
    out.shares = how == sharing::required;
  }
  return out;
}

std::optional<std::vector<int>> page_domains(std::span<const std::byte> range, std::size_t samples) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<std::uintptr_t>(range.data()) + page - 1) / page * page;
  const auto last = (reinterpret_cast<std::uintptr_t>(range.data()) + range.size()) / page * page;
  if (first >= last || samples == 0) return std::nullopt;
  const std::size_t pages = (last - first) / page;
  const std::size_t n = std::min(samples, pages);
  std::vector<void*> at(n);
  std::vector<int> status(n, -1);
  for (std::size_t i = 0; i < n; ++i) at[i] = reinterpret_cast<void*>(first + i * (pages / n) * page);
  if (::syscall(SYS_move_pages, 0, n, at.data(), nullptr, status.data(), 0) != 0) return std::nullopt;
  std::erase_if(status, [](int node) { return node < 0; });
  if (status.empty()) return std::nullopt;
  return status;
}

}  // namespace twill::hybrid
