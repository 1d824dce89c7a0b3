// SPDX-License-Identifier: Apache-2.0
// A book of options on one asset, and the payoffs of a leaf of paths: what the example prices and what the
// benchmark of the same name times beside plain threads.
#pragma once

#include "twill/base/philox.hpp"
#include "twill/base/sum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace option_book {

// One asset, eight dates in a year.
constexpr std::size_t dates = 8;
constexpr double spot = 100.0;
constexpr double rate = 0.03;
constexpr double volatility = 0.2;

enum class kind { call, put, asian_call, up_and_out };
struct option {
  const char* name;
  kind what;
  double strike;
};
constexpr std::array<option, 8> book{{{"call 90", kind::call, 90},
                                      {"call 100", kind::call, 100},
                                      {"call 110", kind::call, 110},
                                      {"put 90", kind::put, 90},
                                      {"put 100", kind::put, 100},
                                      {"asian call 100", kind::asian_call, 100},
                                      {"asian call 110", kind::asian_call, 110},
                                      {"up and out 100", kind::up_and_out, 100}}};
// Of each option the sum of the payoffs and of their squares.
constexpr std::size_t sums = 2 * book.size();
using leaf_sums = std::array<double, sums>;

// What a worker needs for itself.
struct workspace {
  std::vector<double> normals = std::vector<double>(twill::sum_leaf_size * dates);
};

// The payoffs of paths [first, first + n), summed in their order.
inline leaf_sums price_leaf(const twill::philox& stream, std::uint64_t first, std::size_t n,
                            workspace& space) {
  constexpr double step = 1.0 / static_cast<double>(dates);
  constexpr double drift = (rate - 0.5 * volatility * volatility) * step;
  const double spread = volatility * std::sqrt(step);
  const std::span<double> normals = std::span(space.normals).first(n * dates);
  stream.fill_normal(normals, first * dates);
  leaf_sums out{};
  for (std::size_t p = 0; p < n; ++p) {
    double log_price = 0;
    double price = spot;
    double average = 0;
    double highest = spot;
    for (std::size_t d = 0; d < dates; ++d) {
      log_price += drift + spread * normals[p * dates + d];
      price = spot * std::exp(log_price);
      average += price;
      highest = std::max(highest, price);
    }
    average /= static_cast<double>(dates);
    for (std::size_t o = 0; o < book.size(); ++o) {
      const double k = book[o].strike;
      double payoff = 0;
      switch (book[o].what) {
        case kind::call: payoff = std::max(price - k, 0.0); break;
        case kind::put: payoff = std::max(k - price, 0.0); break;
        case kind::asian_call: payoff = std::max(average - k, 0.0); break;
        case kind::up_and_out: payoff = highest < 130.0 ? std::max(price - k, 0.0) : 0.0; break;
      }
      out[2 * o] += payoff;
      out[2 * o + 1] += payoff * payoff;
    }
  }
  return out;
}

}  // namespace option_book
