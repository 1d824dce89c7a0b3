// SPDX-License-Identifier: Apache-2.0
// What this library adds to a call of an MPI library: both in one process on one communicator, batch by batch
// in turn, so that whatever disturbs one disturbs the other. Compiled against each library; run by its
// launcher:
//   mpiexec -n 2 bench_comm_pairs_mpich [ROW/WAY] [--seconds S]
//   ROW: barrier | allreduce_8 | allreduce_rank_8 | broadcast_8 | allgatherv_8 | send_recv_8 |
//   allreduce_init_8 | allreduce_lent_8, and the same with _8k and _1M (bytes that each rank contributes)
//   WAY: linked | module | raw (the library's call beside itself)
// Without a row: a table of all of them. With one: a JSON line with the median of the ratios.
#include "../harness/bench.hpp"
#include "twill/comm.hpp"
#include "twill/comm_mpi.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace {

namespace comm = twill::comm;
using clock_type = std::chrono::steady_clock;
using once = std::function<void()>;

// The library's call, and the same by a linked program, by a module, and by the library once more.
constexpr std::array<std::string_view, 4> ways{"", "linked", "module", "raw"};
struct figures {
  std::array<double, ways.size()> ns{};
  std::array<double, ways.size()> ratio{};
};

double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

// Rounds of a batch each, the order turning; ratios are medians over rounds of one round's ratio.
figures measure(MPI_Comm c, double seconds, const once& raw, const once& linked, const once& module) {
  const std::array<const once*, ways.size()> calls_of{&raw, &linked, &module, &raw};
  std::size_t calls = 1;
  const auto batch = [&](const once& call) {
    MPI_Barrier(c);
    const auto begin = clock_type::now();
    for (std::size_t i = 0; i < calls; ++i) call();
    return std::chrono::duration<double>(clock_type::now() - begin).count();
  };
  const auto told = [&](bool mine) {
    int on = mine ? 1 : 0;
    MPI_Bcast(&on, 1, MPI_INT, 0, c);
    return on == 1;
  };
  while (told(batch(raw) < 400e-6 && calls < (std::size_t{1} << 20U))) calls *= 2;
  std::array<std::vector<double>, ways.size()> times;
  std::array<std::vector<double>, ways.size()> ratios;
  const auto begin = clock_type::now();
  std::size_t round = 0;
  do {
    std::array<double, ways.size()> now{};
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const std::size_t way = (i + round) % ways.size();
      now[way] = batch(*calls_of[way]) * 1e9 / static_cast<double>(calls);
    }
    for (std::size_t way = 0; way < ways.size(); ++way) {
      times[way].push_back(now[way]);
      ratios[way].push_back(now[way] / now[0]);
    }
    ++round;
  } while (told(round < 9 || std::chrono::duration<double>(clock_type::now() - begin).count() < seconds));
  figures out;
  for (std::size_t way = 0; way < ways.size(); ++way) {
    out.ns[way] = median(times[way]);
    out.ratio[way] = median(ratios[way]);
  }
  return out;
}

// Buffers of the rows of one size.
struct buffers {
  buffers(std::size_t bytes, std::size_t ranks)
      : n(bytes / sizeof(double)),
        count(static_cast<int>(n)),
        in(n, 1.5),
        out(n),
        all(n * ranks),
        counts(ranks, count),
        displs(ranks),
        lengths(ranks, n),
        integers(n, 3),
        sums(n) {
    for (std::size_t r = 0; r < ranks; ++r) displs[r] = static_cast<int>(r * n);
  }
  std::size_t n;
  int count;
  std::vector<double> in;
  std::vector<double> out;
  std::vector<double> all;
  std::vector<int> counts;
  std::vector<int> displs;
  std::vector<std::size_t> lengths;
  std::vector<std::int64_t> integers;
  std::vector<std::int64_t> sums;
};

// Calls `row(name, raw, with)` for every row of a size: the library's call, and a function of a communicator.
template <class Row>
void every_row(MPI_Comm c, int rank, std::size_t ranks, std::size_t bytes, const std::string& size,
               Row&& row) {
  buffers b(bytes, ranks);
  row(
      "allreduce" + size, [&] { MPI_Allreduce(b.in.data(), b.out.data(), b.count, MPI_DOUBLE, MPI_SUM, c); },
      [&](const auto& w) { w.allreduce(b.in, b.out, comm::sum, comm::order::any); });
  row(
      "allreduce_rank" + size,
      [&] { MPI_Allreduce(b.in.data(), b.out.data(), b.count, MPI_DOUBLE, MPI_SUM, c); },
      [&](const auto& w) { w.allreduce(b.in, b.out, comm::sum); });
  row(
      "broadcast" + size, [&] { MPI_Bcast(b.in.data(), b.count, MPI_DOUBLE, 0, c); },
      [&](const auto& w) { w.broadcast(b.in, 0); });
  row(
      "allgatherv" + size,
      [&] {
        MPI_Allgatherv(b.in.data(), b.count, MPI_DOUBLE, b.all.data(), b.counts.data(), b.displs.data(),
                       MPI_DOUBLE, c);
      },
      [&](const auto& w) { w.allgatherv(b.in, b.all, b.lengths); });
  if (ranks == 2) {
    const int peer = 1 - rank;
    row(
        "send_recv" + size,
        [&] {
          if (rank == 0) {
            MPI_Send(b.in.data(), b.count, MPI_DOUBLE, peer, 1, c);
            MPI_Recv(b.out.data(), b.count, MPI_DOUBLE, peer, 1, c, MPI_STATUS_IGNORE);
          } else {
            MPI_Recv(b.out.data(), b.count, MPI_DOUBLE, peer, 1, c, MPI_STATUS_IGNORE);
            MPI_Send(b.in.data(), b.count, MPI_DOUBLE, peer, 1, c);
          }
        },
        [&](const auto& w) {
          if (rank == 0) {
            w.send(b.in, peer, 1);
            (void)w.recv(b.out, peer, 1);
          } else {
            (void)w.recv(b.out, peer, 1);
            w.send(b.in, peer, 1);
          }
        });
  }
}

