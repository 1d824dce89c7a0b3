// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/atlas.hpp"

#include "twill/lanes/error.hpp"

#include <numeric>

namespace twill::lanes::atlas {

std::vector<std::pair<std::uint8_t, std::uint8_t>> mirror_pairs() {
  std::vector<std::pair<std::uint8_t, std::uint8_t>> out;
  for (std::uint8_t c = 0; c < class_count; ++c) {
    if (c < mirror(c)) out.emplace_back(c, mirror(c));
  }
  return out;
}

std::array<std::uint8_t, 2> unity_positions() noexcept { return {1, 4}; }

phi_coordinate offset_to_phi(unsigned cls, std::size_t offset) {
  if (cls >= class_count) throw fault({.code = errc::invalid_class_index, .numbers = {cls}});
  if (offset >= elements_per_class) {
    throw fault({.code = errc::buffer_out_of_bounds, .numbers = {offset, 1, elements_per_class}});
  }
  return {static_cast<std::uint8_t>(cls), static_cast<std::uint8_t>(offset / page_bytes),
          static_cast<std::uint8_t>(offset % page_bytes)};
}

std::size_t phi_to_offset(phi_coordinate at) {
  if (at.cls >= class_count || at.page >= page_count) {
    throw fault({.code = errc::invalid_boundary_coordinates, .numbers = {at.cls, at.page, at.byte}});
  }
  return linear_index(at.page, at.byte);
}

namespace {

// Unsigned, as wide as it gets; g++ and clang both have it.
__extension__ using wide = __int128;

constexpr wide limit = static_cast<wide>(1) << 64;

wide gcd(wide a, wide b) {
  while (b != 0) {
    const wide rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

}  // namespace

bool is_unity_neutral(std::span<const rational> parts) {
  wide top = 0;
  wide bottom = 1;
  for (const rational& r : parts) {
    if (r.denominator == 0) throw fault(errc::invalid_argument, "a fraction with the denominator 0");
    const wide d = r.denominator;
    // top/bottom + n/d over the least common denominator; both sides are kept below 2^64 so that nothing
    // overflows.
    const wide common = gcd(bottom, d);
    const wide scale = d / common;
    const wide other = bottom / common;
    top = top * scale + static_cast<wide>(r.numerator) * other;
    bottom = bottom * scale;
    const wide g = gcd(top, bottom);
    if (g > 1) {
      top /= g;
      bottom /= g;
    }
    if (top >= limit || top <= -limit || bottom >= limit || bottom <= -limit) {
      throw fault(errc::invalid_argument, "fractions whose sum needs more than 64 bits");
    }
  }
  return top == 0;
}

}  // namespace twill::lanes::atlas
