// SPDX-License-Identifier: Apache-2.0
#include "stochastic/sobol.hpp"

#include "stochastic/sobol_table.hpp"
#include "twill/base/error.hpp"
#include "twill/base/philox.hpp"
#include "twill/sddp/case.hpp"

#include <fmt/core.h>

#include <bit>
#include <vector>

namespace twill::sddp {

namespace {

constexpr std::size_t highest_degree = 18;

// Bits of the table, from the lowest bit of the first word after the counts on.
class bit_reader {
 public:
  explicit bit_reader(std::size_t at) noexcept : at_(at) {}
  std::uint32_t take(std::size_t count) noexcept {
    const std::span<const std::uint64_t> words = sobol_table().subspan(1 + highest_degree);
    std::uint64_t bits = words[at_ / 64] >> at_ % 64;
    if (at_ % 64 + count > 64) bits |= words[at_ / 64 + 1] << (64 - at_ % 64);
    at_ += count;
    return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << count) - 1));
  }

 private:
  std::size_t at_;
};

std::uint32_t mirrored(std::uint32_t x) noexcept {
  x = (x & 0x55555555U) << 1U | (x >> 1U & 0x55555555U);
  x = (x & 0x33333333U) << 2U | (x >> 2U & 0x33333333U);
  x = (x & 0x0F0F0F0FU) << 4U | (x >> 4U & 0x0F0F0F0FU);
  x = (x & 0x00FF00FFU) << 8U | (x >> 8U & 0x00FF00FFU);
  return x << 16U | x >> 16U;
}

}  // namespace

void require_sobol_dimension(std::size_t dimension) {
  if (dimension <= max_sobol_dimension) return;
  throw error(sddp::make_error_code(sddp::errc::unsupported),
              {.what = "a Sobol sequence has no more dimensions than its table of direction numbers",
               .found = fmt::format("{} uncertain quantities", dimension),
               .expected = fmt::format("at most {}", max_sobol_dimension),
               .hint = "\"sampling_method\": \"lhs\" has no such limit"});
}

sobol_dimension::sobol_dimension(std::size_t d) noexcept {
  // The first dimension is the radical inverse in base 2; it has no polynomial.
  for (std::size_t i = 0; i < 32; ++i) direction_[i] = 0x80000000U >> i;
  if (d == 0) return;
  std::size_t left = d - 1;
  std::size_t at = 0;
  std::size_t degree = 1;
  for (; left >= sobol_table()[degree]; ++degree) {
    left -= sobol_table()[degree];
    at += sobol_table()[degree] * ((degree - 1) * (degree + 2) / 2);
  }
  bit_reader bits(at + left * ((degree - 1) * (degree + 2) / 2));
  const std::uint32_t inner = bits.take(degree - 1);
  for (std::size_t i = 1; i < degree; ++i) direction_[i] = (2 * bits.take(i) + 1) << (31 - i);
  for (std::size_t i = degree; i < 32; ++i) {
    std::uint32_t next = direction_[i - degree] ^ direction_[i - degree] >> degree;
    for (std::size_t k = 1; k < degree; ++k) {
      if ((inner >> (degree - 1 - k) & 1U) != 0) next ^= direction_[i - k];
    }
    direction_[i] = next;
  }
}

std::uint32_t sobol_dimension::point(std::uint32_t i) const noexcept {
  std::uint32_t sum = 0;
  for (std::uint32_t gray = i ^ i >> 1U; gray != 0; gray &= gray - 1) {
    sum ^= direction_[static_cast<std::size_t>(std::countr_zero(gray))];
  }
  return sum;
}

void sobol_dimension::first_points(std::span<std::uint32_t> out) const noexcept {
  std::uint32_t x = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = x;
    // The Gray codes of i and i + 1 differ where i has its lowest zero; the last of 2^32 points has no next.
    x ^= direction_[static_cast<std::size_t>(std::countr_one(static_cast<std::uint32_t>(i))) % 32];
  }
}

sobol_scramble sobol_scramble::drawn(noise_key key, std::size_t d, std::uint32_t phase) noexcept {
  key.purpose = static_cast<std::uint32_t>(draw::sobol_scramble) + phase;
  key.scenario = static_cast<std::uint32_t>(d);
  const std::uint64_t bits = noise_bits(key, 0);
  return {.factor = static_cast<std::uint32_t>(bits) | 1U, .shift = static_cast<std::uint32_t>(bits >> 32U)};
}

std::uint32_t sobol_scramble::operator()(std::uint32_t point) const noexcept {
  return mirrored(factor * mirrored(point) + shift);
}

double sobol_normal(std::uint32_t point) noexcept {
  return normal_quantile((static_cast<double>(point) + 0.5) * 0x1p-32);
}

void fill_sobol(std::span<double> values, std::size_t openings, std::size_t dimension, const noise_key& key) {
  require_sobol_dimension(dimension);
  std::vector<std::uint32_t> points(openings);
  for (std::size_t d = 0; d < dimension; ++d) {
    sobol_dimension(d).first_points(points);
    const sobol_scramble scramble = sobol_scramble::drawn(key, d);
    for (std::size_t w = 0; w < openings; ++w) values[w * dimension + d] = sobol_normal(scramble(points[w]));
  }
}

}  // namespace twill::sddp
