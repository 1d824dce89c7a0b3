// SPDX-License-Identifier: Apache-2.0
#include "canvas.hpp"

#include "text.hpp"

#include <algorithm>
#include <cmath>

namespace twill::report::detail {

tenths to_tenths(double pixels) noexcept {
  // Far outside the picture is as good as anywhere outside it; so is no place at all.
  if (std::isnan(pixels)) pixels = -1e5;
  return std::llround(std::clamp(pixels, -1e5, 1e5) * 10.0);
}

void append_tenths(std::string& out, tenths value) {
  if (value < 0) {
    out += '-';
    value = -value;
  }
  if (value >= 10 || value == 0) out += std::to_string(value / 10);
  if (value % 10 != 0) {
    out += '.';
    out += static_cast<char>('0' + value % 10);
  }
}

void path_builder::pair(tenths a, tenths b) {
  append_tenths(out_, a);
  if (b >= 0) out_ += ' ';
  append_tenths(out_, b);
}

void path_builder::move(double x, double y) {
  const tenths nx = to_tenths(x);
  const tenths ny = to_tenths(y);
  out_ += last_ == 0 ? 'M' : 'm';
  pair(nx - x_, ny - y_);
  x_ = start_x_ = nx;
  y_ = start_y_ = ny;
  last_ = 'm';
}

void path_builder::line(double x, double y) {
  const tenths nx = to_tenths(x);
  const tenths ny = to_tenths(y);
  if (ny == y_) {
    out_ += 'h';
    append_tenths(out_, nx - x_);
    last_ = 'h';
  } else if (nx == x_) {
    out_ += 'v';
    append_tenths(out_, ny - y_);
    last_ = 'v';
  } else {
    if (last_ != 'l') {
      out_ += 'l';
    } else if (nx - x_ >= 0) {
      out_ += ' ';
    }
    pair(nx - x_, ny - y_);
    last_ = 'l';
  }
  x_ = nx;
  y_ = ny;
}

void path_builder::close() {
  out_ += 'z';
  x_ = start_x_;
  y_ = start_y_;
  last_ = 'z';
}

void path_builder::rect(double x, double y, double width, double height) {
  move(x, y);
  line(x + width, y);
  line(x + width, y + height);
  line(x, y + height);
  close();
}

void canvas::number(std::string_view name, double value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  append_tenths(out_, to_tenths(value));
  out_ += '"';
}

void canvas::begin(std::string_view group_class) {
  out_ += "<g class=\"";
  out_ += group_class;
  out_ += "\">";
}

void canvas::text(double x, double y, std::string_view css_class, anchor where, std::string_view content) {
  out_ += "<text";
  number("x", x);
  number("y", y);
  out_ += " class=\"";
  out_ += css_class;
  if (where == anchor::middle) out_ += " mid";
  if (where == anchor::end) out_ += " end";
  out_ += "\">";
  append_escaped(out_, content);
  out_ += "</text>";
}

void canvas::turned_text(double x, double y, std::string_view css_class, std::string_view content) {
  out_ += "<text transform=\"translate(";
  append_tenths(out_, to_tenths(x));
  out_ += ' ';
  append_tenths(out_, to_tenths(y));
  out_ += ")rotate(-35)\" class=\"";
  out_ += css_class;
  out_ += " end\">";
  append_escaped(out_, content);
  out_ += "</text>";
}

void canvas::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  path_builder p;
  p.move(x1, y1);
  p.line(x2, y2);
  path(p, css_class);
}

void canvas::rect(double x, double y, double width, double height, std::string_view css_class) {
  out_ += "<rect";
  number("x", x);
  number("y", y);
  number("width", width);
  number("height", height);
  out_ += " class=\"";
  out_ += css_class;
  out_ += "\"/>";
}

void canvas::path(const path_builder& path, std::string_view css_class) {
  if (path.empty()) return;
  out_ += "<path class=\"";
  out_ += css_class;
  out_ += "\" d=\"";
  out_ += path.text();
  out_ += "\"/>";
}

void canvas::begin_clip(double left, double top, double right, double bottom) {
  out_ += "<svg";
  number("x", left);
  number("y", top);
  number("width", right - left);
  number("height", bottom - top);
  out_ += " viewBox=\"";
  append_tenths(out_, to_tenths(left));
  out_ += ' ';
  append_tenths(out_, to_tenths(top));
  out_ += ' ';
  append_tenths(out_, to_tenths(right) - to_tenths(left));
  out_ += ' ';
  append_tenths(out_, to_tenths(bottom) - to_tenths(top));
  out_ += "\">";
}

void canvas::element(std::string_view name, std::string_view content) {
  out_ += '<';
  out_ += name;
  out_ += '>';
  append_escaped(out_, content);
  out_ += "</";
  out_ += name;
  out_ += '>';
}

double scale::operator()(double value) const noexcept {
  double share = 0;
  if (categories > 0) {
    share = (value + 0.5) / static_cast<double>(categories);
  } else if (kind == scale_kind::logarithmic) {
    // Differences, because the quotient of the bounds may overflow.
    const double from_log = std::log10(domain.lo);
    share = (std::log10(value) - from_log) / (std::log10(domain.hi) - from_log);
  } else {
    // Halves, because the difference of the bounds may overflow.
    share = (value / 2 - domain.lo / 2) / (domain.hi / 2 - domain.lo / 2);
  }
  return from + share * (to - from);
}

bool scale::shows(double value) const noexcept {
  return std::isfinite(value) && !(kind == scale_kind::logarithmic && categories == 0 && value <= 0);
}

std::string scale::spec() const {
  if (categories > 0) return "category " + std::to_string(categories);
  const char* const name = kind == scale_kind::logarithmic ? "log "
                           : kind == scale_kind::time      ? "time "
                                                           : "linear ";
  return name + number_text(domain.lo) + " " + number_text(domain.hi);
}

}  // namespace twill::report::detail
