// SPDX-License-Identifier: Apache-2.0
// A program that initialises and finalises MPI itself, with ranks of this library in between.
#include "twill/comm.hpp"
#include "twill/comm_mpi.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <string>

namespace comm = twill::comm;

namespace {

// Rank 0 has a NaN first, every other rank has one second.
template <class Reduce>
std::array<double, 2> with_nan(int rank, Reduce reduce) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::array<double, 2> in{rank == 0 ? nan : 1.0, rank == 0 ? 1.0 : nan};
  std::array<double, 2> out{};
  reduce(in, out);
  return out;
}

bool same_bits(const std::array<double, 2>& a, const std::array<double, 2>& b) {
  return std::memcmp(a.data(), b.data(), sizeof a) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  int level = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level) != MPI_SUCCESS) return 1;
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int wrong = 0;
  const auto expect = [&](bool right, const char* what) {
    if (!right) std::printf("rank %d: %s\n", rank, what);
    wrong += right ? 0 : 1;
  };
  {
    auto env = comm::environment::init({.backend = "mpi"});
    expect(env.world().size() == size && env.world().allreduce(1, comm::sum) == size, "the world is joined");
    // Messages of the host and of this library do not meet.
    int mine = rank;
    int theirs = -1;
    MPI_Request sent = MPI_REQUEST_NULL;
    MPI_Isend(&mine, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD, &sent);
    expect(!env.world().iprobe(comm::any_source, comm::any_tag).has_value(), "the host's message is not met");
    MPI_Recv(&theirs, 1, MPI_INT, (rank + size - 1) % size, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&sent, MPI_STATUS_IGNORE);
    expect(theirs == (rank + size - 1) % size, "the host receives its own");
  }
  int finalized = 1;
  MPI_Finalized(&finalized);
  expect(finalized == 0, "the environment leaves the host's library alone");
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, 0, &half);
  {
    auto env = comm::adopt(half);
    int of_half = 0;
    MPI_Comm_size(half, &of_half);
    expect(env.world().size() == of_half, "an adopted communicator has its ranks");
    auto linked = comm::linked_world(env.world());
    double in = 0.5;
    double out = 0;
    linked.allreduce(std::span<const double>(&in, 1), std::span<double>(&out, 1), comm::sum,
                     comm::order::any);
    expect(out == 0.5 * of_half, "the linked communicator reduces");
  }
  MPI_Comm_free(&half);
  const std::array<double, 2> theirs = with_nan(rank, [](const auto& in, auto& out) {
    MPI_Allreduce(in.data(), out.data(), 2, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
  });
  for (const bool native : {false, true}) {
    setenv("TWILL_COMM_NAN", native ? "native" : "propagate", 1);
    auto env = comm::environment::init({.backend = "mpi"});
    const auto ours = [&](const auto& world, comm::order how) {
      return with_nan(rank, [&](const auto& in, auto& out) {
        world.allreduce(std::span<const double>(in), std::span<double>(out), comm::min, how);
      });
    };
    const auto linked = comm::linked_world(env.world());
    const auto any = ours(linked, comm::order::any);
    const auto split = ours(env.world().duplicate(), comm::order::any);
    const auto ranked = ours(linked, comm::order::rank);
    const auto propagates = [](const auto& r) { return r[0] != r[0] && r[1] != r[1]; };
    expect(propagates(ranked), "in rank order NaN wins");
    expect(native ? same_bits(any, theirs) && same_bits(split, theirs) : propagates(any) && propagates(split),
           native ? "the library's minimum is taken" : "NaN wins in any order");
  }
  // Otherwise the two settings could not be told apart.
  expect(theirs[0] == theirs[0] || theirs[1] == theirs[1], "the library loses a NaN");
  if (MPI_Finalize() != MPI_SUCCESS) return 1;
  if (wrong == 0) std::printf("rank %d: as expected\n", rank);
  return wrong == 0 ? 0 : 1;
}
