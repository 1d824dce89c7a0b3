// SPDX-License-Identifier: Apache-2.0
#include "twill/base/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace twill {
namespace {

/// Words that the specifications spell like a variable and that are none: options of the build, macros, the
/// back end over TCP that is not built.
bool is_other_word(const std::string& word) {
  static const std::set<std::string> others = {"TWILL_",         "TWILL_ASSERT",       "TWILL_EXPECT",
                                               "TWILL_PARANOID", "TWILL_COMM_MPI",     "TWILL_COMM_SHM",
                                               "TWILL_FETCH",    "TWILL_COMM_NOT_DATA"};
  return others.contains(word) || word.starts_with("TWILL_TCP_") || word.starts_with("TWILL_WITH_") ||
         word.starts_with("TWILL_BUILD_");
}

std::set<std::string> words_in(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  std::set<std::string> words;
  for (auto at = all.find("TWILL_"); at != std::string::npos; at = all.find("TWILL_", at + 1)) {
    const auto end = all.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", at);
    words.insert(all.substr(at, end - at));
  }
  return words;
}

TEST(catalogue, every_entry_is_complete_and_declarable) {
  settings s;
  s.declare(catalogue());
  EXPECT_EQ(s.list().size(), catalogue().size());
  for (const setting_info& info : catalogue()) {
    EXPECT_TRUE(info.variable.starts_with("TWILL_")) << info.name;
    EXPECT_FALSE(info.name.empty()) << info.variable;
    EXPECT_FALSE(info.summary.empty()) << info.variable;
    EXPECT_FALSE(info.part.empty()) << info.variable;
    EXPECT_NE(info.default_text.empty(), info.default_note.empty())
        << info.variable << ": one of the two says the default";
    EXPECT_TRUE(info.flag.empty() || info.flag.starts_with("--")) << info.variable;
  }
}

TEST(catalogue, the_settings_people_use_are_not_marked_as_expert) {
  std::vector<std::string> everyday;
  for (const setting_info& info : catalogue()) {
    if (!info.expert) everyday.push_back(info.variable);
  }
  std::ranges::sort(everyday);
  EXPECT_EQ(everyday, (std::vector<std::string>{
                          "TWILL_COMM", "TWILL_COMM_CHECK", "TWILL_COMM_TIMEOUT", "TWILL_IDLE", "TWILL_LOG",
                          "TWILL_MPI_LIB", "TWILL_MPI_PLUGIN", "TWILL_NUMA", "TWILL_NUM_THREADS", "TWILL_PIN",
                          "TWILL_PROGRESS", "TWILL_STATS", "TWILL_TRACE"}));
}

TEST(catalogue, names_every_variable_of_the_specifications_where_they_are_at_hand) {
  std::set<std::string> known;
  for (const setting_info& info : catalogue()) known.insert(info.variable);
  // Without the specifications the loop below sees no words, and this holds alone.
  EXPECT_TRUE(known.contains("TWILL_SHM_FD"));
  const std::string shared = std::string(TWILL_SOURCE_DIR) + "/../shared/";
  for (const char* page :
       {"architecture.md", "specs/comm.md", "specs/par.md", "specs/hybrid.md", "specs/lanes.md",
        "specs/dmm.md", "specs/sddp-algorithm.md", "specs/sddp-outputs.md", "specs/dependencies.md"}) {
    for (const std::string& word : words_in(shared + page)) {
      EXPECT_TRUE(known.contains(word) || is_other_word(word)) << word << " of " << page;
    }
  }
}

TEST(catalogue, thread_count_goes_from_ours_to_rayon_to_slurm) {
  settings s({{"SLURM_CPUS_PER_TASK", "6"}, {"TWILL_NUM_THREADS", "0"}});
  s.declare(catalogue());
  EXPECT_EQ(s.find_integer("threads")->value, 6);
  settings rayon({{"SLURM_CPUS_PER_TASK", "6"}, {"RAYON_NUM_THREADS", "3"}});
  rayon.declare(catalogue());
  EXPECT_EQ(rayon.find_integer("threads")->value, 3);
  EXPECT_EQ(rayon.find_integer("threads")->source, "RAYON_NUM_THREADS");
}

}  // namespace
}  // namespace twill
