// SPDX-License-Identifier: Apache-2.0
// The life of an environment, what outlives it, and how a backend is chosen.
#include "ranks.hpp"
#include "twill/base/catalogue.hpp"

#include <optional>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
using comm::errc;
using ranks::code_of;
using ranks::message_of;

TEST(environment, is_made_once_and_again_after_its_end) {
  EXPECT_FALSE(comm::is_initialized());
  {
    auto env = comm::environment::init({.backend = "local"});
    EXPECT_TRUE(comm::is_initialized());
    EXPECT_FALSE(comm::is_finalized());
    EXPECT_EQ(code_of([] { (void)comm::environment::init(); }), errc::already_initialized);
    EXPECT_EQ(env.world().allreduce(3, comm::sum), 3);
    EXPECT_EQ(env.threads(), comm::thread_level::multiple);
    auto moved = std::move(env);
    EXPECT_TRUE(comm::is_initialized());
    EXPECT_EQ(moved.world().size(), 1);
  }
  EXPECT_TRUE(comm::is_finalized());
  auto again = comm::environment::init({.backend = "local"});
  EXPECT_EQ(again.world().rank(), 0);
}

TEST(environment, knows_its_topology_library_and_clock) {
  auto env = comm::environment::init({.backend = "local"});
  const auto& t = env.topology();
  EXPECT_EQ(&t, &env.world().topology());
  EXPECT_EQ(t.size, 1);
  EXPECT_TRUE(t.leader);
  ASSERT_EQ(t.hosts.size(), 1U);
  EXPECT_EQ(t.hosts[0].name, comm::processor_name());
  EXPECT_EQ(t.hosts[0].ranks, std::vector<int>{0});
  EXPECT_EQ(comm::library_version().rfind("twill comm ", 0), 0U);
  EXPECT_EQ(comm::library_version().find('\n'), std::string::npos);
  EXPECT_EQ(comm::standard_version(), "twill.comm 1");
  const double before = comm::wtime();
  EXPECT_GE(comm::wtime(), before);
  EXPECT_GT(comm::wtick(), 0.0);
  EXPECT_LT(comm::wtick(), 1e-3);
}

template <class Enter>
void check_that_outliving_objects_are_detached(Enter enter) {
  std::optional<comm::any_communicator> copy;
  std::optional<comm::any_communicator::window<int>> window;
  std::optional<comm::any_communicator::region<int>> region;
  comm::request<std::vector<int>> request;
  comm::persistent_request<int> persistent;
  {
    auto env = enter();
    copy = env.world().duplicate();
    window.emplace(copy->create_window<int>(4));
    region.emplace(copy->create_region<int>(4));
    request = copy->irecv<int>(1, 0, 0);
    persistent = copy->recv_init<int>(1, 0, 0);
    persistent.start();
  }
  EXPECT_EQ(copy->size(), 1);
  EXPECT_EQ(code_of([&] { copy->barrier(); }), errc::finalized);
  EXPECT_EQ(code_of([&] { (void)copy->duplicate(); }), errc::finalized);
  EXPECT_EQ(code_of([&] { copy->send(std::vector<int>(1), 0, 0); }), errc::finalized);
  EXPECT_EQ(code_of([&] { (void)copy->iallreduce(std::vector<int>(1), comm::sum); }), errc::finalized);
  EXPECT_EQ(code_of([&] { (void)window->local(); }), errc::finalized);
  EXPECT_EQ(code_of([&] { region->fence(); }), errc::finalized);
  EXPECT_EQ(code_of([&] { (void)request.wait(); }), errc::finalized);
  EXPECT_EQ(code_of([&] { persistent.wait(); }), errc::finalized);
  const std::string text = message_of([&] { copy->barrier(); });
  EXPECT_NE(text.find("the environment has ended"), std::string::npos) << text;
}

