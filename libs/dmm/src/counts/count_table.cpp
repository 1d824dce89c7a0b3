// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/count_table.hpp"

#include "counts/dataset.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace twill::dmm {

count_table count_table::none(std::size_t taxa) {
  auto d = std::make_shared<detail::dataset>();
  d->s = taxa;
  d->row_ptr.assign(1, 0);
  d->bucket_ptr.assign(1, 0);
  d->total_ptr.assign(1, 0);
  d->taxon_ptr.assign(taxa + 1, 0);
  return count_table(std::move(d));
}

std::size_t count_table::samples() const noexcept { return data_->n; }
std::size_t count_table::taxa() const noexcept { return data_->s; }
std::size_t count_table::nonzeros() const noexcept { return data_->nonzeros(); }
std::size_t count_table::buckets() const noexcept { return data_->buckets(); }
double count_table::total(std::size_t sample) const noexcept {
  return data_->total_count[data_->row_total[sample]];
}

std::vector<count_entry> count_table::row(std::size_t sample) const {
  std::vector<count_entry> out;
  for (std::uint64_t p = data_->row_ptr[sample]; p < data_->row_ptr[sample + 1]; ++p) {
    const std::uint32_t b = data_->row_bucket[p];
    const auto after = std::upper_bound(data_->taxon_ptr.begin(), data_->taxon_ptr.end(), b);
    out.push_back({static_cast<std::size_t>(after - data_->taxon_ptr.begin()) - 1, data_->bucket_count[b]});
  }
  return out;
}

count_table count_table::select(std::span<const std::size_t> samples) const {
  std::vector<std::int64_t> indptr{0};
  std::vector<std::int32_t> indices;
  std::vector<double> values;
  for (const std::size_t i : samples) {
    for (const count_entry& e : row(i)) {
      indices.push_back(static_cast<std::int32_t>(e.taxon));
      values.push_back(e.count);
    }
    indptr.push_back(static_cast<std::int64_t>(values.size()));
  }
  return from_csr(samples.size(), taxa(), indptr, indices, values, zero_rows::keep);
}

}  // namespace twill::dmm
