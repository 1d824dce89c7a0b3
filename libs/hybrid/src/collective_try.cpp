// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/collective_try.hpp"

#include "twill/comm/error.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace twill::hybrid::detail {

collective_view::~collective_view() = default;

bool ends_communication(const std::exception_ptr& e) noexcept {
  try {
    std::rethrow_exception(e);
  } catch (const comm::error& c) {
    return !recoverable(static_cast<comm::errc>(c.code().value()));
  } catch (const std::exception&) {
    return false;
  }
}

void agree_on_outcome(collective_view& ranks, const std::exception_ptr& mine) {
  if (mine && ends_communication(mine)) std::rethrow_exception(mine);
  // Exit code + 1 and text length of each rank; 0: success.
  std::array<double, 2> here{};
  std::string text;
  if (mine) {
    try {
      std::rethrow_exception(mine);
    } catch (const std::exception& e) {
      text = e.what();
      here = {static_cast<double>(exit_code_of(e)) + 1, static_cast<double>(text.size())};
    }
  }
  const auto n = static_cast<std::size_t>(ranks.size());
  std::vector<double> all(2 * n);
  const std::vector<std::size_t> two(n, 2);
  ranks.gather_numbers(here, all, two);
  int first = -1;
  int failed = 0;
  for (std::size_t r = 0; r < n; ++r) {
    if (all[2 * r] == 0) continue;
    ++failed;
    if (first < 0) first = static_cast<int>(r);
  }
  if (failed == 0) return;
  const auto at = static_cast<std::size_t>(first);
  text.resize(static_cast<std::size_t>(all[2 * at + 1]));
  ranks.broadcast(std::as_writable_bytes(std::span(text.data(), text.size())), first);
  throw remote_failure(first, failed, std::move(text),
                       static_cast<exit_code>(static_cast<int>(all[2 * at]) - 1), ranks.rank() == first);
}

void share_first_ranks(collective_view& ranks, std::vector<std::byte>& content,
                       const std::exception_ptr& mine) {
  const double length = mine ? -1.0 : static_cast<double>(content.size());
  const auto n = static_cast<std::size_t>(ranks.size());
  std::vector<double> all(n);
  const std::vector<std::size_t> one(n, 1);
  ranks.gather_numbers(std::span<const double>(&length, 1), all, one);
  if (all.front() < 0) agree_on_outcome(ranks, mine);
  content.resize(static_cast<std::size_t>(all.front()));
  ranks.broadcast(content, 0);
}

}  // namespace twill::hybrid::detail
