// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "twill/par/pool.hpp"

namespace twill::par {

struct pool_options {
  static pool_options from_env() {
    if (const char* text = std::getenv("TWILL_NUM_THREADS")) return {text};
    return {};
  }
  const char* threads = nullptr;
};

}  // namespace twill::par
