// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>
#include <numeric>
#include <optional>

namespace twill::apps {
namespace {

void split(const any_world& world, finding& f) {
  // Even and odd ranks, in descending order.
  const auto half = world.split(world.rank() % 2, -world.rank());
  f.that("a rank with a colour got no communicator", half.has_value());
  if (!half) return;
  const int members = (world.size() + 1 - world.rank() % 2) / 2;
  f.equal("ranks", half->size(), members);
  f.equal("rank", half->rank(), members - 1 - world.rank() / 2);
  f.equal("sum inside", half->allreduce(1, comm::sum), members);
  const std::optional<int> color = world.rank() == 0 ? std::nullopt : std::optional<int>(3);
  f.equal("a communicator with a colour", world.split(color).has_value(), world.rank() != 0);
}

void split_local(const any_world& world, finding& f) {
  const auto node = world.split_local();
  f.equal("ranks of this host", node.size(), world.topology().local_size);
  f.equal("rank on this host", node.rank(), world.topology().local_rank);
  f.equal("leader", node.is_leader(), world.topology().leader);
}

// A message of one does not arrive in the other.
void duplicate(const any_world& world, finding& f) {
  const auto copy = world.duplicate();
  const int next = (world.rank() + 1) % world.size();
  const int before = (world.rank() + world.size() - 1) % world.size();
  world.send(std::vector<int>{1}, next, 20);
  copy.send(std::vector<int>{2}, next, 20);
  std::vector<int> got(1);
  copy.recv(got, before, 20);
  f.equal("through the duplicate", got[0], 2);
  world.recv(got, before, 20);
  f.equal("through the first", got[0], 1);
}

void create_group(const any_world& world, finding& f) {
  std::vector<int> backwards(count_of(world));
  std::iota(backwards.rbegin(), backwards.rend(), 0);
  const auto turned = world.create_group(backwards);
  f.that("a listed rank got no communicator", turned.has_value());
  if (!turned) return;
  f.equal("rank", turned->rank(), world.size() - 1 - world.rank());
  f.same("group", turned->group(), backwards);
  f.that("compare", turned->compare(world) == (world.size() == 1 ? comm::group_relation::congruent
                                                                 : comm::group_relation::similar));
  f.that("compare with itself", world.compare(world) == comm::group_relation::identical);
}

void neighborhood(const any_world& world, finding& f) {
  const int next = (world.rank() + 1) % world.size();
  const int before = (world.rank() + world.size() - 1) % world.size();
  const auto ring = world.neighborhood({before}, {next});
  std::vector<double> got(3);
  ring.allgather(block_of(world.rank()), got);
  f.same("allgather", got, block_of(before));
  ring.alltoall(block_of(world.rank()), got);
  f.same("alltoall", got, block_of(before));
  const std::vector<std::size_t> counts{index_of(world)};
  f.same("alltoallv", ring.alltoallv(rising_block(world.rank()), counts).values, rising_block(before));
}

void topology(const any_world& world, finding& f) {
  const comm::execution_topology& t = world.topology();
  f.equal("rank", t.rank, world.rank());
  f.equal("size", t.size, world.size());
  std::vector<int> found;
  for (const comm::host_info& host : t.hosts) found.insert(found.end(), host.ranks.begin(), host.ranks.end());
  std::ranges::sort(found);
  std::vector<int> ranks(count_of(world));
  std::iota(ranks.begin(), ranks.end(), 0);
  f.same("ranks of all hosts", found, ranks);
}

void info(const any_world&, finding& f) {
  comm::info hints{{"striping", "4"}};
  hints.set("striping", "8");
  f.that("get", hints.get("striping") == "8" && !hints.get("none"));
  f.that("erase", hints.erase("striping") && hints.empty());
}

// Arguments are refused on every rank alike, and the communicator goes on.
void errors(const any_world& world, finding& f) {
  if (world.level() == comm::check_level::none) return;
  std::vector<double> data(1);
  const auto refused = [](auto&& call) {
    try {
      call();
    } catch (const comm::error& e) {
      return std::string(e.code_name());
    }
    return std::string("nothing");
  };
  f.equal("a root that is not there", refused([&] { world.broadcast(data, world.size()); }),
          std::string("invalid_root"));
  f.equal("a rank that is not there", refused([&] { world.send(data, world.size(), 0); }),
          std::string("invalid_rank"));
  f.equal("a tag beyond the last", refused([&] { world.send(data, 0, comm::max_tag + 1); }),
          std::string("invalid_tag"));
  f.equal("a buffer that is too short", refused([&] { world.allgather(std::vector<double>(2), data); }),
          std::string("invalid_buffer"));
  f.equal("sum afterwards", world.allreduce(1, comm::sum), world.size());
}

constexpr std::array all{check{"communicators", "split", split},
                         check{"communicators", "split_local", split_local},
                         check{"communicators", "duplicate", duplicate},
                         check{"communicators", "create_group, compare", create_group},
                         check{"communicators", "neighborhood", neighborhood},
                         check{"communicators", "topology", topology},
                         check{"communicators", "info", info},
                         check{"communicators", "refused arguments", errors}};

}  // namespace

std::span<const check> communicator_checks() { return all; }

}  // namespace twill::apps
