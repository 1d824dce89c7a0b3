// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>
#include <vector>

// Operations on more bytes than 32 bits count. That needs 13 GB of memory, so only TWILL_TEST_LONG=1 does it;
// otherwise the same code runs with 2^25 + 16 bytes, which are still many pieces.
namespace ranks::large {

namespace comm = twill::comm;

inline std::uint64_t free_bytes() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (in >> name >> kilobytes >> unit) {
    if (name == "MemAvailable:") return kilobytes * 1024;
  }
  return 0;
}

// What ranks hold at once: two buffers each, and a message.
inline std::size_t length(std::size_t ranks) {
  constexpr std::size_t beyond = (std::size_t{1} << 31U) + 16;
  if (std::getenv("TWILL_TEST_LONG") == nullptr) return (std::size_t{1} << 25U) + 16;
  const std::uint64_t need = (3 * ranks) * beyond;
  if (free_bytes() >= need) return beyond;
  std::printf("2^31 + 16 bytes need %llu bytes of memory, and %llu are free: 2^25 + 16 instead\n",
              static_cast<unsigned long long>(need), static_cast<unsigned long long>(free_bytes()));
  return (std::size_t{1} << 25U) + 16;
}

inline std::uint8_t byte_at(std::size_t i, int rank) {
  return static_cast<std::uint8_t>((i >> 20U) * 7 + i % 251 + static_cast<std::size_t>(rank));
}

// Every element, but one comparison: a failing vector of this size is nothing to print.
template <class F>
std::size_t wrong(const std::vector<std::uint8_t>& v, F expected) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < v.size(); ++i) n += v[i] != expected(i);
  return n;
}

template <class C>
void check(C& world, std::size_t n) {
  const int last = world.size() - 1;
  std::vector<std::uint8_t> data(n);
  for (std::size_t i = 0; i < n; ++i) data[i] = byte_at(i, world.rank());
  {
    std::vector<std::uint8_t> out(n);
    world.allreduce(data, out, comm::bit_xor);
    EXPECT_EQ(wrong(out,
                    [&](std::size_t i) {
                      std::uint8_t x = 0;
                      for (int r = 0; r < world.size(); ++r) x = static_cast<std::uint8_t>(x ^ byte_at(i, r));
                      return x;
                    }),
              0U);
    // The first rank has nearly all, and the whole is longer than 2^31.
    std::vector<std::size_t> counts(static_cast<std::size_t>(world.size()), 8);
    counts[0] = n - 8 * static_cast<std::size_t>(last);
    const auto own =
        std::span<const std::uint8_t>(data).first(counts[static_cast<std::size_t>(world.rank())]);
    world.allgatherv(own, out, counts);
    EXPECT_EQ(wrong(out,
                    [&](std::size_t i) {
                      return i < counts[0]
                                 ? byte_at(i, 0)
                                 : byte_at((i - counts[0]) % 8, static_cast<int>((i - counts[0]) / 8) + 1);
                    }),
              0U);
    if (world.rank() == last) {
      const auto receive = [&] {
        EXPECT_EQ(world.recv(out, 0, 1).bytes, n);
        EXPECT_EQ(wrong(out, [](std::size_t i) { return byte_at(i, 0); }), 0U);
      };
      if (last == 0) {
        auto self = world.isend(data, 0, 1);
        receive();
      } else {
        receive();
      }
    } else if (world.rank() == 0) {
      world.send(data, last, 1);
    }
  }
  world.broadcast(data, last);
  EXPECT_EQ(wrong(data, [&](std::size_t i) { return byte_at(i, last); }), 0U);
}

}  // namespace ranks::large
