// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/tensor.hpp"

#include <cstdint>
#include <memory>
#include <vector>

/// Tensors from and for other libraries by the DLPack protocol, without a copy. The structures have the
/// layout of `DLTensor` and its kin: a pointer to one may be cast to a pointer to the other.
namespace twill::lanes {

/// Where the elements lie.
struct dl_device {
  std::int32_t kind = 1;  ///< 1: memory of the processor
  std::int32_t id = 0;    ///< of several alike
};
/// What an element is.
struct dl_data_type {
  std::uint8_t code = 0;    ///< 0 signed, 1 unsigned, 2 IEEE float
  std::uint8_t bits = 0;    ///< of a lane
  std::uint16_t lanes = 1;  ///< of an element; only 1 is taken
};
/// `DLTensor`: elements and how they lie.
struct dl_tensor {
  void* data = nullptr;             ///< where the elements lie
  dl_device device{};               ///< that has them
  std::int32_t ndim = 0;            ///< dimensions
  dl_data_type dtype{};             ///< of an element
  std::int64_t* shape = nullptr;    ///< one a dimension
  std::int64_t* strides = nullptr;  ///< in elements; null: row-major
  std::uint64_t byte_offset = 0;    ///< from `data` to the first element
};
/// `DLManagedTensor`: whoever takes it calls the deleter once.
struct dl_managed_tensor {
  dl_tensor view{};                               ///< the tensor
  void* context = nullptr;                        ///< of the deleter
  void (*deleter)(dl_managed_tensor*) = nullptr;  ///< ends the loan; null: nothing to end
};
/// `DLManagedTensorVersioned`, of version 1.
struct dl_managed_tensor_versioned {
  std::uint32_t major = 1;                                  ///< of the protocol
  std::uint32_t minor = 0;                                  ///< of the protocol
  void* context = nullptr;                                  ///< of the deleter
  void (*deleter)(dl_managed_tensor_versioned*) = nullptr;  ///< ends the loan; null: nothing to end
  std::uint64_t flags = 0;                                  ///< bit 0: read only
  dl_tensor view{};                                         ///< the tensor
};

namespace detail {

template <class T>
[[nodiscard]] constexpr dl_data_type dl_type_of() noexcept {
  constexpr type t = *type_of<std::remove_cv_t<T>>;
  return {static_cast<std::uint8_t>(is_float(t)    ? 2
                                    : is_signed(t) ? 0
                                                   : 1),
          static_cast<std::uint8_t>(8 * size_bytes(t)), 1};
}

/// What a `dl_tensor` says, checked.
struct dl_view {
  void* data;
  std::size_t reach;  // elements from the first place to the last
  tensor_shape shape;
  std::vector<std::size_t> strides;
};
/// Throws: `fault` (InvalidArgument) for memory of a device, other elements, negative strides or extents,
/// data that are missing or not aligned.
[[nodiscard]] dl_view checked(const dl_tensor& from, dl_data_type wanted);
/// Throws: `fault` (InvalidArgument) for another version, and read-only data that shall be written.
void check_version(const dl_managed_tensor_versioned& from, bool writes);

template <class T, class Managed>
[[nodiscard]] tensor<T> adopt_managed(Managed* from) {
  dl_view v = checked(from->view, dl_type_of<T>());
  const std::span<T> elements(static_cast<T*>(v.data), v.reach);
  auto out = tensor<T>::from_buffer_with_strides(elements, std::move(v.shape), std::move(v.strides));
  return out.with_owner(std::shared_ptr<void>(from, [](void* p) {
    auto* const managed = static_cast<Managed*>(p);
    if (managed->deleter != nullptr) managed->deleter(managed);
  }));
}

}  // namespace detail

/// The tensor's elements for another library, which calls the deleter when it is done. The elements live at
/// least as long if the tensor owns them; those of a buffer must outlive the other's use.
template <class T>
  requires(!std::is_const_v<T>)
[[nodiscard]] dl_managed_tensor* to_dlpack(const tensor<T>& from) {
  struct holder {
    dl_managed_tensor managed;
    tensor<T> kept;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
  };
  auto h = std::make_unique<holder>();
  h->kept = from;
  h->shape.assign(from.shape().begin(), from.shape().end());
  h->strides.assign(from.strides().begin(), from.strides().end());
  h->managed = {.view = {.data = from.data(),
                         .device = {},
                         .ndim = static_cast<std::int32_t>(from.ndim()),
                         .dtype = detail::dl_type_of<T>(),
                         .shape = h->shape.data(),
                         .strides = h->strides.data()},
                .context = h.get(),
                .deleter = [](dl_managed_tensor* m) { delete static_cast<holder*>(m->context); }};
  return &h.release()->managed;
}

/// Another library's elements as a tensor that calls the deleter when its last view is gone. Throws: `fault`
/// (InvalidArgument) where a tensor cannot be made of it; the deleter is not called then.
template <class T>
[[nodiscard]] tensor<T> from_dlpack(dl_managed_tensor* from) {
  return detail::adopt_managed<T>(from);
}
/// The same of a versioned tensor; one that is read only becomes a tensor of const elements alone.
template <class T>
[[nodiscard]] tensor<T> from_dlpack(dl_managed_tensor_versioned* from) {
  detail::check_version(*from, !std::is_const_v<T>);
  return detail::adopt_managed<T>(from);
}

}  // namespace twill::lanes
