// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/dlpack.hpp"

#include <algorithm>

namespace twill::lanes {

std::size_t numel_of(std::span<const std::size_t> shape) {
  constexpr std::size_t most = std::size_t{1} << 56;
  std::size_t n = 1;
  for (const std::size_t d : shape) {
    if (d != 0 && n > most / d) detail::bad_tensor("a shape of more than 2^56 elements");
    n *= d;
  }
  return n;
}

std::vector<std::size_t> contiguous_strides(std::span<const std::size_t> shape) {
  std::vector<std::size_t> out(shape.size(), 1);
  for (std::size_t d = shape.size(); d > 1; --d) out[d - 2] = out[d - 1] * shape[d - 1];
  return out;
}

tensor_shape broadcast_shapes(std::span<const std::size_t> a, std::span<const std::size_t> b) {
  tensor_shape out(std::max(a.size(), b.size()));
  for (std::size_t k = 1; k <= out.size(); ++k) {
    const std::size_t x = k <= a.size() ? a[a.size() - k] : 1;
    const std::size_t y = k <= b.size() ? b[b.size() - k] : 1;
    if (x != y && x != 1 && y != 1) {
      detail::bad_tensor("shapes that do not go together: " + std::to_string(x) + " and " +
                         std::to_string(y));
    }
    out[out.size() - k] = x == 1 ? y : x;
  }
  return out;
}

namespace detail {

void bad_tensor(std::string what) { throw fault(errc::invalid_argument, std::move(what)); }

std::size_t reach_of(std::span<const std::size_t> shape, std::span<const std::size_t> strides) {
  constexpr std::size_t most = std::size_t{1} << 56;
  if (numel_of(shape) == 0) return 0;
  std::size_t reach = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    if (strides[d] > (most - reach) / (shape[d] - 1)) bad_tensor("strides that reach beyond 2^56 elements");
    reach += (shape[d] - 1) * strides[d];
  }
  return reach;
}

bool is_dense(std::span<const std::size_t> shape, std::span<const std::size_t> strides) {
  std::size_t dense = 1;
  bool out = true;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 0) return true;
    out = out && (shape[d] == 1 || strides[d] == dense);
    dense *= shape[d];
  }
  return out;
}

dl_view checked(const dl_tensor& from, dl_data_type wanted) {
  if (from.device.kind != 1) bad_tensor("elements that are not in the processor's memory");
  if (from.dtype.code != wanted.code || from.dtype.bits != wanted.bits || from.dtype.lanes != 1)
    bad_tensor("elements of another type");
  if (from.ndim < 0 || (from.ndim > 0 && from.shape == nullptr)) bad_tensor("a tensor without a shape");
  dl_view out{};
  for (std::int32_t d = 0; d < from.ndim; ++d) {
    const std::int64_t extent = from.shape[d];
    const std::int64_t stride = from.strides == nullptr ? 0 : from.strides[d];
    if (extent < 0) bad_tensor("a negative extent");
    if (stride < 0 && extent > 1) bad_tensor("negative strides");
    out.shape.push_back(static_cast<std::size_t>(extent));
    out.strides.push_back(extent > 1 ? static_cast<std::size_t>(stride) : 1);
  }
  if (from.strides == nullptr) out.strides = contiguous_strides(out.shape);
  out.reach = reach_of(out.shape, out.strides);
  if (out.reach == 0) return out;
  if (from.data == nullptr) bad_tensor("a tensor without elements");
  out.data = static_cast<std::byte*>(from.data) + from.byte_offset;
  if (reinterpret_cast<std::uintptr_t>(out.data) % (wanted.bits / 8U) != 0)
    bad_tensor("elements that are not aligned");
  return out;
}

void check_version(const dl_managed_tensor_versioned& from, bool writes) {
  if (from.major != 1) bad_tensor("DLPack of version " + std::to_string(from.major) + ", not 1");
  if (writes && (from.flags & 1U) != 0) bad_tensor("elements that are read only");
}

std::vector<std::size_t> stretched(std::span<const std::size_t> shape, std::span<const std::size_t> strides,
                                   std::span<const std::size_t> to) {
  std::vector<std::size_t> out(to.size(), 0);
  for (std::size_t k = 1; k <= shape.size(); ++k) {
    if (shape[shape.size() - k] != 1) out[to.size() - k] = strides[shape.size() - k];
  }
  return out;
}

void for_each_place(std::span<const std::size_t> shape, std::span<const std::size_t> strides_a,
                    std::span<const std::size_t> strides_b,
                    const std::function<void(std::size_t, std::size_t)>& visit) {
  std::vector<std::size_t> place(shape.size(), 0);
  std::size_t i = 0;
  std::size_t j = 0;
  for (std::size_t left = numel_of(shape); left > 0; --left) {
    visit(i, j);
    for (std::size_t d = shape.size(); d-- > 0;) {
      i += strides_a[d];
      j += strides_b[d];
      if (++place[d] < shape[d]) break;
      i -= strides_a[d] * shape[d];
      j -= strides_b[d] * shape[d];
      place[d] = 0;
    }
  }
}

}  // namespace detail
}  // namespace twill::lanes
