// SPDX-License-Identifier: Apache-2.0
// Work stealing beside schedule(static) and schedule(dynamic), on a loop of even and a loop of uneven items:
// the figures behind the decision record on OpenMP.
//
// tasks: LOOP.SCHEDULE, loop even | triangle | tail, schedule stealing | static | dynamic | guided.
#include "../harness/bench.hpp"
#include "twill/par/pool.hpp"
#include "twill/par/range.hpp"

#include <cmath>
#include <cstring>
#include <string_view>

namespace {

// About a nanosecond each.
double work(std::size_t steps) {
  double x = 1.0;
  for (std::size_t i = 0; i < steps; ++i) x = x * 0.999'999 + 1e-9;
  return x;
}

constexpr std::size_t items = 20'000;

/// Steps of item i; about the same total for every loop.
std::size_t steps_of(std::string_view loop, std::size_t i) {
  if (loop == "even") return 100;
  // A triangular loop: the last item costs 200, the first nothing.
  if (loop == "triangle") return 200 * i / items;
  // Nine tenths are light, the last tenth holds nearly everything.
  return i < items - items / 10 ? 10 : 910;
}

template <class Each>
void run_openmp([[maybe_unused]] std::string_view schedule, [[maybe_unused]] int workers,
                [[maybe_unused]] const Each& each) {
#if defined(_OPENMP)
  if (schedule == "static") {
#pragma omp parallel for schedule(static) num_threads(workers)
    for (std::size_t i = 0; i < items; ++i) each(i);
  } else if (schedule == "dynamic") {
#pragma omp parallel for schedule(dynamic) num_threads(workers)
    for (std::size_t i = 0; i < items; ++i) each(i);
  } else if (schedule == "guided") {
#pragma omp parallel for schedule(guided) num_threads(workers)
    for (std::size_t i = 0; i < items; ++i) each(i);
  } else {
    bench::arguments::usage(schedule.data());
  }
#else
  bench::arguments::usage("a schedule of OpenMP in a build without it");
#endif
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments given(argc, argv);
  const std::string_view task = given.task;
  const std::size_t dot = task.find('.');
  if (dot == std::string_view::npos)
    bench::arguments::usage(given.task.empty() ? "no task" : given.task.c_str());
  const std::string_view loop = task.substr(0, dot);
  const std::string_view schedule = task.substr(dot + 1);
  if (loop != "even" && loop != "triangle" && loop != "tail") bench::arguments::usage(given.task.c_str());
  std::vector<double> out(items);
  const auto each = [&](std::size_t i) { out[i] = work(steps_of(loop, i)); };
  double ns = 0;
  if (schedule == "stealing") {
    twill::par::thread_pool_builder{}.num_threads(static_cast<std::size_t>(given.workers)).build_global();
    ns = bench::ns_per_op(given.seconds, 1,
                          [&] { twill::par::range(std::size_t{0}, items) | twill::par::for_each(each); });
    twill::par::shutdown_global();
  } else {
    ns = bench::ns_per_op(given.seconds, 1, [&] { run_openmp(schedule, given.workers, each); });
  }
  std::vector<std::uint64_t> words(items);
  std::memcpy(words.data(), out.data(), items * sizeof(double));
  bench::report(ns, bench::checksum(words), "loops of 20 000 items");
}
