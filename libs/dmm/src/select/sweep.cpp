// SPDX-License-Identifier: Apache-2.0
#include "select/sweep.hpp"

#include "fit/em.hpp"
#include "select/checkpoint.hpp"
#include "twill/dmm/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace twill::dmm {
namespace detail {
namespace {

struct task {
  std::size_t k_index = 0;
  int components = 0;
  int start = 0;
};

// The best fit of each K so far, and every run's figures.
class collection {
 public:
  collection(std::size_t ks, std::size_t starts) : starts_(starts), best_(ks), runs_(ks * starts) {}

  void add(const task& t, mixture_fit fit, double seconds, bool resumed) {
    const std::lock_guard lock(mutex_);
    runs_[t.k_index * starts_ + static_cast<std::size_t>(t.start)] = {
        .components = fit.components,
        .start = t.start,
        .nle = fit.nle,
        .laplace = fit.laplace,
        .laplace_symmetric = fit.laplace_symmetric,
        .bic = fit.bic,
        .aic = fit.aic,
        .log_det = fit.log_det,
        .iterations = fit.diag.em_iterations,
        .converged = fit.diag.converged,
        .finished = !fit.diag.cancelled,
        .resumed = resumed,
        .seconds = seconds};
    if (fit.diag.cancelled) return;
    auto& best = best_[t.k_index];
    if (!best || better(fit, *best)) best = std::move(fit);
  }
  std::vector<std::optional<mixture_fit>>& best() noexcept { return best_; }
  std::vector<sweep_run>& runs() noexcept { return runs_; }

 private:
  std::mutex mutex_;
  std::size_t starts_;
  std::vector<std::optional<mixture_fit>> best_;
  std::vector<sweep_run> runs_;
};

std::vector<double> exchange(rank_link& link, std::span<const double> mine,
                             std::vector<std::size_t>& counts) {
  const auto size = static_cast<std::size_t>(link.size());
  std::vector<double> lengths(size);
  const std::vector<std::size_t> ones(size, 1);
  const auto length = static_cast<double>(mine.size());
  link.allgatherv(std::span<const double>(&length, 1), lengths, ones);
  counts.clear();
  std::size_t total = 0;
  for (const double n : lengths) {
    counts.push_back(static_cast<std::size_t>(n));
    total += counts.back();
  }
  std::vector<double> all(total);
  link.allgatherv(mine, all, counts);
  return all;
}

// Every rank ends with the best of all ranks, whoever found it.
void unite(rank_link& link, collection& mine) {
  std::vector<std::size_t> counts;
  for (auto& best : mine.best()) {
    const std::vector<double> numbers = best ? flatten(*best) : std::vector<double>{};
    const std::vector<double> all = exchange(link, numbers, counts);
    best.reset();
    std::size_t at = 0;
    for (const std::size_t n : counts) {
      auto one = unflatten(std::span<const double>(all).subspan(at, n));
      at += n;
      if (one && (!best || better(*one, *best))) best = std::move(one);
    }
  }
  std::vector<double> rows;
  constexpr std::size_t width = 13;
  for (const sweep_run& r : mine.runs()) {
    for (const double x : {static_cast<double>(r.components), static_cast<double>(r.start), r.nle, r.laplace,
                           r.laplace_symmetric, r.bic, r.aic, r.log_det, static_cast<double>(r.iterations),
                           r.converged ? 1.0 : 0.0, r.finished ? 1.0 : 0.0, r.resumed ? 1.0 : 0.0, r.seconds})
      rows.push_back(x);
  }
  const std::vector<double> all = exchange(link, rows, counts);
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    for (std::size_t i = 0; i < mine.runs().size(); ++i) {
      const double* x = all.data() + rank * rows.size() + i * width;
      if (x[0] == 0) continue;  // another rank's run
      mine.runs()[i] = {.components = static_cast<int>(x[0]),
                        .start = static_cast<int>(x[1]),
                        .nle = x[2],
                        .laplace = x[3],
                        .laplace_symmetric = x[4],
                        .bic = x[5],
                        .aic = x[6],
                        .log_det = x[7],
                        .iterations = static_cast<int>(x[8]),
                        .converged = x[9] != 0,
                        .finished = x[10] != 0,
                        .resumed = x[11] != 0,
                        .seconds = x[12]};
    }
  }
}

std::vector<task> tasks_of(std::span<const int> ks, int starts) {
  std::vector<task> out;
  for (std::size_t i = 0; i < ks.size(); ++i) {
    for (int s = 0; s < starts; ++s) out.push_back({i, ks[i], s});
  }
  // The longest first, so that none of them is alone at the end.
  std::sort(out.begin(), out.end(), [](const task& a, const task& b) {
    if (a.components != b.components) return a.components > b.components;
    return a.k_index != b.k_index ? a.k_index < b.k_index : a.start < b.start;
  });
  return out;
}

void run_task(const task& t, const problem& p, const fit_options& base, const std::string& folder,
              std::uint64_t print, collection& into) {
  const std::string path = folder.empty() ? std::string() : checkpoint_path(folder, t.components, t.start);
  if (!folder.empty()) {
    if (auto kept = read_checkpoint(path, print); kept && kept->components == t.components)
      return into.add(t, std::move(*kept), 0, true);
  }
  if (base.stop.stop_requested()) return;
  fit_options options = base;
  options.components = t.components;
  const auto start = std::chrono::steady_clock::now();
  mixture_fit fit = run_start(p, options, t.start);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!folder.empty() && !fit.diag.cancelled) write_checkpoint(path, print, fit);
  into.add(t, std::move(fit), seconds, false);
}

}  // namespace

