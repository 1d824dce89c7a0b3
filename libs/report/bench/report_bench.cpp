// SPDX-License-Identifier: Apache-2.0
// A report with 100 charts of 200 points, written to memory: the median of 15 runs and the size.
#include "twill/report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace twill::report;

std::string make_report(int charts, std::size_t points) {
  document page("Bench");
  std::vector<double> x(points);
  std::array<std::vector<double>, 5> y;
  y.fill(std::vector<double>(points));
  for (int k = 0; k < charts; ++k) {
    for (std::size_t i = 0; i < points; ++i) {
      const auto t = static_cast<double>(i);
      x[i] = 19000 + t;
      for (std::size_t s = 0; s < y.size(); ++s) {
        y[s][i] = 500 + 300 * std::sin(t / 17 + k) + 40.5 * static_cast<double>(s) + std::sqrt(t);
      }
    }
    chart c({.title = "Chart " + std::to_string(k),
             .x = {.label = "Day", .kind = scale_kind::time},
             .y = {.label = "Storage", .unit = "hm3"}});
    if (k % 4 == 0) {
      const std::array<fan_band, 2> bands{{{"outer", y[0], y[4]}, {"inner", y[1], y[3]}}};
      c.fan("median", x, bands, y[2]);
    } else {
      c.line("storage", x, y[static_cast<std::size_t>(k % 4)]);
    }
    page.add(c.draw());
  }
  return page.html();
}

}  // namespace

int main() {
  std::vector<double> seconds;
  std::size_t bytes = 0;
  for (int run = 0; run < 15; ++run) {
    const auto start = std::chrono::steady_clock::now();
    bytes = make_report(100, 200).size();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("100 charts of 200 points (25 of them fans of 5 lines): %.4f s (limit 1), %.3f MB (limit 3)\n",
              seconds[seconds.size() / 2], static_cast<double>(bytes) / 1e6);
  return seconds[seconds.size() / 2] < 1 && bytes < 3000000 ? 0 : 1;
}
