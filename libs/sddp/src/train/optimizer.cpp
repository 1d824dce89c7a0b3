// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/optimizer.hpp"

#include "train/engine.hpp"

#include <array>

namespace twill::sddp {

std::string_view name_of(stop_reason why) noexcept {
  static constexpr std::array<std::string_view, 5> names{"iteration_limit", "time_limit", "bound_stalling",
                                                         "simulation_based", "graceful_shutdown"};
  return names[static_cast<std::size_t>(why)];
}

optimizer::optimizer(const system& s, const study_settings& settings, optimizer_options options)
    : engine_(std::make_unique<engine>(s, settings, std::move(options))) {}
optimizer::optimizer(optimizer&&) noexcept = default;
optimizer& optimizer::operator=(optimizer&&) noexcept = default;
optimizer::~optimizer() = default;

training_result optimizer::train() { return engine_->train(); }
simulation_result optimizer::simulate(std::size_t scenarios) { return engine_->simulate(scenarios, {}); }
simulation_result optimizer::simulate(std::span<const std::vector<std::uint32_t>> paths) {
  return engine_->simulate(0, paths);
}
const policy& optimizer::cuts() const noexcept { return engine_->cuts(); }
const opening_tree& optimizer::openings() const noexcept { return engine_->openings(); }

}  // namespace twill::sddp
