// SPDX-License-Identifier: Apache-2.0
// CPU seconds of whole fits: bench_dmm prepare FOLDER writes the tables that R reads too; bench_dmm NAME
// FOLDER [THREADS] times one fit of the table NAME, from counts in memory; `memory` fits a million samples
// and tells the growth of the resident set, `allowed` what it may be. Built once more on OpenMP
// (openmp/parallel.hpp).
#include "twill/base/file.hpp"
#include "twill/base/philox.hpp"
#include "twill/dmm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace twill::dmm;

struct shape {
  const char* name;
  std::size_t n;
  std::size_t s;
  int k;
  std::uint64_t seed;
};
constexpr shape shapes[] = {
    {"a", 100, 100, 3, 101}, {"b", 1000, 100, 5, 102}, {"c", 10000, 100, 5, 103}, {"d", 1000, 100, 20, 104}};

// A table as the generator beside the shared data draws them: log-normal base and shifts, theta 10 to 60,
// depths around 2000; about 70 % zeros.
simulated draw(const shape& of, double mean_depth) {
  mixture_fit m;
  m.components = of.k;
  m.taxa = of.s;
  twill::philox stream{twill::philox_key(of.seed)};
  const auto normal = [&] { return twill::normal_quantile(twill::uniform_from_bits(stream())); };
  std::vector<double> base(of.s);
  for (double& b : base) b = 2 * normal();
  for (int c = 0; c < of.k; ++c) {
    m.weights.push_back(1.0 / of.k);
    std::vector<double> mean(of.s);
    double total = 0;
    for (std::size_t j = 0; j < of.s; ++j) total += mean[j] = std::exp(base[j] + normal());
    const double theta = 10 + 50 * twill::uniform_from_bits(stream());
    for (const double x : mean) m.alpha.push_back(std::max(1e-8, theta * x / total));
  }
  std::vector<std::int64_t> depth(of.n);
  for (auto& d : depth)
    d = std::max<std::int64_t>(20, std::llround(std::exp(std::log(mean_depth) + 0.5 * normal())));
  return simulate(m, depth, of.seed);
}

void prepare(const std::string& folder) {
  if (std::filesystem::exists(folder + "/ready")) return;
  std::filesystem::create_directories(folder);
  for (const shape& of : shapes) {
    const simulated drawn = draw(of, 2000);
    std::string csv = "sample";
    for (std::size_t j = 0; j < of.s; ++j) csv += ",t" + std::to_string(j);
    csv += '\n';
    for (std::size_t i = 0; i < of.n; ++i) {
      csv += "s" + std::to_string(i);
      for (std::size_t j = 0; j < of.s; ++j) csv += ',' + std::to_string(drawn.counts[i * of.s + j]);
      csv += '\n';
    }
    twill::write_file_atomically(folder + "/bench-" + of.name + ".csv", std::string_view(csv));
  }
  twill::write_file_atomically(folder + "/ready", std::string_view("all tables are written\n"));
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double resident_mb() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

double seconds_since(const timespec& start) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec - start.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec - start.tv_nsec);
}

