// SPDX-License-Identifier: Apache-2.0
// Every parallel operation has the bits of the serial one, whatever the threads and the size of their tasks;
// operations in place, and on operands that are too short.
#include "ops_reference.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace twill::lanes {
namespace {

namespace ref = reference;

// An operation over n elements; serial where there is no executor. Gives the bytes that it wrote or returned.
using bytes = std::vector<std::byte>;
struct form {
  const char* name;
  std::function<bytes(executor*)> run;
};

template <class T>
bytes bytes_of(const std::vector<T>& v) {
  const auto all = std::as_bytes(std::span(v));
  return {all.begin(), all.end()};
}

template <class T>
class forms {
 public:
  explicit forms(std::size_t n)
      : n_(n), a_(ref::ordinary<T>(n, 1)), b_(ref::ordinary<T>(n, 2)), odd_(ref::awkward<T>(n, 3)) {}

  template <class S, class P>
  void one(const char* name, const S& serial, const P& par) {
    writes(
        name, [this, &serial](auto& c) { serial(odd_, c); },
        [this, &par](executor& ex, auto& c) { par(ex, odd_, c, n_); });
  }
  template <class S, class P>
  void two(const char* name, const S& serial, const P& par) {
    writes(
        name, [this, &serial](auto& c) { serial(odd_, b_, c); },
        [this, &par](executor& ex, auto& c) { par(ex, odd_, b_, c, n_); });
  }
  template <class S, class P>
  void number(const char* name, const S& serial, const P& par) {
    all_.push_back({name, [this, &serial, &par](executor* ex) {
                      return bytes_of(std::vector{ex == nullptr ? serial(a_) : par(*ex, a_, n_)});
                    }});
  }
  template <class S, class P>
  void number_of_two(const char* name, const S& serial, const P& par) {
    all_.push_back({name, [this, &serial, &par](executor* ex) {
                      return bytes_of(std::vector{ex == nullptr ? serial(a_, b_) : par(*ex, a_, b_, n_)});
                    }});
  }
  template <class S, class P>
  void writes(const char* name, S serial, P par) {
    all_.push_back({name, [this, serial, par](executor* ex) {
                      std::vector<T> c(n_);
                      ex == nullptr ? serial(c) : par(*ex, c);
                      return bytes_of(c);
                    }});
  }

  [[nodiscard]] const std::vector<T>& a() const { return a_; }
  [[nodiscard]] const std::vector<T>& b() const { return b_; }

  void expect_the_same_bits() const {
    std::vector<std::unique_ptr<executor>> machines;
    for (const std::size_t threads : {1U, 2U, 3U, 8U})
      machines.push_back(std::make_unique<executor>(executor_options{.threads = threads}));
    for (const std::size_t chunk : {std::size_t{1'000}, std::size_t{7'000}, ~std::size_t{0}}) {
      machines.push_back(std::make_unique<executor>(
          executor_options{.threads = 2, .parallel_threshold = 1, .parallel_chunk = chunk}));
    }
    for (const form& f : all_) {
      const bytes wanted = f.run(nullptr);
      for (const auto& ex : machines) {
        EXPECT_TRUE(f.run(ex.get()) == wanted) << f.name << ", " << ex->threads() << " threads, tasks of "
                                               << ex->options().parallel_chunk << ", n = " << n_;
      }
    }
  }

