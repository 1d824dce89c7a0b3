// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace twill {

// The fixed tree. n elements form ceil(n / 1024) leaves of 1024, the last one shorter. Over m leaves, the
// left branch of the root holds the largest power of two of leaves below m, the right branch the rest, and so
// on downwards: every branch that starts at a multiple of 2^k leaves and spans 2^k is the same node in every
// longer tree. The shape depends on n alone, so leaves may be summed anywhere, by anyone, at any time.

/// Elements of a leaf.
inline constexpr std::size_t sum_leaf_size = 1024;

/// The sum of one leaf, or of any short run of numbers: element i is added in order to partial sum i % 16,
/// each of which starts at +0; then the upper half of the partial sums is added to the lower half until one
/// is left.
[[nodiscard]] double sum_leaf(std::span<const double> x) noexcept;
[[nodiscard]] float sum_leaf(std::span<const float> x) noexcept;

/// The number of leaves in `n` elements.
[[nodiscard]] constexpr std::size_t sum_leaf_count(std::size_t n) noexcept {
  return n / sum_leaf_size + (n % sum_leaf_size != 0 ? 1 : 0);
}

/// How many of `m` leaves the left branch holds: the largest power of two below m. Requires: m >= 2.
[[nodiscard]] constexpr std::size_t sum_tree_split(std::size_t m) noexcept { return std::bit_floor(m - 1); }

/// Adds leaf values up along the fixed tree as they come, in index order, with one value kept a level.
///
/// Also for other types and operations: `Combine` need not commute. Leaf values may come from anywhere.
template <class T, class Combine>
class tree_fold {
 public:
  constexpr explicit tree_fold(Combine combine = {}) : combine_(combine) {}

  /// The next leaf. Complexity: amortised O(1) combinations.
  constexpr void push(T leaf) {
    // One pending node a set bit of the count, as in a binary counter: a carry combines two equal nodes.
    std::size_t level = 0;
    for (std::uint64_t carry = count_; (carry & 1U) != 0; carry >>= 1U, ++level)
      leaf = combine_(pending_[level], leaf);
    pending_[level] = leaf;
    ++count_;
  }
  [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
  /// The value of the tree over all leaves so far, `empty` if there is none.
  [[nodiscard]] constexpr T result(T empty = T{}) const {
    if (count_ == 0) return empty;
    std::size_t level = static_cast<std::size_t>(std::countr_zero(count_));
    T value = pending_[level];
    while (++level < static_cast<std::size_t>(std::bit_width(count_))) {
      if ((count_ >> level & 1U) != 0) value = combine_(pending_[level], value);
    }
    return value;
  }

 private:
  Combine combine_;
  std::array<T, 64> pending_{};
  std::uint64_t count_ = 0;
};

/// The combination of two branches of a sum: left plus right.
struct sum_combine {
  template <std::floating_point T>
  [[nodiscard]] constexpr T operator()(T left, T right) const noexcept {
    return left + right;
  }
};

/// The sum over the fixed tree of leaf sums that are already there.
[[nodiscard]] double fold_leaf_sums(std::span<const double> leaves) noexcept;
[[nodiscard]] float fold_leaf_sums(std::span<const float> leaves) noexcept;

/// The sum over the fixed tree: the same bits for the same elements, on every machine, compiler and vector
/// level.
///
/// With m leaves the error is about (68 + log2(m)) * 2^-53 times the sum of magnitudes at most. A sum of
/// zeros of either sign, and of nothing, is +0.
[[nodiscard]] double pairwise_sum(std::span<const double> x) noexcept;
[[nodiscard]] float pairwise_sum(std::span<const float> x) noexcept;

/// An exact sum of doubles: the same bits for any order and any partition of the elements.
///
/// The state is the exact sum as a fixed-point number of 2208 bits, so nothing is rounded, and nothing
/// overflows, before `value`. A NaN, or infinities of both signs, make the value a NaN; infinities of one
/// sign make it that infinity. The value is the exact sum rounded to nearest, ties to even: infinite only
/// where the exact sum rounds beyond the largest double. A sum of zeros of either sign, of nothing, and exact
/// cancellation give +0. Up to 2^63 elements are counted on.
///
/// The state is trivially copyable, so it goes through MPI and shared memory as bytes between equal
/// architectures. Requires: the rounding mode is to nearest, and subnormal numbers are not flushed to zero.
/// After R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571 (2015),
/// for the state; the bulk path splits error-free at two units per pass, relative to the largest of a run, as
/// in S. M. Rump, T. Ogita, S. Oishi, SIAM J. Sci. Comput. 31 (2008).
class reproducible_accumulator {
 public:
  /// Complexity: O(1).
  void add(double x) noexcept;
  /// Adds every element, several times faster than one by one.
  void add(std::span<const double> x) noexcept;
  void add(std::span<const float> x) noexcept;
  /// As if all that `other` was given had been given to this one.
  void merge(const reproducible_accumulator& other) noexcept;

  /// The exact sum, rounded once.
  [[nodiscard]] double value() const noexcept;
  /// The exact sum, rounded once, to a float.
  [[nodiscard]] float value_as_float() const noexcept;

  /// Brings the state into the one form that depends on the exact sum alone; value and later additions are
  /// unchanged.
  void normalize() noexcept;
  /// Equal exact sums and equal special values, whatever the order of additions.
  friend bool operator==(const reproducible_accumulator& a, const reproducible_accumulator& b) noexcept;

 private:
  enum flag : std::uint32_t { seen_nan = 1, seen_plus_infinity = 2, seen_minus_infinity = 4 };
  enum class rounding : std::uint8_t { nearest_even, to_odd };

  void add_slowly(std::span<const double> x) noexcept;
  [[nodiscard]] double rounded(rounding mode) const noexcept;

  // Invariants
  // (1) The sum of finite elements is sum(limb_[i] * 2^(32 i - 1074)); limbs carry signs and overlap.
  // (2) |limb_[i]| < (pending_ + 1) * 2^32 but for the topmost, and pending_ <= 2^30, so no limb overflows.
  // (3) Normal form: pending_ is 0 and every limb but the topmost lies in [0, 2^32).
  static constexpr std::size_t limbs = 69;
  std::array<std::int64_t, limbs> limb_{};
  std::uint32_t pending_ = 0;
  std::uint32_t flags_ = 0;
};

static_assert(std::is_trivially_copyable_v<reproducible_accumulator>);
static_assert(sizeof(reproducible_accumulator) == 560);

/// The exact sum, rounded once: equal for any order of the elements.
[[nodiscard]] double reproducible_sum(std::span<const double> x) noexcept;
[[nodiscard]] float reproducible_sum(std::span<const float> x) noexcept;

}  // namespace twill
