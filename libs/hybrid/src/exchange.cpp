// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/exchange.hpp"

#include "twill/base/error.hpp"
#include "twill/base/sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

namespace twill::hybrid {
namespace {

template <class F>
double sum_of(std::span<const double> values, F f) noexcept {
  std::array<double, sum_leaf_size> leaf{};
  tree_fold<double, sum_combine> tree;
  for (std::size_t at = 0; at < values.size(); at += sum_leaf_size) {
    const auto part = values.subspan(at, std::min(sum_leaf_size, values.size() - at));
    std::transform(part.begin(), part.end(), leaf.begin(), f);
    tree.push(sum_leaf(std::span<const double>(leaf).first(part.size())));
  }
  return tree.result();
}

// The first number of a front: the requests in the lowest byte; above it one more than the ticks that the
// rank has computed, 0 where it does not know. A double holds 45 bits of ticks: 26 days.
constexpr double tick_scale = 256;
constexpr std::int64_t tick_nanoseconds = 64;
constexpr std::int64_t most_ticks = (std::int64_t{1} << 45) - 2;

double front_of(request_bits requests, std::int64_t computed) noexcept {
  const std::int64_t ticks = computed < 0 ? 0 : 1 + std::min(computed / tick_nanoseconds, most_ticks);
  return static_cast<double>(requests) + tick_scale * static_cast<double>(ticks);
}
struct sent_front {
  request_bits requests;
  std::int64_t computed;  // nanoseconds; -1: unknown
};
sent_front front_from(double sent) noexcept {
  const auto whole = static_cast<std::int64_t>(sent);
  const std::int64_t ticks = whole >> 8;
  return {static_cast<request_bits>(whole & 0xff), ticks == 0 ? -1 : (ticks - 1) * tick_nanoseconds};
}

std::int64_t steady_nanoseconds() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

[[noreturn]] void corrupt(const char* what) {
  throw twill::error(twill::errc::corrupt_data, {.what = what, .where = location{}});
}

}  // namespace

ordered_statistics statistics_in_order(std::span<const double> values) noexcept {
  ordered_statistics out{.count = values.size()};
  if (values.empty()) return out;
  const auto n = static_cast<double>(values.size());
  out.mean = sum_of(values, [](double x) { return x; }) / n;
  if (values.size() > 1) {
    const double mean = out.mean;
    out.variance = sum_of(values, [mean](double x) { return (x - mean) * (x - mean); }) / (n - 1);
  }
  return out;
}

// A packed record: the number of doubles that follow, negative when coefficients are packed; the header; then
// either the coefficients or their mask, 64 to a double, and the nonzero ones.
std::vector<double> pack_records(std::span<const double> records, const record_shape& shape) {
  std::vector<double> out;
  out.reserve(records.size());
  const std::size_t words = (shape.coefficients + 63) / 64;
  std::vector<std::uint64_t> mask(words);
  for (std::size_t at = 0; at + shape.doubles() <= records.size(); at += shape.doubles()) {
    const auto header = records.subspan(at, shape.header);
    const auto values = records.subspan(at + shape.header, shape.coefficients);
    std::fill(mask.begin(), mask.end(), 0);
    std::size_t nonzero = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::bit_cast<std::uint64_t>(values[i]) == 0) continue;
      ++nonzero;
      mask[i / 64] |= std::uint64_t{1} << i % 64;
    }
    const bool packs = 2 * nonzero < values.size() && words + nonzero < values.size();
    const auto length = static_cast<double>(shape.header + (packs ? words + nonzero : values.size()));
    out.push_back(packs ? -length : length);
    out.insert(out.end(), header.begin(), header.end());
    if (!packs) {
      out.insert(out.end(), values.begin(), values.end());
      continue;
    }
    for (const std::uint64_t word : mask) out.push_back(std::bit_cast<double>(word));
    for (const double v : values)
      if (std::bit_cast<std::uint64_t>(v) != 0) out.push_back(v);
  }
  return out;
}

