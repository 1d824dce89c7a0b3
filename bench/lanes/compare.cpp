// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace bench {
namespace {

constexpr int rounds = 11;

double seconds_of(const std::function<void()>& work, int repeats) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / repeats;
}

double median(std::vector<double> v) {
  std::ranges::nth_element(v, v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2));
  return v[v.size() / 2];
}

}  // namespace

void table::row(const std::string& id, const std::string& what, std::vector<side> sides, int repeats) {
  if (!wants(id)) return;
  seen_ = true;
  if (!what_.only.empty()) {
    const auto found = std::ranges::find(sides, what_.only, &side::name);
    if (found == sides.end() || !found->run) {
      std::fprintf(stderr, "bench_lanes: row %s has no side %s here\n", id.c_str(), what_.only.c_str());
      std::exit(4);
    }
    sides = {*found};
  }
  std::erase_if(sides, [](const side& s) { return !s.run; });
  std::vector<std::vector<double>> times(sides.size());
  for (const side& s : sides) s.run();
  for (int r = 0; r < rounds; ++r) {
    for (std::size_t k = 0; k < sides.size(); ++k) times[k].push_back(seconds_of(sides[k].run, repeats));
  }
  const double ours = median(times[0]) * 1e6;
  if (!what_.only.empty()) {
    std::printf("{\"us\": %.4f}\n", ours);
    return;
  }
  if (what_.json) {
    std::printf("{\"id\":\"%s\",\"ours_us\":%.4f", id.c_str(), ours);
  } else {
    std::printf("%-9s %-50s %12.3f", id.c_str(), what.c_str(), ours);
  }
  for (std::size_t k = 1; k < sides.size(); ++k) {
    std::vector<double> ratios;
    for (int r = 0; r < rounds; ++r)
      ratios.push_back(times[0][static_cast<std::size_t>(r)] / times[k][static_cast<std::size_t>(r)]);
    const char* const name = sides[k].name.c_str();
    if (what_.json) {
      std::printf(",\"%s_us\":%.4f,\"%s_ratio\":%.4f", name, median(times[k]) * 1e6, name, median(ratios));
    } else {
      std::printf("   %s %.3f (%.3f)", name, median(times[k]) * 1e6, median(ratios));
    }
  }
  std::puts(what_.json ? "}" : "");
  std::fflush(stdout);
}

}  // namespace bench
