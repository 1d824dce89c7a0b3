// SPDX-License-Identifier: Apache-2.0
#include "twill/base/sum.hpp"

#include "simd/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twill {
namespace {

template <class T, class Leaf>
T pairwise(std::span<const T> x, Leaf leaf) noexcept {
  if (x.size() <= sum_leaf_size) return leaf(x.data(), x.size());
  tree_fold<T, sum_combine> fold;
  for (; x.size() > sum_leaf_size; x = x.subspan(sum_leaf_size)) fold.push(leaf(x.data(), sum_leaf_size));
  fold.push(leaf(x.data(), x.size()));
  return fold.result();
}

template <class T>
T folded(std::span<const T> leaves) noexcept {
  tree_fold<T, sum_combine> fold;
  for (const T leaf : leaves) fold.push(leaf);
  return fold.result();
}

constexpr std::uint64_t low_word = 0xffff'ffffU;
constexpr std::uint64_t fraction_mask = 0x000f'ffff'ffff'ffffU;
constexpr std::uint64_t hidden_bit = 0x0010'0000'0000'0000U;
constexpr unsigned special_exponent = 2047;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Elements of one pass of the bulk path: with 2^10 of them, parts of 43 bits sum up exactly in 53.
constexpr std::size_t run = 1024;
constexpr int part_bits = 43;
// A unit 2^b needs the constant 1.5 * 2^(52+b): the range of b in which neither it nor 2^b leaves the
// doubles.
constexpr int smallest_unit = -1074;
constexpr int largest_unit = 1022 - 53;

double splitting_constant(int unit) noexcept {  // 1.5 * 2^(52 + unit), always a normal number
  return std::bit_cast<double>((static_cast<std::uint64_t>(52 + unit + 1023) << 52U) | (hidden_bit >> 1U));
}

}  // namespace

double sum_leaf(std::span<const double> x) noexcept {
  return detail::active_kernels().leaf_sum_f64(x.data(), x.size());
}
float sum_leaf(std::span<const float> x) noexcept {
  return detail::active_kernels().leaf_sum_f32(x.data(), x.size());
}

double fold_leaf_sums(std::span<const double> leaves) noexcept { return folded(leaves); }
float fold_leaf_sums(std::span<const float> leaves) noexcept { return folded(leaves); }

double pairwise_sum(std::span<const double> x) noexcept {
  return pairwise(x, detail::active_kernels().leaf_sum_f64);
}
float pairwise_sum(std::span<const float> x) noexcept {
  return pairwise(x, detail::active_kernels().leaf_sum_f32);
}

void reproducible_accumulator::add(double x) noexcept {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const unsigned exponent = static_cast<unsigned>(bits >> 52U) & special_exponent;
  const bool negative = (bits >> 63U) != 0;
  std::uint64_t significand = bits & fraction_mask;
  if (exponent == special_exponent) {
    flags_ |= significand != 0 ? seen_nan : (negative ? seen_minus_infinity : seen_plus_infinity);
    return;
  }
  if (exponent != 0) significand |= hidden_bit;
  const unsigned place = exponent != 0 ? exponent - 1 : 0;
  const unsigned shift = place % 32;
  const std::uint64_t lower = (significand & low_word) << shift;
  const std::uint64_t upper = ((significand >> 32U) << shift) + (lower >> 32U);
  const std::array<std::int64_t, 3> parts{static_cast<std::int64_t>(lower & low_word),
                                          static_cast<std::int64_t>(upper & low_word),
                                          static_cast<std::int64_t>(upper >> 32U)};
  std::int64_t* const at = limb_.data() + place / 32;
  for (std::size_t i = 0; i < parts.size(); ++i) at[i] += negative ? -parts[i] : parts[i];
  if (++pending_ == std::uint32_t{1} << 30U) normalize();  // keeps (2)
}

void reproducible_accumulator::add_slowly(std::span<const double> x) noexcept {
  for (const double v : x) add(v);
}

void reproducible_accumulator::add(std::span<const double> x) noexcept {
  const detail::kernels& k = detail::active_kernels();
  std::array<double, run> rest;
  while (!x.empty()) {
    const std::span<const double> piece = x.first(std::min(run, x.size()));
    x = x.subspan(piece.size());
    // Few elements, or parts that a splitting constant cannot reach (also infinities): one by one.
    const double largest = k.max_magnitude(piece.data(), piece.size());
    if (piece.size() < 16 || !(largest < 0x1p1000)) {
      add_slowly(piece);
      continue;
    }
    // Every element is below 2^(unit + part_bits) in magnitude; a rest is at most half the unit before it, so
    // the next unit may be part_bits + 1 lower. NaNs stay in the rest to the end.
    int unit = (largest == 0.0 ? smallest_unit : std::ilogb(largest) + 1) - part_bits;
    const double* from = piece.data();
    bool done = false;
    for (int pass = 0; pass < 4 && !done; ++pass) {
      const int first = std::clamp(unit, smallest_unit, largest_unit);
      const int second = std::max(first - part_bits - 1, smallest_unit);
      const detail::split_sums sums =
          k.split(from, rest.data(), piece.size(), splitting_constant(first), splitting_constant(second));
      if (pass == 0 && std::isnan(sums.upper)) break;
      add(sums.upper);
      add(sums.lower);
      done = sums.rest_is_zero;
      from = rest.data();
      unit = second - part_bits - 1;
    }
    if (!done) add_slowly({from, piece.size()});
  }
}

