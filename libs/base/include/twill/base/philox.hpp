// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace twill {

/// The four counter words and the four output words of a Philox block.
using philox_block = std::array<std::uint32_t, 4>;

/// Philox4x32-10: the bijection of 128 bits that `key` selects.
///
/// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11
/// (2011), with the published constants, so that the published known answers hold.
[[nodiscard]] constexpr philox_block philox4x32(philox_block counter,
                                                std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xd251'1f53U} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xcd9e'8d57U} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + 0x9e37'79b9U, key[1] + 0xbb67'ae85U};
  }
  return counter;
}

/// The two 64-bit numbers of a block: `which` 0 takes words 0 (low) and 1 (high), 1 takes words 2 and 3.
[[nodiscard]] constexpr std::uint64_t philox_word64(const philox_block& block, unsigned which) noexcept {
  return std::uint64_t{block[2 * which]} | std::uint64_t{block[2 * which + 1]} << 32U;
}

/// (k + 1/2) * 2^-53 with k the upper 53 of 64 random bits: uniform in (0, 1), never 0 and never 1.
///
/// For k >= 2^52 the half rounds to even; k = 2^53 - 1 would so give 1 and gives 1 - 2^-53, the largest
/// double below 1.
[[nodiscard]] constexpr double uniform_from_bits(std::uint64_t bits) noexcept {
  const double u = (static_cast<double>(bits >> 11U) + 0.5) * 0x1p-53;
  return u < 1.0 ? u : 1.0 - 0x1p-53;
}

/// The integer in [0, k) that 64 random bits select: the high half of their product with k. The most likely
/// value exceeds the least likely one by at most k * 2^-64, relatively. `k` 0 gives 0.
[[nodiscard]] constexpr std::uint64_t bounded_from_bits(std::uint64_t bits, std::uint64_t k) noexcept {
  const std::uint64_t low = 0xffff'ffffU;
  const std::uint64_t cross = (bits >> 32U) * (k & low) + (((bits & low) * (k & low)) >> 32U);
  const std::uint64_t other = (bits & low) * (k >> 32U) + (cross & low);
  return (bits >> 32U) * (k >> 32U) + (cross >> 32U) + (other >> 32U);
}

/// The standard normal quantile of `u`: the z with P(Z <= z) = u, to a relative error of 1e-15.
///
/// M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988); the logarithm of the tails is our
/// own, so that the bits do not depend on a mathematics library. 0 gives -inf, 1 gives inf, anything outside
/// [0, 1] a NaN.
[[nodiscard]] double normal_quantile(double u) noexcept;

/// What names a stream of random numbers: 64 bits of Philox key and the upper 64 bits of its counter.
///
/// A key made of integers is a function of their values and number alone, the same in every version, on every
/// machine: s = (0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344); then for each integer v, and last for the
/// number of integers, s = philox4x32(s, (low word of v, high word of v)) xor s. The key is words 0 and 1 of
/// s, the upper counter is words 2 and 3. An integer counts by its value modulo 2^64, whatever its type:
/// int{-1} and std::int64_t{-1} are the same.
class philox_key {
 public:
  /// The stream of a tuple of integers: different tuples, also of different length, give unrelated streams.
  template <std::integral... Ints>
    requires(sizeof...(Ints) >= 1)
  constexpr explicit philox_key(Ints... parts) noexcept {
    philox_block state{0x243f'6a88U, 0x85a3'08d3U, 0x1319'8a2eU, 0x0370'7344U};
    (absorb(state, static_cast<std::uint64_t>(parts)), ...);
    absorb(state, sizeof...(Ints));
    key_ = {state[0], state[1]};
    upper_ = {state[2], state[3]};
  }
  /// The same for a tuple whose length is known at run time.
  constexpr explicit philox_key(std::span<const std::uint64_t> parts) noexcept {
    philox_block state{0x243f'6a88U, 0x85a3'08d3U, 0x1319'8a2eU, 0x0370'7344U};
    for (const std::uint64_t part : parts) absorb(state, part);
    absorb(state, parts.size());
    key_ = {state[0], state[1]};
    upper_ = {state[2], state[3]};
  }
  /// The key and upper counter words as they are, without mixing.
  [[nodiscard]] static constexpr philox_key raw(std::array<std::uint32_t, 2> key,
                                                std::array<std::uint32_t, 2> upper = {}) noexcept {
    return philox_key(key, upper);
  }

