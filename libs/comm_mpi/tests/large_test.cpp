// SPDX-License-Identifier: Apache-2.0
// Under the launcher of a library: every rank runs the test, and each tells its own result.
#include "large.hpp"

namespace {

TEST(large, counts_beyond_32_bits_go_over_the_library) {
  auto env = twill::comm::environment::init({.backend = "mpi"});
  ASSERT_EQ(env.world().backend(), twill::comm::backend_kind::mpi);
  ranks::large::check(env.world(), ranks::large::length(2));
}

}  // namespace
