// SPDX-License-Identifier: Apache-2.0
// A dense layer of a network by operations on whole arrays, serial and on threads; then tensor views.
#include "twill/lanes/tensor.hpp"

#include <array>
#include <cstdio>
#include <vector>

namespace lanes = twill::lanes;
namespace ops = twill::lanes::ops;

int main() {
  // [snippet:layer]
  const std::vector<float> x{1, 2, 3, 4, 5, 6};         // 2 samples of 3 features
  const std::vector<float> weights{1, 0, 0, 1, -1, 1};  // 3 features to 2 outputs
  const std::vector<float> bias{0.5F, -0.5F};
  std::vector<float> y(4);
  ops::gemm(x, weights, y, 2, 3, 2);
  ops::broadcast_add(y, std::array<std::size_t, 2>{2, 2}, bias, std::array<std::size_t, 1>{2}, y);
  ops::relu(y, y);
  ops::softmax(y, y, 2, 2);
  // [end:layer]
  for (const float v : y) std::printf("%.4f ", static_cast<double>(v));
  std::printf("\n");

  // [snippet:par]
  lanes::executor machine;
  std::vector<float> many(1'000'000, 0.1F);
  const float serial = ops::sum(many);
  const float parallel = ops::sum_par(machine, many, many.size());
  // [end:par]
  std::printf("%s\n", serial == parallel ? "the same bits" : "other bits");

  // [snippet:views]
  std::vector<double> values{1, 2, 3, 4, 5, 6};
  const auto t = lanes::tensor<double>::from_buffer(values, {2, 3});
  const auto column = t.select(1, 2);            // a view: 3 and 6
  const auto squares = t.matmul(t.transpose());  // owns its elements
  const auto scaled = lanes::broadcast(t, t.narrow(0, 0, 1), [](double a, double b) { return a * b; });
  // [end:views]
  std::printf("%g %g %g\n", column.at(std::array<std::size_t, 1>{1}),
              squares.at(std::array<std::size_t, 2>{0, 1}), scaled.at(std::array<std::size_t, 2>{1, 2}));
}