void reproducible_accumulator::add(std::span<const float> x) noexcept {
  std::array<double, run> wide;
  while (!x.empty()) {
    const std::span<const float> piece = x.first(std::min(run, x.size()));
    x = x.subspan(piece.size());
    std::ranges::copy(piece, wide.begin());
    add(std::span<const double>(wide).first(piece.size()));
  }
}

void reproducible_accumulator::normalize() noexcept {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i + 1 < limbs; ++i) {
    const std::int64_t sum = limb_[i] + carry;
    carry = sum >> 32;  // rounds down, so that the rest is not negative
    limb_[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) & low_word);
  }
  limb_[limbs - 1] += carry;
  pending_ = 0;
}

void reproducible_accumulator::merge(const reproducible_accumulator& other) noexcept {
  reproducible_accumulator added = other;
  added.normalize();
  normalize();
  for (std::size_t i = 0; i < limbs; ++i) limb_[i] += added.limb_[i];
  flags_ |= added.flags_;
  normalize();
}

bool operator==(const reproducible_accumulator& a, const reproducible_accumulator& b) noexcept {
  reproducible_accumulator x = a;
  reproducible_accumulator y = b;
  x.normalize();
  y.normalize();
  return x.limb_ == y.limb_ && x.flags_ == y.flags_;
}

double reproducible_accumulator::rounded(rounding mode) const noexcept {
  const bool plus = (flags_ & seen_plus_infinity) != 0;
  const bool minus = (flags_ & seen_minus_infinity) != 0;
  if ((flags_ & seen_nan) != 0 || (plus && minus)) return std::numeric_limits<double>::quiet_NaN();
  if (plus || minus) return plus ? infinity : -infinity;

  reproducible_accumulator sum = *this;
  sum.normalize();
  const bool negative = sum.limb_[limbs - 1] < 0;
  if (negative) {
    for (std::int64_t& l : sum.limb_) l = -l;
    sum.normalize();
  }
  std::size_t top = limbs - 1;
  while (top > 0 && sum.limb_[top] == 0) --top;
  // In units of 2^-1074: bits above `place` are there in all, `place` counts those below the 53 that stay.
  const auto limb = [&](std::size_t i) { return static_cast<std::uint64_t>(sum.limb_[i]); };
  const std::size_t width = 32 * top + static_cast<std::size_t>(std::bit_width(limb(top)));
  std::uint64_t magnitude = 0;
  if (width <= 53) {
    magnitude =
        limb(0) | (top >= 1 ? limb(1) << 32U : 0);  // exact; the bits of such a double are this integer
  } else {
    const std::size_t place = width - 53;
    const std::size_t low = place / 32;
    const unsigned shift = place % 32;
    // Limbs low .. low + 2 hold the 53 bits; the topmost limb may be wider than 32 bits only beyond the range
    // of doubles.
    if (width > 53 + 2045) return negative ? -infinity : infinity;
    std::uint64_t significand = limb(low) >> shift;
    significand |= limb(low + 1) << (32U - shift);
    if (low + 2 < limbs && shift + 53 > 64) significand |= limb(low + 2) << (64U - shift);
    significand &= (hidden_bit << 1U) - 1;
    bool below = (limb(low) & ((std::uint64_t{1} << shift) - 1)) != 0;  // a bit below the last that stays
    for (std::size_t i = 0; i < low; ++i) below = below || limb(i) != 0;
    std::uint64_t round_up = 0;
    if (mode == rounding::to_odd) {
      significand |= below ? 1U : 0U;
    } else {
      const std::size_t half_at = place - 1;
      const bool half = (limb(half_at / 32) >> (half_at % 32) & 1U) != 0;
      bool beyond = (limb(half_at / 32) & ((std::uint64_t{1} << (half_at % 32)) - 1)) != 0;
      for (std::size_t i = 0; i < half_at / 32; ++i) beyond = beyond || limb(i) != 0;
      round_up = half && (beyond || (significand & 1U) != 0) ? 1U : 0U;
    }
    // The hidden bit adds one to the exponent field, and so does a carry out of the significand, up to
    // infinity.
    magnitude = (static_cast<std::uint64_t>(place) << 52U) + significand + round_up;
  }
  const double value = std::bit_cast<double>(magnitude);
  return negative ? -value : value;
}

double reproducible_accumulator::value() const noexcept { return rounded(rounding::nearest_even); }

// A significand rounded to odd keeps, in its last bit, whether anything lies below: with 53 >= 24 + 2 bits,
// the second rounding gives what one rounding of the exact sum would.
float reproducible_accumulator::value_as_float() const noexcept {
  const double wide = rounded(rounding::to_odd);
  // A finite double beyond this rounds to infinity, which the conversion itself leaves undefined in C++.
  if (std::isfinite(wide) && std::fabs(wide) >= 0x1.ffffffp127) {
    return std::copysign(std::numeric_limits<float>::infinity(), wide < 0 ? -1.0F : 1.0F);
  }
  return static_cast<float>(wide);
}

double reproducible_sum(std::span<const double> x) noexcept {
  reproducible_accumulator sum;
  sum.add(x);
  return sum.value();
}

float reproducible_sum(std::span<const float> x) noexcept {
  reproducible_accumulator sum;
  sum.add(x);
  return sum.value_as_float();
}

}  // namespace twill
