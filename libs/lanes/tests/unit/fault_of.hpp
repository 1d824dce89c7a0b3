// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/error.hpp"

#include <string>

namespace twill::lanes::test {

/// The fault that `f()` ends with, in a line.
template <class F>
std::string fault_of(F f) {
  try {
    f();
  } catch (const fault& caught) {
    return to_string(caught.info());
  }
  return "no fault";
}

}  // namespace twill::lanes::test
