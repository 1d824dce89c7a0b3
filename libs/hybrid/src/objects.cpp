// SPDX-License-Identifier: Apache-2.0
#include "objects.hpp"

#include "twill/base/checksum.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <span>

namespace twill::hybrid::detail {
namespace {

using notes = std::span<const std::byte>;

std::size_t padded(std::size_t n) { return (n + 3) / 4 * 4; }

// A note is a header, a name and a content, each on a boundary of 4 bytes.
std::string find_id(notes rest) {
  ElfW(Nhdr) head{};
  while (rest.size() >= sizeof head) {
    std::memcpy(&head, rest.data(), sizeof head);
    const std::size_t content = sizeof head + padded(head.n_namesz);
    const std::size_t end = content + padded(head.n_descsz);
    if (end > rest.size()) return {};
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
        std::memcmp(rest.data() + sizeof head, "GNU", 4) == 0)
      return to_hex(rest.subspan(content, head.n_descsz));
    rest = rest.subspan(end);
  }
  return {};
}

struct search {
  std::uintptr_t inside = 0;  // an address in the wanted object
  std::string id{};
};

int visit_for_id(dl_phdr_info* object, std::size_t, void* data) {
  auto& wanted = *static_cast<search*>(data);
  const std::span<const ElfW(Phdr)> segments(object->dlpi_phdr, object->dlpi_phnum);
  bool here = false;
  for (const auto& s : segments) {
    const std::uintptr_t begin = object->dlpi_addr + s.p_vaddr;
    here = here || (s.p_type == PT_LOAD && wanted.inside >= begin && wanted.inside < begin + s.p_memsz);
  }
  if (!here) return 0;
  for (const auto& s : segments) {
    if (s.p_type != PT_NOTE || !wanted.id.empty()) continue;
    wanted.id = find_id({reinterpret_cast<const std::byte*>(object->dlpi_addr + s.p_vaddr), s.p_filesz});
  }
  return 1;
}

struct name_search {
  std::string_view begins;
  std::string path{};
};

int visit_for_name(dl_phdr_info* object, std::size_t, void* data) {
  auto& wanted = *static_cast<name_search*>(data);
  const std::string_view path = object->dlpi_name == nullptr ? "" : object->dlpi_name;
  if (!path.substr(path.rfind('/') + 1).starts_with(wanted.begins)) return 0;
  wanted.path = path;
  return 1;
}

}  // namespace

std::string build_id() {
  search s{.inside = reinterpret_cast<std::uintptr_t>(&build_id)};
  ::dl_iterate_phdr(visit_for_id, &s);
  return s.id;
}

std::string loaded_library(std::string_view begins) {
  name_search s{.begins = begins};
  ::dl_iterate_phdr(visit_for_name, &s);
  return s.path;
}

}  // namespace twill::hybrid::detail
