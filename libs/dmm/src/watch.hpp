// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <stop_token>

namespace twill::dmm::detail {

// What a loop throws that was told to stop between two of its chunks.
struct interrupted : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "a stop was requested"; }
};

// The stop that loops look for before each chunk; none by default.
struct watch {
  const std::stop_token* stop = nullptr;

  void look() const {
    if (stop != nullptr && stop->stop_requested()) throw interrupted{};
  }
};

}  // namespace twill::dmm::detail
