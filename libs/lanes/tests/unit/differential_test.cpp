// SPDX-License-Identifier: Apache-2.0
// The executor against the scalar reference: results, counts and faults, whatever the batch and the threads.
#include "oracle.hpp"
#include "random_program.hpp"
#include "twill/lanes/executor.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace twill::lanes {
namespace {

struct outcome {
  std::optional<fault_info> fault;
  std::vector<std::byte> data;
  std::uint64_t instructions = 0;
};

outcome run(executor& ex, const program& p, execution_params params, unsigned batch, std::size_t bytes) {
  const buffer_handle h = ex.allocate_buffer(bytes);
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i % 7);
  ex.copy_to_buffer(h, data);
  params.registers = {{.reg = 1, .bits = h}};
  params.launch.batch = batch;
  outcome out;
  try {
    out.instructions = ex.launch(p, params).instructions;
  } catch (const fault& f) {
    out.fault = f.info();
  }
  ex.copy_from_buffer(h, data);
  ex.free_buffer(h);
  out.data = std::move(data);
  return out;
}

void compare(const program& p, const execution_params& params, std::size_t lanes, std::uint64_t seed) {
  static executor serial({.threads = 1});
  static executor pooled({.threads = 3});
  const std::size_t bytes = lanes * 64;
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i % 7);
  execution_params wanted = params;
  wanted.registers = {{.reg = 1, .bits = 1}};
  const auto expected = test::run_oracle(p, wanted, {{1, data}});
  for (const unsigned batch : {1U, 7U, 64U, 256U, 1024U}) {
    for (executor* ex : {&serial, &pooled}) {
      const outcome got = run(*ex, p, params, batch, bytes);
      ASSERT_EQ(got.fault.has_value(), expected.fault.has_value())
          << "seed " << seed << " batch " << batch << "\n"
          << (got.fault ? to_string(*got.fault) : "") << (expected.fault ? to_string(*expected.fault) : "")
          << "\n"
          << p.to_text();
      if (expected.fault) {
        ASSERT_EQ(to_string(*got.fault), to_string(*expected.fault))
            << "seed " << seed << " batch " << batch << "\n"
            << p.to_text();
        continue;
      }
      ASSERT_EQ(got.instructions, expected.instructions) << "seed " << seed << " batch " << batch << "\n"
                                                         << p.to_text();
      ASSERT_EQ(std::memcmp(got.data.data(), expected.buffers.at(1).data(), bytes), 0)
          << "seed " << seed << " batch " << batch << "\n"
          << p.to_text();
    }
  }
}

execution_params shape(std::uint32_t blocks, std::uint32_t lanes, std::size_t shared) {
  execution_params out;
  out.launch.grid.x = blocks;
  out.launch.block.x = lanes;
  out.launch.shared_bytes = shared;
  out.launch.step_limit = 2000;
  return out;
}

TEST(differential, random_programs_without_barriers_agree_with_the_reference_at_every_width) {
  int ended_well = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    const program p = test::random_program(seed).make(false);
    compare(p, shape(5, 19, 0), 95, seed);
    if (HasFatalFailure()) return;
    execution_params once = shape(1, 1, 0);
    ended_well += test::run_oracle(p, {.launch = once.launch, .registers = {{.reg = 1, .bits = 1}}},
                                   {{1, std::vector<std::byte>(64)}})
                          .fault
                      ? 0
                      : 1;
  }
  EXPECT_GT(ended_well, 25);  // else the generator tests nothing but faults
}

TEST(differential, random_programs_with_barriers_agree_with_the_reference_at_every_width) {
  for (std::uint64_t seed = 1001; seed <= 1150; ++seed) {
    const program p = test::random_program(seed).make(true);
    compare(p, shape(3, 37, 37 * 64), 111, seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace twill::lanes
