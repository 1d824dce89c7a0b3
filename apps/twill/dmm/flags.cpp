// SPDX-License-Identifier: Apache-2.0
#include "flags.hpp"

#include "twill/base/error.hpp"
#include "twill/base/number.hpp"

#include <limits>

namespace twill::apps {
namespace {

int whole(const std::string& flag, const std::string& text, const std::string& expected) {
  const auto read = parse_int64(text);
  if (!read || read.value < 1 || read.value > std::numeric_limits<int>::max()) bad_flag(flag, text, expected);
  return static_cast<int>(read.value);
}

}  // namespace

void bad_flag(const std::string& flag, const std::string& found, const std::string& expected) {
  throw error(errc::bad_configuration, {.what = "a flag has a value that it cannot have",
                                        .where = twill::location{.file = flag},
                                        .found = found,
                                        .expected = expected});
}

void dmm_table_flags::declare(CLI::App& app) {
  app.add_option("--format", format, "auto, csv, tsv, parquet, biom, shared or mtx (default: by content)")
      ->check(CLI::IsMember({"auto", "csv", "tsv", "parquet", "biom", "shared", "mtx"}));
  app.add_option("--taxa-axis", axis, "Where the taxa are: auto, cols (rows are samples) or rows")
      ->check(CLI::IsMember({"auto", "cols", "rows"}));
  app.add_flag("--transpose", transpose, "The same as --taxa-axis rows");
  app.add_option("--min-taxon-total", min_taxon_total, "Leave taxa with a smaller total out")->type_name("M");
}

dmm::read_counts_options dmm_table_flags::options(dmm::zero_rows empty, int threads) const {
  dmm::read_counts_options out;
  if (format == "csv" || format == "tsv") out.format = dmm::table_format::csv;
  if (format == "parquet") out.format = dmm::table_format::parquet;
  if (format == "biom") out.format = dmm::table_format::biom;
  if (format == "shared") out.format = dmm::table_format::mothur_shared;
  if (format == "mtx") out.format = dmm::table_format::matrix_market;
  if (axis == "cols") out.axis = dmm::taxa_axis::columns;
  if (axis == "rows" || transpose) out.axis = dmm::taxa_axis::rows;
  out.min_taxon_total = min_taxon_total;
  out.empty = empty;
  out.threads = threads;
  return out;
}

void dmm_fit_flags::declare(CLI::App& app, bool with_k) {
  if (with_k) {
    app.add_option("-k,--components", k, "Numbers of components: 4, 1:7, 1,3,5 or auto (default 1:7)")
        ->type_name("K");
    app.add_option("--min-k", min_k, "With -k auto: at least up to this K (default 5)");
    app.add_option("--max-k", max_k, "With -k auto: at most up to this K (default 10)");
    app.add_option("--gap", gap, "With -k auto: stop after so many K without improvement (default 3)");
  }
  app.add_option("--seed", seed, "Seed of the first start (default 42)");
  app.add_option("--starts", starts, "Starts for each K; the best is kept (default 1)");
  app.add_option("--criterion", criterion, "What chooses K: laplace, laplace_symmetric, bic or aic")
      ->check(CLI::IsMember({"laplace", "laplace_symmetric", "bic", "aic"}));
  app.add_option("--hessian", hessian, "exact, or peer for the figures of pyDMM and R's DirichletMultinomial")
      ->check(CLI::IsMember({"exact", "peer"}));
  app.add_option("--eta", eta, "Shape of the Gamma prior (default 0.1)");
  app.add_option("--nu", nu, "Rate of the Gamma prior (default 0.1)");
  app.add_option("--max-iter", max_iter, "EM iterations at most (default 100)");
  app.add_option("--tol", tol, "Change of the negative log posterior at the end (default 1e-6)");
}

dmm::fit_options dmm_fit_flags::options(int threads) const {
  dmm::fit_options o;
  const auto read = parse_uint64(seed);
  if (!read || read.value > std::numeric_limits<std::uint32_t>::max())
    bad_flag("--seed", seed, "0 to 4294967295");
  o.seed = static_cast<std::uint32_t>(read.value);
  o.starts = starts;
  o.eta = eta;
  o.nu = nu;
  o.em.max_iter = max_iter;
  o.em.tol = tol;
  o.hessian = hessian == "peer" ? dmm::hessian_mode::peer : dmm::hessian_mode::exact;
  o.final_e_step = true;
  o.sort = o.hessian == dmm::hessian_mode::exact;  // the peers' figures depend on their order
  o.threads = threads;
  return o;
}

dmm::criterion dmm_fit_flags::by() const {
  if (criterion == "bic") return dmm::criterion::bic;
  if (criterion == "aic") return dmm::criterion::aic;
  return criterion == "laplace" ? dmm::criterion::laplace : dmm::criterion::laplace_symmetric;
}

std::optional<std::vector<int>> dmm_fit_flags::ks() const {
  if (k == "auto") return {};
  const std::string expected = "4, 1:7, 1,3,5 or auto";
  std::vector<int> out;
  if (const auto colon = k.find(':'); colon != std::string::npos) {
    const int first = whole("-k", k.substr(0, colon), expected);
    const int last = whole("-k", k.substr(colon + 1), expected);
    if (last < first || last - first > 10000) bad_flag("-k", k, expected);
    for (int i = first; i <= last; ++i) out.push_back(i);
    return out;
  }
  for (std::size_t at = 0; at <= k.size();) {
    const std::size_t end = std::min(k.find(',', at), k.size());
    out.push_back(whole("-k", k.substr(at, end - at), expected));
    at = end + 1;
  }
  return out;
}

void thread_flag::declare(CLI::App& app) {
  app.add_option("--threads", text, "Threads in each rank (TWILL_NUM_THREADS)")->type_name("N");
}

int thread_flag::value(session& s) const {
  if (!text.empty()) s.known.set_flag("threads", text);
  const auto asked = text.empty() ? std::nullopt : s.known.find_integer("threads");
  return asked ? static_cast<int>(asked->value) : 0;
}

}  // namespace twill::apps