sweep run_sweep(const count_table& counts, std::span<const int> ks, const sweep_options& options,
                rank_link* link) {
  if (ks.empty()) {
    throw error(errc::bad_option, {.what = "a sweep has no number of components",
                                   .where = location{.file = "components"},
                                   .expected = "at least one"});
  }
  for (const int k : ks) {
    fit_options one = options.fit;
    one.components = k;
    check_options(one, counts.samples());
  }
  std::uint64_t print = 0;
  if (!options.checkpoint.empty()) {
    std::filesystem::create_directories(options.checkpoint);
    print = fingerprint(counts, options.fit);
  }
  // A refusal of the progress callback ends every run, not only the one it was asked about.
  std::stop_source halt;
  const std::stop_callback outer(options.fit.stop, [&halt] { halt.request_stop(); });
  fit_options base = options.fit;
  base.stop = halt.get_token();
  if (options.fit.progress) {
    base.progress = [&](const fit_progress& at) {
      if (options.fit.progress(at)) return true;
      halt.request_stop();
      return false;
    };
  }
  const std::vector<task> tasks = tasks_of(ks, options.fit.starts);
  collection found(ks.size(), static_cast<std::size_t>(options.fit.starts));
  const dataset& d = *counts.data();
  const plan cuts(d);
  const std::size_t ranks = link == nullptr ? 1 : static_cast<std::size_t>(link->size());
  const std::size_t rank = link == nullptr ? 0 : static_cast<std::size_t>(link->rank());
  const std::size_t mine = tasks.size() / ranks + (rank < tasks.size() % ranks ? 1 : 0);
  with_crew(base.threads, [&](const crew& team) {
    const problem p{d, cuts, team, nullptr};
    team.each(mine, 1e9, [&](std::size_t i) {
      run_task(tasks[i * ranks + rank], p, base, options.checkpoint, print, found);
    });
  });
  if (ranks > 1) unite(*link, found);
  sweep out;
  for (auto& best : found.best()) {
    if (best) out.fits.push_back(std::move(*best));
  }
  out.runs = std::move(found.runs());
  for (std::size_t i = 0; i < out.runs.size(); ++i) {
    sweep_run& r = out.runs[i];
    if (!r.finished) out.cancelled = true;
    r.components = ks[i / static_cast<std::size_t>(options.fit.starts)];
    r.start = static_cast<int>(i % static_cast<std::size_t>(options.fit.starts));
  }
  return out;
}

}  // namespace detail

const mixture_fit& sweep::best(criterion c) const {
  if (fits.empty()) throw error(errc::cancelled, {.what = "no fit was finished"});
  return *std::min_element(fits.begin(), fits.end(), [&](const mixture_fit& a, const mixture_fit& b) {
    return a.value(c) < b.value(c);
  });
}

sweep fit_range(const count_table& counts, std::span<const int> ks, const sweep_options& options) {
  return detail::run_sweep(counts, ks, options, nullptr);
}

std::vector<mixture_fit> fit_range(const count_table& counts, std::span<const int> ks,
                                   const fit_options& options) {
  return fit_range(counts, ks, sweep_options{.fit = options}).fits;
}

sweep fit_auto(const count_table& counts, const auto_k_options& rule, const sweep_options& options) {
  if (rule.min_k < 1 || rule.max_k < rule.min_k || rule.gap < 1) {
    throw error(errc::bad_option,
                {.what = "the bounds of an automatic number of components do not fit",
                 .found = fmt::format("min {}, max {}, gap {}", rule.min_k, rule.max_k, rule.gap),
                 .expected = "1 <= min <= max, gap from 1"});
  }
  sweep all;
  std::size_t best = 0;
  const int most =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(rule.max_k), counts.samples()));
  for (int k = 1; k <= most && !all.cancelled; ++k) {
    const std::vector<int> one{k};
    sweep next = fit_range(counts, one, options);
    all.cancelled = next.cancelled;
    all.runs.insert(all.runs.end(), next.runs.begin(), next.runs.end());
    if (next.fits.empty()) break;
    all.fits.push_back(std::move(next.fits.front()));
    if (all.fits.back().value(rule.by) < all.fits[best].value(rule.by)) best = all.fits.size() - 1;
    if (k >= rule.min_k && all.fits.size() - 1 - best >= static_cast<std::size_t>(rule.gap)) break;
  }
  return all;
}

}  // namespace twill::dmm
