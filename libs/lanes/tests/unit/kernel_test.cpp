// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/kernel.hpp"

#include "fault_of.hpp"
#include "twill/lanes/buffer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace twill::lanes {
namespace {

using arg = kernel_argument;

using test::fault_of;
std::string mistake(std::string_view text) {
  return fault_of([&] { static_cast<void>(kernel::compile(text, "k.tk")); });
}

// Runs a kernel of one output buffer over n lanes.
template <class T>
std::vector<T> outputs(const kernel& k, std::size_t n) {
  executor ex({.threads = 1});
  buffer<T> out(ex, n);
  k.run(ex, std::array{arg::of(out.handle())}, n, static_cast<std::uint32_t>(n));
  return out.to_vector();
}

TEST(kernel, saxpy_as_a_person_writes_it_leaves_surplus_lanes_alone) {
  const kernel k = kernel::compile(R"(
    kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
      let i = global_id();
      if i < n { y[i] = a * x[i] + y[i]; }
    })");
  EXPECT_EQ(k.name(), "saxpy");
  ASSERT_EQ(k.parameters().size(), 4U);
  EXPECT_TRUE(k.parameters()[1].is_buffer);
  executor ex({.threads = 2});
  constexpr std::size_t n = 10'000;
  buffer<float> x(ex, n);
  buffer<float> y(ex, n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(i);
    y[i] = 1.0F;
  }
  k.run(ex, std::array{arg::of(2.0F), arg::of(x.handle()), arg::of(y.handle()), arg::of(std::int64_t{n})}, n);
  for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], 2.0F * static_cast<float>(i) + 1.0F);
}

TEST(kernel, loops_conditions_and_functions_compute_what_they_say) {
  const auto sums = outputs<std::int32_t>(kernel::compile(R"(
    kernel k(out: buffer<i32>) {
      let i = i32(global_id());
      let total: i32 = 0;
      for j in 0..i { if j % 2 == 0 && j != 4 { total += j; } else { total -= 1; } }
      let left = i;
      while left > 10 { left -= 3; total += 100; }
      out[i] = total;
    })"),
                                          20);
  for (int i = 0; i < 20; ++i) {
    int total = 0;
    for (int j = 0; j < i; ++j) total += j % 2 == 0 && j != 4 ? j : -1;
    for (int left = i; left > 10; left -= 3) total += 100;
    EXPECT_EQ(sums[static_cast<std::size_t>(i)], total) << i;
  }
  const auto reals = outputs<double>(kernel::compile(R"(
    kernel k(out: buffer<f64>) {
      let x = f64(global_id()) * 0.25 - 2.0;
      out[global_id()] = max(sqrt(abs(x)), pow(x, 2.0)) + min(exp(x), 1.0) - f64(x < 0.0 || x == 1.0);
    })"),
                                     24);
  for (int i = 0; i < 24; ++i) {
    const double x = i * 0.25 - 2.0;
    const double wanted = std::fmax(std::sqrt(std::fabs(x)), std::pow(x, 2.0)) + std::fmin(std::exp(x), 1.0) -
                          (x < 0.0 || x == 1.0 ? 1 : 0);
    EXPECT_NEAR(reals[static_cast<std::size_t>(i)], wanted, 1e-12) << i;
  }
}

TEST(kernel, conditions_evaluate_no_more_than_they_need) {
  const kernel k = kernel::compile(R"(
    kernel k(x: buffer<f32>, n: u64, out: buffer<u8>) {
      let i = global_id();
      if i < n && x[i] > 0.0 { out[i] = 1; }
      if !(i < n) || x[i] != x[i] { out[i] = 2; }
    })");
  executor ex({.threads = 1});
  buffer<float> x(ex, 3);
  buffer<std::uint8_t> out(ex, 5);
  x.copy_from_slice(std::array{1.0F, -1.0F, std::nanf("")});
  k.run(ex, std::array{arg::of(x.handle()), arg::of(std::int64_t{3}), arg::of(out.handle())}, 5, 5);
  EXPECT_EQ(out.to_vector(), (std::vector<std::uint8_t>{1, 0, 2, 2, 2}));
}

TEST(kernel, integers_divide_and_leave_remainders_as_they_should) {
  const auto values = outputs<std::int64_t>(kernel::compile(R"(
    kernel k(out: buffer<i64>) {
      let i = i64(global_id()) - 7;
      out[global_id()] = (i / 3) * 10000 + (i % 3) * 100 + (i << 2) + (i & 3);
    })"),
                                            15);
  for (std::int64_t n = 0; n < 15; ++n) {
    const std::int64_t i = n - 7;
    EXPECT_EQ(values[static_cast<std::size_t>(n)], (i / 3) * 10000 + (i % 3) * 100 + i * 4 + (i & 3));
  }
}

