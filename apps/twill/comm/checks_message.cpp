// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>

namespace twill::apps {
namespace {

int next_of(const any_world& world) { return (world.rank() + 1) % world.size(); }
int before(const any_world& world) { return (world.rank() + world.size() - 1) % world.size(); }

void send_recv(const any_world& world, finding& f) {
  std::vector<double> got(3);
  world.send(block_of(world.rank()), next_of(world), 1);
  const comm::status s = world.recv(got, before(world), 1);
  f.same("what came", got, block_of(before(world)));
  f.equal("source", s.source, before(world));
  f.equal("tag", s.tag, 1);
  f.equal("elements", s.count<double>().value_or(0), 3U);
}

void sendrecv(const any_world& world, finding& f) {
  std::vector<double> got(3);
  world.sendrecv(block_of(world.rank()), before(world), 2, got, next_of(world), 2);
  f.same("what came", got, block_of(next_of(world)));
}

void isend_irecv(const any_world& world, finding& f) {
  auto in = world.irecv<double>(8, before(world), 3);
  auto out = world.isend(block_of(world.rank()), next_of(world), 3);
  f.same("what came", in.wait(), block_of(before(world)));
  f.same("the buffer that was sent", out.wait(), block_of(world.rank()));
}

void issend(const any_world& world, finding& f) {
  auto out = world.issend(block_of(world.rank()), next_of(world), 4);
  std::vector<double> got(3);
  world.recv(got, before(world), 4);
  out.wait();
  f.same("what came", got, block_of(before(world)));
}

void order_of_messages(const any_world& world, finding& f) {
  for (int i = 0; i < 10; ++i) world.send(std::vector<int>{i}, next_of(world), 5);
  for (int i = 0; i < 10; ++i) {
    std::vector<int> got(1);
    world.recv(got, before(world), 5);
    f.equal("message", got[0], i);
  }
}

// 1 MiB: beyond what is sent eagerly.
void long_message(const any_world& world, finding& f) {
  constexpr std::size_t n = 1U << 17U;
  auto in = world.irecv<double>(n, before(world), 6);
  auto out = world.isend(std::vector<double>(n, world.rank() + 0.5), next_of(world), 6);
  f.same("what came", in.wait(), std::vector<double>(n, before(world) + 0.5));
  out.wait();
}

void recv_vector(const any_world& world, finding& f) {
  world.send(rising_block(world.rank()), next_of(world), 7);
  f.same("what came", world.recv_vector<double>(before(world), 7), rising_block(before(world)));
}

void probe(const any_world& world, finding& f) {
  f.that("iprobe saw a message that nobody sent", !world.iprobe(before(world), 8).has_value());
  world.send(block_of(world.rank()), next_of(world), 9);
  const comm::status s = world.probe(before(world), 9);
  f.equal("bytes", s.bytes, 24U);
  f.that("iprobe sees what probe saw", world.iprobe(before(world), 9).has_value());
  std::vector<double> got(3);
  world.recv(got, s.source, s.tag);
  f.same("what came", got, block_of(before(world)));
}

void matched_probe(const any_world& world, finding& f) {
  world.send(block_of(world.rank()), next_of(world), 10);
  comm::message m = world.mprobe(before(world), 10);
  f.that("improbe found what was taken out", !world.improbe(before(world), 10).has_value());
  f.equal("source", m.status().source, before(world));
  f.same("what came", m.receive_vector<double>(), block_of(before(world)));
}

void any_source(const any_world& world, finding& f) {
  world.send(std::vector<int>{world.rank()}, 0, 11);
  if (world.rank() != 0) return;
  std::vector<int> seen(count_of(world), 0);
  for (int i = 0; i < world.size(); ++i) {
    std::vector<int> got(1);
    const comm::status s = world.recv(got, comm::any_source, comm::any_tag);
    f.equal("source", s.source, got[0]);
    f.equal("tag", s.tag, 11);
    ++seen[static_cast<std::size_t>(s.source)];
  }
  f.same("messages of each rank", seen, std::vector<int>(count_of(world), 1));
}

void nobody(const any_world& world, finding& f) {
  world.send(block_of(0), comm::null_rank, 12);
  std::vector<double> got(3, 0.25);
  const comm::status s = world.recv(got, comm::null_rank, 12);
  f.equal("bytes", s.bytes, 0U);
  f.same("the buffer", got, std::vector<double>(3, 0.25));
}

void no_bytes(const any_world& world, finding& f) {
  world.send(std::vector<double>(), next_of(world), 13);
  std::vector<double> got;
  f.equal("bytes", world.recv(got, before(world), 13).bytes, 0U);
}

constexpr std::array all{check{"messages", "send, recv", send_recv},
                         check{"messages", "sendrecv", sendrecv},
                         check{"messages", "isend, irecv", isend_irecv},
                         check{"messages", "issend", issend},
                         check{"messages", "order of messages", order_of_messages},
                         check{"messages", "1 MiB", long_message},
                         check{"messages", "recv_vector", recv_vector},
                         check{"messages", "probe, iprobe", probe},
                         check{"messages", "mprobe, improbe", matched_probe},
                         check{"messages", "any_source, any_tag", any_source},
                         check{"messages", "null_rank", nobody},
                         check{"messages", "0 bytes", no_bytes}};

}  // namespace

std::span<const check> message_checks() { return all; }

}  // namespace twill::apps
