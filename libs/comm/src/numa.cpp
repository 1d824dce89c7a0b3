// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/region.hpp"

#include <climits>

#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace twill::comm::detail {
namespace {

constexpr std::size_t most_nodes = 1024;
constexpr std::size_t word_bits = sizeof(unsigned long) * CHAR_BIT;
using node_mask = std::array<unsigned long, most_nodes / word_bits>;

// The whole units of `unit` bytes inside a range.
std::span<std::byte> whole(std::span<std::byte> range, std::size_t unit) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  const std::uintptr_t first = (begin + unit - 1) / unit * unit;
  const std::uintptr_t last = (begin + range.size()) / unit * unit;
  if (first >= last) return {};
  return range.subspan(first - begin, last - first);
}

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

node_mask allowed_nodes() noexcept {
  node_mask mask{};
  if (::syscall(SYS_get_mempolicy, nullptr, mask.data(), most_nodes, nullptr, MPOL_F_MEMS_ALLOWED) != 0)
    mask = {1};
  return mask;
}

int set_policy(std::span<std::byte> pages, int mode, const node_mask& mask) noexcept {
  const long rc =
      ::syscall(SYS_mbind, pages.data(), pages.size(), mode, mask.data(), most_nodes, MPOL_MF_MOVE);
  return rc == 0 ? 0 : errno;
}

}  // namespace

int place_pages(std::span<std::byte> range, const region_options& how) noexcept {
  const auto pages = whole(range, page_size());
  if (pages.empty() || how.where == placement::first_touch || how.where == placement::leader) return 0;
  node_mask mask = allowed_nodes();
  if (how.where == placement::interleave) return set_policy(pages, MPOL_INTERLEAVE, mask);
  const auto node = static_cast<std::size_t>(how.node);
  if (how.node < 0 || node >= most_nodes || (mask[node / word_bits] >> node % word_bits & 1U) == 0)
    return EINVAL;
  mask = {};
  mask[node / word_bits] = 1UL << node % word_bits;
  return set_policy(pages, MPOL_BIND, mask);
}

int use_huge_pages(std::span<std::byte> range, huge_pages how) noexcept {
  const auto pages = whole(range, std::size_t{2} << 20U);
  if (pages.empty()) return 0;
  if (how == huge_pages::off) return ::madvise(pages.data(), pages.size(), MADV_NOHUGEPAGE) == 0 ? 0 : errno;
  const int rc = ::madvise(pages.data(), pages.size(), MADV_HUGEPAGE) == 0 ? 0 : errno;
  return how == huge_pages::on ? rc : 0;
}

void bring_near(std::span<std::byte> range) noexcept {
  const auto pages = whole(range, page_size());
  const node_mask mask = allowed_nodes();
  std::size_t nodes = 0;
  for (const unsigned long word : mask) nodes += static_cast<std::size_t>(__builtin_popcountl(word));
  if (pages.empty() || nodes < 2) return;
  // Shared pages exist from the start, so there is no first write to place them: they are mapped here and
  // moved.
  for (std::size_t i = 0; i < pages.size(); i += page_size()) {
    const volatile std::byte touch = pages[i];
    static_cast<void>(touch);
  }
  unsigned cpu = 0;
  unsigned node = 0;
  if (::syscall(SYS_getcpu, &cpu, &node, nullptr) != 0 || node >= most_nodes) return;
  node_mask here{};
  here[node / word_bits] = 1UL << node % word_bits;
  static_cast<void>(
      set_policy(pages, MPOL_PREFERRED, here));  // a hint: where it is refused, pages stay where they are
}

}  // namespace twill::comm::detail
