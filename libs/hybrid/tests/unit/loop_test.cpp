// SPDX-License-Identifier: Apache-2.0
// Checkpoints, the decision to stop, and resuming elsewhere with the same bits.
#include "twill/hybrid/loop.hpp"

#include "twill/base/file.hpp"
#include "twill/base/philox.hpp"
#include "twill/comm.hpp"
#include "twill/hybrid/collective_try.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace twill::hybrid {
namespace {

namespace fs = std::filesystem;

class folder {
 public:
  folder() {
    std::string name = (fs::temp_directory_path() / "twill-loop-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { fs::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& e : fs::directory_iterator(path_)) out.push_back(e.path().filename().string());
    std::ranges::sort(out);
    return out;
  }

 private:
  std::string path_;
};

constexpr std::size_t points = 11;

// A small algorithm: a state that depends on every value of every iteration, in order.
template <class C>
struct walk {
  C& ranks;
  std::vector<double> state = std::vector<double>(points, 1.0);
  std::function<void(std::uint64_t)> before{};
  std::vector<std::uint64_t> seen{};

  loop_body body() {
    return {.iterate =
                [this](std::uint64_t it, boundary& end) {
                  if (before) before(it);
                  seen.push_back(it);
                  const auto t = blocks(points, static_cast<std::size_t>(ranks.size()));
                  const index_block mine = t.at(static_cast<std::size_t>(ranks.rank()));
                  const philox noise{philox_key(3, it)};
                  std::vector<double> out;
                  for (std::size_t i = mine.begin; i < mine.end(); ++i)
                    out.push_back(noise.normal(i) + 0.5 * state[i]);
                  const auto all = end.exchange(ranks, out);
                  for (std::size_t i = 0; i < points; ++i)
                    state[i] = all.values[i] + 0.1 * all.values[(i + 3) % points];
                  return false;
                },
            .save = [this](checkpoint_sink& to) { to.write(std::span<const double>(state)); },
            .restore = [this](checkpoint_source& from, start_mode) { from.read(std::span<double>(state)); }};
  }
};

loop_options options_for(int ranks, const std::string& where, std::uint64_t iterations) {
  loop_options o;
  o.iterations = iterations;
  o.every = 4;
  o.values = blocks(points, static_cast<std::size_t>(ranks));
  o.checkpoints = {
      .folder = where, .name = "walk", .keep = 3, .identity = {{"case", 77}, {"dimension", points}}};
  return o;
}

std::vector<double> uninterrupted(std::uint64_t iterations) {
  std::vector<double> out;
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    EXPECT_EQ(checkpointed_loop(world, options_for(1, "", iterations), w.body()).status,
              loop_status::finished);
    out = w.state;
  });
  return out;
}

TEST(checkpointed_loop, stops_all_ranks_at_one_iteration_when_one_was_asked_and_resumes_with_the_same_bits) {
  const std::vector<double> wanted = uninterrupted(20);
  for (const int second : {1, 2, 4}) {
    const folder where;
    clear_requests();
    comm::run_thread_ranks(3, [&](comm::shm_comm& world) {
      walk<comm::shm_comm> w{world};
      w.before = [&](std::uint64_t it) {
        if (it == 6 && world.rank() == 2) post_request(request::stop);
      };
      const loop_result r = checkpointed_loop(world, options_for(3, where.path(), 20), w.body());
      EXPECT_EQ(r.status, loop_status::interrupted);
      EXPECT_GE(r.iterations, 7U);
      EXPECT_LE(r.iterations, 8U) << "the flag of a process is seen at the boundary, or at the next one";
      EXPECT_EQ(r.exit_code(), 0);
      EXPECT_EQ(r.exit_code(75), 75);
      EXPECT_NE(r.checkpoint.find("walk-00000000000"), std::string::npos);
      EXPECT_EQ(world.allreduce(r.iterations, comm::max), world.allreduce(r.iterations, comm::min));
    });
    clear_requests();
    comm::run_thread_ranks(second, [&](comm::shm_comm& world) {
      walk<comm::shm_comm> w{world};
      loop_options o = options_for(second, where.path(), 20);
      o.mode = start_mode::resume;
      const loop_result r = checkpointed_loop(world, o, w.body());
      EXPECT_EQ(r.status, loop_status::finished);
      ASSERT_TRUE(r.resumed_at.has_value());
      EXPECT_EQ(w.seen.front(), *r.resumed_at);
      EXPECT_EQ(r.iterations, 20U);
      EXPECT_EQ(w.state, wanted) << second << " ranks";
    });
  }
}

