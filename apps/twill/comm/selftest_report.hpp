// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill {
class json_writer;
}

namespace twill::apps {

/// How the ranks of this process were put together, as text for people and programs.
struct rank_facts {
  std::string backend;                 ///< `shm`
  std::string reason;                  ///< why this backend
  std::string library;                 ///< name and version
  std::string standard;                ///< of the operations' meaning
  std::string launcher;                ///< `twill run`, `none`, ...
  std::string threads;                 ///< which threads may communicate
  std::string persistent{};            ///< of backend mpi: `native` or `emulated` persistent collectives
  std::string checks;                  ///< the check level
  std::vector<std::string> available;  ///< backends that this build has
  int size = 1;                        ///< ranks
  std::vector<std::pair<std::string, std::vector<int>>> hosts;  ///< each host with its ranks
};

/// One operation and what the ranks found wrong with it.
struct checked_operation {
  std::string_view group;
  std::string_view operation;
  std::vector<std::pair<int, std::string>>
      wrong;  ///< rank and first difference, by rank; empty: right on all ranks
};

/// Operations that were wrong on a rank.
[[nodiscard]] std::size_t failures_of(const std::vector<checked_operation>& all);

/// The facts alone, a line each.
[[nodiscard]] std::string facts_as_text(const rank_facts& facts);
/// The facts as members of the object that is open.
void write_facts(json_writer& w, const rank_facts& facts);
[[nodiscard]] std::string selftest_as_text(const rank_facts& facts,
                                           const std::vector<checked_operation>& all);
[[nodiscard]] std::string selftest_as_json(const rank_facts& facts,
                                           const std::vector<checked_operation>& all);

}  // namespace twill::apps
