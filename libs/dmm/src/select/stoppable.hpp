// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "select/waves.hpp"
#include "twill/dmm/fit_options.hpp"

#include <functional>
#include <stop_token>

namespace twill::dmm::detail {

// The options of a sweep's runs: the caller's stop, a refusal of the progress callback to any run, and a
// signal end all runs of this rank.
class stoppable {
 public:
  explicit stoppable(const fit_options& asked)
      : asked_(asked), own_(asked), outer_(asked.stop, [this] { halt_.request_stop(); }) {
    own_.stop = halt_.get_token();
    own_.progress = [this](const fit_progress& at) {
      const bool go_on = (!asked_.progress || asked_.progress(at)) && !stop_was_asked();
      if (!go_on) halt_.request_stop();
      return go_on;
    };
  }
  stoppable(const stoppable&) = delete;
  stoppable& operator=(const stoppable&) = delete;
  ~stoppable() = default;

  [[nodiscard]] const fit_options& options() const noexcept { return own_; }
  [[nodiscard]] bool stopped() const noexcept { return halt_.stop_requested(); }

 private:
  const fit_options& asked_;
  std::stop_source halt_;
  fit_options own_;
  std::stop_callback<std::function<void()>> outer_;
};

}  // namespace twill::dmm::detail
