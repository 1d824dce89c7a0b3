// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// The 96 classes, their mirror pairs and neighbours, and the boundary pool's coordinates.
///
/// A class id is 48 e1 + 24 e2 + 12 e3 + 6 e6 + 3 e7 + t with e's of 0 or 1 and t of 0, 1 or 2.
namespace twill::lanes::atlas {

/// Classes.
inline constexpr unsigned class_count = 96;
/// Pages of a class.
inline constexpr unsigned page_count = 48;
/// Bytes of a page.
inline constexpr unsigned page_bytes = 256;
/// Phases.
inline constexpr unsigned phase_modulus = 768;
/// Bytes of a class.
inline constexpr std::size_t elements_per_class = 12'288;

[[nodiscard]] constexpr std::uint8_t classify(std::uint8_t byte) noexcept {
  const unsigned e1 = byte & 1U;
  const unsigned e2 = byte >> 1 & 1U;
  const unsigned e3 = byte >> 2 & 1U;
  const unsigned e6 = byte >> 3 & 1U;
  const unsigned e7 = byte >> 4 & 1U;
  const unsigned t = (byte >> 5 & 3U) % 3U;
  return static_cast<std::uint8_t>(48 * e1 + 24 * e2 + 12 * e3 + 6 * e6 + 3 * e7 + t);
}

/// Requires (here and below): cls < 96.
[[nodiscard]] constexpr std::uint8_t mirror(std::uint8_t cls) noexcept {
  return static_cast<std::uint8_t>((cls / 3) % 2 == 0 ? cls + 3 : cls - 3);
}
[[nodiscard]] constexpr bool is_unity(std::uint8_t cls) noexcept { return cls == 1 || cls == 4; }
[[nodiscard]] constexpr unsigned degree(std::uint8_t cls) noexcept { return cls % 3 == 1 ? 6 : 5; }

/// Up to six classes, ascending.
struct neighbor_list {
  std::array<std::uint8_t, 6> ids{};  ///< the first `count` of them
  std::size_t count = 0;              ///< how many
  [[nodiscard]] std::span<const std::uint8_t> span() const noexcept { return {ids.data(), count}; }
};
[[nodiscard]] constexpr neighbor_list neighbors(std::uint8_t cls) noexcept {
  neighbor_list out;
  const auto flip = [cls](unsigned step) {
    return static_cast<std::uint8_t>((cls / step) % 2 == 0 ? cls + step : cls - step);
  };
  std::array<std::uint8_t, 6> found{flip(48), flip(24), flip(12), flip(6)};
  std::size_t n = 4;
  if (cls % 3 != 0) found[n++] = static_cast<std::uint8_t>(cls - 1);
  if (cls % 3 != 2) found[n++] = static_cast<std::uint8_t>(cls + 1);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t j = i;
    for (; j > 0 && out.ids[j - 1] > found[i]; --j) out.ids[j] = out.ids[j - 1];
    out.ids[j] = found[i];
  }
  out.count = n;
  return out;
}

/// The 48 pairs (c, mirror(c)) with c < mirror(c), ascending.
[[nodiscard]] std::vector<std::pair<std::uint8_t, std::uint8_t>> mirror_pairs();
/// The classes of the unity set: 1 and 4.
[[nodiscard]] std::array<std::uint8_t, 2> unity_positions() noexcept;

/// The packed form of a place in a class: byte << 16 | page.
[[nodiscard]] constexpr std::uint32_t phi_encode(std::uint8_t page, std::uint8_t byte) noexcept {
  return std::uint32_t{byte} << 16 | page;
}
/// A byte of a class that is known.
struct phi_place {
  std::uint8_t page = 0;  ///< below 48
  std::uint8_t byte = 0;  ///< of the page
  friend bool operator==(phi_place, phi_place) = default;
};
[[nodiscard]] constexpr phi_place phi_decode(std::uint32_t packed) noexcept {
  return {static_cast<std::uint8_t>(packed & 0xff), static_cast<std::uint8_t>(packed >> 16 & 0xff)};
}
/// page * 256 + byte.
[[nodiscard]] constexpr std::size_t linear_index(std::uint8_t page, std::uint8_t byte) noexcept {
  return std::size_t{page} * page_bytes + byte;
}

