// SPDX-License-Identifier: Apache-2.0
#include "launch/stream.hpp"

#include "launch/sink.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace twill::comm::launch {
namespace {

struct channel {
  channel() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
      read_end = descriptor(ends[0]);
      write_end = descriptor(ends[1]);
    }
  }
  void put(const std::string& text) const {
    ASSERT_EQ(write(write_end.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string take() const {
    std::string text(1 << 20, '\0');
    const ssize_t n = read(read_end.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  descriptor read_end;
  descriptor write_end;
};

// Two ranks that share an output.
struct two_ranks {
  two_ranks() : to(std::make_shared<sink>(out.write_end.get())) {
    streams.emplace_back(std::move(a.read_end), to, stream::mode::lines);
    streams.emplace_back(std::move(b.read_end), to, stream::mode::lines);
  }
  void pump() {
    for (stream& s : streams) {
      if (s.open()) s.pump(scratch);
    }
    for (stream& s : streams) s.resume();
  }
  channel out;
  channel a;
  channel b;
  std::shared_ptr<sink> to;
  std::vector<stream> streams;
  std::vector<char> scratch = std::vector<char>(std::size_t{1} << 20U);
};

TEST(stream, passes_a_line_on_when_it_ends_and_not_before) {
  two_ranks t;
  t.a.put("one\ntw");
  t.b.put("uno\n");
  t.pump();
  EXPECT_EQ(t.out.take(), "one\nuno\n");
  t.a.put("o\n");
  t.pump();
  EXPECT_EQ(t.out.take(), "two\n");
}

TEST(stream, ends_an_unfinished_line_before_the_words_of_another) {
  two_ranks t;
  t.a.put("last words");
  t.a.write_end.close();
  t.pump();
  t.pump();
  EXPECT_EQ(t.out.take(), "last words");
  t.b.put("more\n");
  t.pump();
  EXPECT_EQ(t.out.take(), "\nmore\n");
}

TEST(stream, holds_the_sink_for_a_line_too_long_to_keep_and_the_others_follow_in_order) {
  two_ranks t;
  const std::string piece(60000, 'x');
  std::string seen;
  std::size_t sent = 0;
  while (t.to->holder == nullptr) {
    t.a.put(piece);
    sent += piece.size();
    t.pump();
    ASSERT_LE(sent, 2 * stream::long_line);
  }
  EXPECT_EQ(t.to->holder, &t.streams[0]);
  t.b.put("waits 1\n");
  t.pump();
  t.b.put("waits 2\n");
  t.pump();
  for (std::string more; !(more = t.out.take()).empty(); t.to->flush()) seen += more;
  EXPECT_EQ(seen, std::string(seen.size(), 'x'));
  t.a.put("end\n");
  t.pump();
  EXPECT_EQ(t.to->holder, nullptr);
  for (std::string more; !(more = t.out.take()).empty(); t.to->flush()) seen += more;
  EXPECT_EQ(seen, std::string(sent, 'x') + "end\nwaits 1\nwaits 2\n");
}

TEST(stream, prefixes_every_line_once_and_ends_the_last) {
  channel out;
  channel from;
  stream s(std::move(from.read_end), std::make_shared<sink>(out.write_end.get()), stream::mode::prefixed,
           "[7] ");
  std::vector<char> scratch(4096);
  from.put("a\n\nb");
  s.pump(scratch);
  EXPECT_EQ(out.take(), "[7] a\n[7] \n");
  from.put("c");
  from.write_end.close();
  s.pump(scratch);
  s.pump(scratch);
  EXPECT_EQ(out.take(), "[7] bc\n");
  EXPECT_TRUE(s.idle());
}

TEST(sink, queues_what_a_full_pipe_does_not_take_and_never_blocks) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);  // a blocking one, as a launcher inherits it
  sink s(ends[1]);
  const std::string text(300000, 'q');
  s.write(text);
  s.write("end\n");
  EXPECT_GT(s.queued(), 100000U);
  EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);  // the inherited descriptor is as it was
  std::string seen;
  std::array<char, 65536> some{};
  while (seen.size() < text.size() + 4) {
    const ssize_t n = read(ends[0], some.data(), some.size());
    ASSERT_GT(n, 0);
    seen.append(some.data(), static_cast<std::size_t>(n));
    s.flush();
  }
  EXPECT_EQ(seen, text + "end\n");
  EXPECT_EQ(s.queued(), 0U);
  close(ends[0]);
  close(ends[1]);
}

TEST(sink, never_blocks_on_a_socket_either) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  sink s(ends[1]);
  s.write(std::string(4'000'000, 's'));
  EXPECT_GT(s.queued(), 0U);
  EXPECT_EQ(s.failure(), 0);
  close(ends[0]);
  s.flush();
  EXPECT_EQ(s.failure(), EPIPE);
  EXPECT_EQ(s.queued(), 0U);
  close(ends[1]);
}

TEST(sink, knows_targets_that_are_the_same) {
  channel one;
  channel two;
  const descriptor copy(dup(one.write_end.get()));
  EXPECT_TRUE(same_target(one.write_end.get(), copy.get()));
  EXPECT_FALSE(same_target(one.write_end.get(), two.write_end.get()));
}

}  // namespace
}  // namespace twill::comm::launch
