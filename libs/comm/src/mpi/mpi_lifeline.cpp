// SPDX-License-Identifier: Apache-2.0
#include "mpi/mpi_lifeline.hpp"

#include "mpi/mpi_endpoint.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace twill::comm::detail {
namespace {

// A neighbour that has sent is read at once; one that cannot send is not waited for longer than this.
constexpr int patience_ms = 2000;

// Where a rank receives, length 0 where it takes no part.
struct mailbox {
  sockaddr_un address{};
  socklen_t length = 0;
};

// A name that the kernel chooses, outside of the file system.
mailbox open_mailbox(int s) noexcept {
  mailbox out;
  out.address.sun_family = AF_UNIX;
  out.length = sizeof out.address;
  if (::bind(s, reinterpret_cast<const sockaddr*>(&out.address), sizeof(sa_family_t)) != 0 ||
      ::getsockname(s, reinterpret_cast<sockaddr*>(&out.address), &out.length) != 0)
    out.length = 0;
  return out;
}

union control {
  cmsghdr head;
  std::array<char, CMSG_SPACE(sizeof(int))> room;
};

void give(int s, mailbox to, int fd) noexcept {
  char byte = 0;
  iovec one{&byte, 1};
  control c{};
  msghdr m{};
  m.msg_name = &to.address;
  m.msg_namelen = to.length;
  m.msg_iov = &one;
  m.msg_iovlen = 1;
  m.msg_control = &c;
  m.msg_controllen = sizeof c;
  cmsghdr* const h = CMSG_FIRSTHDR(&m);
  h->cmsg_level = SOL_SOCKET;
  h->cmsg_type = SCM_RIGHTS;
  h->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(h), &fd, sizeof fd);
  // Where the neighbour is not reached it holds nothing, and its launcher does as it always did.
  [[maybe_unused]] const auto sent = ::sendmsg(s, &m, MSG_NOSIGNAL);
}

int take(int s) noexcept {
  pollfd p{s, POLLIN, 0};
  if (::poll(&p, 1, patience_ms) != 1) return -1;
  char byte = 0;
  iovec one{&byte, 1};
  control c{};
  msghdr m{};
  m.msg_iov = &one;
  m.msg_iovlen = 1;
  m.msg_control = &c;
  m.msg_controllen = sizeof c;
  if (::recvmsg(s, &m, MSG_CMSG_CLOEXEC) != 1) return -1;
  const cmsghdr* const h = CMSG_FIRSTHDR(&m);
  if (h == nullptr || h->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(h), sizeof fd);
  return fd;
}

}  // namespace

void mpi_lifeline::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

mpi_lifeline hold_next_rank(const mpi_table& api, mpi_handle comm, int rank,
                            const std::vector<mpi_process>& processes, std::optional<int> connection) {
  const int own = connection && ::fcntl(*connection, F_GETFD) >= 0 ? *connection : -1;
  const int s = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  mailbox mine;
  if (own >= 0 && s >= 0) mine = open_mailbox(s);
  std::vector<mailbox> all(processes.size());
  bool whole = api.allgather(comm, &mine, all.data(), sizeof mine) == 0;
  const int size = static_cast<int>(processes.size());
  const int node = processes[static_cast<std::size_t>(rank)].node;
  int next = rank;
  for (int step = 1; step <= size; ++step) {
    const int r = (rank + step) % size;
    const auto i = static_cast<std::size_t>(r);
    if (processes[i].node != node) continue;
    whole = whole && all[i].length != 0;
    if (next == rank) next = r;
  }
  int held = -1;
  if (whole && next != rank) {
    give(s, all[static_cast<std::size_t>(next)], own);
    held = take(s);
  }
  if (s >= 0) ::close(s);
  return mpi_lifeline(held);
}

}  // namespace twill::comm::detail
