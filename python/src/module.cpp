// SPDX-License-Identifier: Apache-2.0
// twillhpc._core: one module for all parts, so that they share one pool of workers and one runtime.
#include "parts.hpp"

PYBIND11_MODULE(_core, m) {
  m.doc() = "What the packages of Twill are made of.";
  twill::python::bind_runtime(m);
  twill::python::bind_parts(m);
}
