// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace twill::hybrid {
class runtime;
}

namespace twill::python {

// The runtime that a program asked for. Throws: std::runtime_error when it asked for none.
hybrid::runtime& asked_runtime();

// A call that uses the workers of this process: the runtime (hybrid::local) is started by the first one that
// asks for no number of threads of its own, and is not ended under one that runs. Constructed and destroyed
// with the interpreter's lock, which is what guards the runtime.
class runtime_use {
 public:
  explicit runtime_use(int threads);
  ~runtime_use();
  runtime_use(const runtime_use&) = delete;
  runtime_use& operator=(const runtime_use&) = delete;

 private:
  long counted_in_ = 0;  // the process; 0: none, the call has threads of its own
};

}  // namespace twill::python
