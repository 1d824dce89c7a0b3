// SPDX-License-Identifier: Apache-2.0
#include "latency.hpp"

#include "twill/base/json_writer.hpp"

#include <fmt/format.h>

namespace twill::apps {
namespace {

// Three digits that mean something, in the unit that fits.
std::string duration(double seconds) {
  if (seconds < 1e-6) return fmt::format("{:.1f} ns", seconds * 1e9);
  if (seconds < 1e-3) return fmt::format("{:.2f} us", seconds * 1e6);
  return fmt::format("{:.2f} ms", seconds * 1e3);
}

}  // namespace

timing timing_of(std::vector<double> batches, std::size_t calls) {
  std::ranges::sort(batches);
  const std::size_t n = batches.size();
  return {.median = batches[n / 2],
          .least = batches.front(),
          .tenth_worst = batches[n - 1 - n / 10],
          .calls = calls};
}

std::string latencies_as_text(const rank_facts& facts, const std::vector<latency>& all) {
  std::string text = facts_as_text(facts);
  text += fmt::format("\n{:<24} {:>10} {:>12} {:>12} {:>12} {:>10}\n", "operation", "bytes", "median",
                      "least", "90 %", "calls");
  for (const latency& row : all) {
    text += fmt::format("{:<24} {:>10} {:>12} {:>12} {:>12} {:>10}\n", row.operation, row.bytes,
                        duration(row.seconds.median), duration(row.seconds.least),
                        duration(row.seconds.tenth_worst), row.seconds.calls);
  }
  return text;
}

std::string latencies_as_json(const rank_facts& facts, const std::vector<latency>& all) {
  json_writer w(json_style::indented);
  w.begin_object();
  write_facts(w, facts);
  w.key("latencies").begin_array();
  for (const latency& row : all) {
    w.begin_object().member("operation", row.operation).member("bytes", row.bytes);
    w.member("median_s", row.seconds.median).member("least_s", row.seconds.least);
    w.member("p90_s", row.seconds.tenth_worst).member("calls", row.seconds.calls).end_object();
  }
  w.end_array().end_object();
  return w.take() + '\n';
}

}  // namespace twill::apps