 private:
  std::size_t n_;
  std::vector<T> a_;
  std::vector<T> b_;
  std::vector<T> odd_;
  std::vector<form> all_{};
};

template <class T>
void add_what_all_types_have(forms<T>& f, std::size_t n) {
  f.two("vector_add", ops::vector_add, ops::vector_add_par);
  f.two("vector_sub", ops::vector_sub, ops::vector_sub_par);
  f.two("vector_mul", ops::vector_mul, ops::vector_mul_par);
  f.two("vector_div", ops::vector_div, ops::vector_div_par);
  f.two("min", ops::min, ops::min_par);
  f.two("max", ops::max, ops::max_par);
  f.one("relu", ops::relu, ops::relu_par);
  f.number("sum", ops::sum, ops::sum_par);
  f.number("product", ops::product, ops::product_par);
  f.number("min_of", ops::min_of, ops::min_of_par);
  f.number("max_of", ops::max_of, ops::max_of_par);
  f.number("argmin", ops::argmin, ops::argmin_par);
  f.number("argmax", ops::argmax, ops::argmax_par);
  f.writes(
      "scalar_mul", [&f](auto& c) { ops::scalar_mul(f.a(), c, T{3}); },
      [&f, n](executor& ex, auto& c) { ops::scalar_mul_par(ex, f.a(), c, T{3}, n); });
  f.writes(
      "saxpy", [&f](auto& c) { ops::saxpy(T{3}, f.a(), f.b(), c); },
      [&f, n](executor& ex, auto& c) { ops::saxpy_par(ex, T{3}, f.a(), f.b(), c, n); });
  f.writes(
      "clip", [&f](auto& c) { ops::clip(f.a(), c, T{1}, T{2}); },
      [&f, n](executor& ex, auto& c) { ops::clip_par(ex, f.a(), c, T{1}, T{2}, n); });
  f.writes(
      "iota", [](auto& c) { ops::iota(c, T{1}, T{2}); },
      [](executor& ex, auto& c) { ops::iota_par(ex, c, T{1}, T{2}); });
  f.writes(
      "transpose2d", [&f, n](auto& c) { ops::transpose2d(f.a(), c, 100, n / 100); },
      [&f, n](executor& ex, auto& c) { ops::transpose2d_par(ex, f.a(), c, 100, n / 100); });
  std::vector<std::uint32_t> at(n);
  for (std::size_t i = 0; i < n; ++i) at[i] = static_cast<std::uint32_t>(i * 2654435761U % n / 3);
  f.writes(
      "gather", [&f, at](auto& c) { ops::gather(f.a(), at, c); },
      [&f, at](executor& ex, auto& c) { ops::gather_par(ex, f.a(), at, c); });
  f.writes(
      "scatter", [&f, at](auto& c) { ops::scatter(f.a(), at, c); },
      [&f, at](executor& ex, auto& c) { ops::scatter_par(ex, f.a(), at, c); });
  f.writes(
      "broadcast_add",
      [&f, n](auto& c) {
        ops::broadcast_add(f.a(), std::array{n}, std::span(f.b()).first(1), std::array{std::size_t{1}}, c);
      },
      [&f, n](executor& ex, auto& c) {
        ops::broadcast_add_par(ex, f.a(), std::array{n}, std::span(f.b()).first(1),
                               std::array{std::size_t{1}}, c);
      });
}

template <class T>
void add_what_reals_have(forms<T>& f) {
  f.one("exp", ops::exp, ops::exp_par);
  f.one("log", ops::log, ops::log_par);
  f.one("sin", ops::sin, ops::sin_par);
  f.one("tanh", ops::tanh, ops::tanh_par);
  f.one("sigmoid", ops::sigmoid, ops::sigmoid_par);
  f.one("gelu", ops::gelu, ops::gelu_par);
  f.one("gelu_erf", ops::gelu_erf, ops::gelu_erf_par);
  f.two("pow", ops::pow, ops::pow_par);
  f.number("mean", ops::mean, ops::mean_par);
  f.number("norm2", ops::norm2, ops::norm2_par);
  f.number("sum_kahan", ops::sum_kahan, ops::sum_kahan_par);
  f.number("sum_exact", ops::sum_exact, ops::sum_exact_par);
  f.number_of_two("dot", ops::dot, ops::dot_par);
  f.number_of_two("mse", ops::mse, ops::mse_par);
  f.number_of_two("binary_cross_entropy", ops::binary_cross_entropy, ops::binary_cross_entropy_par);
  f.writes(
      "softmax", [&f](auto& c) { ops::softmax(f.a(), c); },
      [&f](executor& ex, auto& c) { ops::softmax_par(ex, f.a(), c, c.size()); });
  f.writes(
      "softmax of rows", [&f](auto& c) { ops::softmax(f.a(), c, c.size() / 100, 100); },
      [&f](executor& ex, auto& c) { ops::softmax_par(ex, f.a(), c, c.size() / 100, 100); });
  f.writes(
      "gemm", [&f](auto& c) { ops::gemm(f.a(), f.b(), c, c.size() / 100, 90, 100); },
      [&f](executor& ex, auto& c) { ops::gemm_par(ex, f.a(), f.b(), c, c.size() / 100, 90, 100); });
  f.writes(
      "matvec", [&f](auto& c) { ops::matvec(f.a(), f.b(), c, c.size() / 100, 100); },
      [&f](executor& ex, auto& c) { ops::matvec_par(ex, f.a(), f.b(), c, c.size() / 100, 100); });
}

TEST(threads, every_parallel_operation_has_the_bits_of_the_serial_one) {
  for (const std::size_t n : {std::size_t{10'000}, std::size_t{30'721}}) {
    forms<float> f(n);
    add_what_all_types_have(f, n);
    add_what_reals_have(f);
    f.expect_the_same_bits();
    forms<double> d(n);
    add_what_reals_have(d);
    d.expect_the_same_bits();
    forms<std::int16_t> i(n);
    add_what_all_types_have(i, n);
    i.expect_the_same_bits();
  }
}

TEST(threads, a_million_elements_are_all_processed) {
  constexpr std::size_t n = 1'000'000;
  std::vector<float> x(n, 1.0F);
  std::vector<float> y(n);
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    executor ex({.threads = threads});
    std::ranges::fill(y, 0.0F);
    ops::scalar_add_par(ex, x, y, 2.0F, n);
    EXPECT_EQ(std::ranges::count(y, 3.0F), static_cast<std::ptrdiff_t>(n)) << threads;
    EXPECT_EQ(ops::sum_par(ex, y, n), 3.0F * n) << threads;
  }
}

