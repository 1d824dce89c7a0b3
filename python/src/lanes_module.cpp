// SPDX-License-Identifier: Apache-2.0
// twillhpc._core.lanes: kernels over arrays where they lie. Words for Python users are in Python.
#include "lanes_arguments.hpp"
#include "parts.hpp"
#include "runtime.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/kernel.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

namespace py = pybind11;

namespace twill::python {
namespace {

// The caller's arrays as buffers of an executor, for one launch.
class adopted {
 public:
  explicit adopted(lanes::executor& ex) : ex_(ex) {}
  adopted(const adopted&) = delete;
  adopted& operator=(const adopted&) = delete;
  ~adopted() {
    for (const lanes::buffer_handle h : handles_) ex_.free_buffer(h);
  }
  lanes::buffer_handle add(std::span<std::byte> bytes) {
    handles_.push_back(0);
    return handles_.back() = ex_.adopt(bytes);
  }

 private:
  lanes::executor& ex_;
  std::vector<lanes::buffer_handle> handles_;
};

// Register r1 holds the first parameter. A store whose handle is in another register may be to any of them.
std::vector<bool> written_parameters(const lanes::kernel& k) {
  std::vector<bool> out(k.parameters().size(), false);
  for (const lanes::instruction& i : k.code().code()) {
    if (i.op != lanes::opcode::stg) continue;
    if (i.addr.base >= 1 && i.addr.base <= out.size()) {
      out[i.addr.base - 1U] = true;
    } else {
      out.assign(out.size(), true);
    }
  }
  return out;
}

struct compiled {
  lanes::kernel kernel;
  std::vector<bool> written;
  bool sees_blocks = false;  // it waits for the lanes of its block, or asks where in its block it is
};

bool sees_blocks(const lanes::kernel& k) {
  const auto special = [](std::uint16_t r) { return r >= lanes::lane_idx_x && r <= lanes::block_dim_x; };
  return std::ranges::any_of(k.code().code(), [&](const lanes::instruction& i) {
    return i.op == lanes::opcode::bar_sync || std::ranges::any_of(i.regs, special);
  });
}

// Kernels that see no blocks get one that divides n, so that no surplus lanes run.
std::uint32_t block_for(const compiled& c, std::uint64_t n) {
  std::uint32_t block = 256;
  while (!c.sees_blocks && n != 0 && n % block != 0) --block;
  return block;
}

// A mistake in a kernel becomes a KernelError with its place; Python shows the line.
[[noreturn]] void raise_mistake(const lanes::fault& f, const std::string& source) {
  const twill::location& at = f.where();
  std::string line;
  std::size_t begin = 0;
  for (std::size_t n = 1; n < at.line && begin != std::string::npos; ++n) {
    begin = source.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (at.line != 0 && begin != std::string::npos)
    line = source.substr(begin, source.find('\n', begin) - begin);
  const py::object kind = py::module_::import("twillhpc.lanes._errors").attr("KernelError");
  const std::string text = f.info().text.empty() ? lanes::to_string(f.info()) : f.info().text;
  const py::object raised =
      at.line == 0 ? kind(text) : kind(text, py::make_tuple(at.file, at.line, at.column, line));
  raised.attr("pointer") = at.pointer;
  PyErr_SetObject(kind.ptr(), raised.ptr());
  throw py::error_already_set();
}

compiled compile(const std::string& source, const std::string& file, bool json) {
  try {
    compiled out{
        json ? lanes::kernel::compile_json(source, file) : lanes::kernel::compile(source, file), {}, false};
    out.written = written_parameters(out.kernel);
    out.sees_blocks = sees_blocks(out.kernel);
    return out;
  } catch (const lanes::fault& f) {
    raise_mistake(f, source);
  }
}

py::list parameters(const compiled& c) {
  py::list out;
  for (std::size_t i = 0; i < c.written.size(); ++i) {
    const lanes::kernel_parameter& p = c.kernel.parameters()[i];
    out.append(
        py::make_tuple(p.name, std::string(lanes::name_of(p.ty)), p.is_buffer, p.is_buffer && c.written[i]));
  }
  return out;
}

// `lanes` of None: as many as the longest buffer has elements; `block` of None: as `block_for` says.
py::tuple run(const compiled& c, lanes::executor& ex, const py::list& arguments,
              const py::object& lanes_wanted, const py::object& block_wanted, unsigned batch,
              std::uint64_t step_limit, std::uint64_t time_limit_ms) {
  const auto params = c.kernel.parameters();
  std::vector<lanes::kernel_argument> bits(params.size());
  std::vector<array_view> views(params.size());
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].is_buffer) {
      views[i] = view_of(params[i], c.written[i], arguments[i]);
      n = std::max<std::uint64_t>(n, views[i].elements);
    } else {
      bits[i].bits = scalar_of(params[i], arguments[i]);
    }
  }
  if (!lanes_wanted.is_none()) n = lanes_wanted.cast<std::uint64_t>();
  const auto block = block_wanted.is_none() ? block_for(c, n) : block_wanted.cast<std::uint32_t>();
  lanes::launch_result result;
  {
    const runtime_use here(static_cast<int>(ex.options().threads));
    const py::gil_scoped_release released;
    adopted buffers(ex);
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (params[i].is_buffer) bits[i] = lanes::kernel_argument::of(buffers.add(views[i].bytes));
    }
    lanes::execution_params launch{.launch = lanes::launch_config::linear(n, block),
                                   .registers = c.kernel.bind(bits)};
    launch.launch.batch = batch;
    launch.launch.step_limit = step_limit;
    launch.launch.time_limit_ms = time_limit_ms;
    result = ex.launch(c.kernel.code(), launch);
  }
  return py::make_tuple(result.lanes, result.instructions);
}

