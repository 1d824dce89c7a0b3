// SPDX-License-Identifier: Apache-2.0
// The same sums in pools of 1 to 16 threads: one hash of their bits. `sum_bits THREADS` prints that of one
// pool.
#include "twill/par.hpp"
#include "twill/par/range.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <vector>

namespace par = twill::par;

static std::uint64_t hash_of_sums(const std::vector<double>& v, std::size_t threads) {
  const par::thread_pool pool = par::thread_pool_builder{}.num_threads(threads).build();
  const auto add = [](double a, double b) { return a + b; };
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&hash](double x) { hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3U; };
  mix(v | par::on(pool) | par::sum<double>());
  mix(v | par::on(pool) | par::map([](double x) { return 1 + x * 1e-12; }) | par::product<double>());
  mix(v | par::on(pool) | par::filter([](double x) { return x > 0; }) | par::sum<double>());
  mix(v | par::on(pool) | par::reduce(0.0, add));
  mix(v | par::on(pool) | par::fold(0.0, add) | par::sum<double>());
  return hash;
}

int main(int argc, char** argv) {
  std::vector<double> v(1000003);
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = std::sin(static_cast<double>(i)) * std::exp2(static_cast<double>(i % 61) - 30);
  }
  if (argc == 2) {
    std::printf("%016llx\n",
                static_cast<unsigned long long>(hash_of_sums(v, std::strtoul(argv[1], nullptr, 10))));
    return 0;
  }
  std::set<std::uint64_t> hashes;
  for (std::size_t threads = 1; threads <= 16; ++threads) hashes.insert(hash_of_sums(v, threads));
  std::printf("%016llx %s\n", static_cast<unsigned long long>(*hashes.begin()),
              hashes.size() == 1 ? "one hash for 1 to 16 threads" : "THE BITS DIFFER");
  return hashes.size() == 1 ? 0 : 1;
}
