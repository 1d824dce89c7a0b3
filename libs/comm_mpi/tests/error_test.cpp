// SPDX-License-Identifier: Apache-2.0
// Errors that the library itself finds, by their exact codes: compiled against each library.
#include "twill/comm.hpp"
#include "twill/comm_mpi.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
using comm::errc;
namespace detail = comm::detail;

comm::environment& env() {
  static comm::environment one = comm::environment::init({.backend = "mpi"});
  return one;
}

detail::mpi_context& context() {
  const auto& world = env().world();
  return static_cast<detail::mpi_context&>(world.engine().ctx());
}

// The error that the code of a call of the library becomes.
template <class F>
comm::error provoke(F&& call) {
  (void)env();
  const int code = call();
  try {
    context().check(code, detail::op_kind::allreduce);
  } catch (const comm::error& e) {
    return e;
  }
  return {errc::protocol_error, {}, "the library took it"};
}

void expect(const comm::error& e, errc code, int native_class) {
  EXPECT_EQ(e.code(), make_error_code(code)) << e.what();
  EXPECT_EQ(e.native_class(), native_class);
  EXPECT_NE(e.native_code(), 0);
  EXPECT_EQ(e.operation(), "allreduce");
  EXPECT_EQ(e.backend(), comm::backend_kind::mpi);
  EXPECT_NE(std::string(e.what()).find(env().topology().module + ": "), std::string::npos) << e.what();
}

TEST(mpi_error, a_null_communicator_is_invalid_communicator) {
  // Such calls are judged on MPI_COMM_WORLD, which returns its errors as well.
  expect(provoke([] { return MPI_Barrier(MPI_COMM_NULL); }), errc::invalid_communicator, MPI_ERR_COMM);
}

TEST(mpi_error, a_result_in_place_is_invalid_buffer) {
  double in = 0;
  expect(provoke([&] {
           return MPI_Allreduce(&in, MPI_IN_PLACE, 1, MPI_DOUBLE, MPI_SUM,
                                comm::native_handle(env().world()));
         }),
         errc::invalid_buffer, MPI_ERR_BUFFER);
}

TEST(mpi_error, a_negative_count_is_invalid_count) {
  std::array<double, 2> data{};
  expect(
      provoke([&] { return MPI_Bcast(data.data(), -1, MPI_DOUBLE, 0, comm::native_handle(env().world())); }),
      errc::invalid_count, MPI_ERR_COUNT);
}

TEST(mpi_error, the_librarys_other_is_a_failure_with_its_text) {
  int code = 0;
  expect(provoke([&] {
           code = MPI_ERR_OTHER;
           return code;
         }),
         errc::backend_failure, MPI_ERR_OTHER);
}

TEST(mpi_error, roots_types_operations_and_tags_keep_their_classes) {
  const MPI_Comm c = comm::native_handle(env().world());
  double data = 0;
  expect(provoke([&] { return MPI_Bcast(&data, 1, MPI_DOUBLE, 77, c); }), errc::invalid_root, MPI_ERR_ROOT);
  expect(provoke([&] { return MPI_Bcast(&data, 1, MPI_DATATYPE_NULL, 0, c); }), errc::invalid_type,
         MPI_ERR_TYPE);
  expect(provoke([&] { return MPI_Send(&data, 1, MPI_DOUBLE, 77, 0, c); }), errc::invalid_rank, MPI_ERR_RANK);
  expect(provoke([&] { return MPI_Send(&data, 1, MPI_DOUBLE, 0, -5, c); }), errc::invalid_tag, MPI_ERR_TAG);
  double out = 0;
  expect(provoke([&] { return MPI_Allreduce(&data, &out, 1, MPI_DOUBLE, MPI_OP_NULL, c); }), errc::invalid_op,
         MPI_ERR_OP);
}

TEST(mpi_error, the_linked_communicator_gives_the_same_results) {
  auto world = comm::linked_world(env().world());
  EXPECT_EQ(world.allreduce(2.5, comm::sum), 2.5 * world.size());
  std::vector<double> in(3, 1.0 + world.rank());
  std::vector<double> out(3);
  world.allreduce(in, out, comm::sum, comm::order::any);
  EXPECT_EQ(out[2], world.size() * (world.size() + 1) / 2.0);
  EXPECT_EQ(world.allgather(world.rank()).back(), world.size() - 1);
  world.barrier();
  EXPECT_EQ(world.broadcast_value(world.rank() + 5, 0), 5);
}

class ends final : public ::testing::Environment {
 public:
  void TearDown() override { const comm::environment over = std::move(env()); }
};
[[maybe_unused]] ::testing::Environment* const registered = ::testing::AddGlobalTestEnvironment(new ends);

}  // namespace