/// A byte of a class by its coordinates.
struct phi_coordinate {
  std::uint8_t cls = 0;   ///< class
  std::uint8_t page = 0;  ///< below 48
  std::uint8_t byte = 0;  ///< of the page
  friend bool operator==(phi_coordinate, phi_coordinate) = default;
};
/// Throws: `fault` for a class from 96, an offset from 12288 or a page from 48 on.
[[nodiscard]] phi_coordinate offset_to_phi(unsigned cls, std::size_t offset);
/// The offset of a place in its class. Throws: `fault` as offset_to_phi.
[[nodiscard]] std::size_t phi_to_offset(phi_coordinate at);
template <class T>
[[nodiscard]] constexpr std::size_t max_elements_per_class() noexcept {
  return elements_per_class / sizeof(T);
}
template <class T>
[[nodiscard]] constexpr bool fits_in_class(std::size_t n) noexcept {
  return n <= max_elements_per_class<T>();
}

/// Classes, pages and bytes that blocks and lanes are laid on by convention.
[[nodiscard]] constexpr std::uint8_t class_of_block(std::uint64_t block_x) noexcept {
  return static_cast<std::uint8_t>(block_x % class_count);
}
[[nodiscard]] constexpr std::uint8_t page_of_lane(std::uint64_t lane_x) noexcept {
  return static_cast<std::uint8_t>(lane_x % page_count);
}
[[nodiscard]] constexpr std::uint8_t byte_of_lane(std::uint64_t lane_y) noexcept {
  return static_cast<std::uint8_t>(lane_y % page_bytes);
}

/// A set of classes.
class class_mask {
 public:
  constexpr class_mask() noexcept = default;
  [[nodiscard]] static constexpr class_mask all() noexcept {
    class_mask m;
    m.words_ = {~std::uint64_t{0}, 0xffffffffU};
    return m;
  }
  constexpr void set(std::uint8_t cls) noexcept {
    if (cls < class_count) words_[cls / 64U] |= std::uint64_t{1} << (cls % 64U);
  }
  [[nodiscard]] constexpr bool is_set(std::uint8_t cls) const noexcept {
    return cls < class_count && (words_[cls / 64U] >> (cls % 64U) & 1U) != 0;
  }
  [[nodiscard]] constexpr unsigned count() const noexcept {
    return static_cast<unsigned>(std::popcount(words_[0]) + std::popcount(words_[1]));
  }
  /// Whether the two sets share a class.
  [[nodiscard]] constexpr bool conflicts(const class_mask& other) const noexcept {
    return (words_[0] & other.words_[0]) != 0 || (words_[1] & other.words_[1]) != 0;
  }
  friend constexpr bool operator==(const class_mask&, const class_mask&) = default;

 private:
  std::array<std::uint64_t, 2> words_{};
};

/// `span` phases from `begin` on, around the end of the 768.
struct phase_window {
  std::uint16_t begin = 0;  ///< first phase
  std::uint16_t span = 0;   ///< how many
  [[nodiscard]] constexpr bool contains(std::uint16_t phase) const noexcept {
    if (span >= phase_modulus) return true;
    return (phase % phase_modulus + phase_modulus - begin % phase_modulus) % phase_modulus < span;
  }
};

/// A rectangle of pages and bytes, ends included.
struct boundary_footprint {
  std::uint8_t page_min = 0;  ///< first page
  std::uint8_t page_max = 0;  ///< last page
  std::uint8_t byte_min = 0;  ///< first byte
  std::uint8_t byte_max = 0;  ///< last byte
  [[nodiscard]] constexpr bool contains(std::uint8_t page, std::uint8_t byte) const noexcept {
    return page >= page_min && page <= page_max && byte >= byte_min && byte <= byte_max;
  }
};

/// A fraction; its denominator must not be 0.
struct rational {
  std::int64_t numerator = 0;    ///< above the line
  std::int64_t denominator = 1;  ///< below the line
};
/// Whether the exact sum is zero. Throws: `fault` (InvalidArgument) for a zero denominator, or where the sum
/// needs numbers beyond 64 bits.
[[nodiscard]] bool is_unity_neutral(std::span<const rational> parts);

}  // namespace twill::lanes::atlas
