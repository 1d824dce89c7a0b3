// SPDX-License-Identifier: Apache-2.0
// Peer: nlohmann's own document of the same JSON text. bench_table_nlohmann FOLDER
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  std::ifstream file(std::string(argv[1]) + "/plants.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto begin = std::chrono::steady_clock::now();
  const auto document = nlohmann::json::parse(text);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  std::printf("{\"ms\": %.3f}\n", took.count());
  return document.is_array() && !document.empty() ? 0 : 1;
}
