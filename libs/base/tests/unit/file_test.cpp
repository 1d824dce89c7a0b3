// SPDX-License-Identifier: Apache-2.0
#include "twill/base/file.hpp"

#include "file_test_support.hpp"
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace twill {
namespace {

using test::in_child_without_privilege;
using test::names_in;
using test::temporary_folder;

void put(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// The error that `body` throws; fails the test when there is none.
template <class Body>
error thrown_by(Body body) {
  try {
    body();
  } catch (const error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return error(errc::internal, {});
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST(read_file, gives_the_whole_content_of_any_size) {
  const temporary_folder folder;
  for (const std::size_t size : {0U, 1U, 4096U, 65'535U, 65'536U, 1'000'001U}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; i += 3) content[i] = static_cast<char>(i);
    put(folder / "a", content);
    EXPECT_EQ(read_file(folder / "a"), content);
    const mapped_file mapped(folder / "a");
    EXPECT_EQ(mapped.text(), content);
    EXPECT_EQ(mapped.bytes().size(), size);
  }
  EXPECT_TRUE(read_file("/proc/self/status").starts_with("Name:"));  // says its size is zero
}

TEST(read_file, survives_interruptions_and_short_reads) {
  const temporary_folder folder;
  put(folder / "a", "some content");
  test::faulty_calls calls;
  calls.interrupt = true;
  calls.most = 1;
  const detail::scoped_file_calls scope(calls);
  EXPECT_EQ(read_file(folder / "a"), "some content");
}

TEST(read_file, reports_an_input_error_of_the_device) {
  const temporary_folder folder;
  put(folder / "a", "x");
  test::faulty_calls calls;
  calls.fail_call = 2;  // open, stat, read
  calls.code = EIO;
  const detail::scoped_file_calls scope(calls);
  const error e = thrown_by([&] { static_cast<void>(read_file(folder / "a")); });
  EXPECT_EQ(e.code(), errc::cannot_read);
  EXPECT_EQ(e.details().what, "cannot read: Input/output error");
}

TEST(read_file, names_path_reason_and_expectation_of_an_absent_file) {
  const error e =
      thrown_by([] { static_cast<void>(read_file("/no/such.json", {.expected = "a case file (JSON)"})); });
  EXPECT_EQ(e.code(), errc::cannot_read);
  EXPECT_EQ(e.exit(), exit_code::io);
  EXPECT_STREQ(
      e.what(),
      "error[cannot_read] /no/such.json: cannot open for reading: No such file or directory (expected a case "
      "file (JSON))\nhint: check the path; relative paths start at the working directory");
  EXPECT_STREQ(thrown_by([] { mapped_file("/no/such.json", {.expected = "a case file (JSON)"}); }).what(),
               e.what());
}

TEST(read_file, refuses_a_folder) {
  const temporary_folder folder;
  const error read = thrown_by([&] { static_cast<void>(read_file(folder.path())); });
  EXPECT_EQ(std::string(read.what()),
            "error[cannot_read] " + folder.path() + ": is a directory (expected a readable file)");
  EXPECT_STREQ(thrown_by([&] { const mapped_file m(folder.path()); }).what(), read.what());
}

TEST(read_file, refuses_a_file_without_permission) {
  const temporary_folder folder;
  put(folder / "secret", "x");
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod((folder / "secret").c_str(), 0), 0);
  EXPECT_EQ(in_child_without_privilege([&] {
              try {
                static_cast<void>(read_file(folder / "secret"));
              } catch (const error& e) {
                return e.code() == errc::cannot_read && e.where().file == folder / "secret" &&
                               e.details().what == "cannot open for reading: Permission denied"
                           ? static_cast<int>(e.exit())
                           : 50;
              }
              return 51;
            }),
            2);
}

TEST(read_file, refuses_an_empty_file_where_that_is_asked) {
  const temporary_folder folder;
  put(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
  EXPECT_TRUE(mapped_file(folder / "empty").bytes().empty());
  const read_request request{.expected = "a table (CSV)", .refuse_empty = true};
  const error e = thrown_by([&] { static_cast<void>(read_file(folder / "empty", request)); });
  EXPECT_EQ(e.exit(), exit_code::io);
  EXPECT_EQ(std::string(e.what()), "error[cannot_read] " + (folder / "empty") +
                                       ": file is empty (found 0 bytes, expected a table (CSV))");
  EXPECT_STREQ(thrown_by([&] { const mapped_file m(folder / "empty", request); }).what(), e.what());
}

TEST(mapped_file, refuses_a_pipe_at_once) {
  const temporary_folder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(thrown_by([&] { const mapped_file m(folder / "pipe"); }).details().what, "not a regular file");
}

TEST(mapped_file, moves_and_keeps_the_old_content_when_the_file_is_replaced) {
  const temporary_folder folder;
  put(folder / "a", "old");
  mapped_file first(folder / "a");
  write_file_atomically(folder / "a", "brand new");
  EXPECT_EQ(first.text(), "old");
  mapped_file second(std::move(first));
  EXPECT_EQ(second.text(), "old");
  second = mapped_file(folder / "a");
  EXPECT_EQ(second.text(), "brand new");
  EXPECT_EQ(std::as_const(second).size(), 9U);
}

TEST(atomic_file_writer, creates_and_replaces_whole_files) {
  const temporary_folder folder;
  std::string large(1'000'000, 'a');
  for (std::size_t i = 0; i < large.size(); i += 5) large[i] = static_cast<char>(i * 31);
  atomic_file_writer writer(folder / "a");
  EXPECT_EQ(names_in(folder.path()).count("a"), 0U);
  for (std::size_t at = 0; at < large.size(); at += 777)
    writer.write(std::string_view(large).substr(at, 777));
  EXPECT_FALSE(writer.temporary_path().empty());
  writer.commit();
  EXPECT_EQ(writer.temporary_path(), "");
  EXPECT_EQ(read_file(folder / "a"), large);
  write_file_atomically(folder / "a", "");
  EXPECT_EQ(read_file(folder / "a"), "");
  const std::byte raw[] = {std::byte{0}, std::byte{255}};
  write_file_atomically(folder / "a", std::span<const std::byte>(raw));
  EXPECT_EQ(read_file(folder / "a"), std::string("\0\xff", 2));
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"a"}));
}

TEST(atomic_file_writer, without_commit_leaves_nothing_behind) {
  const temporary_folder folder;
  put(folder / "a", "old");
  {
    atomic_file_writer writer(folder / "a");
    writer.write("new");
    EXPECT_EQ(names_in(folder.path()).size(), 2U);
    atomic_file_writer moved(std::move(writer));
    moved.write(std::string(100'000, 'x'));
    atomic_file_writer other(folder / "b");
    other = std::move(moved);
    EXPECT_EQ(other.path(), folder / "a");
    EXPECT_EQ(names_in(folder.path()).size(), 2U);  // the temporary file of b went with the assignment
  }
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"a"}));
  EXPECT_EQ(read_file(folder / "a"), "old");
}

