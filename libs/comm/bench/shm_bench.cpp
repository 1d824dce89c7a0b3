// SPDX-License-Identifier: Apache-2.0
// Latencies of the shm backend with ranks as processes, and of the local one: medians over batches, in
// microseconds.
//   comm_shm_bench [ranks]
#include "twill/comm.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace comm = twill::comm;

template <class F>
double median_us(F&& body, int batch) {
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    const double begin = comm::wtime();
    for (int k = 0; k < batch; ++k) body();
    times.push_back((comm::wtime() - begin) / batch * 1e6);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

template <class C>
void measure(C& world, bool few) {
  const auto say = [&](const char* what, double us) {
    if (world.rank() == 0)
      std::printf("%-5s %d ranks  %-18s %12.4f us\n", std::string(name_of(world.backend())).c_str(),
                  world.size(), what, us);
  };
  const int batch = few ? 200 : 20'000;
  say("barrier", median_us([&] { world.barrier(); }, batch));
  double one = 1.0;
  say("allreduce 8 B", median_us([&] { one = world.allreduce(one, comm::max); }, batch));
  for (const std::size_t bytes : {std::size_t{8} << 10U, std::size_t{8} << 20U}) {
    const std::size_t n = bytes / sizeof(double);
    const int less = few || bytes > (std::size_t{1} << 20U) ? 5 : 2000;
    std::vector<double> in(n, 1.0);
    std::vector<double> out(n);
    const std::string size = bytes < (std::size_t{1} << 20U) ? "8 kB" : "8 MB";
    world.barrier();
    // What two processes can move at once: the measure of the large operations below.
    say(("memcpy " + size).c_str(), median_us([&] { std::memcpy(out.data(), in.data(), bytes); }, less));
    say(("allreduce " + size).c_str(), median_us([&] { world.allreduce(in, out, comm::sum); }, less));
    const auto ranks = static_cast<std::size_t>(world.size());
    const std::vector<std::size_t> counts(ranks, n / ranks);
    std::vector<double> all(n / ranks * ranks);
    const std::vector<double> mine(n / ranks, 2.0);
    say(("allgatherv " + size).c_str(), median_us([&] { world.allgatherv(mine, all, counts); }, less));
  }
  const std::vector<std::size_t> one_each(static_cast<std::size_t>(world.size()), 1);
  std::vector<double> each(one_each.size());
  say("allgatherv 8 B",
      median_us([&] { world.allgatherv(std::span<const double>(&one, 1), each, one_each); }, batch));
  if (world.size() > 1) {
    std::vector<double> token(1);
    say("ping pong 8 B / 2", median_us(
                                 [&] {
                                   if (world.rank() == 0) {
                                     world.send(token, 1, 0);
                                     world.recv(token, 1, 0);
                                   } else if (world.rank() == 1) {
                                     world.recv(token, 0, 0);
                                     world.send(token, 0, 0);
                                   }
                                 },
                                 few ? 200 : 5000) /
                                 2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int ranks = argc > 1 ? std::atoi(argv[1]) : 2;
  if (ranks == 1) {
    auto env = comm::environment::init({.backend = "local", .checks = comm::check_level::normal});
    env.with([](auto& world) { measure(world, false); });
    return 0;
  }
  const auto job = comm::detail::rendezvous::memory::create(ranks, {.launcher_pid = ::getpid()});
  for (int r = 0; r < ranks; ++r) {
    if (::fork() != 0) continue;
    ::setenv("TWILL_SHM_FD", std::to_string(job->fd()).c_str(), 1);
    ::setenv("TWILL_RANK", std::to_string(r).c_str(), 1);
    ::setenv("TWILL_SIZE", std::to_string(ranks).c_str(), 1);
    return comm::run([&](auto& world) { measure(world, ranks > 2); },
                     {.backend = "shm", .checks = comm::check_level::normal});
  }
  int failed = 0;
  int status = 0;
  while (::wait(&status) > 0) failed |= status;
  return failed == 0 ? 0 : 4;
}