TEST(checkpointed_loop, keeps_three_files_and_a_link_to_the_newest) {
  const folder where;
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    const loop_result r = checkpointed_loop(world, options_for(2, where.path(), 18), w.body());
    EXPECT_EQ(r.checkpoints, 5U) << "4, 8, 12, 16 and the end";
  });
  EXPECT_EQ(where.names(), (std::vector<std::string>{"walk-000000000012.twck", "walk-000000000016.twck",
                                                     "walk-000000000018.twck", "walk-latest"}));
  EXPECT_EQ(fs::read_symlink(where.path() + "/walk-latest"), "walk-000000000018.twck");
}

TEST(checkpointed_loop, saves_and_goes_on_when_asked_for_a_checkpoint) {
  const folder where;
  clear_requests();
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    w.before = [&](std::uint64_t it) {
      if (it == 1) post_request(request::checkpoint);
    };
    loop_options o = options_for(1, where.path(), 6);
    o.every = 0;
    const loop_result r = checkpointed_loop(world, o, w.body());
    EXPECT_EQ(r.status, loop_status::finished);
    EXPECT_EQ(r.checkpoints, 2U);
    EXPECT_EQ(pending_requests(), 0);
  });
  EXPECT_EQ(where.names().front(), "walk-000000000003.twck")
      << "asked during the second, told at the boundary of the third";
}

TEST(checkpointed_loop, passes_over_torn_and_damaged_files_with_a_warning_each) {
  const folder where;
  const auto run = [&](std::uint64_t iterations, start_mode mode, std::vector<double>* state) {
    loop_result out;
    comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
      walk<comm::shm_comm> w{world};
      loop_options o = options_for(1, where.path(), iterations);
      o.mode = mode;
      out = checkpointed_loop(world, o, w.body());
      if (state != nullptr) *state = w.state;
    });
    return out;
  };
  static_cast<void>(run(12, start_mode::fresh, nullptr));
  const std::string newest = where.path() + "/walk-000000000012.twck";
  const std::string whole = read_file(newest);
  const auto replace = [&](const std::string& text) { write_file_atomically(newest, text); };
  std::vector<std::string> damaged{whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1), "",
                                   "text"};
  for (const std::size_t at : {std::size_t{9}, std::size_t{30}, whole.size() - 60, whole.size() - 10}) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 1);
  }
  for (const std::string& text : damaged) {
    replace(text);
    std::vector<double> state;
    const loop_result r = run(12, start_mode::resume, &state);
    EXPECT_EQ(r.resumed_at, 8U);
    ASSERT_EQ(r.warnings.size(), 1U);
    EXPECT_NE(r.warnings[0].find("walk-000000000012.twck"), std::string::npos);
    EXPECT_NE(r.warnings[0].find("the one before it is used"), std::string::npos);
    EXPECT_EQ(state, uninterrupted(12));
  }
}

TEST(checkpointed_loop, refuses_a_checkpoint_of_another_case_on_every_rank) {
  const folder where;
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    static_cast<void>(checkpointed_loop(world, options_for(1, where.path(), 4), w.body()));
  });
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    loop_options o = options_for(2, where.path(), 8);
    o.mode = start_mode::resume;
    o.checkpoints.identity = {{"case", 78}, {"dimension", points}};
    try {
      static_cast<void>(checkpointed_loop(world, o, w.body()));
      ADD_FAILURE() << "accepted";
    } catch (const remote_failure& e) {
      EXPECT_EQ(e.rank(), 0);
      EXPECT_EQ(e.exit(), exit_code::invalid_input);
      EXPECT_NE(std::string(e.what()).find(
                    "the checkpoint belongs to another run: case (found 0x4d, expected 0x4e)"),
                std::string::npos)
          << e.what();
    }
  });
}

TEST(checkpointed_loop, warm_starts_at_iteration_0_with_what_a_warm_start_needs_equal) {
  const folder where;
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> first{world};
    static_cast<void>(checkpointed_loop(world, options_for(1, where.path(), 4), first.body()));
    walk<comm::shm_comm> second{world};
    loop_options o = options_for(1, where.path(), 2);
    o.mode = start_mode::warm_start;
    o.checkpoints.identity = {{"case", 1, false}, {"dimension", points}};
    const loop_result r = checkpointed_loop(world, o, second.body());
    EXPECT_EQ(r.resumed_at, 4U);
    EXPECT_EQ(second.seen, (std::vector<std::uint64_t>{0, 1}));
  });
}