// A fault of a running kernel as the exception Fault, with all that is known as attributes.
void translate(std::exception_ptr p) {
  try {
    if (p) std::rethrow_exception(p);
  } catch (const lanes::fault& f) {
    const lanes::fault_info& info = f.info();
    const py::object kind = py::module_::import("twillhpc.lanes._errors").attr("Fault");
    const py::object raised = kind(lanes::to_string(info));
    py::dict detail;
    const auto names = lanes::field_names(info.code);
    for (std::size_t i = 0; i < names.size(); ++i)
      detail[py::str(std::string(names[i]))] = info.numbers.at(i);
    raised.attr("kind") = std::string(lanes::name_of(info.code));
    raised.attr("detail") = detail;
    if (info.at) {
      raised.attr("block") = info.at->block;
      raised.attr("lane") = info.at->lane;
      raised.attr("pc") = info.at->pc;
    }
    PyErr_SetObject(kind.ptr(), raised.ptr());
  }
}

}  // namespace

void bind_lanes(py::module_& m) {
  m.doc() = "Kernels over lanes; see twillhpc.lanes.";
  py::register_exception_translator(&translate);
  py::class_<lanes::executor>(m, "Executor", "Threads that run kernels.")
      .def(py::init([](std::size_t threads) {
             return std::make_unique<lanes::executor>(lanes::executor_options{.threads = threads});
           }),
           py::arg("threads"))
      .def_property_readonly("threads", [](const lanes::executor& ex) {
        const runtime_use here(static_cast<int>(ex.options().threads));
        return ex.threads();
      });
  py::class_<compiled>(m, "Compiled", "A kernel that was checked and compiled.")
      .def_property_readonly("name", [](const compiled& c) { return c.kernel.name(); })
      .def_property_readonly("parameters", &parameters)
      .def("disassemble", [](const compiled& c) { return c.kernel.code().to_text(); });
  m.def("compile", &compile, py::arg("source"), py::arg("file"), py::arg("json"));
  m.def("run", &run, py::arg("kernel"), py::arg("executor"), py::arg("arguments"), py::arg("lanes"),
        py::arg("block"), py::arg("batch"), py::arg("step_limit"), py::arg("time_limit_ms"));
}

}  // namespace twill::python
