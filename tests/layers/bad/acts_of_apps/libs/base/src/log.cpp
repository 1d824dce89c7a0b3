// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>

void tell(const char* text) {
  std::printf("%s", text);
  std::cout << text;
  fprintf(stderr, "%s", text);
}
void from_environment() {
  const char* level = std::getenv("TWILL_LOG");
  if (level == nullptr) std::exit(64);
}
