// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

/// What operations are compared with: loops as plain as can be.
namespace twill::lanes::reference {

/// Sizes at the edges of vectors, of chunks and of the threshold.
inline constexpr std::array<std::size_t, 13> sizes{0,    1,    2,    15,     16,     17,    3071,
                                                   3072, 3073, 9999, 10'000, 10'001, 30'721};

template <class T>
inline constexpr bool real = std::is_floating_point_v<T>;

/// Numbers with all that is awkward among them: extremes, zeros of both signs, infinities, NaN.
template <class T>
std::vector<T> awkward(std::size_t n, unsigned seed) {
  using limits = std::numeric_limits<T>;
  std::mt19937_64 random(seed);
  std::vector<T> out(n);
  for (T& x : out) {
    const std::uint64_t r = random();
    if constexpr (real<T>) {
      constexpr std::array<T, 8> odd{T{0},
                                     -T{0},
                                     limits::infinity(),
                                     -limits::infinity(),
                                     limits::quiet_NaN(),
                                     limits::max(),
                                     limits::denorm_min(),
                                     T{-1}};
      x = r % 16 < 8 ? odd[r % 8] : static_cast<T>(static_cast<double>(r >> 20) * 1e-12 - 8.0);
    } else {
      constexpr std::array<T, 4> odd{T{0}, T{1}, limits::max(), limits::min()};
      x = r % 8 < 4 ? odd[r % 4] : static_cast<T>(r >> 8);
    }
  }
  return out;
}
/// Ordinary numbers, none of them 0.
template <class T>
std::vector<T> ordinary(std::size_t n, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<T> out(n);
  for (T& x : out) {
    if constexpr (real<T>) {
      x = std::uniform_real_distribution<T>(T{-3}, T{3})(random);
    } else {
      x = static_cast<T>(random());
      if (x == 0) x = 1;
    }
  }
  return out;
}

/// The same bits, or NaN both.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (real<T>) {
    if (std::isnan(a) && std::isnan(b)) return true;
  }
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
/// The first place where two arrays are not the same, or the length.
template <class T>
std::size_t first_difference(const std::vector<T>& a, const std::vector<T>& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && same(a[i], b[i])) ++i;
  return i;
}

template <class T>
using wide = std::conditional_t<real<T>, T, std::uint64_t>;
template <class T>
T add(T a, T b) {
  return static_cast<T>(static_cast<wide<T>>(a) + static_cast<wide<T>>(b));
}
template <class T>
T sub(T a, T b) {
  return static_cast<T>(static_cast<wide<T>>(a) - static_cast<wide<T>>(b));
}
template <class T>
T mul(T a, T b) {
  return static_cast<T>(static_cast<wide<T>>(a) * static_cast<wide<T>>(b));
}
template <class T>
T div(T a, T b) {
  if constexpr (std::is_signed_v<T> && !real<T>) {
    if (b == -1) return sub(T{0}, a);
  }
  return static_cast<T>(a / b);
}
/// MIN and MAX: a NaN loses, of equal values the first stays.
template <class T>
T min(T a, T b) {
  return b < a || a != a ? b : a;
}
template <class T>
T max(T a, T b) {
  return b > a || a != a ? b : a;
}

/// Distance from what an element ought to be, in units of its last place. What rounds to it has distance 0.
template <class T>
double ulps(T got, long double wanted) {
  const T rounded = static_cast<T>(wanted);
  if (same(got, rounded) || got == rounded) return 0;
  if (!std::isfinite(got) || !std::isfinite(rounded)) return 1e9;
  const T next = std::nextafter(std::fabs(rounded), std::numeric_limits<T>::infinity());
  const auto unit = std::isfinite(next) ? static_cast<long double>(next - std::fabs(rounded))
                                        : static_cast<long double>(rounded - std::nextafter(rounded, T{0}));
  return static_cast<double>(std::fabs((static_cast<long double>(got) - wanted) / unit));
}

/// A sum as documented: chunks of 3072, in each 16 partial sums folded by halves, chunks pairwise.
template <class T, class F>
T folded(const std::vector<T>& x, T identity, F combine) {
  std::vector<T> parts;
  for (std::size_t begin = 0; begin < x.size(); begin += 3072) {
    std::array<T, 16> acc;
    acc.fill(identity);
    for (std::size_t i = begin; i < std::min(x.size(), begin + 3072); ++i)
      acc[(i - begin) % 16] = combine(acc[(i - begin) % 16], x[i]);
    for (std::size_t step = 8; step > 0; step /= 2) {
      for (std::size_t k = 0; k < step; ++k) acc[k] = combine(acc[k], acc[k + step]);
    }
    parts.push_back(acc[0]);
  }
  while (parts.size() > 1) {
    std::vector<T> next;
    for (std::size_t i = 0; i < parts.size(); i += 2)
      next.push_back(i + 1 < parts.size() ? combine(parts[i], parts[i + 1]) : parts[i]);
    parts = next;
  }
  return parts.empty() ? identity : parts[0];
}

/// The message of the fault that `f` ends with.
template <class F>
std::string fault_of(const F& f) {
  try {
    f();
  } catch (const fault& caught) {
    return to_string(caught.info());
  }
  return "no fault";
}

}  // namespace twill::lanes::reference
