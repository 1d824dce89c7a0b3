// SPDX-License-Identifier: Apache-2.0
#include "assets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace twill::report::detail {
namespace {

using colour = std::array<double, 3>;  // linear red, green, blue

/// The value of a variable in the n-th block of the style sheet that sets it: 0 by day, 1 by night.
colour variable(const std::string& name, int block) {
  std::string_view css = chart_css();
  std::size_t at = 0;
  for (int i = 0; i <= block; ++i) at = css.find("--" + name + ":#", at) + 1;
  const std::string_view hex = css.substr(at + name.size() + 3, 6);
  colour c{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = std::stoi(std::string(hex.substr(2 * i, 2)), nullptr, 16) / 255.0;
    c[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
  return c;
}

/// Contrast as the Web Content Accessibility Guidelines define it.
double contrast(const colour& a, const colour& b) {
  const auto luminance = [](const colour& c) { return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
  const double la = luminance(a);
  const double lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

using matrix = std::array<std::array<double, 3>, 3>;

/// What those see who lack one kind of cone (Machado, Oliveira, Fernandes 2009, full severity).
constexpr std::array<matrix, 4> sights{{
    {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
    {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
    {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
    {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}},
}};

/// Distance in the Oklab space (Ottosson 2020), in hundredths.
double distance(const colour& a, const colour& b, const matrix& sight) {
  const auto lab = [&](const colour& c) {
    colour s{};
    for (std::size_t i = 0; i < 3; ++i) {
      s[i] = std::clamp(sight[i][0] * c[0] + sight[i][1] * c[1] + sight[i][2] * c[2], 0.0, 1.0);
    }
    const double l = std::cbrt(0.4122214708 * s[0] + 0.5363325363 * s[1] + 0.0514459929 * s[2]);
    const double m = std::cbrt(0.2119034982 * s[0] + 0.6806995451 * s[1] + 0.1073969566 * s[2]);
    const double t = std::cbrt(0.0883024619 * s[0] + 0.2817188376 * s[1] + 0.6299787005 * s[2]);
    return colour{0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * t,
                  1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * t,
                  0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * t};
  };
  const colour p = lab(a);
  const colour q = lab(b);
  return 100 * std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

TEST(palette, stands_out_from_the_paper) {
  for (const int block : {0, 1}) {
    for (int i = 1; i <= 8; ++i) {
      EXPECT_GE(contrast(variable("c" + std::to_string(i), block), variable("bg", block)), 3.0)
          << block << " " << i;
    }
    EXPECT_GE(contrast(variable("fg", block), variable("bg", block)), 7.0);
    EXPECT_GE(contrast(variable("mut", block), variable("bg", block)), 4.5);
  }
}

TEST(palette, is_told_apart_by_the_colour_blind) {
  for (const int block : {0, 1}) {
    for (const matrix& sight : sights) {
      for (int i = 1; i <= 8; ++i) {
        for (int k = 1; k < i; ++k) {
          // The first six serve nearly every chart and are further apart.
          const double wanted = i <= 6 ? 9.0 : 6.0;
          EXPECT_GE(distance(variable("c" + std::to_string(i), block),
                             variable("c" + std::to_string(k), block), sight),
                    wanted)
              << block << " " << i << " " << k;
        }
      }
    }
  }
}

}  // namespace
}  // namespace twill::report::detail