TEST(kernel, mistakes_point_at_line_and_column) {
  EXPECT_EQ(mistake("kernel k(x: buffer<f32>) {\n  y[0] = 1.0;\n}"),
            "InvalidProgram at k.tk:2:3: nothing is named 'y'");
  EXPECT_EQ(mistake("kernel k(x: buffer<f33>) { }"), "InvalidProgram at k.tk:1:20: no type is named 'f33'");
  EXPECT_EQ(mistake("kernel k(x: f32) { let y = x +; }"),
            "InvalidProgram at k.tk:1:31: expected an expression, found ';'");
  EXPECT_EQ(mistake("kernel k(x: f32, i: i32) { let y = x + i; }"),
            "InvalidProgram at k.tk:1:38: 'add' of f32 and i32: convert one of them, as in f32(...)");
  EXPECT_EQ(
      mistake("kernel k(x: f32) { let y: i32 = x; }"),
      "InvalidProgram at k.tk:1:33: expected a value of type i32, found f32: write i32(...) to convert");
  EXPECT_EQ(mistake("kernel k(x: f32) { x[0] = 1.0; }"),
            "InvalidProgram at k.tk:1:20: 'x' is no buffer but a value of type f32");
  EXPECT_EQ(mistake("kernel k(x: i32) { let y = exp(x); }"),
            "InvalidProgram at k.tk:1:28: exp of a value of type i32: convert it, as in f32(...)");
  EXPECT_EQ(mistake("kernel k() { let x: u8 = 256; }"),
            "InvalidProgram at k.tk:1:26: 256 does not fit in u8");
  EXPECT_EQ(mistake("kernel k() { if 1 { } }"),
            "InvalidProgram at k.tk:1:17: expected a condition, found a value of type i32");
  EXPECT_EQ(mistake("kernel k() { let x = 1"),
            "InvalidProgram at k.tk:1:23: expected ';', found the end of the text");
  EXPECT_EQ(mistake("kernel k() { }\n$"),
            "InvalidProgram at k.tk:2:1: a character that has no meaning here: byte 36");
  EXPECT_EQ(mistake(std::string("kernel k() { let x = ") + std::string(5000, '(')).substr(0, 20),
            "InvalidProgram at k.");
}

constexpr auto json_kernel = R"({"version":"1.0","kernel":{"name":"foo","params":[
  {"name":"x","type":{"kind":"device_array","element_type":{"kind":"scalar","type":"f32"}}},
  {"name":"y","type":{"kind":"device_ptr"}},{"name":"n","type":{"kind":"scalar","type":"u32"}}],
  "body":[{"type":"let","name":"i","value":{"type":"call","function":"get_global_id","args":[]}},
    {"type":"if","condition":{"type":"binary_op","op":"lt","left":{"type":"var","name":"i"},"right":{"type":"var","name":"n"}},
     "then_body":[{"type":"assign","target":{"type":"index","array":{"type":"var","name":"y"},"index":{"type":"var","name":"i"}},
       "value":{"type":"binary_op","op":"mul","left":{"type":"index","array":{"type":"var","name":"x"},"index":{"type":"var","name":"i"}},
                "right":{"type":"literal","value":-1.5}}}],"else_body":null}]}})";

TEST(kernel, rows_of_operators_have_a_longest_length) {
  const auto sum_of = [](std::size_t terms) {
    std::string text = "kernel k(x: buffer<f32>) { x[0] = 1.0";
    for (std::size_t i = 1; i < terms; ++i) text += " + x[1]";
    return text + "; }";
  };
  EXPECT_GT(kernel::compile(sum_of(200)).code().len(), 199U * 3);
  EXPECT_EQ(mistake(sum_of(100'000)),
            "InvalidProgram at k.tk:1:1817: an expression of too many parts in a row");
  std::string casts = "kernel k(x: buffer<f32>) { x[0] = 1.0";
  for (int i = 0; i < 100'000; ++i) casts += " as f32";
  EXPECT_NE(mistake(casts + "; }").find("an expression of too many parts in a row"), std::string::npos);
}

TEST(kernel_json, the_body_decides_and_not_the_name) {
  const kernel k = kernel::compile_json(json_kernel);
  EXPECT_EQ(k.name(), "foo");
  executor ex({.threads = 1});
  buffer<float> x(ex, 5);
  buffer<float> y(ex, 5);
  for (std::size_t i = 0; i < 5; ++i) x[i] = static_cast<float>(i);
  k.run(ex, std::array{arg::of(x.handle()), arg::of(y.handle()), arg::of(std::int64_t{4})}, 5, 4);
  EXPECT_EQ(y.to_vector(), (std::vector<float>{-0.0F, -1.5F, -3.0F, -4.5F, 0.0F}));
}

TEST(kernel_json, mistakes_have_the_pointer_to_their_place) {
  std::string text = json_kernel;
  text.replace(text.find("\"lt\""), 4, "\"xx\"");
  const std::string message = fault_of([&] { static_cast<void>(kernel::compile_json(text, "k.json")); });
  EXPECT_NE(message.find("/kernel/body/1/condition/op: no operator is named \"xx\""), std::string::npos)
      << message;
  EXPECT_EQ(fault_of([] {
              static_cast<void>(kernel::compile_json("{\"version\":\"2.0\",\"kernel\":{}}", "k.json"));
            }),
            "InvalidProgram at k.json:1:12 /version: expected the version \"1.0\", found \"2.0\"");
}

TEST(kernel, a_wrong_number_of_arguments_is_refused) {
  const kernel k = kernel::compile("kernel k(a: f32) { }");
  EXPECT_EQ(fault_of([&] { static_cast<void>(k.bind({})); }),
            "InvalidArgument: kernel k has 1 parameters, 0 arguments are given");
}

}  // namespace
}  // namespace twill::lanes
