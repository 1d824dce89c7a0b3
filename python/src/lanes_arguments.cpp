// SPDX-License-Identifier: Apache-2.0
#include "lanes_arguments.hpp"

#include "twill/lanes/dlpack.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace py = pybind11;

namespace twill::python {
namespace {

using lanes::type;

[[noreturn]] void type_error(const std::string& text) { throw py::type_error(text); }
[[noreturn]] void raise(PyObject* kind, const std::string& text) {
  PyErr_SetString(kind, text.c_str());
  throw py::error_already_set();
}

std::string text_of(type t) { return std::string(lanes::name_of(t)); }
std::string text_of(const py::handle& value) { return py::str(value).cast<std::string>(); }
std::string kind_of(const py::handle& value) { return text_of(py::type::handle_of(value).attr("__name__")); }

// A buffer of u8 also takes booleans, which are bytes of 0 and 1.
bool same_type(type t, char kind, std::size_t size, char order) {
  if (order == '>' || size != lanes::size_bytes(t)) return false;
  if (kind == 'b') return t == type::u8;
  return kind == (lanes::is_float(t) ? 'f' : lanes::is_signed(t) ? 'i' : 'u');
}

// What the elements are is asked in Python: their descriptor lies otherwise in memory from NumPy 2 on.
array_view of_numpy(const lanes::kernel_parameter& p, bool written, const py::array& a) {
  const py::object dtype = a.attr("dtype");
  const char kind = text_of(dtype.attr("kind"))[0];
  const auto size = dtype.attr("itemsize").cast<std::size_t>();
  if (!same_type(p.ty, kind, size, text_of(dtype.attr("byteorder"))[0])) {
    type_error(p.name + ": the kernel has a buffer of " + text_of(p.ty) + ", the array is of " +
               text_of(dtype));
  }
  if ((a.flags() & py::array::c_style) == 0 && a.size() != 0) {
    throw py::value_error(p.name +
                          ": the array's elements are not side by side; numpy.ascontiguousarray copies them");
  }
  if (written && !a.writeable())
    throw py::value_error(p.name + ": the kernel writes to this array, which is read-only");
  auto* const data = static_cast<std::byte*>(const_cast<void*>(a.data()));
  const auto n = static_cast<std::size_t>(a.size());
  return {.bytes = {data, n * size}, .elements = n, .keep = a};
}

// What a capsule holds. Whoever takes it renames the capsule, so that the capsule does not free it as well.
template <class Managed>
struct offered {
  Managed* from;
  PyObject* capsule;
  const char* used;  // its name then
};

template <class T, class Managed>
array_view of_managed(const lanes::kernel_parameter& p, const offered<Managed>& offer, bool written) {
  const auto take = [&](const auto& t) -> array_view {
    // From here on `t` frees the elements, also where the array is refused.
    if (PyCapsule_SetName(offer.capsule, offer.used) != 0) throw py::error_already_set();
    if (!t.is_contiguous()) throw py::value_error(p.name + ": the array's elements are not side by side");
    const std::size_t n = t.numel();
    auto* const data = reinterpret_cast<std::byte*>(const_cast<T*>(t.data()));
    using held = std::remove_cvref_t<decltype(t)>;
    return {.bytes = {data, n * sizeof(T)}, .elements = n, .managed = std::make_shared<held>(t)};
  };
  return written ? take(lanes::from_dlpack<T>(offer.from)) : take(lanes::from_dlpack<const T>(offer.from));
}

template <class Managed>
array_view with_element(const lanes::kernel_parameter& p, const offered<Managed>& offer, bool written) {
  switch (p.ty) {
    case type::i8: return of_managed<std::int8_t>(p, offer, written);
    case type::i16: return of_managed<std::int16_t>(p, offer, written);
    case type::i32: return of_managed<std::int32_t>(p, offer, written);
    case type::i64: return of_managed<std::int64_t>(p, offer, written);
    case type::u8: return of_managed<std::uint8_t>(p, offer, written);
    case type::u16: return of_managed<std::uint16_t>(p, offer, written);
    case type::u32: return of_managed<std::uint32_t>(p, offer, written);
    case type::u64: return of_managed<std::uint64_t>(p, offer, written);
    case type::f32: return of_managed<float>(p, offer, written);
    case type::f64: return of_managed<double>(p, offer, written);
    default: type_error(p.name + ": no arrays of " + text_of(p.ty));
  }
}

py::object capsule_of(const py::handle& value) {
  try {
    return value.attr("__dlpack__")(py::arg("max_version") = py::make_tuple(1, 0));
  } catch (py::error_already_set& e) {
    if (!e.matches(PyExc_TypeError)) throw;  // the protocol before version 1 has no such argument
  }
  return value.attr("__dlpack__")();
}

array_view of_dlpack(const lanes::kernel_parameter& p, bool written, const py::handle& value) {
  if (py::hasattr(value, "__dlpack_device__")) {
    const py::tuple device = value.attr("__dlpack_device__")();
    if (device[0].cast<int>() != 1)
      throw py::value_error(p.name + ": the array is not in the processor's memory");
  }
  const py::object capsule = capsule_of(value);
  const auto take = [&]<class Managed>(const char* name, const char* used, Managed*) {
    auto* const from = static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), name));
    if (from == nullptr) throw py::error_already_set();
    try {
      return with_element(p, offered<Managed>{from, capsule.ptr(), used}, written);
    } catch (const lanes::fault& f) {
      throw py::value_error(p.name + ": " + f.info().text);
    }
  };
  if (PyCapsule_IsValid(capsule.ptr(), "dltensor_versioned") != 0) {
    return take("dltensor_versioned", "used_dltensor_versioned",
                static_cast<lanes::dl_managed_tensor_versioned*>(nullptr));
  }
  if (PyCapsule_IsValid(capsule.ptr(), "dltensor") != 0)
    return take("dltensor", "used_dltensor", static_cast<lanes::dl_managed_tensor*>(nullptr));
  if (PyCapsule_CheckExact(capsule.ptr()) == 0)
    type_error(p.name + ": __dlpack__ gave " + kind_of(capsule) + ", expected a capsule");
  throw py::value_error(p.name + ": __dlpack__ gave a capsule that was taken before");
}

