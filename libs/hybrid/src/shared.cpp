// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/shared.hpp"

#include "twill/base/error.hpp"
#include "twill/base/event.hpp"

#include <fmt/format.h>

#include <cstring>

namespace twill::hybrid {
namespace detail {

comm::region_options region_options_for(memory_placement where) noexcept {
  comm::region_options out;
  switch (where.policy) {
    case memory_policy::local:
    case memory_policy::first_touch: out.where = comm::placement::first_touch; break;
    case memory_policy::interleave: out.where = comm::placement::interleave; break;
    case memory_policy::leader: out.where = comm::placement::leader; break;
    case memory_policy::bind:
      out.where = comm::placement::bind;
      out.node = where.node;
      break;
  }
  return out;
}

void note_fallback(const char* reason) {
  emit(event_level::warning, "hybrid.shared.fallback", "no shared memory, each rank has a copy of its own",
       {{"reason", reason}});
}

void refuse_region(std::size_t bytes, const char* reason) {
  throw error(errc::region_refused, {.what = fmt::format("{} bytes cannot be shared: {}", bytes, reason),
                                     .where = location{},
                                     .hint = "raise TWILL_SHM_BYTES, or switch sharing off"});
}

void fail_content(int rank) {
  throw twill::error(twill::errc::corrupt_data,
                     {.what = fmt::format("rank {} of the node sees other shared data than rank 0", rank),
                      .where = location{}});
}

}  // namespace detail

namespace {

constexpr std::uint64_t layout_magic = 0x5457'4c4c'4159'3031;

struct layout_header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t sections;
  std::uint64_t bytes;
};
struct section_entry {
  std::uint64_t count;
  std::uint64_t width;
  std::uint64_t offset;
};
static_assert(std::is_trivially_copyable_v<layout_header> && sizeof(layout_header) == 24);
static_assert(std::is_trivially_copyable_v<section_entry> && sizeof(section_entry) == 24);

constexpr std::size_t rounded(std::size_t n) noexcept {
  return (n + cache_line - 1) / cache_line * cache_line;
}

[[noreturn]] void corrupt(const char* what) {
  throw twill::error(twill::errc::corrupt_data, {.what = what, .where = location{}});
}

}  // namespace

std::size_t section_layout::add_bytes(std::size_t count, std::size_t width) {
  sections_.push_back({count, width});
  return sections_.size() - 1;
}

std::size_t section_layout::offset(std::size_t number) const noexcept {
  std::size_t at = rounded(sizeof(layout_header) + sections_.size() * sizeof(section_entry));
  for (std::size_t i = 0; i < number; ++i)
    at += rounded(static_cast<std::size_t>(sections_[i].count * sections_[i].width));
  return at;
}

std::size_t section_layout::bytes() const noexcept { return offset(sections_.size()); }

void section_layout::write_header(std::span<std::byte> block) const {
  const layout_header h{layout_magic, version_, static_cast<std::uint32_t>(sections_.size()), bytes()};
  std::memcpy(block.data(), &h, sizeof(h));
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const section_entry e{sections_[i].count, sections_[i].width, offset(i)};
    std::memcpy(block.data() + sizeof(h) + i * sizeof(e), &e, sizeof(e));
  }
}

void section_layout::check_header(std::span<const std::byte> block) const {
  layout_header h{};
  if (block.size() < bytes()) corrupt("the block is shorter than its layout");
  std::memcpy(&h, block.data(), sizeof(h));
  if (h.magic != layout_magic) corrupt("the block has no layout header");
  if (h.version != version_) corrupt("the block has another version of its layout");
  if (h.sections != sections_.size() || h.bytes != bytes()) corrupt("the block has other sections");
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    section_entry e{};
    std::memcpy(&e, block.data() + sizeof(h) + i * sizeof(e), sizeof(e));
    if (e.count != sections_[i].count || e.width != sections_[i].width || e.offset != offset(i))
      corrupt("the block has other sections");
  }
}

}  // namespace twill::hybrid