TEST(environment, what_outlives_it_is_detached) {
  check_that_outliving_objects_are_detached([] { return comm::environment::init({.backend = "local"}); });
  const auto statuses = ranks::fork_ranks(1, [](int) {
    check_that_outliving_objects_are_detached([] { return comm::environment::init({.backend = "shm"}); });
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(statuses, std::vector<int>{0});
}

TEST(environment, thread_levels_that_contradict_each_other_are_refused) {
  const comm::environment_options options{
      .backend = "local", .required = comm::thread_level::funneled, .minimum = comm::thread_level::multiple};
  const std::string text = message_of([&] { (void)comm::environment::init(options); });
  EXPECT_NE(
      text.find("init_failed: thread level multiple is wanted at least, and only funneled is asked for"),
      std::string::npos)
      << text;
}

TEST(environment, levels_of_checks_come_from_options_and_settings) {
  twill::settings from(twill::settings::environment_map{{"TWILL_COMM_CHECK", "heavy"}});
  from.declare(twill::catalogue());
  {
    auto env = comm::environment::init({.backend = "local"}, from);
    EXPECT_EQ(env.world().level(), comm::check_level::heavy);
  }
  auto env = comm::environment::init({.backend = "local", .checks = comm::check_level::none}, from);
  EXPECT_EQ(env.world().level(), comm::check_level::none);
  // Unchecked, a wrong root is the caller's business; one rank ignores it.
  EXPECT_EQ(env.world().broadcast_value(5, 3), 5);
}

comm::backend_kind chosen(std::string_view requested, const comm::variable_map& v) {
  return comm::choose_backend(requested, v).kind;
}

bool with_mpi() { return comm::available_backends().size() > 2; }

TEST(selection, an_explicit_name_wins_and_is_never_replaced) {
  const comm::variable_map shm{{"TWILL_SHM_FD", "5"}, {"TWILL_RANK", "0"}, {"TWILL_SIZE", "2"}};
  EXPECT_EQ(chosen("local", shm), comm::backend_kind::local);
  EXPECT_EQ(chosen("shm", {}), comm::backend_kind::shm);
  if (with_mpi()) {
    EXPECT_EQ(chosen("mpi", shm), comm::backend_kind::mpi);
    return;
  }
  const std::string text = message_of([] { (void)comm::choose_backend("mpi", {}); });
  EXPECT_NE(text.find("backend_unavailable: backend mpi is not built in; built in: local, shm"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("TWILL_COMM_MPI=PLUGIN"), std::string::npos) << text;
}

TEST(selection, an_unknown_name_is_told_with_all_known_ones) {
  for (const char* name : {"tcp", "shmem"}) {
    const std::string text = message_of([&] { (void)comm::choose_backend(name, {}); });
    EXPECT_NE(text.find("unknown_backend: no backend is called " + std::string(name)), std::string::npos)
        << text;
    EXPECT_NE(text.find("known: auto, local, shm, mpi"), std::string::npos) << text;
  }
  try {
    (void)comm::choose_backend("loacl", {});
    ADD_FAILURE() << "the name is mistyped";
  } catch (const comm::error& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean local?"), std::string::npos) << e.what();
    EXPECT_EQ(e.exit(), twill::exit_code::usage);
    const std::string json = comm::selection_error_json(e, "loacl");
    EXPECT_NE(json.find(R"("kind":"unknown_backend")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("context":{"setting":"comm","requested":"loacl","available":["local","shm")"),
              std::string::npos)
        << json;
  }
}

TEST(selection, our_launcher_wins_over_inherited_scheduler_variables) {
  const comm::variable_map v{
      {"TWILL_SHM_FD", "5"}, {"TWILL_RANK", "1"}, {"TWILL_SIZE", "2"}, {"SLURM_STEP_NUM_TASKS", "4"},
      {"SLURM_PROCID", "0"}, {"PMI_RANK", "0"},   {"PMI_SIZE", "4"}};
  EXPECT_EQ(chosen("auto", v), comm::backend_kind::shm);
  EXPECT_EQ(chosen("", {{"TWILL_SHM_NAME", "x"}}), comm::backend_kind::shm);
}

TEST(selection, an_mpi_launcher_without_mpi_is_an_error_not_many_jobs_of_one) {
  for (const comm::variable_map& v :
       {comm::variable_map{{"PMI_RANK", "0"}, {"PMI_SIZE", "4"}},
        comm::variable_map{{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}},
        comm::variable_map{{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "job"}},
        comm::variable_map{{"PMI_FD", "7"}}, comm::variable_map{{"MPI_LOCALRANKID", "0"}},
        comm::variable_map{{"PALS_RANKID", "0"}}, comm::variable_map{{"MV2_COMM_WORLD_RANK", "0"}}}) {
    if (with_mpi()) {
      EXPECT_EQ(chosen("auto", v), comm::backend_kind::mpi);
    } else {
      EXPECT_EQ(code_of([&] { (void)comm::choose_backend("auto", v); }), errc::backend_unavailable);
    }
    EXPECT_EQ(chosen("local", v), comm::backend_kind::local);
  }
  EXPECT_EQ(chosen("", {{"PMI_RANK", "0"}, {"PMI_SIZE", "1"}}), comm::backend_kind::local);
}

TEST(selection, slurm_variables_alone_count_only_inside_a_step_of_several_tasks) {
  EXPECT_EQ(chosen("", {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "2"}, {"SLURM_JOB_ID", "9"}}),
            comm::backend_kind::local);
  const comm::variable_map step{{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}};
  const std::string text = message_of([&] { (void)comm::choose_backend("", step); });
  EXPECT_NE(text.find("srun --mpi=pmi2"), std::string::npos) << text;
  EXPECT_NE(text.find("srun --mpi=pmix"), std::string::npos) << text;
}

TEST(selection, malformed_numbers_name_the_variable_and_its_value) {
  const std::string text =
      message_of([] { (void)comm::choose_backend("", {{"PMI_RANK", "zero"}, {"PMI_SIZE", "2"}}); });
  EXPECT_NE(text.find("bad_configuration: PMI_RANK=zero"), std::string::npos) << text;
  EXPECT_EQ(code_of([] { (void)comm::choose_backend("", {{"TWILL_SHM_FD", "-1"}}); }),
            errc::bad_configuration);
  EXPECT_EQ(code_of([] {
              (void)comm::choose_backend("", {{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
            }),
            errc::bad_configuration);
}

TEST(selection, shm_without_a_launcher_lists_what_is_missing_with_an_example) {
  const std::string text = message_of([] { (void)comm::environment::init({.backend = "shm"}); });
  EXPECT_NE(text.find("missing_configuration: backend shm lacks TWILL_SHM_FD, TWILL_RANK, TWILL_SIZE"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("twill run -n 4 -- PROGRAM"), std::string::npos) << text;
  EXPECT_FALSE(comm::is_initialized());
}

TEST(selection, backends_of_this_build_are_listed) {
  const std::vector<std::string> all = comm::available_backends();
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all[0], "local");
  EXPECT_EQ(all[1], "shm");
  if (all.size() > 2) {
    EXPECT_EQ(all[2].rfind("mpi (", 0), 0U) << all[2];
  }
}

}  // namespace