// A million samples of 500 taxa, some 20 of them each, drawn by index straight into compressed rows.
int memory(bool measure) {
  constexpr std::size_t n = 1'000'000;
  constexpr std::size_t s = 500;
  std::vector<std::int64_t> ptr{0};
  std::vector<std::int32_t> taxa;
  std::vector<std::int64_t> counts;
  const twill::philox stream{twill::philox_key(7)};
  for (std::size_t i = 0; i < n; ++i) {
    std::int32_t taxon = -1;
    for (std::size_t e = 0;; ++e) {
      taxon += 1 + static_cast<std::int32_t>(stream.bounded(64 * i + 2 * e, 39));
      const std::int32_t at = i % 3 == 0 ? taxon : taxon - taxon % 2;
      if (taxon >= static_cast<std::int32_t>(s) || e >= 31) break;
      if (!taxa.empty() && static_cast<std::int64_t>(taxa.size()) > ptr.back() && taxa.back() == at) continue;
      taxa.push_back(at);
      counts.push_back(1 + static_cast<std::int64_t>(std::pow(stream.uniform(64 * i + 2 * e + 1), -0.7)));
    }
    if (static_cast<std::int64_t>(taxa.size()) == ptr.back()) {
      taxa.push_back(0);
      counts.push_back(1);
    }
    ptr.push_back(static_cast<std::int64_t>(taxa.size()));
  }
  const double allowed =
      (36.0 * static_cast<double>(taxa.size()) + 160.0 * static_cast<double>(n)) / (1 << 20) + 64;
  if (!measure) {
    std::printf("{\"grown_mb\": %.1f}\n", allowed);
    return 0;
  }
  const double before = resident_mb();
  const double start = cpu_seconds();
  const count_table t = count_table::from_csr(n, s, ptr, taxa, std::span<const std::int64_t>(counts));
  fit_options o{.components = 5};
  o.em.max_iter = 10;
  o.kmeans.max_iter = 20;
  const mixture_fit f = fit(t, o);
  std::printf(
      "{\"cpu_s\": %.3f, \"grown_mb\": %.1f, \"allowed_mb\": %.1f, \"nonzeros\": %zu, \"nle\": %.3f}\n",
      cpu_seconds() - start, resident_mb() - before, allowed, t.nonzeros(), f.nle);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || (argc < 3 && std::strcmp(argv[1], "memory") != 0 && std::strcmp(argv[1], "allowed") != 0)) {
    std::fputs("usage: bench_dmm prepare|a|b|c|d|sweep FOLDER [THREADS], bench_dmm memory|allowed\n", stderr);
    return 64;
  }
  const std::string verb = argv[1];
  if (verb == "memory" || verb == "allowed") return memory(verb == "memory");
  const std::string folder = argv[2];
  const int threads = argc > 3 ? std::atoi(argv[3]) : 1;
  if (verb != "sweep") prepare(folder);
  if (verb == "prepare") return 0;
  // `sweep` is K = 1..7 of a table that the third argument's folder has as twins.csv.
  if (verb == "sweep") {
    const named_counts t = read_counts(folder + "/twins.csv");
    timespec wall{};
    clock_gettime(CLOCK_MONOTONIC, &wall);
    const double start = cpu_seconds();
    const std::vector<int> ks{1, 2, 3, 4, 5, 6, 7};
    sweep_options o;
    o.fit.threads = threads;
    const sweep out = fit_range(t.counts, ks, o);
    std::printf("{\"cpu_s\": %.6f, \"wall_s\": %.6f, \"nle\": %.6f, \"checksum\": \"%a\"}\n",
                cpu_seconds() - start, seconds_since(wall), out.best(criterion::laplace).nle,
                out.best(criterion::laplace).nle);
    return 0;
  }
  for (const shape& of : shapes) {
    if (verb != of.name) continue;
    const named_counts t = read_counts(folder + "/bench-" + of.name + ".csv");
    std::vector<std::int32_t> dense(of.n * of.s, 0);
    for (std::size_t i = 0; i < of.n; ++i) {
      for (const count_entry& e : t.counts.row(i))
        dense[i * of.s + e.taxon] = static_cast<std::int32_t>(e.count);
    }
    fit_options o{.components = of.k};
    o.threads = threads;
    timespec wall{};
    clock_gettime(CLOCK_MONOTONIC, &wall);
    const double start = cpu_seconds();
    const count_table counts =
        count_table::from_dense(std::span<const std::int32_t>(dense), of.n, of.s, zero_rows::refuse, threads);
    const mixture_fit f = fit(counts, o);
    const double cpu = cpu_seconds() - start;
    std::printf(
        "{\"cpu_s\": %.6f, \"wall_s\": %.6f, \"nle\": %.6f, \"iterations\": %d, \"checksum\": \"%a\"}\n", cpu,
        seconds_since(wall), f.nle, f.diag.em_iterations, f.nle);
    return 0;
  }
  std::fprintf(stderr, "bench_dmm: there is no %s\n", verb.c_str());
  return 64;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
