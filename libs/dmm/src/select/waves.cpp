// SPDX-License-Identifier: Apache-2.0
#include "select/waves.hpp"

#include "twill/hybrid/loop.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/par/pool.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

namespace twill::dmm::detail {
namespace {

// What loops ask of ranks, by the one operation of a link. Bytes travel in numbers, which are only copied.
class linked_ranks final : public hybrid::collective_view {
 public:
  explicit linked_ranks(rank_link* link) noexcept : link_(link) {}
  [[nodiscard]] int rank() const noexcept override { return link_ == nullptr ? 0 : link_->rank(); }
  [[nodiscard]] int size() const noexcept override { return link_ == nullptr ? 1 : link_->size(); }

  void gather_numbers(std::span<const double> mine, std::span<double> all,
                      std::span<const std::size_t> counts) override {
    if (link_ != nullptr) return link_->allgatherv(mine, all, counts);
    std::copy(mine.begin(), mine.end(), all.begin());
  }
  void barrier() override {
    const std::vector<std::size_t> ones(ranks(), 1);
    std::vector<double> all(ranks());
    const double here = 0;
    gather_numbers(std::span<const double>(&here, 1), all, ones);
  }
  void broadcast(std::span<std::byte> data, int root) override {
    std::vector<std::size_t> counts(ranks(), 0);
    counts[static_cast<std::size_t>(root)] = data.size();
    const std::vector<std::byte> mine(data.begin(), rank() == root ? data.end() : data.begin());
    gather_bytes(mine, data, counts);
  }
  void gather_bytes(std::span<const std::byte> mine, std::span<std::byte> all,
                    std::span<const std::size_t> counts) override {
    std::vector<std::size_t> numbers(counts.size());
    std::transform(counts.begin(), counts.end(), numbers.begin(),
                   [](std::size_t n) { return (n + sizeof(double) - 1) / sizeof(double); });
    std::vector<double> send(numbers[static_cast<std::size_t>(rank())]);
    if (!mine.empty()) std::memcpy(send.data(), mine.data(), mine.size());
    std::vector<double> got(std::accumulate(numbers.begin(), numbers.end(), std::size_t{0}));
    gather_numbers(send, got, numbers);
    std::size_t from = 0;
    std::size_t to = 0;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      if (counts[r] > 0) std::memcpy(all.data() + to, got.data() + from, counts[r]);
      from += numbers[r];
      to += counts[r];
    }
  }

 private:
  [[nodiscard]] std::size_t ranks() const noexcept { return static_cast<std::size_t>(size()); }
  rank_link* link_;
};

}  // namespace

bool stop_was_asked() noexcept { return hybrid::has(hybrid::pending_requests(), hybrid::request::stop); }

wave_end run_waves(rank_link* link, std::uint64_t waves, std::optional<double> max_wall,
                   const std::function<bool(std::uint64_t)>& wave) {
  linked_ranks ranks(link);
  const auto size = static_cast<std::size_t>(ranks.size());
  const hybrid::loop_options how{
      .iterations = waves, .every = 0, .values = hybrid::blocks(size, size), .max_wall = max_wall};
  const hybrid::loop_result done = hybrid::checkpointed_loop(
      ranks, how, {.iterate = [&](std::uint64_t i, hybrid::boundary& end) {
        const double stops = wave(i) || stop_was_asked() ? 1 : 0;
        const auto all = end.exchange_in(ranks, std::span<const double>(&stops, 1)).values;
        return std::any_of(all.begin(), all.end(), [](double x) { return x > 0; });
      }});
  switch (done.status) {
    case hybrid::loop_status::finished: return wave_end::finished;
    case hybrid::loop_status::wall_time: return wave_end::out_of_time;
    case hybrid::loop_status::converged:
    case hybrid::loop_status::interrupted: break;
  }
  return wave_end::stopped;
}

std::size_t wave_size(rank_link* link, std::size_t asked, int threads) {
  const std::size_t workers = threads == 0 ? par::current_num_threads() : static_cast<std::size_t>(threads);
  const auto mine = static_cast<double>(asked == 0 ? 2 * workers : asked);
  if (link == nullptr) return static_cast<std::size_t>(mine);
  std::vector<double> all(static_cast<std::size_t>(link->size()));
  const std::vector<std::size_t> ones(all.size(), 1);
  link->allgatherv(std::span<const double>(&mine, 1), all, ones);
  return static_cast<std::size_t>(*std::max_element(all.begin(), all.end()));
}

}  // namespace twill::dmm::detail