// A persistent request that is started and waited for, beside the nonblocking call that the library has on
// every version: one that owns its buffers, and one over lent ones, which copies them.
template <class Row>
void persistent_rows(const comm::linked_mpi_comm& linked, const comm::any_communicator& any, MPI_Comm c,
                     std::size_t bytes, const std::string& size, Row&& row) {
  buffers b(bytes, static_cast<std::size_t>(any.size()));
  const auto again = [](auto& r) {
    r.start();
    r.wait();
  };
  const auto raw_over = [&](std::span<std::int64_t> in, std::span<std::int64_t> out) {
    return [&b, c, in = in.data(), out = out.data()] {
      MPI_Request r = MPI_REQUEST_NULL;
      MPI_Iallreduce(in, out, b.count, MPI_INT64_T, MPI_SUM, c, &r);
      MPI_Wait(&r, MPI_STATUS_IGNORE);
    };
  };
  auto own_linked = linked.allreduce_init<std::int64_t>(b.n, comm::sum);
  auto own_module = any.allreduce_init<std::int64_t>(b.n, comm::sum);
  std::ranges::fill(own_linked.send_buffer(), 3);
  std::ranges::fill(own_module.send_buffer(), 3);
  // Over the same memory: where two buffers lie relative to each other is a twentieth of the time at 8 kB.
  row(
      "allreduce_init" + size, raw_over(own_linked.send_buffer(), own_linked.recv_buffer()),
      [&] { again(own_linked); }, [&] { again(own_module); });
  linked.persistent([&](auto& s) {
    auto by_linked = s.allreduce_init(b.integers, b.sums, comm::sum);
    any.persistent([&](auto& t) {
      auto by_module = t.allreduce_init(b.integers, b.sums, comm::sum);
      row(
          "allreduce_lent" + size, raw_over(b.integers, b.sums), [&] { again(by_linked); },
          [&] { again(by_module); });
    });
  });
}

void measure_rows(const comm::any_communicator& world, const std::string& task, double seconds) {
  comm::any_communicator any = world.duplicate();
  const comm::linked_mpi_comm linked = comm::linked_world(any);
  const MPI_Comm c = comm::native_handle(any);
  const int rank = any.rank();
  const std::string asked = task.substr(0, task.find('/'));
  const std::string way = task.find('/') == std::string::npos ? "" : task.substr(task.find('/') + 1);
  const auto column = static_cast<std::size_t>(std::find(ways.begin(), ways.end(), way) - ways.begin());
  bool found = task.empty();
  const auto show = [&](const std::string& name, const once& raw, const once& with_linked,
                        const once& with_any) {
    if (!task.empty() && name != asked) return;
    found = column < ways.size();
    if (!found) return;
    const figures f = measure(c, seconds, raw, with_linked, with_any);
    if (rank != 0) return;
    if (task.empty()) {
      std::printf("%-22s %10.1f %10.1f %10.1f %8.3f %8.3f %8.3f\n", name.c_str(), f.ns[0], f.ns[1], f.ns[2],
                  f.ratio[1], f.ratio[2], f.ratio[3]);
    } else {
      std::printf("{\"per_raw_call\": %.4f, \"ns_per_op\": %.1f, \"version\": \"%s\"}\n", f.ratio[column],
                  f.ns[column], std::string(any.topology().library).c_str());
    }
  };
  const auto row = [&](const std::string& name, const once& raw, const auto& with) {
    show(name, raw, [&] { with(linked); }, [&] { with(any); });
  };
  if (rank == 0 && task.empty())
    std::printf("%-22s %10s %10s %10s %8s %8s %8s\n", any.topology().module.c_str(), "raw ns", "LINK ns",
                "PLUGIN ns", "LINK", "PLUGIN", "raw");
  row("barrier", [&] { MPI_Barrier(c); }, [](const auto& w) { w.barrier(); });
  const std::array<std::pair<std::size_t, std::string>, 3> sizes{
      {{8, "_8"}, {std::size_t{8} << 10U, "_8k"}, {std::size_t{1} << 20U, "_1M"}}};
  for (const auto& [bytes, size] : sizes) {
    every_row(c, rank, static_cast<std::size_t>(any.size()), bytes, size, row);
    persistent_rows(linked, any, c, bytes, size, show);
  }
  if (!found) bench::arguments::usage(task.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments asked(argc, argv);
  return comm::run(
      [&](auto& typed) {
        const comm::any_communicator any{comm::detail::any_engine(typed.engine())};
        measure_rows(any, asked.task, asked.seconds);
      },
      {.backend = "mpi", .checks = comm::check_level::normal});
}
