// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

namespace twill::python {

// Each fills its own submodule of twillhpc._core. The build calls those of the parts that it has.
void bind_runtime(pybind11::module_& m);
void bind_dmm(pybind11::module_& m);

// Generated: makes a submodule for each part that is built and fills it.
void bind_parts(pybind11::module_& m);

}  // namespace twill::python
