// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/buffer.hpp"
#include "twill/lanes/kernel.hpp"
#include "twill/lanes/ops.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace twill::lanes::test {

/// What a few launches and operations of every kind leave behind, as one number: equal bits, equal number.
class bit_digest {
 public:
  [[nodiscard]] static std::uint64_t of(executor& ex) {
    bit_digest d;
    d.sums(ex);
    d.functions(ex);
    d.shared(ex);
    d.operations(ex);
    return d.now_;
  }
  /// Of every build, whatever its threads, its compiler and its vectors.
  static constexpr std::uint64_t expected = 16817509598880369255U;

 private:
  void add(std::uint64_t v) {
    now_ ^= v;  // FNV-1a, by 64-bit words
    now_ *= 0x100000001b3U;
  }
  template <class T>
  void add_all(const buffer<T>& b) {
    for (std::size_t i = 0; i < b.size(); ++i) {
      if constexpr (sizeof(T) == 4) {
        add(std::bit_cast<std::uint32_t>(b[i]));
      } else {
        add(std::bit_cast<std::uint64_t>(b[i]));
      }
    }
  }

  // ResAccum, whose sums have an order.
  void sums(executor& ex) {
    const program p = program::parse_text(R"(
      mov_imm.u64 r2, 96
      div.u64 r3, r255, r2
      mul.u64 r3, r3, r2
      sub.u64 r3, r255, r3
      cvt.u8.u64 r4, r3
      cvt.f64.u64 r5, r255
      mov_imm.f64 r6, 0.1
      mul.f64 r5, r5, r6
      res.accum r4, r5)");
    execution_params params{.launch = launch_config::linear(50'000, 100)};
    params.launch.batch = 256;
    const launch_result r = ex.launch(p, params);
    for (const double v : r.resonance) add(std::bit_cast<std::uint64_t>(v));
    add(r.instructions);
  }

  // Transcendental functions in lanes that go separate ways.
  void functions(executor& ex) {
    constexpr std::size_t n = 5000;
    buffer<float> x(ex, n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i) * 0.01F - 25.0F;
    const auto k = kernel::compile(R"(
      kernel k(x: buffer<f32>, n: u64) {
        let i = global_id();
        if i < n {
          let v = x[i];
          let m = i % 5;
          while m > 0 { v = sin(v) + exp(v * 0.1); m -= 1; }
          if v > 1.0 { v = log(v); } else { v = sigmoid(v) * tanh(v); }
          x[i] = v / 3.0;
        }
      })");
    k.run(ex, std::array{kernel_argument::of(x.handle()), kernel_argument::of(std::int64_t{n})}, n);
    add_all(x);
  }

  void shared(executor& ex) {
    constexpr std::size_t n = 64 * 100;
    buffer<std::uint64_t> x(ex, n);
    const program p = program::parse_text(R"(
      mov_imm.u32 r2, 3
      shl.u64 r3, r255, r2
      cvt.u64.u32 r4, r252
      shl.u64 r4, r4, r2
      sts.u64 [r4 + 0], r255
      bar.sync 0
      mov_imm.u64 r5, 504
      sub.u64 r5, r5, r4
      lds.u64 r6, [r5 + 0]
      mul.u64 r6, r6, r255
      stg.u64 [r1 + r3], r6)");
    ex.launch(p, {.launch = {.grid = {100, 1, 1}, .block = {64, 1, 1}, .shared_bytes = 512},
                  .registers = {{1, x.handle()}}});
    add_all(x);
  }

  void operations(executor& ex) {
    constexpr std::size_t n = 20'000;
    buffer<float> a(ex, n);
    buffer<float> c(ex, n);
    for (std::size_t i = 0; i < n; ++i) a[i] = static_cast<float>(i % 777) * 0.37F;
    ops::sigmoid_par(ex, a, c, n);
    add_all(c);
    add(std::bit_cast<std::uint32_t>(ops::sum_par(ex, a, n)));
  }

  std::uint64_t now_ = 0xcbf29ce484222325U;
};

}  // namespace twill::lanes::test
