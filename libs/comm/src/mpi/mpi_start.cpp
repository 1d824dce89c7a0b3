// SPDX-License-Identifier: Apache-2.0
#include "mpi/mpi_start.hpp"

#include "shm/process.hpp"
#include "twill/base/machine.hpp"
#include "twill/comm/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <unistd.h>
#include <utility>

namespace twill::comm::detail {
namespace {

constexpr call_site site{.operation = "init", .backend = backend_kind::mpi};

void check(const mpi_table& api, int code) {
  if (code == 0) return;
  int twill = 0;
  int native_class = 0;
  std::array<char, 1024> text{};
  api.explain(code, &twill, &native_class, text.data(), text.size());
  throw error(errc::init_failed, site,
              fmt::format("{} on {}: {} (error {}); look at the launcher with twill doctor", api.library,
                          processor_name(), text.data(), code),
              {}, native_class, code);
}

std::string first_line(const mpi_table& api) {
  std::array<char, 4096> text{};
  (void)api.library_version(text.data(), text.size());
  std::string all(text.data());
  // MPICH tells its whole configuration, line by line.
  std::replace(all.begin(), all.end(), '\t', ' ');
  all.resize(std::min(all.find('\n'), all.size()));
  all.erase(std::unique(all.begin(), all.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
            all.end());
  return all;
}

// Host names by rank; equal names are one machine.
std::vector<std::string> gather_names(const mpi_table& api, mpi_handle comm, int size) {
  std::array<char, 64> mine{};
  const std::string name = processor_name();
  name.copy(mine.data(), mine.size() - 1);
  std::vector<char> all(static_cast<std::size_t>(size) * mine.size());
  check(api, api.allgather(comm, mine.data(), all.data(), mine.size()));
  std::vector<std::string> out;
  for (std::size_t r = 0; r < static_cast<std::size_t>(size); ++r)
    out.emplace_back(all.data() + r * mine.size());
  return out;
}

// The world rank of the first rank that this one shares memory with.
int node_of(const mpi_table& api, mpi_handle comm, int rank) {
  mpi_handle near = 0;
  check(api, api.split_node(comm, rank, &near));
  int first = 0;
  const int code =
      api.allreduce(near, &rank, &first, 1, type_code<int>(), static_cast<std::uint8_t>(op_code::min));
  (void)api.free_comm(&near);
  check(api, code);
  return first;
}

}  // namespace

std::string explain_sizes(std::string_view library, int size, const launch_variables& launch) {
  if (!launch.size || *launch.size == size) return {};
  const bool slurm = launch.launcher == "srun";
  const bool open = library == "openmpi";
  const std::string_view use =
      slurm ? (open ? "srun --mpi=pmix" : "srun --mpi=pmi2") : (open ? "mpiexec.openmpi" : "mpiexec.mpich");
  return fmt::format(
      "{} has {} rank{} and the launcher ({}) announces {}: it is not this library's launcher, and every "
      "process "
      "would run the whole job; start the program with {}, or choose the launcher's library with "
      "TWILL_MPI_LIB",
      library, size, size == 1 ? "" : "s", launch.launcher, *launch.size, use);
}

mpi_world open_mpi(const mpi_module& module, const launch_variables& launch,
                   const environment_options& options, const endpoint_options& how, const void* adopted) {
  const mpi_table& api = *module.table;
  int started = 0;
  int ended = 0;
  check(api, api.finalized(&ended));
  if (ended != 0) fail(errc::init_failed, site, "MPI was already finalised in this process");
  check(api, api.initialized(&started));
  const bool foreign = started != 0;
  int level = 0;
  if (foreign) {
    check(api, api.provided(&level));
  } else {
    check(api, api.init(static_cast<int>(options.required), &level));
  }
  const auto provided = static_cast<thread_level>(level);
  const auto leave_and_fail = [&](const std::string& why) {
    if (!foreign) (void)api.finalize();
    fail(errc::init_failed, site, why);
  };
  if (provided < options.minimum && !options.downgrade) {
    leave_and_fail(fmt::format("{} provides thread level {}, wanted at least {}{}", api.library,
                               name_of(provided), name_of(options.minimum),
                               foreign ? "; the host program initialised it" : ""));
  }
  int size = 0;
  check(api, api.size_of_world(&size));
  if (adopted == nullptr) {
    const std::string wrong = explain_sizes(api.library, size, launch);
    if (!wrong.empty()) leave_and_fail(wrong);
  }

  auto c = std::make_shared<mpi_context>();
  c->api = &api;
  check(api, adopted == nullptr ? api.open_world(&c->comm) : api.adopt(adopted, &c->comm));
  check(api, api.duplicate(c->comm, &c->side));
  check(api, api.rank_of(c->comm, &c->rank));
  check(api, api.size_of(c->comm, &c->size));
  c->world.resize(static_cast<std::size_t>(c->size));
  std::iota(c->world.begin(), c->world.end(), 0);
  const mpi_process mine{process_start_time(::getpid()), static_cast<std::int32_t>(::getpid()),
                         node_of(api, c->comm, c->rank)};
  std::vector<mpi_process> processes(c->world.size());
  check(api, api.allgather(c->comm, &mine, processes.data(), sizeof mine));
  const std::vector<std::string> names = gather_names(api, c->comm, c->size);
  auto ep = std::make_shared<mpi_endpoint>(api, how, c->rank, processes, foreign);
  c->ep = ep;
  c->id = ep->next_context_id();
  ep->remember(c.get());

  auto t = std::make_shared<execution_topology>();
  t->backend = backend_kind::mpi;
  t->module = api.library;
  t->threads = provided;
  t->library = first_line(api);
  t->launcher = launch.launcher;
  t->rank = c->rank;
  t->size = c->size;
  for (int r = 0; r < c->size; ++r) {
    const auto& theirs = processes[static_cast<std::size_t>(r)];
    if (theirs.node == mine.node) {
      t->local_rank += r < c->rank ? 1 : 0;
      t->local_size += r == c->rank ? 0 : 1;
    }
    const auto host = std::find_if(t->hosts.begin(), t->hosts.end(), [&](const host_info& h) {
      return processes[static_cast<std::size_t>(h.ranks.front())].node == theirs.node;
    });
    if (host == t->hosts.end()) {
      t->hosts.push_back({names[static_cast<std::size_t>(r)], {r}});
    } else {
      host->ranks.push_back(r);
    }
  }
  t->leader = t->local_rank == 0;
  if (options.watchdog) {
    // Only who looks after its peers may keep the launcher from doing it.
    if (!foreign && launch.launcher == "hydra")
      ep->keep(hold_next_rank(api, c->comm, c->rank, processes, launch.pmi_fd));
    ep->watch();
  }
  return {std::move(c), std::move(t)};
}

}  // namespace twill::comm::detail
