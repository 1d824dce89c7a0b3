// SPDX-License-Identifier: Apache-2.0
// Instructions on whole arrays: operands are checked, then the operations library runs.
#include "exec/whole_array.hpp"

#include "twill/lanes/ops.hpp"

#include <array>
#include <bit>

namespace twill::lanes::detail {
namespace {

namespace od = ops::detail;

// Thrown and caught in this file.
struct stop {
  errc code;
  std::array<std::uint64_t, 3> numbers{};
};

class whole_array {
 public:
  whole_array(launch_state& launch, const instruction& i, const std::array<std::uint64_t, 6>& handles,
              executor* par)
      : launch_(launch), i_(i), handles_(handles), par_(par) {}

  void run() {
    switch (i_.op) {
      case opcode::parallel_map: return map();
      case opcode::parallel_map_binary: return map_binary();
      case opcode::parallel_reduce: return reduce();
      case opcode::layer_norm: return layer_norm();
      case opcode::group_norm: return group_norm();
      case opcode::batch_norm: return batch_norm();
      case opcode::conv2d: return conv2d();
      case opcode::nearest_upsample2d: return upsample();
      default: return gemm();
    }
  }

 private:
  [[nodiscard]] std::uint64_t param(std::size_t k) const { return i_.params.at(k - 1); }
  [[nodiscard]] static std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    const wide_int product = static_cast<wide_int>(a) * static_cast<wide_int>(b);
    if (product > static_cast<wide_int>(std::uint64_t{1} << 56)) throw stop{errc::invalid_argument};
    return static_cast<std::uint64_t>(product);
  }

  // The k-th operand with room for n elements.
  std::byte* bytes(std::size_t k, std::uint64_t n, type t) {
    const region where = launch_.buffers->find(handles_.at(k));
    if (!where.valid) throw stop{errc::invalid_buffer_handle, {handles_.at(k)}};
    const std::uint64_t need = times(n, size_bytes(t));
    if (need > where.size) throw stop{errc::buffer_out_of_bounds, {0, need, where.size}};
    if (reinterpret_cast<std::uintptr_t>(where.data) % size_bytes(t) != 0) throw stop{errc::invalid_address};
    return where.data;
  }
  float* floats(std::size_t k, std::uint64_t n) { return reinterpret_cast<float*>(bytes(k, n, type::f32)); }
  void distinct(std::size_t output, std::size_t inputs) const {
    for (std::size_t k = 0; k < inputs; ++k) {
      if (handles_.at(k) == handles_.at(output)) throw stop{errc::invalid_argument};
    }
  }

  void map() {
    static constexpr std::array ops{opcode::abs, opcode::neg,     opcode::sqrt, opcode::exp,
                                    opcode::log, opcode::sin,     opcode::cos,  opcode::tan,
                                    opcode::abs, opcode::abs,     opcode::abs,  opcode::abs,
                                    opcode::abs, opcode::sigmoid, opcode::tanh, opcode::abs};
    static constexpr std::array more{
        od::extra::none, od::extra::none,  od::extra::none,  od::extra::none,
        od::extra::none, od::extra::none,  od::extra::none,  od::extra::none,
        od::extra::ceil, od::extra::floor, od::extra::round, od::extra::reciprocal,
        od::extra::erf,  od::extra::none,  od::extra::none,  od::extra::relu};
    const std::uint64_t n = param(1);
    const std::byte* const in = bytes(0, n, i_.ty);
    std::byte* const out = bytes(1, n, i_.ty);
    od::run({.what = {"ParallelMap", ops.at(i_.value), more.at(i_.value)},
             .ty = i_.ty,
             .in = {od::erased{in, n}},
             .inputs = 1,
             .out = out,
             .out_len = n,
             .n = n,
             .par = par_});
  }

  void map_binary() {
    static constexpr std::array ops{opcode::add, opcode::sub, opcode::mul, opcode::div,
                                    opcode::pow, opcode::min, opcode::max, opcode::add};
    const std::uint64_t n = param(1);
    const std::byte* const a = bytes(0, n, i_.ty);
    const std::byte* const b = bytes(1, n, i_.ty);
    std::byte* const out = bytes(2, n, i_.ty);
    od::run(
        {.what = {"ParallelMapBinary", ops.at(i_.value), i_.value == 7 ? od::extra::atan2 : od::extra::none},
         .ty = i_.ty,
         .in = {od::erased{a, n}, od::erased{b, n}},
         .inputs = 2,
         .out = out,
         .out_len = n,
         .n = n,
         .par = par_});
  }

  void reduce() {
    static constexpr std::array kinds{od::reduction::sum, od::reduction::product, od::reduction::min,
                                      od::reduction::max};
    const std::uint64_t n = param(1);
    distinct(1, 1);
    const std::byte* const in = bytes(0, n, i_.ty);
    std::byte* const out = bytes(1, 1, i_.ty);
    const double r = od::reduce("ParallelReduce", kinds.at(i_.value), i_.ty, {in, n}, {}, n, par_).real;
    if (i_.ty == type::f32) {
      *reinterpret_cast<float*>(out) = static_cast<float>(r);
    } else {
      *reinterpret_cast<double*>(out) = r;
    }
  }

