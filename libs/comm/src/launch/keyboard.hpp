// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "descriptor.hpp"

#include <string>
#include <utility>

namespace twill::comm::launch {

/// Passes a terminal on to rank 0, which is not in the terminal's foreground group and would be stopped if it
/// read from it. Anything but a terminal is given to rank 0 as it is and never passes here.
class keyboard {
 public:
  keyboard(int terminal, descriptor to) : terminal_(terminal), to_(std::move(to)) {}

  /// Whether to poll the terminal: there is room, and the launcher itself is in the foreground.
  [[nodiscard]] bool wants_input() const noexcept;
  /// Whether to poll the rank's pipe.
  [[nodiscard]] bool wants_room() const noexcept { return to_ && !waiting_.empty(); }
  [[nodiscard]] int terminal() const noexcept { return terminal_; }
  [[nodiscard]] int rank_end() const noexcept { return to_.get(); }

  void read_some();
  void write_some();

 private:
  int terminal_;
  descriptor to_;
  std::string waiting_;
  bool ended_ = false;  // the person has ended the input
};

}  // namespace twill::comm::launch
