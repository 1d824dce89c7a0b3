// SPDX-License-Identifier: Apache-2.0
#include "twill/comm.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
namespace slurm = twill::comm::slurm;
using map = comm::variable_map;

TEST(slurm, reads_every_variable_of_its_table) {
  const map v{{"SLURM_JOB_ID", "4711"},
              {"SLURM_STEP_ID", "0"},
              {"SLURM_PROCID", "5"},
              {"SLURM_LOCALID", "1"},
              {"SLURM_STEP_NUM_NODES", "3"},
              {"SLURM_CPUS_PER_TASK", "8"},
              {"SLURM_MEM_PER_NODE", "64000"},
              {"SLURM_MEM_PER_CPU", "2000"},
              {"SLURMD_NODENAME", "n2"},
              {"SLURM_NODENAME", "other"},
              {"SLURM_STEP_NODELIST", "n[1-3]"},
              {"SLURM_NODEID", "1"},
              {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"}};
  EXPECT_TRUE(slurm::is_job(v));
  EXPECT_EQ(slurm::job_id(v), 4711U);
  EXPECT_EQ(slurm::step_id(v), 0U);
  EXPECT_EQ(slurm::proc_id(v), 5);
  EXPECT_EQ(slurm::local_rank(v), 1);
  EXPECT_EQ(slurm::local_size(v), 2);
  EXPECT_EQ(slurm::num_nodes(v), 3);
  EXPECT_EQ(slurm::cpus_per_task(v), 8);
  EXPECT_EQ(slurm::mem_per_node(v), 64000U);
  EXPECT_EQ(slurm::mem_per_cpu(v), 2000U);
  EXPECT_EQ(slurm::node_name(v), "n2");
  EXPECT_EQ(slurm::node_list(v), "n[1-3]");
  EXPECT_EQ(slurm::tasks_per_node(v), (std::vector<int>{2, 2, 1}));
}

TEST(slurm, what_is_unset_or_malformed_is_nothing) {
  EXPECT_FALSE(slurm::is_job({}));
  EXPECT_EQ(slurm::proc_id({{"SLURM_PROCID", "two"}}), std::nullopt);
  EXPECT_EQ(slurm::local_size({}), std::nullopt);
  for (const char* text : {"", "x", "2(x)", "2(x0)", "0", "2,,1", "-1", "2(x3", "2(x99999999)"})
    EXPECT_EQ(slurm::tasks_per_node({{"SLURM_STEP_TASKS_PER_NODE", text}}), std::nullopt) << text;
  EXPECT_EQ(slurm::cpus_per_task({{"SLURM_CPUS_ON_NODE", "16"}, {"SLURM_STEP_TASKS_PER_NODE", "4"}}), 4);
  EXPECT_EQ(slurm::local_size({{"SLURM_STEP_TASKS_PER_NODE", "2,3"}, {"SLURM_NODEID", "7"}}), std::nullopt);
}

TEST(pbs, reads_what_the_job_has) {
  const map v{{"PBS_JOBID", "123.server"}, {"NCPUS", "4"}, {"PBS_NUM_NODES", "2"}};
  EXPECT_TRUE(comm::pbs::is_job(v));
  EXPECT_EQ(comm::pbs::job_id(v), 123U);
  EXPECT_EQ(comm::pbs::cpus_per_task(v), 4);
  EXPECT_EQ(comm::pbs::num_nodes(v), 2);
  EXPECT_EQ(comm::pbs::job_id({{"PBS_JOBID", "none"}}), std::nullopt);
  EXPECT_EQ(comm::launch_variables::of(v).launcher, "pbs");
}

TEST(launch_variables, tell_the_launchers_apart) {
  const auto hydra = comm::launch_variables::of(
      {{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "1"}, {"MPI_LOCALNRANKS", "2"}});
  EXPECT_EQ(hydra.launcher, "hydra");
  EXPECT_EQ(hydra.rank, 1);
  EXPECT_EQ(hydra.size, 4);
  EXPECT_EQ(hydra.local_rank, 1);
  EXPECT_EQ(hydra.local_size, 2);
  EXPECT_TRUE(hydra.mpi_strong);
  const auto open = comm::launch_variables::of({{"OMPI_COMM_WORLD_RANK", "0"},
                                                {"OMPI_COMM_WORLD_SIZE", "2"},
                                                {"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
                                                {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  EXPECT_EQ(open.launcher, "openmpi");
  EXPECT_EQ(open.local_size, 2);
  const auto srun = comm::launch_variables::of({{"SLURM_PROCID", "1"},
                                                {"SLURM_STEP_NUM_TASKS", "2"},
                                                {"PMIX_RANK", "1"},
                                                {"PMIX_NAMESPACE", "slurm.1.0"}});
  EXPECT_EQ(srun.launcher, "srun");
  EXPECT_EQ(srun.size, 2);
  EXPECT_FALSE(srun.slurm_step);
  const auto ours =
      comm::launch_variables::of({{"TWILL_SHM_FD", "3"}, {"TWILL_RANK", "0"}, {"TWILL_SIZE", "1"}});
  EXPECT_EQ(ours.launcher, "twill run");
  EXPECT_EQ(ours.shm_fd, 3);
  EXPECT_EQ(comm::launch_variables::of({}).launcher, "none");
}

TEST(codec, objects_come_back_as_they_were) {
  const std::map<std::string, std::vector<std::optional<std::string>>> object{{"a", {"x", std::nullopt, ""}},
                                                                              {"", {}}};
  EXPECT_EQ(
      (comm::decode<std::map<std::string, std::vector<std::optional<std::string>>>>(comm::encode(object))),
      object);
  const std::tuple<std::string, int, std::vector<bool>> t{"text", -3, {true, false, true}};
  EXPECT_EQ((comm::decode<std::tuple<std::string, int, std::vector<bool>>>(comm::encode(t))), t);
  const std::variant<int, std::string> v{"second"};
  EXPECT_EQ((comm::decode<std::variant<int, std::string>>(comm::encode(v))), v);
  const std::pair<std::string, double> p{"p", 0.1};
  EXPECT_EQ((comm::decode<std::pair<std::string, double>>(comm::encode(p))), p);
}

TEST(codec, bytes_that_are_no_object_are_refused) {
  const auto bytes = comm::encode(std::string("text"));
  const auto code = [](auto&& call) {
    try {
      call();
    } catch (const comm::error& e) {
      return e.code();
    }
    return std::error_code();
  };
  EXPECT_EQ(code([&] { (void)comm::decode<std::string>(std::span(bytes).first(9)); }),
            comm::errc::protocol_error);
  EXPECT_EQ(code([&] { (void)comm::decode<int>(bytes); }), comm::errc::protocol_error);
  const auto huge = comm::encode(~std::size_t{0});
  EXPECT_EQ(code([&] { (void)comm::decode<std::vector<double>>(huge); }), comm::errc::protocol_error);
}

TEST(strided, packs_and_unpacks_a_matrix_inside_a_larger_one) {
  const std::vector<int> large{1, 2, 9, 3, 4, 9};
  const comm::strided shape{.rows = 2, .cols = 2, .ld = 3};
  const auto packed = shape.pack(std::span<const int>(large));
  EXPECT_EQ(packed, (std::vector<int>{1, 2, 3, 4}));
  std::vector<int> back(6, 9);
  shape.unpack(std::span<const int>(packed), std::span<int>(back));
  EXPECT_EQ(back, large);
}

TEST(errors, every_code_has_a_name_a_text_and_an_exit_code) {
  for (int i = 1; i <= static_cast<int>(comm::errc::protocol_error); ++i) {
    EXPECT_NE(comm::comm_category().code_name(i), "unknown") << i;
    EXPECT_NE(comm::comm_category().message(i), "unknown code") << i;
  }
  EXPECT_EQ(comm::comm_category().code_name(static_cast<int>(comm::errc::protocol_error)), "protocol_error");
  EXPECT_EQ(comm::comm_category().code_name(static_cast<int>(comm::errc::truncated)), "truncated");
  EXPECT_EQ(comm::comm_category().code_name(999), "unknown");
  EXPECT_STREQ(comm::comm_category().name(), "twill.comm");
  EXPECT_EQ(make_error_code(comm::errc::timed_out), std::errc::timed_out);
  EXPECT_EQ(make_error_code(comm::errc::allocation_failed), std::errc::not_enough_memory);
  EXPECT_EQ(make_error_code(comm::errc::not_supported), std::errc::operation_not_supported);
  EXPECT_TRUE(comm::recoverable(comm::errc::truncated));
  EXPECT_FALSE(comm::recoverable(comm::errc::rank_failed));
  EXPECT_EQ(comm::comm_category().exit_for(static_cast<int>(comm::errc::unknown_backend)),
            twill::exit_code::usage);
}

TEST(errors, are_one_family_and_copy_without_throwing) {
  const comm::error e(comm::errc::truncated,
                      {.operation = "recv", .backend = comm::backend_kind::mpi, .rank = 3, .size = 16},
                      "too long", {.peer = 2}, 15, 1015);
  const twill::error& base = e;
  const std::exception& root = base;
  EXPECT_STREQ(root.what(), "comm error in recv [mpi, rank 3/16]: truncated: too long");
  EXPECT_EQ(e.native_class(), 15);
  EXPECT_EQ(e.native_code(), 1015);
  EXPECT_EQ(e.context().peer, 2);
  static_assert(std::is_nothrow_copy_constructible_v<comm::error>);
}

}  // namespace