  void layer_norm() {
    const std::uint64_t positions = param(1);
    const std::uint64_t hidden = param(2);
    const std::uint64_t n = times(positions, hidden);
    distinct(3, 3);
    const float* const x = floats(0, n);
    const float* const gamma = floats(1, hidden);
    const float* const beta = floats(2, hidden);
    od::layer_norm(par_, {x, n}, {gamma, hidden}, {beta, hidden}, {floats(3, n), n}, positions, hidden,
                   std::bit_cast<double>(param(3)));
  }

  void group_norm() {
    const std::uint64_t groups = param(5);
    const std::uint64_t channels = param(2);
    if (groups == 0 || channels % groups != 0) {
      throw stop{errc::unsupported_operation, {static_cast<std::uint64_t>(type::f32)}};
    }
    const std::uint64_t pixels = times(param(3), param(4));
    const std::uint64_t n = times(times(param(1), channels), pixels);
    distinct(3, 3);
    const float* const x = floats(0, n);
    const float* const gamma = floats(1, channels);
    const float* const beta = floats(2, channels);
    od::group_norm(par_, {x, n}, {gamma, channels}, {beta, channels}, {floats(3, n), n},
                   {param(1), channels, param(3), param(4)}, groups, std::bit_cast<double>(param(6)));
  }

  void batch_norm() {
    const std::uint64_t channels = param(2);
    const std::uint64_t pixels = times(param(3), param(4));
    const std::uint64_t n = times(times(param(1), channels), pixels);
    distinct(5, 5);
    const float* const x = floats(0, n);
    std::array<std::span<const float>, 4> parts;  // in the order in which they are checked
    for (std::size_t k = 0; k < parts.size(); ++k) parts.at(k) = {floats(k + 1, channels), channels};
    od::batch_norm(par_, {x, n}, parts[0], parts[1], parts[2], parts[3], {floats(5, n), n},
                   {param(1), channels, param(3), param(4)}, std::bit_cast<double>(param(5)));
  }

  void conv2d() {
    const ops::conv2d_shape s{param(1),  param(2),  param(3),  param(4),  param(5),  param(6),
                              param(7),  param(8),  param(9),  param(10), param(11), param(12),
                              param(13), param(14), param(15), param(16)};
    if (!s.valid()) throw stop{errc::invalid_argument};
    distinct(3, 3);
    const std::uint64_t in = times(times(s.batch, s.in_channels), times(s.height, s.width));
    const std::uint64_t filters =
        times(times(s.out_channels, s.in_channels / s.group), times(s.kernel_h, s.kernel_w));
    const std::uint64_t out = times(times(s.batch, s.out_channels), times(s.out_height(), s.out_width()));
    const std::span<const float> x(floats(0, in), in);
    const std::span<const float> w(floats(1, filters), filters);
    std::span<const float> bias;
    if (param(17) != 0) bias = {floats(2, s.out_channels), s.out_channels};
    od::conv2d(par_, x, w, bias, {floats(3, out), out}, s);
  }

  void upsample() {
    const std::uint64_t n = times(times(param(1), param(2)), times(param(3), param(4)));
    distinct(1, 1);
    const std::uint64_t out = times(n, times(param(5), param(5)));
    const std::span<const float> x(floats(0, n), n);
    od::nearest_upsample2d(par_, x, {floats(1, out), out}, {param(1), param(2), param(3), param(4)},
                           param(5));
  }

  void gemm() {
    const std::uint64_t m = param(1);
    const std::uint64_t k = param(2);
    const std::uint64_t n = param(3);
    distinct(2, 2);
    const std::byte* const a = bytes(0, times(m, k), i_.ty);
    const std::byte* const b = bytes(1, times(k, n), i_.ty);
    std::byte* const c = bytes(2, times(m, n), i_.ty);
    od::gemm({.ty = i_.ty,
              .a = {a, times(m, k)},
              .b = {b, times(k, n)},
              .c = c,
              .c_len = times(m, n),
              .m = m,
              .k = k,
              .n = n,
              .par = par_});
  }

  launch_state& launch_;
  const instruction& i_;
  const std::array<std::uint64_t, 6>& handles_;
  executor* par_;
};

}  // namespace

bool run_whole_array(launch_state& launch, std::uint32_t pc, const std::array<std::uint64_t, 6>& handles,
                     fault_record& found) {
  try {
    whole_array(launch, launch.program->whole_array.at(pc), handles, launch.owner).run();
    return true;
  } catch (const stop& s) {
    found.code = s.code;
    found.numbers = s.numbers;
  } catch (const lanes::fault& f) {
    found.code = f.kind();
    found.numbers = f.info().numbers;
  }
  return false;
}

}  // namespace twill::lanes::detail