TEST(atomic_file_writer, is_closed_after_commit) {
  const temporary_folder folder;
  atomic_file_writer writer(folder / "a");
  writer.commit();
  const error e = thrown_by([&] { writer.write("more"); });
  EXPECT_EQ(e.details().what, "writer is closed, by a commit or by an earlier error");
  EXPECT_EQ(thrown_by([&] { writer.commit(); }).code(), errc::cannot_write);
}

TEST(atomic_file_writer, keeps_permissions_and_obeys_the_umask) {
  const temporary_folder folder;
  put(folder / "kept", "old");
  ASSERT_EQ(chmod((folder / "kept").c_str(), 0640), 0);
  write_file_atomically(folder / "kept", "new");
  EXPECT_EQ(mode_of(folder / "kept"), 0640U);
  const mode_t before = umask(027);
  write_file_atomically(folder / "made", "new");
  umask(before);
  EXPECT_EQ(mode_of(folder / "made"), 0640U);
}

TEST(atomic_file_writer, replaces_what_a_link_leads_to) {
  const temporary_folder folder;
  ASSERT_EQ(mkdir((folder / "real").c_str(), 0755), 0);
  put(folder / "real/a", "old");
  ASSERT_EQ(symlink("real/a", (folder / "link").c_str()), 0);
  write_file_atomically(folder / "link", "new");
  EXPECT_EQ(read_file(folder / "real/a"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(names_in(folder / "real"), (std::set<std::string>{"a"}));
}

TEST(atomic_file_writer, refuses_what_is_no_regular_file) {
  const temporary_folder folder;
  const error directory = thrown_by([&] { write_file_atomically(folder.path(), "x"); });
  EXPECT_EQ(std::string(directory.what()),
            "error[cannot_write] " + folder.path() +
                ": is a directory (expected a regular file in a writable folder)");
  EXPECT_EQ(thrown_by([&] { write_file_atomically(folder / "none/", "x"); }).details().what,
            "names a folder");
  EXPECT_EQ(thrown_by([] { write_file_atomically("/dev/null", "x"); }).details().what, "not a regular file");
  EXPECT_EQ(thrown_by([] { write_file_atomically("", "x"); }).details().what,
            "path is empty or holds a zero byte");
  const error absent = thrown_by([&] { write_file_atomically(folder / "none/a", "x"); });
  EXPECT_EQ(absent.details().what, "cannot create a temporary file in its folder: No such file or directory");
  EXPECT_EQ(absent.hint(), "create the folder first");
  EXPECT_EQ(absent.exit(), exit_code::io);
}

// What a user without special rights meets: 2, the exit code of the error, when all is as it should be.
int refused_write(const std::string& path, const std::string& what) {
  try {
    write_file_atomically(path, "new");
  } catch (const error& e) {
    const bool right = e.code() == errc::cannot_write && e.where().file == path && e.details().what == what &&
                       e.expected() == "a writable file in a writable folder";
    return right ? static_cast<int>(e.exit()) : 50;
  }
  return 51;
}

TEST(atomic_file_writer, refuses_a_read_only_folder) {
  const temporary_folder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_EQ(in_child_without_privilege([&] {
              return refused_write(folder / "a",
                                   "cannot create a temporary file in its folder: Permission denied");
            }),
            2);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(atomic_file_writer, refuses_a_read_only_file) {
  const temporary_folder folder;
  put(folder / "a", "old");
  ASSERT_EQ(chmod(folder.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod((folder / "a").c_str(), 0444), 0);
  EXPECT_EQ(in_child_without_privilege(
                [&] { return refused_write(folder / "a", "cannot write: Permission denied"); }),
            2);
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"a"}));
}

TEST(atomic_file_writer, two_writers_of_one_target_do_not_disturb_each_other) {
  const temporary_folder folder;
  atomic_file_writer first(folder / "a");
  first.write("first");
  atomic_file_writer second(folder / "a");  // must not take the live temporary file of the first for stale
  second.write("second");
  second.commit();
  EXPECT_EQ(read_file(folder / "a"), "second");
  first.commit();
  EXPECT_EQ(read_file(folder / "a"), "first");
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"a"}));
}

TEST(atomic_file_writer, removes_stale_temporary_files_of_its_target_only) {
  const temporary_folder folder;
  put(folder / ".a.123-0.twill-tmp", "half");
  put(folder / ".b.123-0.twill-tmp", "another target");
  put(folder / ".a.notes.twill-tmp", "a user's own name");
  put(folder / ".a..twill-tmp", "no number");
  write_file_atomically(folder / "a", "new");
  EXPECT_EQ(names_in(folder.path()),
            (std::set<std::string>{"a", ".b.123-0.twill-tmp", ".a.notes.twill-tmp", ".a..twill-tmp"}));
}

}  // namespace
}  // namespace twill
