// SPDX-License-Identifier: Apache-2.0
#include "select/sweep.hpp"

#include "fit/em.hpp"
#include "fit/over_ranks.hpp"
#include "select/checkpoint.hpp"
#include "select/collection.hpp"
#include "select/stoppable.hpp"
#include "select/waves.hpp"
#include "twill/dmm/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace twill::dmm {
namespace detail {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void check_sweep(std::span<const int> ks, const sweep_options& options, std::size_t samples) {
  if (ks.empty()) {
    throw error(errc::bad_option, {.what = "a sweep has no number of components",
                                   .where = location{.file = "components"},
                                   .expected = "at least one"});
  }
  for (const int k : ks) {
    fit_options one = options.fit;
    one.components = k;
    check_options(one, samples);
  }
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
  const double seconds = seconds_since(start);
  if (!folder.empty() && !fit.diag.cancelled) write_checkpoint(path, print, fit);
  into.add(t, std::move(fit), seconds, false);
}

// One run over all ranks. Only rank 0 looks at files, so that all ranks take the same way.
void run_task_over_rows(const task& t, const problem& p, const fit_options& base, const std::string& folder,
                        std::uint64_t print, collection& into) {
  const std::string path = folder.empty() ? std::string() : checkpoint_path(folder, t.components, t.start);
  std::vector<std::size_t> counts;
  if (!folder.empty()) {
    std::vector<double> numbers;
    if (p.link->rank() == 0) {
      if (const auto kept = read_checkpoint(path, print); kept && kept->components == t.components)
        numbers = flatten(*kept);
    }
    if (auto kept = unflatten(exchange(*p.link, numbers, counts)))
      return into.add(t, std::move(*kept), 0, true);
  }
  fit_options options = base;
  options.components = t.components;
  const auto start = std::chrono::steady_clock::now();
  mixture_fit fit = run_start(p, options, t.start);
  const double seconds = seconds_since(start);
  fit.group = exchange(*p.link, fit.group, counts);
  if (!folder.empty() && !fit.diag.cancelled && p.link->rank() == 0) write_checkpoint(path, print, fit);
  into.add(t, std::move(fit), seconds, false);
}

sweep result_of(collection& found, std::span<const int> ks, wave_end end) {
  sweep out = found.take(ks);
  out.out_of_time = end == wave_end::out_of_time;
  return out;
}

}  // namespace

sweep run_sweep(const count_table& counts, std::span<const int> ks, const sweep_options& options,
                rank_link* link) {
  check_sweep(ks, options, counts.samples());
  const dataset& d = *counts.data();
  std::uint64_t print = 0;
  if (!options.checkpoint.empty()) {
    std::filesystem::create_directories(options.checkpoint);
    print = fingerprint(content_sum(d), d.n, d.s, options.fit);
  }
  const stoppable runs(options.fit);
  const std::vector<task> tasks = tasks_of(ks, options.fit.starts);
  collection found(ks.size(), static_cast<std::size_t>(options.fit.starts));
  const plan cuts(d);
  const std::size_t ranks = link == nullptr ? 1 : static_cast<std::size_t>(link->size());
  const std::size_t rank = link == nullptr ? 0 : static_cast<std::size_t>(link->rank());
  const std::size_t size = wave_size(link, options.wave, options.fit.threads);
  const std::size_t per_wave = size * ranks;
  const wave_end end = with_crew(options.fit.threads, [&](const crew& team) {
    const problem p{d, cuts, team, nullptr};
    return run_waves(
        link, (tasks.size() + per_wave - 1) / per_wave, options.max_wall, [&](std::uint64_t wave) {
          const std::size_t first = static_cast<std::size_t>(wave) * per_wave + rank;
          const std::size_t rest = first < tasks.size() ? (tasks.size() - first + ranks - 1) / ranks : 0;
          team.each(std::min(size, rest), 1e9, [&](std::size_t i) {
            run_task(tasks[first + i * ranks], p, runs.options(), options.checkpoint, print, found);
          });
          return runs.stopped();
        });
  });
  if (ranks > 1) found.unite(*link);
  return result_of(found, ks, end);
}

sweep run_sweep_over_rows(const count_table& local_rows, std::span<const int> ks,
                          const sweep_options& options, rank_link& link) {
  const dataset d = unite_rows(local_rows, link);
  check_sweep(ks, options, d.all_rows);
  std::uint64_t print = 0;
  if (!options.checkpoint.empty()) {
    if (link.rank() == 0) std::filesystem::create_directories(options.checkpoint);
    const std::uint64_t mine = content_sum(d);
    const std::vector<double> halves{static_cast<double>(mine >> 32U),
                                     static_cast<double>(mine & 0xffffffffU)};
    std::vector<std::size_t> counts;
    const std::vector<double> all = exchange(link, halves, counts);
    std::uint64_t content = 0;
    for (std::size_t i = 0; i < all.size(); i += 2)
      content += (static_cast<std::uint64_t>(all[i]) << 32U) + static_cast<std::uint64_t>(all[i + 1]);
    print = fingerprint(content, d.all_rows, d.s, options.fit);
  }
  const stoppable runs(options.fit);
  const std::vector<task> tasks = tasks_of(ks, options.fit.starts);
  collection found(ks.size(), static_cast<std::size_t>(options.fit.starts));
  const plan cuts(d);
  const wave_end end = with_crew(options.fit.threads, [&](const crew& team) {
    const problem p{d, cuts, team, &link};
    return run_waves(&link, tasks.size(), options.max_wall, [&](std::uint64_t wave) {
      run_task_over_rows(tasks[static_cast<std::size_t>(wave)], p, runs.options(), options.checkpoint, print,
                         found);
      return runs.stopped();
    });
  });
  return result_of(found, ks, end);
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
    all.out_of_time = next.out_of_time;
    all.runs.insert(all.runs.end(), next.runs.begin(), next.runs.end());
    if (next.fits.empty()) break;
    all.fits.push_back(std::move(next.fits.front()));
    if (all.fits.back().value(rule.by) < all.fits[best].value(rule.by)) best = all.fits.size() - 1;
    if (k >= rule.min_k && all.fits.size() - 1 - best >= static_cast<std::size_t>(rule.gap)) break;
  }
  return all;
}

}  // namespace twill::dmm
