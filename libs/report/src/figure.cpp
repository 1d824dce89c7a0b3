// SPDX-License-Identifier: Apache-2.0
#include "twill/report/figure.hpp"

#include "assets.hpp"

namespace twill::report {

std::string figure::svg() const {
  const std::string width = std::to_string(width_);
  const std::string height = std::to_string(height_);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tw\" role=\"img\" width=\"" + width +
                    "\" height=\"" + height + "\" viewBox=\"0 0 " + width + " " + height + "\">";
  out += "<style>";
  out += detail::chart_css();
  out += "</style>";
  out += "<rect class=\"paper\" width=\"" + width + "\" height=\"" + height + "\"/>";
  out += content_;
  out += "</svg>\n";
  return out;
}

std::string figure::element() const {
  return "<svg class=\"tw\" role=\"img\" viewBox=\"0 0 " + std::to_string(width_) + " " +
         std::to_string(height_) + "\"" + attributes_ + ">" + content_ + "</svg>";
}

}  // namespace twill::report
