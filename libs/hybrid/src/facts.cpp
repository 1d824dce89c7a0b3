// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <cstring>

namespace twill::hybrid::detail {
namespace {

template <class T>
void put(std::vector<std::byte>& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put(std::vector<std::byte>& out, const std::string& text) {
  put(out, std::uint64_t{text.size()});
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Requires: what `put` wrote, field by field.
struct reader {
  std::span<const std::byte> rest;
  void get(auto& value) {
    std::memcpy(&value, rest.data(), sizeof(value));
    rest = rest.subspan(sizeof(value));
  }
  void get(std::string& text) {
    std::uint64_t n = 0;
    get(n);
    text.assign(reinterpret_cast<const char*>(rest.data()), static_cast<std::size_t>(n));
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
};

void each(auto&& f, auto& r) {
  f(r.pid);
  f(r.local_rank);
  f(r.host);
  f(r.cpus);
  f(r.nodes);
  f(r.threads);
  f(r.threads_source);
  f(r.binding);
  f(r.placement);
  f(r.memory_limit);
  f(r.memory_source);
  f(r.factor);
}

}  // namespace

std::vector<rank_facts> gather_facts(const comm::any_communicator& world, const rank_facts& mine) {
  std::vector<std::byte> bytes;
  each([&](const auto& field) { put(bytes, field); }, mine);
  const auto all = world.allgatherv(bytes);
  std::vector<rank_facts> out(all.size());
  for (std::size_t r = 0; r < all.size(); ++r) {
    reader from{all[r]};
    each([&](auto& field) { from.get(field); }, out[r]);
  }
  return out;
}

}  // namespace twill::hybrid::detail