TEST(checkpointed_loop, resumes_nothing_only_when_that_is_allowed) {
  const folder where;
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    loop_options o = options_for(2, where.path(), 3);
    o.mode = start_mode::resume;
    try {
      static_cast<void>(checkpointed_loop(world, o, w.body()));
      ADD_FAILURE() << "accepted";
    } catch (const remote_failure& e) {
      EXPECT_EQ(e.exit(), exit_code::io);
      EXPECT_NE(std::string(e.what()).find("there is no whole checkpoint to go on from"), std::string::npos);
    }
    o.must_resume = false;
    const loop_result r = checkpointed_loop(world, o, w.body());
    EXPECT_EQ(r.iterations, 3U);
    EXPECT_FALSE(r.resumed_at.has_value());
  });
}

TEST(checkpointed_loop, makes_a_failed_write_an_error_of_every_rank_and_keeps_the_last_checkpoint) {
  const folder where;
  comm::run_thread_ranks(3, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    w.before = [&](std::uint64_t it) {
      // From here on the place of the next file is taken by a folder, which no file can replace.
      if (it == 5 && world.rank() == 0) fs::create_directory(where.path() + "/walk-000000000008.twck");
    };
    try {
      static_cast<void>(checkpointed_loop(world, options_for(3, where.path(), 12), w.body()));
      ADD_FAILURE() << "written";
    } catch (const remote_failure& e) {
      EXPECT_EQ(e.rank(), 0);
      EXPECT_EQ(e.failed(), 1);
      EXPECT_EQ(e.exit(), exit_code::io);
      EXPECT_EQ(e.mine(), world.rank() == 0);
      EXPECT_NE(std::string(e.what()).find("walk-000000000008.twck"), std::string::npos) << e.what();
    }
    EXPECT_EQ(w.seen.back(), 7U);
  });
  EXPECT_EQ(fs::read_symlink(where.path() + "/walk-latest"), "walk-000000000004.twck");
}

TEST(checkpointed_loop, tells_of_a_write_that_fails_in_the_background_at_the_next_boundary) {
  for (const bool background : {true, false}) {
    const folder where;
    comm::run_thread_ranks(3, [&](comm::shm_comm& world) {
      walk<comm::shm_comm> w{world};
      loop_body body = w.body();
      const auto plain = body.save;
      body.save = [&](checkpoint_sink& to) {
        plain(to);
        // The file is open under another name; its own is taken by a folder when it is to get it.
        if (to.wanted() && w.seen.back() == 7) fs::create_directory(where.path() + "/walk-000000000008.twck");
      };
      loop_options o = options_for(3, where.path(), 40);
      o.flush_in_background = background;
      try {
        static_cast<void>(checkpointed_loop(world, o, body));
        ADD_FAILURE() << "written";
      } catch (const remote_failure& e) {
        EXPECT_EQ(e.rank(), 0);
        EXPECT_EQ(e.failed(), 1);
        EXPECT_EQ(e.exit(), exit_code::io);
        EXPECT_NE(std::string(e.what()).find("walk-000000000008.twck"), std::string::npos) << e.what();
      }
      EXPECT_EQ(world.allreduce(w.seen.back(), comm::max), world.allreduce(w.seen.back(), comm::min));
      EXPECT_LE(w.seen.back(), background ? 11U : 7U) << "the next checkpoint waits for the outcome";
    });
    EXPECT_EQ(fs::read_symlink(where.path() + "/walk-latest"), "walk-000000000004.twck");
    for (const std::string& name : where.names())
      EXPECT_EQ(name.find("twill-tmp"), std::string::npos) << name;
  }
}

TEST(checkpointed_loop, takes_less_than_a_twentieth_for_a_checkpoint_every_10_iterations_of_20_ms) {
  const folder where;
  double least = 1;
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    const std::vector<double> state(1024, 1.0);
    const loop_body body{.iterate =
                             [](std::uint64_t, boundary&) {
                               const auto end =
                                   std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
                               while (std::chrono::steady_clock::now() < end) continue;
                               return false;
                             },
                         .save = [&](checkpoint_sink& to) { to.write(std::span<const double>(state)); }};
    loop_options o;
    o.iterations = 25;  // two checkpoints beside iterations, and one that the end waits for
    o.checkpoints.folder = where.path();
    // Others use the machine and its disk: one quiet run of five shows what it costs.
    for (int i = 0; i < 5 && least >= 0.05; ++i) {
      const loop_result r = checkpointed_loop(world, o, body);
      EXPECT_EQ(r.checkpoints, 3U);
      EXPECT_GE(r.seconds, 0.5 + r.checkpoint_seconds);
      least = std::min(least, r.checkpoint_seconds / r.seconds);
    }
  });
  EXPECT_LT(least, 0.05);
}

