// SPDX-License-Identifier: Apache-2.0
// Calls, to be disassembled and counted: between the communicator and the library there is nothing.
#include "twill/comm_mpi.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

extern "C" void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                       std::span<double, 1> out);

extern "C" [[gnu::noinline]] void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c,
                                                         std::span<const double, 1> in,
                                                         std::span<double, 1> out) {
  c.allreduce(in, out, twill::comm::sum, twill::comm::order::any);
}

extern "C" void twill_direct_allgatherv(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                        std::span<double> out, std::span<const std::size_t> counts);

extern "C" [[gnu::noinline]] void twill_direct_allgatherv(const twill::comm::linked_mpi_comm& c,
                                                          std::span<const double, 1> in,
                                                          std::span<double> out,
                                                          std::span<const std::size_t> counts) {
  c.allgatherv(in, out, counts);
}

extern "C" void twill_direct_send(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                  int to);

extern "C" [[gnu::noinline]] void twill_direct_send(const twill::comm::linked_mpi_comm& c,
                                                    std::span<const double, 1> in, int to) {
  c.send(in, to, 1);
}

extern "C" void twill_direct_recv(const twill::comm::linked_mpi_comm& c, std::span<double, 1> out, int from);

extern "C" [[gnu::noinline]] void twill_direct_recv(const twill::comm::linked_mpi_comm& c,
                                                    std::span<double, 1> out, int from) {
  (void)c.recv(out, from, 1);
}

extern "C" void twill_direct_barrier(const twill::comm::linked_mpi_comm& c);

extern "C" [[gnu::noinline]] void twill_direct_barrier(const twill::comm::linked_mpi_comm& c) { c.barrier(); }

extern "C" void twill_direct_broadcast(const twill::comm::linked_mpi_comm& c, std::span<double, 1> data);

extern "C" [[gnu::noinline]] void twill_direct_broadcast(const twill::comm::linked_mpi_comm& c,
                                                         std::span<double, 1> data) {
  c.broadcast(data, 0);
}

// A persistent reduction of whole numbers, which the library does by itself in any case.
// Or the compiler makes one function of these and what they call, which is called elsewhere as well.
static void keep_apart() { asm volatile(""); }

using persistent_sum = twill::comm::persistent_request<std::int64_t>;
extern "C" void twill_direct_start(persistent_sum& r);

extern "C" [[gnu::noinline]] void twill_direct_start(persistent_sum& r) {
  keep_apart();
  r.start();
}

extern "C" void twill_direct_wait(persistent_sum& r);

extern "C" [[gnu::noinline]] void twill_direct_wait(persistent_sum& r) {
  keep_apart();
  r.wait();
}

int main(int argc, char** argv) {
  namespace comm = twill::comm;
  const int calls = argc > 1 ? std::atoi(argv[1]) : 1;
  comm::environment env = comm::environment::init({.backend = "mpi", .checks = comm::check_level::normal});
  const comm::linked_mpi_comm c = comm::linked_world(env.world());
  std::array<double, 1> in{1.5};
  std::array<double, 1> out{};
  std::vector<double> all(static_cast<std::size_t>(c.size()));
  const std::vector<std::size_t> counts(all.size(), 1);
  persistent_sum persistent = c.allreduce_init<std::int64_t>(1, comm::sum);
  // The second start is the first as it will go on.
  for (int i = 0; i < 2; ++i) {
    persistent.start();
    persistent.wait();
  }
  for (int i = 0; i < calls; ++i) {
    persistent.send_buffer()[0] = i + c.rank();
    twill_direct_start(persistent);
    twill_direct_wait(persistent);
    if (persistent.recv_buffer()[0] != std::int64_t{i} * c.size() + c.size() * (c.size() - 1) / 2) return 1;
    twill_direct_barrier(c);
    twill_direct_broadcast(c, in);
    twill_direct_allgatherv(c, in, all, counts);
    if (c.size() == 2 && c.rank() == 0) twill_direct_send(c, in, 1);
    if (c.size() == 2) twill_direct_recv(c, out, 1 - c.rank());
    if (c.size() == 2 && c.rank() == 1) twill_direct_send(c, in, 0);
    twill_direct_allreduce(c, in, out);
  }
  if (c.rank() == 0) std::printf("%d calls on %d ranks, the last gave %g\n", calls, c.size(), out[0]);
  return out[0] == 1.5 * c.size() && all.back() == 1.5 ? 0 : 1;
}
