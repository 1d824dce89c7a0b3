// SPDX-License-Identifier: Apache-2.0
// The ten most frequent words in the files below a folder: word_count FOLDER [THREADS]
#include "twill/par.hpp"
#include "twill/par/string.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace par = twill::par;
using counts = std::map<std::string, std::size_t, std::less<>>;

static std::string read(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
static counts add(counts all, std::string_view word) {
  if (const auto it = all.find(word); it != all.end()) {
    ++it->second;
  } else {
    all.emplace(word, 1);
  }
  return all;
}
static counts merge(counts a, counts b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (const auto& [word, n] : b) a[word] += n;
  return a;
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: word_count FOLDER [THREADS]\n");
    return 64;
  }
  std::vector<std::string> texts;
  for (const auto& f : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (f.is_regular_file()) texts.push_back(read(f.path()));
  }
  par::thread_pool_builder builder;
  if (argc == 3) builder.num_threads(std::strtoul(argv[2], nullptr, 10));
  const par::thread_pool pool = builder.build();
  // [snippet:chain]
  const counts parallel = texts | par::on(pool) |
                          par::flat_map([](const std::string& text) { return par::split_whitespace(text); }) |
                          par::fold([] { return counts{}; }, add) |
                          par::reduce([] { return counts{}; }, merge);
  // [end:chain]
  counts serial;
  for (const auto& text : texts) {
    std::istringstream in(text);
    for (std::string word; in >> word;) ++serial[word];
  }
  auto top = parallel | par::map([](const auto& x) { return std::pair(x.second, x.first); }) |
             par::collect<std::vector>();
  std::sort(top.rbegin(), top.rend());
  for (std::size_t i = 0; i < std::min<std::size_t>(top.size(), 10); ++i)
    std::printf("%8zu %s\n", top[i].first, top[i].second.c_str());
  std::puts(parallel == serial ? "same as serial" : "DIFFERENT FROM SERIAL");
  return parallel == serial ? 0 : 1;
}
