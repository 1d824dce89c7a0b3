// SPDX-License-Identifier: Apache-2.0
#include "lp/layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace twill::sddp::lp {

std::string short_name(const label& what) {
  std::string name = what.family;
  if (*what.entity != '\0') name += fmt::format(".{}{}", what.entity, what.id);
  if (what.block >= 0) name += fmt::format(".b{}", what.block);
  return name;
}

int program_builder::column(double lower, double upper, double cost, cost_kind kind, label what) {
  return lower == 0.0 && upper == 0.0 ? layout::none : column_always(lower, upper, cost, kind, what);
}

int program_builder::column_always(double lower, double upper, double cost, cost_kind kind, label what) {
  p_.column_lower.push_back(lower);
  p_.column_upper.push_back(upper);
  p_.objective.push_back(cost);
  kinds_.push_back(kind);
  column_labels_.push_back(what);
  return p_.num_columns() - 1;
}

int program_builder::row(double lower, double upper, label what) {
  p_.row_lower.push_back(lower);
  p_.row_upper.push_back(upper);
  row_labels_.push_back(what);
  return p_.num_rows() - 1;
}

void program_builder::entry(int row, int column, double value) {
  if (row >= 0 && column >= 0 && value != 0.0) entries_.push_back({column, row, value});
}

void program_builder::shift(int row, double by) {
  p_.row_lower[static_cast<std::size_t>(row)] -= by;
  p_.row_upper[static_cast<std::size_t>(row)] -= by;
}

solver::problem program_builder::finish(double cost_scale, int theta) const {
  solver::problem p = p_;
  for (int j = 0; j < p.num_columns(); ++j) {
    if (j != theta) p.objective[static_cast<std::size_t>(j)] /= cost_scale;
  }
  std::vector<std::size_t> order(entries_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Entries of one place are added in the order in which they came, so that the sum has one value.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(entries_[a].column, entries_[a].row, a) <
           std::tuple(entries_[b].column, entries_[b].row, b);
  });
  p.starts.assign(1, 0);
  std::size_t next = 0;
  for (int j = 0; j < p.num_columns(); ++j) {
    while (next < order.size() && entries_[order[next]].column == j) {
      const int row = entries_[order[next]].row;
      double sum = 0.0;
      for (; next < order.size(); ++next) {
        const triplet& e = entries_[order[next]];
        if (e.column != j || e.row != row) break;
        sum += e.value;
      }
      if (sum == 0.0) continue;
      p.rows.push_back(row);
      p.values.push_back(sum);
    }
    p.starts.push_back(static_cast<int>(p.rows.size()));
  }
  return p;
}

}  // namespace twill::sddp::lp
