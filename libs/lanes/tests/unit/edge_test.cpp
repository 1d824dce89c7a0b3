// SPDX-License-Identifier: Apache-2.0
// Every operation on every pair of awkward values against the scalar reference, with operands that differ by
// lane and with right operands that the program sets.
#include "oracle.hpp"
#include "twill/lanes/builder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace twill::lanes {
namespace {

using bits = std::uint64_t;

constexpr std::array<type, 10> numbers{type::i8,  type::i16, type::i32, type::i64, type::u8,
                                       type::u16, type::u32, type::u64, type::f32, type::f64};

std::vector<bits> edges(type t) {
  if (t == type::f32) {
    std::vector<bits> out;
    for (const float v : {0.0F, -0.0F, 1.0F, -1.5F, 3.0F, 1e10F, -3e38F, 0x1p-149F, -0x1p-126F, 255.5F,
                          std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN(), 2147483648.0F, 0x1p63F}) {
      out.push_back(std::bit_cast<std::uint32_t>(v));
    }
    return out;
  }
  if (t == type::f64) {
    std::vector<bits> out;
    for (const double v : {0.0, -0.0, 1.0, -1.5, 3.0, 1e10, -1e308, 0x1p-1074, -0x1p-1022, 65535.5,
                           std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN(), 2147483648.0, 0x1p64, 1.0 + 0x1p-40}) {
      out.push_back(std::bit_cast<bits>(v));
    }
    return out;
  }
  const unsigned width = 8 * static_cast<unsigned>(size_bytes(t));
  const bits all = ~bits{0} >> (64 - width);
  const bits top = bits{1} << (width - 1);
  return {0, 1, all, top, top - 1, top + 1, 2, 3, 5, 7, 8, 64, 100, all / 3, all - 1};
}

std::vector<bits> half_edges() {
  return {0, 0x8000, 0x3c00, 0xbc01, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3555};
}

std::vector<std::byte> packed(const std::vector<bits>& v, type t) {
  const std::size_t size = size_bytes(t);
  std::vector<std::byte> out(v.size() * size);
  for (std::size_t i = 0; i < v.size(); ++i) std::memcpy(out.data() + i * size, &v[i], size);
  return out;
}

bool same(const std::byte* a, const std::byte* b, type t) {
  if (std::memcmp(a, b, size_bytes(t)) == 0) return true;
  if (t == type::f32) {
    float x = 0;
    float y = 0;
    std::memcpy(&x, a, 4);
    std::memcpy(&y, b, 4);
    return std::isnan(x) && std::isnan(y);
  }
  if (t != type::f64) return false;
  double x = 0;
  double y = 0;
  std::memcpy(&x, a, 8);
  std::memcpy(&y, b, 8);
  return std::isnan(x) && std::isnan(y);
}

struct operands {
  std::vector<bits> a;
  std::vector<bits> b;
};

operands pairs(type t, bool no_zero_divisor) {
  operands out;
  for (const bits x : edges(t)) {
    for (const bits y : edges(t)) {
      out.a.push_back(x);
      out.b.push_back(no_zero_divisor && y == 0 ? 6 : y);
    }
  }
  return out;
}

// Runs the program that `write` makes of the operands in r10, r11 and r12 (the two added up) and leaves its
// result in r13, in one lane a pair.
template <class Write>
void compare(const operands& in, type from, type to, const Write& write, const std::string& what) {
  builder b;
  const auto offset = [&](reg r, type t) {
    b.mov_imm(type::u32, reg{240}, static_cast<bits>(std::countr_zero(size_bytes(t))))
        .shl(type::u64, r, reg{global_lane_id}, reg{240});
  };
  offset(reg{5}, from);
  offset(reg{6}, to);
  b.ldg(from, reg{10}, at(reg{1}, reg{5})).ldg(from, reg{11}, at(reg{2}, reg{5}));
  write(b);
  b.stg(to, at(reg{3}, reg{6}), reg{13}).exit();
  const program p = b.build();
  const std::size_t n = in.a.size();
  std::map<buffer_handle, std::vector<std::byte>> buffers{
      {1, packed(in.a, from)}, {2, packed(in.b, from)}, {3, std::vector<std::byte>(n * size_bytes(to))}};
  execution_params params{.launch = launch_config::linear(1, static_cast<std::uint32_t>(n)),
                          .registers = {{1, 1}, {2, 2}, {3, 3}}};
  const auto expected = test::run_oracle(p, params, buffers);
  ASSERT_FALSE(expected.fault.has_value()) << what << "\n" << p.to_text();
  for (const unsigned batch : {1U, 64U, 256U}) {
    executor ex({.threads = 1});
    for (const auto& [handle, data] : buffers) {
      ASSERT_EQ(ex.allocate_buffer(data.size()), handle);
      ex.copy_to_buffer(handle, data);
    }
    params.launch.batch = batch;
    const launch_result r = ex.launch(p, params);
    ASSERT_EQ(r.instructions, expected.instructions) << what;
    const auto got = ex.map(3);
    const auto& wanted = expected.buffers.at(3);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(same(got.data() + i * size_bytes(to), wanted.data() + i * size_bytes(to), to))
          << what << " batch " << batch << " operands " << in.a[i] << " " << in.b[i] << "\n"
          << p.to_text();
    }
  }
}

