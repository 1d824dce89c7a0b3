// SPDX-License-Identifier: Apache-2.0
#include "select/checkpoint.hpp"

#include "counts/dataset.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/file.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string_view>

namespace twill::dmm::detail {
namespace {

constexpr std::string_view magic = "twill.dmm.run.1\n";

template <class T>
std::string_view bytes_of(const std::vector<T>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}

// Reads numbers one after the other; asking for more than there are makes it fail for good.
class reader {
 public:
  explicit reader(std::span<const double> from) noexcept : from_(from) {}
  double one() {
    if (at_ == from_.size()) {
      failed_ = true;
      return 0;
    }
    return from_[at_++];
  }
  std::vector<double> many(std::size_t n) {
    if (failed_ || n > from_.size() - at_) {
      failed_ = true;
      return {};
    }
    const auto part = from_.subspan(at_, n);
    at_ += n;
    return {part.begin(), part.end()};
  }
  std::size_t size() {
    const double x = one();
    if (!(x >= 0 && x <= 0x1p53)) failed_ = true;
    return failed_ ? 0 : static_cast<std::size_t>(x);
  }
  [[nodiscard]] bool whole() const noexcept { return !failed_ && at_ == from_.size(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::span<const double> from_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

std::uint64_t content_sum(const dataset& d) {
  // The finish of SplitMix64 (Steele, Lea, Flood 2014) of each count and its place; a sum, so that parts of a
  // table add up to the whole.
  const auto mix = [](std::uint64_t x) {
    x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
    return x ^ x >> 31U;
  };
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < d.s; ++j) {
    for (std::uint32_t b = d.taxon_ptr[j]; b < d.taxon_ptr[j + 1]; ++b) {
      const std::uint64_t cell = mix(std::bit_cast<std::uint64_t>(d.bucket_count[b]) + j);
      for (std::uint64_t q = d.bucket_ptr[b]; q < d.bucket_ptr[b + 1]; ++q)
        sum += mix(cell ^ (d.first_row + d.bucket_row[q]) * 0x9e3779b97f4a7c15U);
    }
  }
  return sum;
}

std::uint64_t fingerprint(std::uint64_t content, std::size_t rows, std::size_t taxa, const fit_options& o) {
  std::uint32_t low = crc32c(std::string_view(reinterpret_cast<const char*>(&content), sizeof content));
  low = crc32c(bytes_of(o.from.weights), low);
  low = crc32c(bytes_of(o.from.alpha), low);
  const std::string text =
      fmt::format("{} {} {} {:a} {:a} {:a} {:a} {} {:a} {} {} {} {:a} {} {} {} {} {}", rows, taxa, o.seed,
                  o.eta, o.nu, o.kmeans.beta, o.kmeans.tol, o.kmeans.max_iter, o.em.tol, o.em.relative,
                  o.em.max_iter, static_cast<int>(o.m_step.solver), o.m_step.grad_tol, o.m_step.max_iter,
                  static_cast<int>(o.hessian), o.sort, o.final_e_step, static_cast<int>(o.init));
  return std::uint64_t{crc32c(text, low)} << 32U | low;
}

std::string checkpoint_path(const std::string& folder, int components, int start) {
  return fmt::format("{}/run-k{}-s{}.twill", folder, components, start);
}

std::vector<double> flatten(const mixture_fit& f) {
  const diagnostics& g = f.diag;
  std::vector<double> out{static_cast<double>(f.components),
                          static_cast<double>(f.samples),
                          static_cast<double>(f.taxa),
                          f.eta,
                          f.nu,
                          f.nle,
                          f.log_likelihood,
                          f.log_det,
                          f.log_det_symmetric,
                          f.laplace,
                          f.laplace_symmetric,
                          f.bic,
                          f.aic,
                          static_cast<double>(g.kmeans_rounds),
                          static_cast<double>(g.em_iterations),
                          g.converged ? 1.0 : 0.0,
                          static_cast<double>(g.reseeded),
                          static_cast<double>(g.singular),
                          static_cast<double>(g.start),
                          static_cast<double>(g.newton_steps),
                          static_cast<double>(g.evaluations),
                          static_cast<double>(g.nle_trace.size()),
                          static_cast<double>(f.group.size())};
  for (const auto* v : {&g.nle_trace, &g.gradient, &f.weights, &f.alpha, &f.lower, &f.upper, &f.group})
    out.insert(out.end(), v->begin(), v->end());
  return out;
}

std::optional<mixture_fit> unflatten(std::span<const double> numbers) {
  reader from(numbers);
  mixture_fit f;
  const std::size_t k = from.size();
  if (k < 1 || k > static_cast<std::size_t>(std::numeric_limits<int>::max())) return {};
  f.components = static_cast<int>(k);
  f.samples = from.size();
  f.taxa = from.size();
  for (double* x : {&f.eta, &f.nu, &f.nle, &f.log_likelihood, &f.log_det, &f.log_det_symmetric, &f.laplace,
                    &f.laplace_symmetric, &f.bic, &f.aic})
    *x = from.one();
  f.diag.kmeans_rounds = static_cast<int>(from.size());
  f.diag.em_iterations = static_cast<int>(from.size());
  f.diag.converged = from.one() != 0;
  for (int* x : {&f.diag.reseeded, &f.diag.singular, &f.diag.start}) *x = static_cast<int>(from.size());
  f.diag.newton_steps = from.size();
  f.diag.evaluations = from.size();
  const std::size_t trace = from.size();
  const std::size_t group = from.size();
  if (from.failed() || f.taxa > numbers.size() || k > numbers.size()) return {};
  f.diag.nle_trace = from.many(trace);
  f.diag.gradient = from.many(k);
  f.weights = from.many(k);
  for (auto* v : {&f.alpha, &f.lower, &f.upper}) *v = from.many(k * f.taxa);
  f.group = from.many(group);
  if (!from.whole()) return {};
  return f;
}

void write_checkpoint(const std::string& path, std::uint64_t print, const mixture_fit& fit) {
  const std::vector<double> numbers = flatten(fit);
  std::string text(magic);
  text.append(reinterpret_cast<const char*>(&print), sizeof print);
  text.append(bytes_of(numbers));
  const std::uint32_t check = crc32c(text);
  text.append(reinterpret_cast<const char*>(&check), sizeof check);
  write_file_atomically(path, std::string_view(text));
}

std::optional<mixture_fit> read_checkpoint(const std::string& path, std::uint64_t print) {
  if (!std::filesystem::exists(path)) return {};
  const std::string text = read_file(path);
  constexpr std::size_t head = magic.size() + sizeof(std::uint64_t);
  if (text.size() < head + sizeof(std::uint32_t) || !text.starts_with(magic)) return {};
  const std::size_t body = text.size() - sizeof(std::uint32_t);
  std::uint32_t check = 0;
  std::uint64_t of = 0;
  std::memcpy(&check, text.data() + body, sizeof check);
  std::memcpy(&of, text.data() + magic.size(), sizeof of);
  if (check != crc32c(std::string_view(text).substr(0, body)) || of != print) return {};
  std::vector<double> numbers((body - head) / sizeof(double));
  std::memcpy(numbers.data(), text.data() + head, numbers.size() * sizeof(double));
  return unflatten(numbers);
}

}  // namespace twill::dmm::detail
