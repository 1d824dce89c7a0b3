// SPDX-License-Identifier: Apache-2.0
// Any bytes: a table of counts comes out and survives writing, or an error says what is wrong. A small table
// is also fitted: the figures are finite, or the refusal is one of ours.
#include "fuzz.hpp"
#include "twill/base/error.hpp"
#include "twill/dmm/fit.hpp"
#include "twill/dmm/io.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace twill::dmm;

namespace {

void read_and_fit(std::string_view text, unsigned choice) {
  read_counts_options options;
  options.threads = 1;
  if ((choice & 1U) != 0) options.axis = (choice & 2U) != 0 ? taxa_axis::rows : taxa_axis::columns;
  if ((choice & 4U) != 0) options.empty = zero_rows::keep;
  const named_counts t = parse_counts(text, "fuzz", options);
  require(t.samples.size() == t.counts.samples() && t.taxa.size() == t.counts.taxa());
  if (t.counts.samples() * t.counts.taxa() > 4096) return;
  const std::string written = format_counts(t, table_format::matrix_market);
  const named_counts again = parse_counts(written, "again", {.empty = zero_rows::keep, .threads = 1});
  require(again.counts.nonzeros() == t.counts.nonzeros());
  for (std::size_t i = 0; i < t.counts.samples(); ++i) require(again.counts.row(i) == t.counts.row(i));
  if (options.empty == zero_rows::keep || t.counts.samples() > 16) return;
  fit_options fitted;
  fitted.components = 1 + static_cast<int>((choice >> 3U) % t.counts.samples());
  fitted.threads = 1;
  fitted.kmeans.max_iter = 20;
  fitted.em.max_iter = 5;
  const mixture_fit f = fit(t.counts, fitted);
  require(std::isfinite(f.nle) && std::isfinite(f.bic));
  for (const double p : f.group) require(p >= 0 && p <= 1);
  for (const double a : f.alpha) require(a > 0 && std::isfinite(a));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    read_and_fit({reinterpret_cast<const char*>(data) + 1, size - 1}, data[0]);
  } catch (const twill::error& e) {
    require(e.what()[0] != '\0');
  }
  return 0;
}
