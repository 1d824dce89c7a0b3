// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp.hpp"

#include <cstdio>
#include <string>

int main() {
  for (const auto& one : twill::sddp::case_templates()) std::printf("%s ", one.name.c_str());
  const auto report = twill::sddp::validate_case("/no/such/case");
  std::printf("\n%zu error, unreadable: %s\n", report.errors, report.unreadable ? "yes" : "no");
}
