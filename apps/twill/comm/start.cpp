// SPDX-License-Identifier: Apache-2.0
#include "start.hpp"

#include "../command.hpp"

namespace twill::apps {

void comm_flags::declare(CLI::App& app) {
  app.add_option("--comm", backend, "Backend: auto, local, shm or mpi (TWILL_COMM)")->type_name("NAME");
  app.add_flag("--json", json, "Print JSON");
}

comm::backend_choice choose(const comm_flags& flags) {
  const comm::variable_map variables = comm::process_variables::from_env().values;
  const auto setting = variables.find("TWILL_COMM");
  const std::string& requested =
      flags.backend.empty() && setting != variables.end() ? setting->second : flags.backend;
  try {
    return comm::choose_backend(requested, variables);
  } catch (const comm::error& e) {
    if (flags.json) print(comm::selection_error_json(e, requested) + '\n');
    throw;
  }
}

comm::environment start(const comm_flags& flags, const comm::backend_choice& choice) {
  try {
    return comm::environment::init({.backend = flags.backend});
  } catch (const comm::error& e) {
    if (flags.json) print(comm::selection_error_json(e, name_of(choice.kind)) + '\n');
    throw;
  }
}

rank_facts facts_of(const comm::execution_topology& topology, comm::check_level checks,
                    const comm::backend_choice& choice) {
  std::string backend(name_of(topology.backend));
  if (!topology.module.empty()) backend += " (" + topology.module + ")";
  if (topology.backend == comm::backend_kind::mpi && topology.launcher == "srun") backend += " under srun";
  rank_facts facts{.backend = backend,
                   .reason = choice.reason,
                   .library = topology.library,
                   .standard = comm::standard_version(),
                   .launcher = topology.launcher,
                   .threads = std::string(name_of(topology.threads)),
                   .persistent = topology.persistent,
                   .checks = std::string(name_of(checks)),
                   .available = comm::available_backends(),
                   .size = topology.size,
                   .hosts = {}};
  for (const comm::host_info& host : topology.hosts) facts.hosts.emplace_back(host.name, host.ranks);
  return facts;
}

}  // namespace twill::apps
