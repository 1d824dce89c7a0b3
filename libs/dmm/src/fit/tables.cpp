// SPDX-License-Identifier: Apache-2.0
#include "fit/problem.hpp"

#include <algorithm>
#include <span>

namespace twill::dmm::detail {
namespace {

struct table_scratch {
  std::vector<double> x, v, l, d, f, near;
  void resize(std::size_t n) {
    for (auto* a : {&x, &v, &l, &d, &f}) a->resize(n);
  }
};

// The rows of one piece: `alpha[c * stride]` is component c's parameter of the piece's taxon.
void fill_piece(const piece& of, std::span<const double> counts, const double* alpha, std::size_t stride,
                std::size_t k, double sign, const kernels& run, table_scratch& s, double* out) {
  constexpr auto near_terms = static_cast<std::size_t>(stirling_from);
  const double largest = counts[of.last - 1];
  const std::size_t near = static_cast<std::size_t>(std::min(largest, static_cast<double>(near_terms)));
  // near[m][c] = ln Gamma(alpha_c + m) - ln Gamma(alpha_c), m = 0 .. 16.
  s.near.assign((near + 1) * k, 0.0);
  s.resize(std::max<std::size_t>(near, 64) * k);
  for (std::size_t m = 0; m < near; ++m) {
    for (std::size_t c = 0; c < k; ++c) s.x[m * k + c] = alpha[c * stride] + static_cast<double>(m);
  }
  run.logs(near * k, s.x.data(), s.f.data());
  for (std::size_t m = 0; m < near; ++m) {
    for (std::size_t c = 0; c < k; ++c) s.near[(m + 1) * k + c] = s.near[m * k + c] + s.f[m * k + c];
  }
  std::uint32_t b = of.first;
  for (; b < of.last && counts[b] <= stirling_from; ++b) {
    const double* from = s.near.data() + static_cast<std::size_t>(counts[b]) * k;
    for (std::size_t c = 0; c < k; ++c) out[std::size_t{b} * k + c] = sign * from[c];
  }
  if (b == of.last) return;
  std::vector<double> start(3 * k);
  for (std::size_t c = 0; c < k; ++c) {
    start[c] = alpha[c * stride] + stirling_from;
    start[k + c] = 1 / start[c];
  }
  run.logs(k, start.data(), start.data() + 2 * k);
  const double* base = s.near.data() + near_terms * k;
  while (b < of.last) {
    const std::size_t n = std::min<std::size_t>(64, of.last - b);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < k; ++c) {
        s.x[i * k + c] = start[c];
        s.v[i * k + c] = start[k + c];
        s.l[i * k + c] = start[2 * k + c];
        s.d[i * k + c] = counts[b + i] - stirling_from;
      }
    }
    run.far_log(n * k, {s.x.data(), s.v.data(), s.l.data(), s.d.data()}, s.f.data());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < k; ++c) out[(b + i) * k + c] = sign * (base[c] + s.f[i * k + c]);
    }
    b += static_cast<std::uint32_t>(n);
  }
}

}  // namespace

void difference_table(const problem& p, std::span<const double> alpha, std::size_t k,
                      std::vector<double>& out) {
  const dataset& d = p.data;
  const kernels& run = active_kernels();
  const std::size_t entries = d.buckets() + d.totals();
  out.resize(entries * k);
  std::vector<double> theta(k);
  for (std::size_t c = 0; c < k; ++c) {
    for (std::size_t j = 0; j < d.s; ++j) theta[c] += alpha[c * d.s + j];
  }
  p.team.each(p.cuts.piece_cuts.size() - 1, 5.0 * static_cast<double>(entries * k), [&](std::size_t g) {
    table_scratch s;
    for (std::size_t i = p.cuts.piece_cuts[g]; i < p.cuts.piece_cuts[g + 1]; ++i) {
      const piece& of = p.cuts.pieces[i];
      if (of.taxon < d.s) {
        fill_piece(of, d.bucket_count, alpha.data() + of.taxon, d.s, k, 1, run, s, out.data());
      } else {
        fill_piece(of, d.total_count, theta.data(), 1, k, -1, run, s, out.data() + d.buckets() * k);
      }
    }
  });
}

void evidence_pass(const problem& p, std::span<const double> table, std::span<const double> log_weights,
                   std::vector<double>& z, std::vector<double>& norm, bool normalise) {
  const dataset& d = p.data;
  const kernels& run = active_kernels();
  const std::size_t k = log_weights.size();
  const double* totals = table.data() + d.buckets() * k;
  z.resize(d.n * k);
  norm.resize(d.n);
  const double cost = 0.5 * static_cast<double>(d.nonzeros() * k) + 6.0 * static_cast<double>(d.n * k);
  p.team.pieces(d.n, 256, cost, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const double* total = totals + std::size_t{d.row_total[i]} * k;
      for (std::size_t c = 0; c < k; ++c) z[i * k + c] = total[c] + log_weights[c];
    }
    run.gather_rows(d.row_bucket.data(), d.row_ptr.data(), first, last, table.data(), k, z.data());
    if (normalise) run.softmax(last - first, k, z.data() + first * k, norm.data() + first);
  });
}

}  // namespace twill::dmm::detail
