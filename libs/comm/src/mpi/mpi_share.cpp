// SPDX-License-Identifier: Apache-2.0
// Regions and windows in the library's shared memory. Addresses inside a segment are laid out here: what
// libraries promise of alignment, empty parts and contiguity differs.
#include "mpi/mpi_endpoint.hpp"
#include "twill/base/machine.hpp"
#include "twill/comm/detail/mpi_engine.hpp"
#include "twill/comm/detail/segments.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace twill::comm::detail {
namespace {

// Where in its segment a rank's words and data stand: equal in every process, because what lies in front of
// the segment on its first page is.
struct place {
  std::uint64_t words = 0;
  std::uint64_t data = 0;
};

std::uintptr_t up(std::uintptr_t n, std::uintptr_t to) noexcept { return (n + to - 1) / to * to; }

// Both libraries take the memory from there; what is not there would be a signal at the first access.
std::uint64_t room_left() {
  struct statvfs s{};
  const std::uint64_t memory = inspect_machine().available_memory().value_or(std::uint64_t{8} << 30U);
  if (::statvfs("/dev/shm", &s) != 0) return memory / 2;
  return std::min<std::uint64_t>(memory / 2, static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize);
}

// The pages of a segment a second time, where the data has the alignment that is asked for. Processes map a
// segment where they like, so more than a page's alignment is nothing that its owner can arrange for them.
class second_mapping {
 public:
  second_mapping(std::byte* page, std::size_t bytes, std::size_t data, std::size_t alignment) {
    const std::size_t room = bytes + 2 * alignment;
    void* const free = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (free == MAP_FAILED) return;
    const auto begin = reinterpret_cast<std::uintptr_t>(free);
    const std::uintptr_t target = up(begin + data, alignment) - data;
    reserved_ = free;
    reserved_bytes_ = room;
    // An old length of zero maps the same pages once more, wherever there is room; then they are moved.
    // By the system call itself: libraries below MPI put a function of theirs in mremap's place that loses
    // the address it is to move to.
    const long again = ::syscall(SYS_mremap, page, 0, bytes, MREMAP_MAYMOVE, 0);
    if (again == -1) return;
    const long moved = ::syscall(SYS_mremap, again, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    if (moved == -1) {
      ::munmap(reinterpret_cast<void*>(again), bytes);
    } else {
      at_ = reinterpret_cast<std::byte*>(moved);
    }
  }
  second_mapping(const second_mapping&) = delete;
  second_mapping& operator=(const second_mapping&) = delete;
  ~second_mapping() {
    if (reserved_ != nullptr) ::munmap(reserved_, reserved_bytes_);
  }
  [[nodiscard]] std::byte* at() const noexcept { return at_; }

 private:
  void* reserved_ = nullptr;
  std::size_t reserved_bytes_ = 0;
  std::byte* at_ = nullptr;
};

struct claims {
  std::shared_ptr<endpoint> ep;
  std::shared_ptr<mpi_context::shared_window> window;
  std::vector<std::unique_ptr<second_mapping>> mappings;
  ~claims() {
    // ORD release [window-release]: pairs with reclaim: this rank's accesses are over.
    if (window) window->released.store(true, std::memory_order_release);
  }
};

[[noreturn]] void refuse(const context& c, op_kind kind, std::size_t bytes) {
  fail(errc::allocation_failed, c.site(kind),
       bytes == ~std::size_t{0} ? std::string("a size that no address can have")
                                : "no room for " + std::to_string(bytes) + " shared bytes on this node",
       {.requested = bytes});
}

}  // namespace

void mpi_context::reclaim() {
  if (windows.empty()) return;
  const std::vector<std::shared_ptr<shared_window>> all(windows.begin(), windows.end());
  std::vector<std::uint8_t> mine;
  // ORD acquire [window-release]: pairs with the release of the last claim.
  for (const auto& w : all) mine.push_back(w->released.load(std::memory_order_acquire) ? 1 : 0);
  std::vector<std::uint8_t> everywhere(mine.size());
  check(api->allreduce(comm, mine.data(), everywhere.data(), mine.size(), type_code<std::uint8_t>(),
                       static_cast<std::uint8_t>(op_code::min)),
        op_kind::create_window);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (everywhere[i] == 0) continue;
    check(api->free_window(&all[i]->handle), op_kind::create_window);
    home().forget(all[i]);
    windows.remove(all[i]);
  }
}

