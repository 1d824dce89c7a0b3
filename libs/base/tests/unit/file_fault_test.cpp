// SPDX-License-Identifier: Apache-2.0
// What a full disk, a failing device and a killed process do to a file that is being replaced.
#include "file_test_support.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/philox.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>

namespace twill {
namespace {

using test::faulty_calls;
using test::in_child;
using test::names_in;
using test::temporary_folder;

const std::set<std::string> only_a{"a"};

TEST(file_fault, no_space_at_any_write_leaves_the_old_file_and_no_rest) {
  const temporary_folder folder;
  const std::string content(300'000, 'n');
  write_file_atomically(folder / "a", "old");
  int failed = 0;
  for (int at = 0;; ++at) {
    faulty_calls calls;
    calls.fail_write = at;
    calls.code = ENOSPC;
    const detail::scoped_file_calls scope(calls);
    try {
      write_file_atomically(folder / "a", content);
      break;  // past the last write
    } catch (const error& e) {
      ++failed;
      EXPECT_EQ(e.code(), errc::disk_full);
      EXPECT_EQ(e.exit(), exit_code::io);
      EXPECT_EQ(
          std::string(e.what()),
          "error[disk_full] " + (folder / "a") +
              ": cannot write: No space left on device (expected room for the whole content beside the old "
              "file)\nhint: free space or quota, or choose another folder; the old content, if any, is "
              "untouched");
    }
    EXPECT_EQ(read_file(folder / "a"), "old");
    EXPECT_EQ(names_in(folder.path()), only_a);
  }
  EXPECT_EQ(failed, 5);  // 300 000 bytes in pieces of 64 KiB
  EXPECT_EQ(read_file(folder / "a"), content);
}

TEST(file_fault, failure_of_any_call_leaves_old_or_new_and_no_rest) {
  for (const int code : {ENOSPC, EDQUOT, EIO, EROFS}) {
    for (int at = 0;; ++at) {
      const temporary_folder folder;
      write_file_atomically(folder / "a", "old");
      faulty_calls calls;
      calls.fail_call = at;
      calls.code = code;
      bool refused = false;
      {
        const detail::scoped_file_calls scope(calls);
        try {
          write_file_atomically(folder / "a", "new");
        } catch (const error& e) {
          refused = true;
          EXPECT_EQ(e.where().file, folder / "a");
          EXPECT_EQ(e.exit(), exit_code::io);
          const bool full = (code == ENOSPC || code == EDQUOT) && !calls.renamed;
          EXPECT_EQ(e.code(), full ? errc::disk_full : errc::cannot_write) << e.what();
        }
      }
      if (at >= calls.seen) {
        EXPECT_FALSE(refused);
        EXPECT_EQ(calls.log, (std::vector<std::string>{"open", "stat", "stat", "mode", "write", "sync",
                                                       "close", "rename", "close", "open", "sync", "close"}));
        EXPECT_EQ(read_file(folder / "a"), "new");
        break;
      }
      // Only the two closes that nothing depends on may fail in silence: of a file that is flushed, and of a
      // folder.
      EXPECT_EQ(refused, at != 8 && at != 11) << at << ' ' << code;
      EXPECT_EQ(read_file(folder / "a"), calls.renamed ? "new" : "old") << at;
      EXPECT_EQ(names_in(folder.path()), only_a) << at;
    }
  }
}

TEST(file_fault, interruptions_and_short_writes_are_overcome) {
  const temporary_folder folder;
  faulty_calls calls;
  calls.interrupt = true;
  calls.most = 7;
  const std::string content(10'000, 'c');
  {
    const detail::scoped_file_calls scope(calls);
    write_file_atomically(folder / "a", content);
  }
  EXPECT_EQ(read_file(folder / "a"), content);
  EXPECT_EQ(calls.writes, 1429);
}

TEST(file_fault, a_write_without_progress_is_an_error_and_not_a_loop) {
  const temporary_folder folder;
  faulty_calls calls;
  calls.fail_write = 0;
  const detail::scoped_file_calls scope(calls);
  try {
    write_file_atomically(folder / "a", "x");
    ADD_FAILURE() << "nothing was written";
  } catch (const error& e) {
    EXPECT_EQ(e.details().what, "cannot write: Input/output error");
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

// Writes more than fits over an old file; 0 when the error and the state afterwards are right.
int overfill(const std::string& folder, std::size_t size, errc expected, const std::string& what) {
  write_file_atomically(folder + "/a", "old");
  try {
    write_file_atomically(folder + "/a", std::string(size, 'x'));
    return 1;
  } catch (const error& e) {
    if (e.code() != expected || static_cast<int>(e.exit()) != 2) return 2;
    if (e.details().what != what || e.where().file != folder + "/a") return 3;
  }
  if (read_file(folder + "/a") != "old") return 4;
  if (names_in(folder) != only_a) return 5;
  write_file_atomically(folder + "/a", "small");
  return read_file(folder + "/a") == "small" ? 0 : 6;
}

TEST(file_fault, a_file_size_limit_leaves_the_old_file) {
  const temporary_folder folder;
  EXPECT_EQ(in_child([&] {
              const rlimit limit{.rlim_cur = 100'000, .rlim_max = 100'000};
              if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) return 90;
              return overfill(folder.path(), 1'000'000, errc::cannot_write, "cannot write: File too large");
            }),
            0);
}

TEST(file_fault, a_really_full_disk_leaves_the_old_file) {
  const temporary_folder folder;
  constexpr int cannot_mount = 80;
  // A mount name space of the child alone: whatever happens to it, the mount goes with it.
  const int outcome = in_child([&] {
    if (unshare(CLONE_NEWNS) != 0) return cannot_mount;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return cannot_mount + 1;
    if (mount("none", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) return cannot_mount + 2;
    return overfill(folder.path(), 3'000'000, errc::disk_full, "cannot write: No space left on device");
  });
  if (outcome >= cannot_mount && outcome <= cannot_mount + 2) {
    static constexpr const char* steps[] = {"unshare", "making mounts private", "mounting tmpfs"};
    RecordProperty("tmpfs", std::string("not permitted here: ") + steps[outcome - cannot_mount]);
    // The same answers from a table of calls in the place of the system's, so that the outcome is asserted
    // anyway.
    faulty_calls calls;
    calls.fail_write = 2;
    calls.code = ENOSPC;
    const detail::scoped_file_calls scope(calls);
    EXPECT_EQ(overfill(folder.path(), 300'000, errc::disk_full, "cannot write: No space left on device"), 0);
    return;
  }
  EXPECT_EQ(outcome, 0);
}

// A child that replaces the file for ever, by turns with one of two contents.
pid_t start_rewriting(const std::string& path, const std::string& one, const std::string& two) {
  const pid_t child = fork();
  if (child != 0) return child;
  for (;;) {
    write_file_atomically(path, one);
    write_file_atomically(path, two);
  }
}

TEST(file_fault, a_kill_at_any_instant_leaves_one_whole_content) {
  const temporary_folder folder;
  const std::string path = folder / "a";
  const std::string one(200'000, '1');
  const std::string two(150'000, '2');
  write_file_atomically(path, one);
  philox instants(philox_key(4711));
  int interrupted = 0;
  for (int round = 0; round < 50; ++round) {
    const pid_t child = start_rewriting(path, one, two);
    ASSERT_GT(child, 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(instants() % 6000);
    while (std::chrono::steady_clock::now() < end) {
      const std::string content = read_file(path);  // a reader beside the writer never sees a mixture either
      ASSERT_TRUE(content == one || content == two) << content.size();
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const std::string content = read_file(path);
    ASSERT_TRUE(content == one || content == two) << content.size();
    const std::size_t left = names_in(folder.path()).size();
    EXPECT_LE(left, 2U);  // each writer removes what the one before left
    interrupted += left == 2 ? 1 : 0;
  }
  RecordProperty("rounds_killed_in_the_middle", interrupted);
  write_file_atomically(path, "after");
  EXPECT_EQ(read_file(path), "after");
  EXPECT_EQ(names_in(folder.path()), only_a);
}

TEST(file_fault, the_rest_of_a_killed_writer_is_removed_by_the_next) {
  const temporary_folder folder;
  write_file_atomically(folder / "a", "old");
  EXPECT_EQ(in_child([&] {
              atomic_file_writer writer(folder / "a");
              writer.write(std::string(100'000, 'h'));
              return kill(getpid(), SIGKILL);
            }),
            -1);
  EXPECT_EQ(names_in(folder.path()).size(), 2U);
  EXPECT_EQ(read_file(folder / "a"), "old");
  write_file_atomically(folder / "a", "new");
  EXPECT_EQ(names_in(folder.path()), only_a);
}

}  // namespace
}  // namespace twill
