// SPDX-License-Identifier: Apache-2.0
// What models which concept, and what is refused: decided by the compiler.
#include "twill/comm.hpp"

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace comm = twill::comm;

namespace {

struct plain {
  int a;
  double b;
};
struct virtual_class {
  virtual ~virtual_class() = default;
};
struct with_pointer {
  int* p;
};
struct member {
  int x;
};

}  // namespace

TWILL_COMM_NOT_DATA(with_pointer);

namespace {

template <class C>
constexpr bool models_everything =
    comm::communicator<C> && comm::full_communicator<C> && comm::local_communicator<C> &&
    comm::shared_memory_provider<C> && comm::topology_provider<C> && std::is_nothrow_move_constructible_v<C>;

// The four operations are enough for a test double.
struct four_operations {
  using size_type = std::size_t;
  [[nodiscard]] int rank() const noexcept { return 0; }
  [[nodiscard]] int size() const noexcept { return 1; }
  [[nodiscard]] comm::backend_kind backend() const noexcept { return comm::backend_kind::local; }
  void barrier() {}
  void broadcast(std::span<double>, int) {}
  void allreduce(std::span<const double>, std::span<double>, comm::sum_t) {}
  [[nodiscard]] double allreduce(double x, comm::sum_t) { return x; }
  void allgatherv(std::span<const double>, std::span<double>, std::span<const std::size_t>) {}
  [[nodiscard]] std::optional<four_operations> split(std::optional<int>, int) { return std::nullopt; }
  [[nodiscard]] four_operations duplicate() { return {}; }
  void abort(int) {}
};

// Owned buffers are moved in, borrowed ones go through a scope: a raw span is no way to start a request.
template <class C, class B>
concept starts_allreduce_with = requires(C& c, B b) { c.iallreduce(std::move(b), comm::sum); };

TEST(concepts, models_and_refusals_are_what_the_compiler_says) {
  static_assert(models_everything<comm::local_comm>);
  static_assert(models_everything<comm::shm_comm>);
  static_assert(models_everything<comm::mpi_comm>);
  static_assert(models_everything<comm::any_communicator>);
  static_assert(comm::communicator<four_operations>);
  static_assert(!comm::full_communicator<four_operations>);
  static_assert(comm::comm_data<int> && comm::comm_data<plain> && comm::comm_data<std::byte>);
  static_assert(comm::comm_data<std::array<double, 3>> && comm::comm_data<std::complex<float>>);
  static_assert(comm::comm_data<comm::located<long double, int>>);
  static_assert(!comm::comm_data<int*> && !comm::comm_data<const char*> && !comm::comm_data<int&>);
  static_assert(!comm::comm_data<int member::*> && !comm::comm_data<std::nullptr_t> &&
                !comm::comm_data<const int>);
  static_assert(!comm::comm_data<std::string> && !comm::comm_data<std::vector<int>>);
  static_assert(!comm::comm_data<std::span<int>> && !comm::comm_data<std::string_view>);
  static_assert(!comm::comm_data<virtual_class> && !comm::comm_data<std::unique_ptr<int>>);
  static_assert(!comm::comm_data<with_pointer>);
  static_assert(comm::reducible<std::int8_t> && comm::reducible<std::uint64_t> && comm::reducible<double>);
  static_assert(comm::reducible<long double> && comm::reducible<std::complex<double>> &&
                comm::reducible<std::byte>);
  static_assert(comm::reducible<bool> && comm::reducible<comm::located<float, int>>);
  static_assert(!comm::reducible<plain>);
  static_assert(!comm::reduction_for<comm::bit_and_t, double> &&
                !comm::reduction_for<comm::sum_t, std::byte>);
  static_assert(!comm::reduction_for<comm::sum_t, bool> && comm::reduction_for<comm::log_and_t, bool>);
  static_assert(!comm::reduction_for<comm::max_t, std::complex<double>>);
  static_assert(!comm::reduction_for<comm::replace_t, int> && !comm::reduction_for<comm::no_op_t, int>);
  static_assert(!comm::reduction_for<comm::minloc_t, double>);
  static_assert(comm::request_like<comm::request<>> && comm::request_like<comm::request<std::vector<int>>>);
  static_assert(comm::request_like<comm::persistent_request<double>> &&
                comm::request_like<comm::persistent_request<>>);
  static_assert(!comm::request_like<int>);
  static_assert(std::is_nothrow_move_constructible_v<comm::request<std::vector<int>>>);
  static_assert(std::is_nothrow_move_constructible_v<comm::persistent_request<double>>);
  static_assert(std::is_nothrow_move_constructible_v<comm::message>);
  static_assert(std::is_nothrow_move_constructible_v<comm::shm_comm::region<int>>);
  static_assert(std::is_nothrow_move_constructible_v<comm::shm_comm::window<int>>);
  static_assert(!std::is_copy_constructible_v<comm::shm_comm>);
  static_assert(starts_allreduce_with<comm::shm_comm, std::vector<double>>);
  static_assert(starts_allreduce_with<comm::shm_comm, comm::loan<double>>);
  static_assert(!starts_allreduce_with<comm::shm_comm, std::span<double>>);
}

TEST(concepts, signature_words_tell_types_apart) {
  std::vector<std::uint8_t> codes{
      comm::detail::type_code<bool>(),         comm::detail::type_code<std::byte>(),
      comm::detail::type_code<float>(),        comm::detail::type_code<double>(),
      comm::detail::type_code<std::int8_t>(),  comm::detail::type_code<std::uint8_t>(),
      comm::detail::type_code<std::int32_t>(), comm::detail::type_code<std::uint32_t>(),
      comm::detail::type_code<std::int64_t>(), comm::detail::type_code<std::uint64_t>(),
      comm::detail::type_code<std::int16_t>(), comm::detail::type_code<plain>()};
  const std::vector<std::string_view> expected{"bool", "byte", "f32", "f64", "i8",  "u8",
                                               "i32",  "u32",  "i64", "u64", "i16", "opaque"};
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(comm::detail::type_name(codes[i]), expected[i]);
}

}  // namespace
