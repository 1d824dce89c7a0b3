// SPDX-License-Identifier: Apache-2.0
// What this library adds to a call of an MPI library: both in one process on one communicator, batch by batch
// in turn, so that whatever disturbs one disturbs the other. Compiled against each library; run by its
// launcher:
//   mpiexec -n 2 bench_comm_pairs_mpich [SECONDS A ROW]
#include "twill/comm.hpp"
#include "twill/comm_mpi.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
using clock_type = std::chrono::steady_clock;

struct figures {
  double raw = 0;
  double linked = 0;
  double module = 0;
  double ratio_linked = 0;
  double ratio_module = 0;
};

double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

// Rounds of three batches, the order turning; ratios are medians over rounds of one round's ratio.
figures measure(MPI_Comm c, double seconds, const std::function<void()>& raw,
                const std::function<void()>& linked, const std::function<void()>& module) {
  const std::function<void()>* ways[] = {&raw, &linked, &module};
  std::size_t calls = 1;
  const auto batch = [&](const std::function<void()>& once) {
    MPI_Barrier(c);
    const auto begin = clock_type::now();
    for (std::size_t i = 0; i < calls; ++i) once();
    return std::chrono::duration<double>(clock_type::now() - begin).count();
  };
  const auto told = [&](bool mine) {
    int on = mine ? 1 : 0;
    MPI_Bcast(&on, 1, MPI_INT, 0, c);
    return on == 1;
  };
  while (told(batch(raw) < 400e-6 && calls < (std::size_t{1} << 20U))) calls *= 2;
  std::vector<double> times[3];
  std::vector<double> ratios[2];
  const auto begin = clock_type::now();
  std::size_t round = 0;
  do {
    double now[3]{};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t way = (i + round) % 3;
      now[way] = batch(*ways[way]) * 1e9 / static_cast<double>(calls);
    }
    for (std::size_t way = 0; way < 3; ++way) times[way].push_back(now[way]);
    ratios[0].push_back(now[1] / now[0]);
    ratios[1].push_back(now[2] / now[0]);
    ++round;
  } while (told(round < 9 || std::chrono::duration<double>(clock_type::now() - begin).count() < seconds));
  return {median(times[0]), median(times[1]), median(times[2]), median(ratios[0]), median(ratios[1])};
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  return comm::run(
      [&](auto& typed) {
        comm::any_communicator any{comm::detail::any_engine(typed.engine())};
        const comm::linked_mpi_comm linked = comm::linked_world(any);
        const MPI_Comm c = comm::native_handle(any);
        const int rank = any.rank();
        const auto ranks = static_cast<std::size_t>(any.size());
        const int peer = rank ^ 1;
        const auto row = [&](const std::string& name, const auto& raw, const auto& with) {
          const figures f = measure(c, seconds, raw, [&] { with(linked); }, [&] { with(any); });
          if (rank == 0)
            std::printf("%-28s %10.1f %10.1f %10.1f %8.3f %8.3f\n", name.c_str(), f.raw, f.linked, f.module,
                        f.ratio_linked, f.ratio_module);
        };
        if (rank == 0)
          std::printf("%-28s %10s %10s %10s %8s %8s\n", any.topology().module.c_str(), "raw ns", "LINK ns",
                      "PLUGIN ns", "LINK", "PLUGIN");
        row("barrier", [&] { MPI_Barrier(c); }, [](const auto& w) { w.barrier(); });
        for (const std::size_t bytes : {std::size_t{8}, std::size_t{8} << 10U, std::size_t{1} << 20U}) {
          const std::size_t n = bytes / sizeof(double);
          const int count = static_cast<int>(n);
          const std::string size = bytes < 1024 ? " 8 B" : bytes < (1U << 20U) ? " 8 kB" : " 1 MB";
          std::vector<double> in(n, 1.5);
          std::vector<double> out(n);
          row(
              "allreduce order::any" + size,
              [&] { MPI_Allreduce(in.data(), out.data(), count, MPI_DOUBLE, MPI_SUM, c); },
              [&](const auto& w) { w.allreduce(in, out, comm::sum, comm::order::any); });
          row(
              "allreduce rank order" + size,
              [&] { MPI_Allreduce(in.data(), out.data(), count, MPI_DOUBLE, MPI_SUM, c); },
              [&](const auto& w) { w.allreduce(in, out, comm::sum); });
          row(
              "broadcast" + size, [&] { MPI_Bcast(in.data(), count, MPI_DOUBLE, 0, c); },
              [&](const auto& w) { w.broadcast(in, 0); });
          std::vector<double> all(n * ranks);
          const std::vector<int> counts(ranks, count);
          std::vector<int> displs(ranks);
          for (std::size_t r = 0; r < ranks; ++r) displs[r] = static_cast<int>(r * n);
          const std::vector<std::size_t> lengths(ranks, n);
          row(
              "allgatherv" + size,
              [&] {
                MPI_Allgatherv(in.data(), count, MPI_DOUBLE, all.data(), counts.data(), displs.data(),
                               MPI_DOUBLE, c);
              },
              [&](const auto& w) { w.allgatherv(in, all, lengths); });
          if (ranks == 2) {
            row(
                "send, recv" + size,
                [&] {
                  if (rank == 0) {
                    MPI_Send(in.data(), count, MPI_DOUBLE, peer, 1, c);
                    MPI_Recv(out.data(), count, MPI_DOUBLE, peer, 1, c, MPI_STATUS_IGNORE);
                  } else {
                    MPI_Recv(out.data(), count, MPI_DOUBLE, peer, 1, c, MPI_STATUS_IGNORE);
                    MPI_Send(in.data(), count, MPI_DOUBLE, peer, 1, c);
                  }
                },
                [&](const auto& w) {
                  if (rank == 0) {
                    w.send(in, peer, 1);
                    (void)w.recv(out, peer, 1);
                  } else {
                    (void)w.recv(out, peer, 1);
                    w.send(in, peer, 1);
                  }
                });
          }
        }
      },
      {.backend = "mpi", .checks = comm::check_level::normal});
}
