// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/detail/rank_link.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace twill::dmm::detail {

enum class wave_end : std::uint8_t { finished, stopped, out_of_time };

// Calls wave(i) for i in [0, waves) on every rank, until a rank wants to stop (its wave said true, or its
// process got SIGTERM or SIGINT) or little is left of `max_wall` and of the scheduler's time. All ranks end
// after the same wave. Without a link there is one rank.
wave_end run_waves(rank_link* link, std::uint64_t waves, std::optional<double> max_wall,
                   const std::function<bool(std::uint64_t)>& wave);

// A signal has asked this process to stop, where its handlers are hybrid::signal_handlers.
[[nodiscard]] bool stop_was_asked() noexcept;

// Runs of one rank between two boundaries: as asked for, else twice its threads, so that idle ones find a
// run to begin; on every rank that of the rank with the most.
[[nodiscard]] std::size_t wave_size(rank_link* link, std::size_t asked, int threads);

}  // namespace twill::dmm::detail