// Whole numbers only: 2.5 is not cut off for a parameter of an integer type.
std::uint64_t integer_of(const lanes::kernel_parameter& p, const py::handle& value) {
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!whole) {
    PyErr_Clear();
    type_error(p.name + ": the kernel has a number of " + text_of(p.ty) + ", found " + kind_of(value));
  }
  const auto bits = static_cast<unsigned>(8 * lanes::size_bytes(p.ty));
  std::uint64_t out = 0;
  bool fits = false;
  if (lanes::is_signed(p.ty)) {
    int overflow = 0;
    const long long v = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
    const long long most = std::numeric_limits<long long>::max() >> (64 - bits);
    fits = overflow == 0 && v <= most && v >= -most - 1;
    out = static_cast<std::uint64_t>(v);
  } else {
    out = PyLong_AsUnsignedLongLong(whole.ptr());
    fits = PyErr_Occurred() == nullptr && out <= ~std::uint64_t{0} >> (64 - bits);
    PyErr_Clear();
  }
  if (!fits) {
    raise(PyExc_OverflowError, p.name + ": " + text_of(whole) + " does not fit " + text_of(p.ty));
  }
  return out;
}

}  // namespace

array_view view_of(const lanes::kernel_parameter& p, bool written, const py::handle& value) {
  if (py::isinstance<py::array>(value)) return of_numpy(p, written, py::reinterpret_borrow<py::array>(value));
  if (PyObject_CheckBuffer(value.ptr()) != 0) {
    const py::object a = py::module_::import("numpy").attr("asarray")(value);
    return of_numpy(p, written, py::reinterpret_borrow<py::array>(a));
  }
  if (py::hasattr(value, "__dlpack__")) return of_dlpack(p, written, value);
  type_error(p.name + ": the kernel has a buffer of " + text_of(p.ty) + ", found " + kind_of(value) +
             "; numpy.asarray makes an array of it");
}

std::uint64_t scalar_of(const lanes::kernel_parameter& p, const py::handle& value) {
  if (!lanes::is_float(p.ty)) return integer_of(p, value);
  const double v = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    type_error(p.name + ": the kernel has a number of " + text_of(p.ty) + ", found " + kind_of(value));
  }
  if (p.ty == type::f64) return std::bit_cast<std::uint64_t>(v);
  const auto narrow = static_cast<float>(v);
  if (std::isinf(narrow) && !std::isinf(v))
    raise(PyExc_OverflowError, p.name + ": " + std::to_string(v) + " does not fit f32");
  return std::bit_cast<std::uint32_t>(narrow);
}

}  // namespace twill::python
