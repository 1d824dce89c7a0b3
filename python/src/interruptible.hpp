// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm.hpp"

#include <pybind11/pybind11.h>

#include <functional>

namespace twill::python {

// Calls body(options) on a thread of its own with the interpreter's lock released, and returns when it is
// done. Meanwhile this thread lets Python handle its signals fifty times a second, so that Ctrl-C ends a
// fit, and hands what the fit tells to `told`, if that is a function. What Python raised, or `body` threw, is
// thrown here after the fit ended.
void run_interruptible(dmm::fit_options options, const pybind11::object& told,
                       const std::function<void(const dmm::fit_options&)>& body);

}  // namespace twill::python
