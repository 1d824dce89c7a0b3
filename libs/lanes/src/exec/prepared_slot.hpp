// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace twill::lanes::detail {

class prepared_program;

/// What executors keep of one program: its decoded forms, one for each set of initial register types.
struct prepared_slot {
  std::mutex mutex;
  std::vector<std::shared_ptr<const prepared_program>> forms;  // guarded by mutex
};

}  // namespace twill::lanes::detail