std::vector<double> unpack_records(std::span<const double> packed, const record_shape& shape) {
  std::vector<double> out;
  const std::size_t words = (shape.coefficients + 63) / 64;
  while (!packed.empty()) {
    const double front = packed.front();
    packed = packed.subspan(1);
    const double magnitude = front < 0 ? -front : front;
    if (!(magnitude <= static_cast<double>(packed.size())))
      corrupt("a packed record is longer than its message");
    const auto length = static_cast<std::size_t>(magnitude);
    if (length < shape.header) corrupt("a packed record is shorter than its header");
    const auto record = packed.first(length);
    packed = packed.subspan(length);
    out.insert(out.end(), record.begin(), record.begin() + static_cast<std::ptrdiff_t>(shape.header));
    auto rest = record.subspan(shape.header);
    if (!(front < 0)) {
      if (rest.size() != shape.coefficients) corrupt("a record has another number of coefficients");
      out.insert(out.end(), rest.begin(), rest.end());
      continue;
    }
    if (rest.size() < words) corrupt("a packed record has no mask");
    const auto mask = rest.first(words);
    rest = rest.subspan(words);
    std::size_t used = 0;
    for (std::size_t i = 0; i < shape.coefficients; ++i) {
      const bool there = (std::bit_cast<std::uint64_t>(mask[i / 64]) >> i % 64 & 1U) != 0;
      if (there && used == rest.size()) corrupt("a packed record has fewer coefficients than its mask");
      out.push_back(there ? rest[used++] : 0.0);
    }
    if (used != rest.size()) corrupt("a packed record has more coefficients than its mask");
  }
  return out;
}

std::vector<std::uint32_t> pack_activity(std::span<const stage_activity> stages) {
  std::vector<std::uint32_t> out;
  for (const stage_activity& s : stages) {
    out.push_back(s.stage);
    out.push_back(static_cast<std::uint32_t>(s.slots.size()));
    for (const auto& [slot, times] : s.slots) {
      out.push_back(slot);
      out.push_back(times);
    }
  }
  return out;
}

std::vector<stage_activity> unpack_activity(std::span<const std::uint32_t> message) {
  std::vector<stage_activity> out;
  while (!message.empty()) {
    if (message.size() < 2 || (message.size() - 2) / 2 < message[1])
      corrupt("a message of cut activity ends within a stage");
    stage_activity s{.stage = message[0]};
    const std::size_t n = message[1];
    for (std::size_t i = 0; i < n; ++i) s.slots.emplace_back(message[2 + 2 * i], message[3 + 2 * i]);
    message = message.subspan(2 + 2 * n);
    out.push_back(std::move(s));
  }
  return out;
}

boundary::boundary(const block_table& values, int rank)
    : values_(values), rank_(static_cast<std::size_t>(rank)), counts_(values.counts) {
  for (std::size_t& c : counts_) c += 2;
  send_.resize(counts_[rank_]);
  all_.resize(values_.elements() + 2 * counts_.size());
}

void boundary::set_together() noexcept { together_ = steady_nanoseconds(); }

boundary_view boundary::exchange_in(detail::collective_view& ranks, std::span<const double> mine) {
  const std::size_t own = counts_[rank_] - 2;
  if (mine.size() != own) {
    throw twill::error(twill::errc::invalid_value,
                       {.what = "the boundary gets another number of values than its block",
                        .where = location{},
                        .found = std::to_string(mine.size()),
                        .expected = std::to_string(own)});
  }
  const std::int64_t arrived = steady_nanoseconds();
  send_[0] = front_of(requests_, together_ < 0 ? -1 : arrived - together_);
  send_[1] = elapsed_;
  std::copy(mine.begin(), mine.end(), send_.begin() + 2);
  {
    const in_collective here("allgatherv");
    ranks.gather_numbers(send_, all_, counts_);
  }
  together_ = steady_nanoseconds();
  last_ = {};
  last_.elapsed = all_[1];
  const std::int64_t computed = front_from(send_[0]).computed;
  std::int64_t longest = computed;
  bool all_known = computed >= 0;
  // Values move down over the fronts; what is moved lies behind all that was moved before.
  std::size_t from = 0;
  std::size_t to = 0;
  for (const std::size_t count : counts_) {
    const sent_front theirs = front_from(all_[from]);
    last_.requests |= theirs.requests;
    all_known = all_known && theirs.computed >= 0;
    longest = std::max(longest, theirs.computed);
    std::copy_n(all_.begin() + static_cast<std::ptrdiff_t>(from) + 2, count - 2,
                all_.begin() + static_cast<std::ptrdiff_t>(to));
    from += count;
    to += count - 2;
  }
  last_.values = std::span<const double>(all_).first(to);
  // Who left the exchange before late says too little; nobody waits for longer than the exchange takes.
  if (all_known) last_.waited = static_cast<double>(std::min(longest - computed, together_ - arrived)) * 1e-9;
  exchanged_ = true;
  return last_;
}

}  // namespace twill::hybrid
