// SPDX-License-Identifier: Apache-2.0
#include "twill/base/philox.hpp"

#include "simd/kernels.hpp"
#include "simd/normal_centre.hpp"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>

static_assert(FLT_EVAL_METHOD == 0, "intermediate results wider than double would change the bits");
static_assert(std::numeric_limits<double>::is_iec559);

namespace twill {
namespace {

// ln x for x > 0, within 1 ulp where |ln x| > 2, which is all that the tails need. x = 2^e * m with m in
// [sqrt(1/2), sqrt(2)); ln m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.1716, by its series up to s^25,
// whose next term is below 2^-71. ln 2 is split so that e times its upper part is exact.
double logarithm(double x) noexcept {
  constexpr double ln2_upper = 0x1.62e42fefap-1;
  constexpr double ln2_lower = 0x1.cf79abc9e3b39p-40;
  const bool subnormal = x < DBL_MIN;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(subnormal ? x * 0x1p54 : x);
  int e = static_cast<int>(bits >> 52U) - (subnormal ? 1023 + 54 : 1023);
  double m = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U);
  if (m > 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++e;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double t = s * s;
  double tail = 1.0 / 25.0;
  for (int k = 23; k >= 3; k -= 2) tail = tail * t + 1.0 / static_cast<double>(k);
  const double n = static_cast<double>(e);
  return n * ln2_upper + (2.0 * s + (2.0 * s * t * tail + n * ln2_lower));
}

// The two outer functions of PPND16, for q = u - 1/2 beyond the centre. The smaller of u and 1 - u is exact.
double normal_tail(double u) noexcept {
  const double smaller = u < 0.5 ? u : 1.0 - u;
  double r = std::sqrt(-logarithm(smaller));
  double z = 0.0;
  if (r <= 5.0) {
    r -= 1.6;
    const double above =
        ((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.241780725177450611770) * r +
            1.27045825245236838258) *
               r +
           3.64784832476320460504) *
              r +
          5.76949722146069140550) *
             r +
         4.63033784615654529590) *
            r +
        1.42343711074968357734;
    const double below =
        ((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
            0.148103976427480074590) *
               r +
           0.689767334985100004550) *
              r +
          1.67638483018380384940) *
             r +
         2.05319162663775882187) *
            r +
        1.0;
    z = above / below;
  } else {
    r -= 5.0;
    const double above =
        ((((((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r + 0.00124266094738807843860) *
                r +
            0.0265321895265761230930) *
               r +
           0.296560571828504891230) *
              r +
          1.78482653991729133580) *
             r +
         5.46378491116411436990) *
            r +
        6.65790464350110377720;
    const double below =
        ((((((r * 2.04426310338993978564e-15 + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) *
                r +
            7.86869131145613259100e-4) *
               r +
           0.0148753612908506148525) *
              r +
          0.136929880922735805310) *
             r +
         0.599832206555887937690) *
            r +
        1.0;
    z = above / below;
  }
  return u < 0.5 ? -z : z;
}

bool is_central(double u) noexcept { return std::fabs(u - 0.5) <= detail::normal_centre_limit; }

detail::philox_stream stream_of(const philox_key& key) noexcept {
  return {{key.key()[0], key.key()[1]}, {key.upper()[0], key.upper()[1]}};
}

// Single draws up to an even number, whole blocks by `kernel`, a last single draw. Block numbers wrap with
// the numbers.
template <class T, class Kernel, class Single>
void fill(std::span<T> out, std::uint64_t first, Kernel kernel, Single single) noexcept {
  std::size_t i = 0;
  const auto whole_blocks = [&](std::size_t blocks) {
    kernel(first >> 1U, blocks, out.data() + i);
    i += 2 * blocks;
    first += 2 * blocks;
  };
  if (!out.empty() && (first & 1U) != 0) out[i++] = single(first++);
  const std::size_t blocks = (out.size() - i) / 2;
  const std::uint64_t before_wrap = (std::uint64_t{1} << 63U) - (first >> 1U);
  if (blocks > before_wrap) {
    whole_blocks(static_cast<std::size_t>(before_wrap));
    whole_blocks(blocks - static_cast<std::size_t>(before_wrap));
  } else {
    whole_blocks(blocks);
  }
  if (i < out.size()) out[i] = single(first);
}

}  // namespace

double normal_quantile(double u) noexcept {
  if (is_central(u)) return detail::normal_centre(u - 0.5);
  if (u > 0.0 && u < 1.0) return normal_tail(u);
  if (u == 0.0) return -std::numeric_limits<double>::infinity();
  if (u == 1.0) return std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

void philox::fill_bits(std::span<std::uint64_t> out, std::uint64_t first) const noexcept {
  const detail::philox_stream stream = stream_of(key_);
  fill(
      out, first,
      [&, kernel = detail::active_kernels().philox_bits](
          std::uint64_t block, std::size_t blocks, std::uint64_t* to) { kernel(stream, block, blocks, to); },
      [&](std::uint64_t n) { return bits(n); });
}

void philox::fill_uniform(std::span<double> out, std::uint64_t first) const noexcept {
  const detail::philox_stream stream = stream_of(key_);
  fill(
      out, first,
      [&, kernel = detail::active_kernels().philox_uniform](
          std::uint64_t block, std::size_t blocks, double* to) { kernel(stream, block, blocks, to); },
      [&](std::uint64_t n) { return uniform(n); });
}

void philox::fill_normal(std::span<double> out, std::uint64_t first) const noexcept {
  constexpr std::size_t piece = 512;  // stays in the nearest cache between the passes
  std::array<double, piece> u;
  auto* const centre = detail::active_kernels().normal_centre;
  while (!out.empty()) {
    const std::size_t n = std::min(piece, out.size());
    fill_uniform(std::span(u).first(n), first);
    centre(u.data(), out.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      if (!is_central(u[i])) out[i] = normal_tail(u[i]);
    }
    out = out.subspan(n);
    first += n;
  }
}

}  // namespace twill
