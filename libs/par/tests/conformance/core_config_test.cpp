// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <cstdlib>
#include <optional>
#include <sched.h>

namespace twill::par::test {
namespace {

/// Sets a variable for the time of a test.
class variable {
 public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = std::getenv(name)) old_ = old;
    if (value != nullptr) {
      setenv(name, value, 1);
    } else {
      unsetenv(name);
    }
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() {
    if (old_) {
      setenv(name_, old_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class config : public ::testing::Test {
  variable twill_{"TWILL_NUM_THREADS", nullptr};
  variable rayon_{"RAYON_NUM_THREADS", nullptr};
  variable slurm_{"SLURM_CPUS_PER_TASK", nullptr};
  variable pin_{"TWILL_PIN", nullptr};
  variable idle_{"TWILL_IDLE", nullptr};
  variable stack_{"TWILL_STACK_SIZE", nullptr};
};

std::string chosen() {
  const auto d = thread_pool_builder{}.build().describe();
  return std::to_string(d.num_threads) + " by " + d.num_threads_origin;
}

TEST_F(config, thread_count_comes_from_the_first_that_names_it) {
  const variable slurm("SLURM_CPUS_PER_TASK", "5");
  EXPECT_EQ(chosen(), "5 by SLURM_CPUS_PER_TASK");
  const variable rayon("RAYON_NUM_THREADS", "4");
  EXPECT_EQ(chosen(), "4 by RAYON_NUM_THREADS");
  const variable twill("TWILL_NUM_THREADS", "3");
  EXPECT_EQ(chosen(), "3 by TWILL_NUM_THREADS");
  const auto d = thread_pool_builder{}.num_threads(2).build().describe();
  EXPECT_EQ(d.num_threads_origin, "argument");
  EXPECT_EQ(d.num_threads, 2U);
}

TEST_F(config, zero_and_auto_leave_the_count_to_the_next_source) {
  const variable twill("TWILL_NUM_THREADS", "0");
  const cpu_budget_report budget = cpu_budget();
  EXPECT_EQ(budget.threads, budget.automatic);
  const variable again("TWILL_NUM_THREADS", "auto");
  const variable slurm("SLURM_CPUS_PER_TASK", "5");
  EXPECT_EQ(cpu_budget().origin, "SLURM_CPUS_PER_TASK");
}

TEST_F(config, automatic_is_at_most_what_the_affinity_mask_allows) {
  const cpu_budget_report budget = cpu_budget();
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_EQ(budget.affinity, static_cast<std::size_t>(CPU_COUNT(&set)));
  EXPECT_GE(budget.automatic, 1U);
  EXPECT_LE(budget.automatic, budget.affinity);
}

TEST_F(config, refuses_a_malformed_thread_count_with_variable_and_value) {
  for (const char* const value : {"two", "-1", "4x", "99999999999999999999999", "2.5", "0x4"}) {
    const variable twill("TWILL_NUM_THREADS", value);
    bool refused = false;
    try {
      static_cast<void>(thread_pool_builder{}.build());
    } catch (const twill::error& e) {
      refused = true;
      EXPECT_EQ(e.code(), twill::errc::bad_configuration);
      EXPECT_EQ(e.where().file, "TWILL_NUM_THREADS");
      EXPECT_NE(e.found().find(value), std::string::npos) << e.what();
    }
    EXPECT_TRUE(refused) << value;
  }
}

TEST_F(config, reads_idle_policy_and_stack_size_and_refuses_what_they_are_not) {
  const variable idle("TWILL_IDLE", "power");
  const variable stack("TWILL_STACK_SIZE", "1048576");
  const auto d = thread_pool_builder{}.num_threads(1).build().describe();
  EXPECT_EQ(d.idle, idle_policy::power);
  EXPECT_EQ(d.idle_origin, "TWILL_IDLE");
  EXPECT_EQ(d.stack_size, 1048576U);
  const variable bad("TWILL_IDLE", "lazy");
  const std::string what =
      message_of<twill::error>([] { static_cast<void>(thread_pool_builder{}.num_threads(1).build()); });
  EXPECT_EQ(what.find("error[bad_configuration] TWILL_IDLE: "), 0U) << what;
  EXPECT_NE(what.find("lazy"), std::string::npos) << what;
}

std::vector<int> allowed() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) cpus.push_back(static_cast<int>(i));
  }
  return cpus;
}

TEST_F(config, pins_each_worker_to_the_cpu_it_describes) {
  for (const pin policy : {pin::compact, pin::scatter}) {
    const auto pool = thread_pool_builder{}.num_threads(3).guest_slots(0).pin(policy).build();
    const auto described = pool.describe().worker_cpu;
    const auto masks = pool.broadcast([](broadcast_context) { return allowed(); });
    ASSERT_EQ(described.size(), 3U);
    for (std::size_t i = 0; i < masks.size(); ++i) EXPECT_EQ(masks[i], std::vector<int>{described[i]});
  }
}

TEST_F(config, pins_to_listed_cpus_and_refuses_those_outside_of_the_mask) {
  const int cpu = allowed().back();
  const auto pool = thread_pool_builder{}.num_threads(2).pin(std::vector<int>{cpu}).build();
  EXPECT_EQ(pool.describe().worker_cpu, (std::vector<int>{cpu, cpu}));
  const std::string what = message_of<error>(
      [] { static_cast<void>(thread_pool_builder{}.num_threads(1).pin(std::vector<int>{99999}).build()); });
  EXPECT_NE(what.find("error[invalid_placement]: CPU 99999 is outside of what this process may use"),
            std::string::npos)
      << what;
}

TEST_F(config, reads_placement_from_the_environment) {
  const variable pinned("TWILL_PIN", "compact");
  EXPECT_EQ(thread_pool_builder{}.num_threads(1).build().describe().placement_origin, "TWILL_PIN");
  const variable bad("TWILL_PIN", "0,,1");
  EXPECT_EQ(message_of<twill::error>([] { static_cast<void>(thread_pool_builder{}.num_threads(1).build()); }),
            "error[bad_configuration] TWILL_PIN: malformed placement (found \"0,,1\", expected none, "
            "compact, scatter, "
            "per_node or CPUs such as 0,2,4-7)");
}

}  // namespace
}  // namespace twill::par::test