// The operation with both operands differing by lane, then with each awkward value as a constant on the
// right.
template <class Write>
void compare_both_ways(type t, type to, bool division, const Write& write, const std::string& what) {
  compare(pairs(t, division), t, to, [&](builder& b) { write(b); }, what);
  if (testing::Test::HasFatalFailure()) return;
  for (const bits c : edges(t)) {
    if (division && c == 0) continue;
    const operands in{edges(t), edges(t)};
    const auto with_constant = [&](builder& b) {
      b.mov_imm(t, reg{11}, c);
      write(b);
    };
    compare(in, t, to, with_constant, what + " with the constant " + std::to_string(c));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(edges, arithmetic_and_logic_of_every_type_agree_with_the_reference) {
  std::size_t seen = 0;
  for (const opcode op : {opcode::add, opcode::sub, opcode::mul, opcode::div, opcode::min, opcode::max,
                          opcode::bit_and, opcode::bit_or, opcode::bit_xor}) {
    for (const type t : numbers) {
      if (!supports(op, t)) continue;
      ++seen;
      const auto write = [&](builder& b) { b.binary(op, t, reg{13}, reg{10}, reg{11}); };
      compare_both_ways(t, t, op == opcode::div && is_integer(t), write,
                        std::string(name_of(op)) + " " + std::string(name_of(t)));
      if (HasFatalFailure()) return;
    }
  }
  for (const opcode op : {opcode::abs, opcode::neg, opcode::bit_not, opcode::sqrt}) {
    for (const type t : numbers) {
      if (!supports(op, t)) continue;
      ++seen;
      compare(
          {edges(t), edges(t)}, t, t, [&](builder& b) { b.unary(op, t, reg{13}, reg{10}); },
          std::string(name_of(op)) + " " + std::string(name_of(t)));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(seen, 6U * 10 + 3U * 8 + 2U * 6 + 8 + 2);
}

TEST(edges, products_with_sums_round_twice_or_once_as_they_say) {
  for (const opcode op : {opcode::mad, opcode::fma}) {
    for (const type t : numbers) {
      if (!supports(op, t)) continue;
      const auto write = [&](builder& b) {
        instruction i;
        i.op = op;
        i.ty = t;
        i.regs = {13, 10, 11, 10};
        b.push(std::move(i));
      };
      compare_both_ways(t, t, false, write, std::string(name_of(op)) + " " + std::string(name_of(t)));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(edges, shifts_take_amounts_modulo_the_width) {
  for (const opcode op : {opcode::shl, opcode::shr}) {
    for (const type t : numbers) {
      if (!supports(op, t)) continue;
      for (const bits amount :
           {bits{0}, bits{1}, bits{7}, bits{31}, bits{32}, bits{63}, bits{64}, bits{200}}) {
        const auto write = [&](builder& b) {
          b.mov_imm(type::u32, reg{12}, amount).binary(op, t, reg{13}, reg{10}, reg{12});
        };
        compare({edges(t), edges(t)}, t, t, write, std::string(name_of(op)) + " " + std::string(name_of(t)));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(edges, comparisons_and_choices_of_every_type_agree_with_the_reference) {
  for (unsigned c = 0; c < 10; ++c) {
    for (const type t : numbers) {
      if (is_float(t) && c >= static_cast<unsigned>(condition::ltu)) continue;
      const auto write = [&](builder& b) {
        b.set(static_cast<condition>(c), t, pred{2}, reg{10}, reg{11})
            .sel(t, reg{13}, pred{2}, reg{10}, reg{11});
      };
      compare_both_ways(t, t, false, write, "condition " + std::to_string(c) + " " + std::string(name_of(t)));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(edges, all_conversions_agree_with_the_reference) {
  std::size_t seen = 0;
  for (const type from : numbers) {
    for (const type to : numbers) {
      ++seen;
      compare(
          {edges(from), edges(from)}, from, to, [&](builder& b) { b.cvt(to, from, reg{13}, reg{10}); },
          std::string(name_of(from)) + " to " + std::string(name_of(to)));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(seen, 100U);
  for (const type half : {type::f16, type::bf16}) {
    compare(
        {half_edges(), half_edges()}, half, type::f32,
        [&](builder& b) { b.cvt(type::f32, half, reg{13}, reg{10}); }, "from half");
    compare(
        {edges(type::f32), edges(type::f32)}, type::f32, half,
        [&](builder& b) { b.cvt(half, type::f32, reg{13}, reg{10}); }, "to half");
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace twill::lanes
