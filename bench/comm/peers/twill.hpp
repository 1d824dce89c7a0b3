// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/version.hpp"
#include "twill/comm.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace peer {

namespace comm = twill::comm;

inline std::string version() { return "twill " + std::string(twill::build_info().version); }

/// Blocks of `n` elements of every rank.
struct blocks {
  std::vector<std::size_t> counts;
  blocks(int ranks, std::size_t n) : counts(static_cast<std::size_t>(ranks), n) {}
};

#ifdef TWILL_BENCH_LOCAL
using communicator = comm::local_comm;
#else
using communicator = comm::shm_comm;
#endif

/// The world as its own type: what a program has that is written over the concepts.
class ranks {
 public:
  explicit ranks(const communicator& c) : c_(c) {}
  [[nodiscard]] int rank() const { return c_.rank(); }
  [[nodiscard]] int size() const { return c_.size(); }
  void barrier() { c_.barrier(); }
  [[nodiscard]] int from_first(int value) { return c_.broadcast_value(value, 0); }
  void allreduce(const std::vector<double>& in, std::vector<double>& out) {
    c_.allreduce(in, out, comm::sum);
  }
  void broadcast(std::vector<double>& data) { c_.broadcast(data, 0); }
  void allgatherv(const std::vector<double>& mine, std::vector<double>& all, const blocks& b) {
    c_.allgatherv(mine, all, b.counts);
  }

 private:
  const communicator& c_;
};

template <class Body>
int run(Body&& body) {
  int code = 0;
  const int ran = comm::run([&](auto& world) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(world)>, communicator>) {
      ranks all(world);
      code = body(all);
    } else {
      throw twill::error(twill::errc::bad_configuration, {.what = "this program is for another backend"});
    }
  });
  return ran != 0 ? ran : code;
}

}  // namespace peer
