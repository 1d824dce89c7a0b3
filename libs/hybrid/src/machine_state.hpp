// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/hybrid/memory.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a start changes in a thread, and how to give it back.
namespace twill::hybrid::detail {

/// The part of the floating-point state that changes results, in one number: equal numbers, equal results.
[[nodiscard]] std::uint64_t floating_point_state() noexcept;
/// Round to nearest; denormals as asked for. For the calling thread.
void set_floating_point(bool flush_denormals) noexcept;
/// Gives a state of floating_point_state back.
void restore_floating_point(std::uint64_t state) noexcept;
/// In words.
[[nodiscard]] std::string describe_floating_point(std::uint64_t state);

/// CPUs of the calling thread's mask, ascending; empty: it cannot be read.
[[nodiscard]] std::vector<int> thread_cpus();
/// Binds the calling thread. 0 or the error number.
[[nodiscard]] int bind_thread(const std::vector<int>& cpus) noexcept;
/// CPUs of each memory domain.
[[nodiscard]] std::vector<std::vector<int>> domain_cpus(const std::string& root = "/");
/// Cores with several threads, by their CPUs.
[[nodiscard]] std::vector<std::vector<int>> core_cpus(const std::string& root = "/");

/// A thread's memory policy as the kernel keeps it.
struct kernel_policy {
  int mode = 0;
  std::array<unsigned long, 16> nodes{};
};
/// Nothing where the kernel does not tell.
[[nodiscard]] std::optional<kernel_policy> thread_memory_policy() noexcept;
/// For the calling thread. 0 or the error number with which the kernel refused.
[[nodiscard]] int set_memory_policy(const kernel_policy& policy) noexcept;
/// The kernel's form of a policy for threads.
[[nodiscard]] kernel_policy kernel_form(memory_placement where) noexcept;
/// The memory domain that the calling thread runs on; nothing where that is not told.
[[nodiscard]] std::optional<int> current_domain() noexcept;

}  // namespace twill::hybrid::detail
