// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include "twill/base/error.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace twill::comm::launch {
namespace {

enum class kind { absent, folder, not_executable, good };

kind kind_of(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return kind::absent;
  if (S_ISDIR(info.st_mode)) return kind::folder;
  return S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0 ? kind::good : kind::not_executable;
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  const auto close = [](DIR* d) { closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> open(opendir(folder.c_str()), close);
  if (!open) return names;
  while (const dirent* entry = readdir(open.get())) {
    if (kind_of(folder + '/' + entry->d_name) == kind::good) names.emplace_back(entry->d_name);
  }
  return names;
}

std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(word, views);
}

[[noreturn]] void fail(const std::string& what, const std::string& word, std::string hint) {
  throw twill::error(twill::errc::cannot_read, {.what = what, .found = word, .hint = std::move(hint)});
}

[[noreturn]] void fail_kind(kind k, const std::string& path) {
  if (k == kind::folder) fail("the program is a folder", path, "name a file in it");
  fail("the program is a file that may not be executed", path, fmt::format("chmod +x {}", path));
}

std::string in_folder(const std::string& word) {
  const kind k = kind_of(word);
  if (k == kind::good) return word;
  if (k != kind::absent) fail_kind(k, word);
  const auto slash = word.rfind('/');
  const std::string folder = slash == 0 ? "/" : word.substr(0, slash);
  const std::string near = nearest(word.substr(slash + 1), files_in(folder));
  fail("there is no such program", word,
       near.empty() ? "a relative path counts from the folder in which twill run is called"
                    : fmt::format("did you mean {}/{}?", slash == 0 ? "" : folder, near));
}

// An empty entry is the current folder.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> folders;
  for (;;) {
    const auto colon = path.find(':');
    folders.emplace_back(colon == 0 || path.empty() ? "." : path.substr(0, colon));
    if (colon == std::string_view::npos) return folders;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace

std::string find_program(const std::string& word, std::string_view path) {
  if (word.find('/') != std::string::npos) return in_folder(word);
  const std::vector<std::string> folders = split(path);
  std::string refused;
  for (const std::string& folder : folders) {
    std::string candidate = folder + '/' + word;
    const kind k = word.empty() ? kind::absent : kind_of(candidate);
    if (k == kind::good) return candidate;
    if (k == kind::not_executable && refused.empty()) refused = candidate;
  }
  if (!refused.empty()) fail_kind(kind::not_executable, refused);
  if (!word.empty() && kind_of("./" + word) == kind::good)
    fail("there is no such program on PATH", word, fmt::format("the file here is ./{}", word));
  std::string near;
  for (std::size_t i = 0; near.empty() && i < folders.size(); ++i) near = nearest(word, files_in(folders[i]));
  fail("there is no such program on PATH", word,
       near.empty() ? "a program that is not on PATH is named with its folder, like ./program"
                    : fmt::format("did you mean {}?", near));
}

}  // namespace twill::comm::launch