TEST(threads, sums_of_any_number_of_chunks_have_the_documented_tree) {
  executor ex({.threads = 2});
  const auto x = ref::ordinary<float>(400 * ops::parallel_chunk_size, 1);
  const auto y = ref::ordinary<float>(x.size(), 2);
  for (std::size_t chunks = 1; chunks <= 400; chunks += chunks < 18 ? 1 : 191) {
    const std::size_t n = chunks * ops::parallel_chunk_size - chunks % 2;
    const std::vector<float> some(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_TRUE(ref::same(ops::sum(some), ref::folded(some, 0.0F, ref::add<float>))) << chunks;
    EXPECT_TRUE(ref::same(ops::sum_par(ex, x, n), ops::sum(some))) << chunks;
    EXPECT_TRUE(ref::same(ops::dot_par(ex, some, y, n), ops::dot(some, y))) << chunks;
  }
}

TEST(threads, thresholds_and_tasks_are_those_of_the_executor) {
  executor ex({.threads = 2, .parallel_threshold = 100, .parallel_chunk = 6'200});
  std::vector<float> x(12'500, 1.0F);
  std::vector<float> y(x.size());
  std::uint64_t before = 0;
  const auto tasks = [&](const auto& f) {
    f();
    std::uint64_t all = 0;
    for (const worker_activity& w : ex.activity()) all += w.chunks;
    return all - std::exchange(before, all);
  };
  EXPECT_EQ(tasks([&] { ops::exp_par(ex, x, y, 99); }), 0U);
  EXPECT_EQ(tasks([&] { ops::exp_par(ex, x, y, 100); }), 1U);
  EXPECT_EQ(tasks([&] { ops::exp_par(ex, x, y, 12'500); }), 3U);
  EXPECT_EQ(tasks([&] { static_cast<void>(ops::sum_par(ex, x, 12'500)); }), 3U) << "5 chunks, two a task";
  EXPECT_EQ(tasks([&] { ops::softmax_par(ex, x, y, 250, 50); }), 3U) << "124 rows a task";
  EXPECT_EQ(executor{}.options().parallel_threshold, ops::parallel_threshold);
}

// op(x, x) is op(x, y) with y copied.
TEST(in_place, the_output_of_an_element_wise_operation_may_be_an_operand) {
  executor ex({.threads = 2});
  const auto x = ref::awkward<float>(30'721, 1);
  const auto y = ref::ordinary<float>(x.size(), 2);
  const auto z = ref::ordinary<float>(x.size(), 3);
  std::vector<float> wanted(x.size());
  const auto check = [&](const char* name, const auto& op) {
    op(x, wanted);
    auto both = x;
    op(both, both);
    EXPECT_EQ(ref::first_difference(both, wanted), x.size()) << name;
  };
  check("exp", ops::exp);
  check("sin", ops::sin);
  check("erf", ops::erf);
  check("gelu", ops::gelu);
  check("gelu_erf", ops::gelu_erf);
  check("exp_par", [&](const auto& a, auto& c) { ops::exp_par(ex, a, c, c.size()); });
  check("gelu_par", [&](const auto& a, auto& c) { ops::gelu_par(ex, a, c, c.size()); });
  check("cast", [](const auto& a, auto& c) { ops::cast(a, c); });
  check("clip", [](const auto& a, auto& c) { ops::clip(a, c, -1.0F, 1.0F); });
  check("first of pow", [&](const auto& a, auto& c) { ops::pow(a, y, c); });
  check("second of pow", [&](const auto& b, auto& c) { ops::pow(y, b, c); });
  check("both of max", [&](const auto& a, auto& c) { ops::max(a, a, c); });
  check("first of saxpy", [&](const auto& a, auto& c) { ops::saxpy(2.0F, a, y, c); });
  check("second of saxpy_par", [&](const auto& b, auto& c) { ops::saxpy_par(ex, 2.0F, y, b, c, c.size()); });
  check("third of fma", [&](const auto& d, auto& c) { ops::fma(y, z, d, c); });
  check("broadcast_sub", [&](const auto& a, auto& c) {
    ops::broadcast_sub(a, std::array{a.size()}, std::span(y).first(1), std::array{std::size_t{1}}, c);
  });
  const auto ordinary = ref::ordinary<float>(x.size(), 4);
  ops::softmax(ordinary, wanted);
  auto both = ordinary;
  ops::softmax(both, both);
  EXPECT_EQ(both, wanted);
}

TEST(operands, that_are_too_short_are_told_before_anything_is_written) {
  executor ex({.threads = 2});
  const std::vector<float> a(20, 1.0F);
  const std::vector<float> small(7, 1.0F);
  std::vector<float> c(20, 5.0F);
  std::vector<float> few(7, 5.0F);
  const auto expect = [&](const char* message, const auto& f) { EXPECT_EQ(ref::fault_of(f), message); };
  expect("BufferTooSmall{vector_add_par, index 1, len 7, need 20}",
         [&] { ops::vector_add_par(ex, a, small, c, 20); });
  expect("BufferTooSmall{vector_add, index 2, len 7, need 20}", [&] { ops::vector_add(a, a, few, 20); });
  expect("BufferTooSmall{exp, index 0, len 7, need 20}", [&] { ops::exp(small, c); });
  expect("BufferTooSmall{scalar_add_par, index 1, len 7, need 20}",
         [&] { ops::scalar_add_par(ex, a, few, 1.0F, 20); });
  expect("BufferTooSmall{saxpy, index 1, len 7, need 20}", [&] { ops::saxpy(ex, 1.0F, a, small, c, 20); });
  expect("BufferTooSmall{clip, index 0, len 7, need 20}", [&] { ops::clip(ex, small, c, 0.0F, 1.0F, 20); });
  expect("BufferTooSmall{fma, index 2, len 7, need 20}", [&] { ops::fma(a, a, small, c); });
  expect("BufferTooSmall{dot, index 1, len 7, need 20}", [&] { static_cast<void>(ops::dot(a, small)); });
  expect("BufferTooSmall{mse_par, index 0, len 7, need 20}",
         [&] { static_cast<void>(ops::mse_par(ex, small, a, 20)); });
  expect("BufferTooSmall{softmax, index 0, len 7, need 20}", [&] { ops::softmax(ex, small, c, 20); });
  expect("BufferTooSmall{gemm, index 2, len 7, need 16}", [&] { ops::gemm(ex, a, a, few, 4, 4, 4); });
  expect("BufferTooSmall{matvec, index 0, len 20, need 21}", [&] { ops::matvec(ex, a, a, c, 3, 7); });
  expect("BufferTooSmall{transpose2d, index 0, len 7, need 20}", [&] { ops::transpose2d(small, c, 4, 5); });
  expect("BufferTooSmall{gather, index 1, len 7, need 20}",
         [&] { ops::gather(a, std::vector<std::uint32_t>(7), c); });
  expect("BufferTooSmall{cast, index 0, len 7, need 20}", [&] { ops::cast(small, c); });
  EXPECT_EQ(c, std::vector<float>(20, 5.0F));
  EXPECT_EQ(few, std::vector<float>(7, 5.0F));
}

}  // namespace
}  // namespace twill::lanes