TEST(checkpointed_loop, ends_before_the_time_does_with_a_checkpoint) {
  const folder where;
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    double now = 0;
    w.before = [&](std::uint64_t) { now += 10; };
    loop_options o = options_for(1, where.path(), 100);
    o.clock = [&] { return now; };
    o.max_wall = 65;
    const loop_result r = checkpointed_loop(world, o, w.body());
    EXPECT_EQ(r.status, loop_status::wall_time);
    // At the boundary of an iteration that began at 40 s, 50 have gone by and two more would take until 70.
    EXPECT_EQ(r.iterations, 5U);
    EXPECT_FALSE(r.checkpoint.empty());
    EXPECT_EQ(r.exit_code(75), 75);
  });
}

TEST(checkpointed_loop, asks_the_scheduler_how_much_time_is_left) {
  const auto left =
      scheduler_seconds_left({{"SLURM_JOB_END_TIME", std::to_string(std::time(nullptr) + 1000)}});
  ASSERT_TRUE(left.has_value());
  EXPECT_GT(*left, 990);
  EXPECT_LE(*left, 1000);
  EXPECT_FALSE(scheduler_seconds_left({}).has_value());
  EXPECT_FALSE(scheduler_seconds_left({{"SLURM_JOB_END_TIME", "soon"}}).has_value());
}

TEST(checkpointed_loop, ends_when_the_body_has_converged_and_removes_what_a_killed_writer_left) {
  const folder where;
  write_file_atomically(where.path() + "/.walk-000000000002.twck.1-1.twill-tmp", "half");
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    loop_body body = w.body();
    const auto plain = body.iterate;
    body.iterate = [&](std::uint64_t it, boundary& end) { return plain(it, end) || it == 4; };
    const loop_result r = checkpointed_loop(world, options_for(2, where.path(), 20), body);
    EXPECT_EQ(r.status, loop_status::converged);
    EXPECT_EQ(r.iterations, 5U);
    EXPECT_EQ(r.exit_code(75), 0);
  });
  for (const std::string& name : where.names()) EXPECT_EQ(name.find("twill-tmp"), std::string::npos) << name;
}

TEST(checkpointed_loop, without_a_folder_is_interrupted_without_a_checkpoint) {
  clear_requests();
  post_request(request::stop);
  comm::run_thread_ranks(1, [&](comm::shm_comm& world) {
    walk<comm::shm_comm> w{world};
    const loop_result r = checkpointed_loop(world, options_for(1, "", 5), w.body());
    EXPECT_EQ(r.status, loop_status::interrupted);
    EXPECT_EQ(r.iterations, 1U);
    EXPECT_EQ(r.exit_code(), 4);
  });
  clear_requests();
}

TEST(checkpointed_loop, exchanges_requests_where_the_body_has_no_values) {
  clear_requests();
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    loop_options o;
    o.iterations = 9;
    loop_body body{.iterate = [&](std::uint64_t it, boundary&) {
      if (it == 2 && world.rank() == 1) post_request(request::stop);
      return false;
    }};
    const loop_result r = checkpointed_loop(world, o, body);
    EXPECT_EQ(r.status, loop_status::interrupted);
    EXPECT_LE(r.iterations, 4U);
    EXPECT_EQ(world.allreduce(r.iterations, comm::max), r.iterations);
  });
  clear_requests();
}

TEST(collective_try, gives_the_value_or_the_first_failure_on_every_rank) {
  comm::run_thread_ranks(4, [](comm::shm_comm& world) {
    EXPECT_EQ(collective_try(world, [&] { return world.rank() * 2; }), world.rank() * 2);
    try {
      collective_try(world, [&] {
        if (world.rank() % 2 == 1) {
          throw twill::error(
              twill::errc::invalid_value,
              {.what = "bad row of rank " + std::to_string(world.rank()), .where = location{}});
        }
      });
      ADD_FAILURE() << "no rank failed";
    } catch (const remote_failure& e) {
      EXPECT_EQ(e.rank(), 1);
      EXPECT_EQ(e.failed(), 2);
      EXPECT_EQ(e.mine(), world.rank() == 1);
      EXPECT_EQ(e.exit(), exit_code::invalid_input);
      EXPECT_EQ(e.code(), errc::remote_invalid_input);
      EXPECT_NE(std::string(e.what()).find("2 ranks failed, rank 1 first: "), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("bad row of rank 1"), std::string::npos) << e.what();
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), 4) << "the communicator goes on";
  });
}

TEST(collective_try, lets_errors_of_communication_through) {
  comm::run_thread_ranks(1, [](comm::shm_comm& world) {
    try {
      collective_try(world, [] { throw comm::error(comm::errc::job_aborted, {}, "gone"); });
      ADD_FAILURE() << "no error";
    } catch (const comm::error& e) {
      EXPECT_EQ(e.code(), comm::errc::job_aborted);
    }
  });
}

}  // namespace
}  // namespace twill::hybrid