  [[nodiscard]] constexpr const std::array<std::uint32_t, 2>& key() const noexcept { return key_; }
  [[nodiscard]] constexpr const std::array<std::uint32_t, 2>& upper() const noexcept { return upper_; }
  friend constexpr bool operator==(const philox_key&, const philox_key&) noexcept = default;

 private:
  constexpr philox_key(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 2> upper) noexcept
      : key_(key), upper_(upper) {}
  static constexpr void absorb(philox_block& state, std::uint64_t part) noexcept {
    const philox_block mixed =
        philox4x32(state, {static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(part >> 32U)});
    for (std::size_t i = 0; i < state.size(); ++i) state[i] ^= mixed[i];
  }

  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 2> upper_{};
};

/// A stream of 2^64 random 64-bit numbers, each of which can be read without those before it.
///
/// Number n is half n % 2 of the block whose counter is (low word of n / 2, high word of n / 2, upper words
/// of the key). As a standard engine it also keeps a position. The bits are the same on every platform,
/// compiler and vector level.
///
/// Thread safety: reading by number is const and free of state; the position is the caller's to guard.
class philox {
 public:
  using result_type = std::uint64_t;

  constexpr explicit philox(philox_key key, std::uint64_t position = 0) noexcept
      : key_(key), position_(position) {}

  [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
  [[nodiscard]] static constexpr result_type max() noexcept {
    return std::numeric_limits<result_type>::max();
  }

  /// The number at the position, which moves on by one. After number 2^64 - 1 follows number 0.
  constexpr result_type operator()() noexcept { return bits(position_++); }
  /// Complexity: O(1).
  constexpr void discard(std::uint64_t count) noexcept { position_ += count; }
  constexpr void seek(std::uint64_t n) noexcept { position_ = n; }
  [[nodiscard]] constexpr std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] constexpr const philox_key& key() const noexcept { return key_; }

  /// Number n of the stream.
  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t n) const noexcept {
    const philox_block counter{static_cast<std::uint32_t>(n >> 1U), static_cast<std::uint32_t>(n >> 33U),
                               key_.upper()[0], key_.upper()[1]};
    return philox_word64(philox4x32(counter, key_.key()), static_cast<unsigned>(n & 1U));
  }
  /// `uniform_from_bits(bits(n))`: in (0, 1).
  [[nodiscard]] constexpr double uniform(std::uint64_t n) const noexcept {
    return uniform_from_bits(bits(n));
  }
  /// `normal_quantile(uniform(n))`: mean 0, variance 1.
  [[nodiscard]] double normal(std::uint64_t n) const noexcept { return normal_quantile(uniform(n)); }
  /// `bounded_from_bits(bits(n), k)`: an integer in [0, k). Requires: k > 0.
  [[nodiscard]] constexpr std::uint64_t bounded(std::uint64_t n, std::uint64_t k) const noexcept {
    return bounded_from_bits(bits(n), k);
  }

  /// Element i becomes `bits(first + i)`, faster than one by one. The position stays.
  void fill_bits(std::span<std::uint64_t> out, std::uint64_t first) const noexcept;
  /// Element i becomes `uniform(first + i)`, bit for bit.
  void fill_uniform(std::span<double> out, std::uint64_t first) const noexcept;
  /// Element i becomes `normal(first + i)`, bit for bit.
  void fill_normal(std::span<double> out, std::uint64_t first) const noexcept;

  friend constexpr bool operator==(const philox&, const philox&) noexcept = default;

 private:
  philox_key key_;
  std::uint64_t position_;
};

}  // namespace twill
