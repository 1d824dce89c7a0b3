// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace twill::apps {

std::optional<std::string> find_on_path(const std::string& name) {
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const auto colon = folders.find(':');
    const std::string candidate = std::string(folders.substr(0, colon)) + '/' + name;
    struct stat info{};
    if (stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(candidate.c_str(), X_OK) == 0)
      return candidate;
    if (colon == std::string_view::npos) break;
    folders.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

namespace {

/// The first line that holds a digit, runs of blanks made one.
std::optional<std::string> line_with_digit(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (line.find_first_of("0123456789") != std::string_view::npos) {
      std::string words;
      for (const char c : line) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank) words += c;
        if (blank && !words.empty() && words.back() != ' ') words += ' ';
      }
      return words;
    }
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> version_line_of(const std::vector<std::string>& command, int seconds) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failure =
      posix_spawn(&child, command.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failure != 0) {
    close(ends[0]);
    return std::nullopt;
  }
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  bool ended = false;
  while (!ended && text.size() < 4096) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 512> buffer{};
    const ssize_t n = read(ends[0], buffer.data(), buffer.size());
    ended = n <= 0;
    if (!ended) text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return line_with_digit(text);
}

std::vector<found_tool> probe_tools(const std::vector<std::string>& names) {
  std::vector<found_tool> found;
  for (const std::string& name : names) {
    if (auto path = find_on_path(name)) {
      found.push_back({name, *path, version_line_of({*path, "--version"}).value_or("")});
    }
  }
  return found;
}

}  // namespace twill::apps
