// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/kernel.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <memory>
#include <span>

namespace twill::python {

// An array that a kernel works on, where it lies. `keep` lives as long as the elements are needed.
struct array_view {
  std::span<std::byte> bytes{};
  std::size_t elements = 0;
  pybind11::object keep{};
  std::shared_ptr<void> managed{};  // of the DLPack protocol
};

// The elements of a NumPy array, of an object with the buffer protocol, or of one with __dlpack__, without a
// copy. Throws: what Python shall raise, where the elements are of another type, not side by side, not in
// this machine's memory, or read-only though the kernel writes them.
array_view view_of(const lanes::kernel_parameter& p, bool written, const pybind11::handle& value);

// The bits of a number of the parameter's type. Throws: what Python shall raise, where the number does not
// fit.
std::uint64_t scalar_of(const lanes::kernel_parameter& p, const pybind11::handle& value);

}  // namespace twill::python
