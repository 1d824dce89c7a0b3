// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/tensor.hpp"

#include "fault_of.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace twill::lanes {
namespace {

using test::fault_of;

TEST(tensor, views_change_shape_without_copying) {
  std::vector<float> x(24);
  std::iota(x.begin(), x.end(), 0.0F);
  const auto t = tensor<float>::from_buffer(x, {2, 3, 4});
  EXPECT_EQ(t.numel(), 24U);
  EXPECT_EQ(t.strides(), (std::vector<std::size_t>{12, 4, 1}));
  const auto p = t.permute(std::array<std::size_t, 3>{2, 0, 1});
  EXPECT_EQ(p.shape(), (tensor_shape{4, 2, 3}));
  EXPECT_EQ(p.at(std::array<std::size_t, 3>{3, 1, 2}), 23.0F);
  EXPECT_FALSE(p.is_contiguous());
  p.at(std::array<std::size_t, 3>{0, 0, 0}) = 50.0F;
  EXPECT_EQ(x[0], 50.0F);
  const auto row = t.select(0, 1).select(0, 2);
  EXPECT_EQ(row.view_1d()[1], 21.0F);
  const auto every = t.slice(2, 1, 9, 2);
  EXPECT_EQ(every.shape(), (tensor_shape{2, 3, 2}));
  EXPECT_EQ(every.at(std::array<std::size_t, 3>{0, 0, 1}), 3.0F);
  EXPECT_EQ(t.slice(0, 1, 1).numel(), 0U);
  EXPECT_EQ(p.reshape({24}).view_1d()[1], 4.0F);
  EXPECT_EQ(t.narrow(1, 1, 2).shape(), (tensor_shape{2, 2, 4}));
}

TEST(tensor, what_does_not_fit_is_refused) {
  std::vector<float> x(6);
  EXPECT_EQ(fault_of([&] { static_cast<void>(tensor<float>::from_buffer(x, {7})); }),
            "BufferTooSmall{tensor, index 0, len 6, need 7}");
  const auto t = tensor<float>::from_buffer(x, {2, 3});
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.reshape({5})); }),
            "InvalidArgument: reshape to another number of elements");
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.permute(std::array<std::size_t, 2>{0, 0})); }),
            "InvalidArgument: permute needs every dimension once");
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.slice(0, 2)); }),
            "InvalidArgument: a slice that starts outside of its dimension");
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.slice(0, 0, 1, 0)); }), "InvalidArgument: a slice of step 0");
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.transpose().view_1d()); }),
            "InvalidArgument: view_1d of a tensor that is not contiguous");
  EXPECT_EQ(fault_of([&] { static_cast<void>(t.matmul(t)); }),
            "InvalidArgument: matmul: the inner dimensions differ");
}

TEST(tensor, products_of_views_are_those_of_their_values) {
  std::vector<double> x{1, 2, 3, 4, 5, 6};
  const auto t = tensor<double>::from_buffer(x, {2, 3});
  const auto p = t.matmul(t.transpose());
  EXPECT_EQ(p.shape(), (tensor_shape{2, 2}));
  EXPECT_EQ(p.at(std::array<std::size_t, 2>{0, 1}), 32.0);
}

TEST(broadcast, shapes_align_at_the_end_and_one_stretches) {
  EXPECT_EQ(broadcast_shapes(tensor_shape{3, 1}, tensor_shape{2, 1, 4}), (tensor_shape{2, 3, 4}));
  EXPECT_EQ(fault_of([] { static_cast<void>(broadcast_shapes(tensor_shape{3}, tensor_shape{4})); }),
            "InvalidArgument: shapes that do not go together: 3 and 4");
  const std::vector<int> a{1, 2, 3};
  const std::vector<int> b{10, 20};
  std::vector<int> c(6);
  ops::broadcast_add(a, tensor_shape{3}, b, tensor_shape{2, 1}, c);
  EXPECT_EQ(c, (std::vector<int>{11, 12, 13, 21, 22, 23}));
  std::vector<float> image(8, 1.0F);
  std::vector<float> out(8);
  ops::broadcast_add_nchw(image, std::vector<float>{0.5F, 2.0F}, out, 1, 2, 2, 2);
  EXPECT_EQ(out, (std::vector<float>{1.5F, 1.5F, 1.5F, 1.5F, 3.0F, 3.0F, 3.0F, 3.0F}));
}

}  // namespace
}  // namespace twill::lanes