segments share_mpi(mpi_context& c, op_kind kind, const segment_request& r) {
  check_alignment(c, kind, r.alignment);
  c.reclaim();
  const std::size_t alignment = std::max(r.alignment, cache_line);
  const auto n = static_cast<std::size_t>(c.size);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

  std::vector<std::size_t> bytes(n);
  c.check(c.api->allgather(c.comm, &r.bytes, bytes.data(), sizeof(std::size_t)), kind);
  const std::uint64_t room = room_left();
  bool fits = true;
  std::uint64_t total = 0;
  for (const std::size_t b : bytes) {
    fits = fits && b <= room && total + b <= room;
    total += fits ? b : 0;
  }
  if (!c.all_of(fits, kind)) refuse(c, kind, *std::max_element(bytes.begin(), bytes.end()));

  const std::size_t own = r.contiguous ? (c.rank == 0 ? total : 0) : r.bytes;
  auto held = std::make_shared<claims>();
  held->ep = c.ep;
  auto window = std::make_shared<mpi_context::shared_window>();
  void* base = nullptr;
  const std::size_t length = page + sizeof(segment_words) + alignment + own;
  const int code = c.api->allocate_shared(c.comm, length, &base, &window->handle);
  if (!c.all_of(code == 0, kind)) {
    c.check(code, kind);
    refuse(c, kind, *std::max_element(bytes.begin(), bytes.end()));
  }
  held->window = window;
  c.windows.push_back(window);
  c.home().remember(window);

  // From the begin of the page that the segment begins on.
  const auto offset_in_page = reinterpret_cast<std::uintptr_t>(base) % page;
  place mine;
  mine.words = up(offset_in_page, cache_line);
  mine.data = alignment > page ? up(mine.words + sizeof(segment_words), page)
                               : up(mine.words + sizeof(segment_words), alignment);
  auto* const first = static_cast<std::byte*>(base) - offset_in_page;
  if (c.size == 1) {
    // Nobody else maps it, and it may be memory that cannot be mapped twice.
    const auto begin = reinterpret_cast<std::uintptr_t>(first);
    mine.data = up(begin + mine.words + sizeof(segment_words), alignment) - begin;
  }
  ::new (first + mine.words) segment_words{};
  if (r.zero && own != 0) std::memset(first + mine.data, 0, own);
  std::vector<place> all(n);
  c.check(c.api->allgather(c.comm, &mine, all.data(), sizeof mine), kind);

  segments out;
  out.contiguous = r.contiguous;
  out.bytes = bytes;
  std::size_t at = 0;
  std::byte* whole = nullptr;
  bool mapped = true;
  for (std::size_t i = 0; i < n; ++i) {
    void* theirs = nullptr;
    c.check(c.api->shared_base(window->handle, static_cast<int>(i), &theirs), kind);
    auto* begin = static_cast<std::byte*>(theirs) - reinterpret_cast<std::uintptr_t>(theirs) % page;
    const std::size_t extent = r.contiguous ? (i == 0 ? total : 0) : bytes[i];
    out.words.push_back(reinterpret_cast<segment_words*>(begin + all[i].words));
    if (alignment > page && c.size > 1) {
      auto& second = held->mappings.emplace_back(std::make_unique<second_mapping>(
          begin, up(all[i].data + std::max<std::size_t>(extent, 1), page), all[i].data, alignment));
      mapped = mapped && second->at() != nullptr;
      if (second->at() != nullptr) begin = second->at();
    }
    if (i == 0) whole = begin + all[0].data;
    out.base.push_back(r.contiguous ? whole + at : begin + all[i].data);
    at += bytes[i];
  }
  if (!c.all_of(mapped, kind)) refuse(c, kind, *std::max_element(bytes.begin(), bytes.end()));
  out.hold = std::move(held);
  return out;
}

}  // namespace twill::comm::detail
