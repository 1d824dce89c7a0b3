// SPDX-License-Identifier: Apache-2.0
// Every indexed producer, cut at every index and again, forwards and backwards.
#include "iter_support.hpp"
#include "twill/par/slice.hpp"
#include "twill/par/string.hpp"

#include <deque>
#include <optional>

using namespace iter_test;

namespace {

template <class Item>
using value_of = std::remove_cvref_t<Item>;

/// The items of a piece, into the slots of their positions.
template <class P, class Slot>
void read(P p, std::size_t n, bool backwards, Slot* out) {
  auto cursor = std::move(p).leaf();
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = backwards ? n - 1 - k : k;
    out[i].emplace(cursor(i));
  }
}

/// Reads a producer that is cut at `at`, its right part cut at `again`.
template <class Slot>
struct cutter {
  using result_type = std::vector<Slot>;
  std::size_t n, at, again;
  bool backwards;
  template <class P>
  result_type operator()(P p) {
    result_type out(n);
    auto middle = p.split_at(at);
    auto right = middle.split_at(again - at);
    read(std::move(p), at, backwards, out.data());
    read(std::move(middle), again - at, backwards, out.data() + at);
    read(std::move(right), n - again, backwards, out.data() + again);
    return out;
  }
};
template <class R>
auto cut_twice(R range, std::size_t at, std::size_t again, bool backwards) {
  const std::size_t n = range.len();
  return std::move(range).with_producer(
      cutter<std::optional<value_of<par::item_t<R>>>>{n, at, again, backwards});
}

/// `make()` gives the same chain each time.
template <class Make>
void check_every_cut(const char* what, Make&& make) {
  SCOPED_TRACE(what);
  using range = std::remove_cvref_t<decltype(make())>;
  static_assert(par::indexed_parallel_range<range>);
  const std::size_t n = par::len(make());
  const auto whole = cut_twice(make(), 0, 0, false);
  ASSERT_EQ(whole.size(), n);
  for (std::size_t at = 0; at <= n; ++at) {
    for (std::size_t again = at; again <= n; ++again) {
      ASSERT_TRUE(cut_twice(make(), at, again, false) == whole) << at << ' ' << again;
      ASSERT_TRUE(cut_twice(make(), at, again, true) == whole) << at << ' ' << again;
    }
  }
}

const std::vector<int>& numbers() {
  static const std::vector<int> v{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  return v;
}
const std::vector<int>& few() {
  static const std::vector<int> v{-1, -2, -3};
  return v;
}

}  // namespace

TEST(iter_split, sources_give_the_same_items_wherever_they_are_cut) {
  const std::deque<int> deque(numbers().begin(), numbers().end());
  const std::vector<bool> bits{true, false, false, true, true};
  const std::string text = "cut anywhere";
  check_every_cut("slice", [] { return par::all(numbers()); });
  check_every_cut("owned", [] { return par::all(std::vector<int>(numbers())); });
  check_every_cut("deque", [&] { return par::all(deque); });
  check_every_cut("bits", [&] { return par::all(bits); });
  check_every_cut("range", [] { return par::range(-4, 7); });
  check_every_cut("range_inclusive", [] { return par::range_inclusive<std::uint8_t>(246, 255); });
  check_every_cut("char32_t", [] { return par::range(char32_t{0xD7FB}, char32_t{0xE006}); });
  check_every_cut("once", [] { return par::once(4); });
  check_every_cut("empty", [] { return par::empty<int>(); });
  check_every_cut("repeat_n", [] { return par::repeat_n(std::string("x"), 7); });
  check_every_cut("generate", [] { return par::generate(9, [](std::size_t i) { return i * 3; }); });
  check_every_cut("blocked", [] { return par::blocked(20, 3); });
  check_every_cut("blocked2d", [] { return par::blocked2d(4, 5, 2, 2); });
  check_every_cut("bytes", [&] { return par::bytes(text); });
}

TEST(iter_split, adaptors_give_the_same_items_wherever_they_are_cut) {
  const auto& v = numbers();
  check_every_cut("map", [&] { return v | par::map([](int x) { return x + 1; }); });
  check_every_cut("map_init",
                  [&] { return v | par::map_init([] { return 1; }, [](int& s, int x) { return s + x; }); });
  check_every_cut("copy_items", [&] { return v | par::copy_items(); });
  check_every_cut("chain", [&] { return v | par::chain(few()); });
  check_every_cut("chain of an empty one", [&] { return par::empty<int>() | par::chain(par::range(0, 5)); });
  check_every_cut("zip", [&] { return v | par::zip(par::range(0, 9)); });
  check_every_cut("zip of three", [&] { return par::zip(v, few(), par::range(0, 100)); });
  check_every_cut("interleave, long first", [&] { return v | par::interleave(few()); });
  check_every_cut("interleave, short first", [&] { return few() | par::interleave(v); });
  check_every_cut("interleave, equal", [&] { return few() | par::interleave(few()); });
  check_every_cut("interleave_shortest", [&] { return v | par::interleave_shortest(few()); });
  check_every_cut("intersperse", [&] { return v | par::intersperse(0); });
  check_every_cut("enumerate", [&] { return v | par::enumerate(); });
  check_every_cut("step_by 2", [&] { return v | par::step_by(2); });
  check_every_cut("step_by 4", [&] { return v | par::step_by(4); });
  check_every_cut("rev of step_by", [&] { return v | par::step_by(3) | par::rev(); });
  check_every_cut("step_by of rev", [&] { return v | par::rev() | par::step_by(3); });
  check_every_cut("skip", [&] { return v | par::skip(3); });
  check_every_cut("take", [&] { return v | par::take(8); });
  check_every_cut("rev", [&] { return v | par::rev(); });
  check_every_cut("chunks", [&] { return v | par::chunks(3); });
  check_every_cut("rev of chunks", [&] { return v | par::chunks(4) | par::rev(); });
  check_every_cut("fold_chunks",
                  [&] { return v | par::fold_chunks(4, 0, [](int a, int x) { return a + x; }); });
  check_every_cut("rev of intersperse", [&] { return v | par::intersperse(0) | par::rev(); });
  check_every_cut("rev of interleave", [&] { return v | par::interleave(few()) | par::rev(); });
  check_every_cut("rev of chain", [&] { return v | par::chain(few()) | par::rev(); });
  check_every_cut("enumerate of rev of enumerate",
                  [&] { return v | par::enumerate() | par::rev() | par::enumerate(); });
  check_every_cut("options", [&] { return v | par::with_min_len(2) | par::unordered() | par::throw_fuse(); });
  check_every_cut("deep", [&] {
    return v | par::skip(1) | par::interleave(few()) | par::rev() | par::step_by(2) |
           par::zip(par::range(0, 6)) | par::take(5);
  });
}

TEST(iter_split, slices_give_the_same_pieces_wherever_they_are_cut) {
  const auto& v = numbers();
  const auto size = [](auto piece) { return std::vector<int>(piece.begin(), piece.end()); };
  check_every_cut("chunk", [&] { return v | par::chunk(3) | par::map(size); });
  check_every_cut("rchunk", [&] { return v | par::rchunk(3) | par::map(size); });
  check_every_cut("chunk_exact", [&] { return v | par::chunk_exact(4) | par::map(size); });
  check_every_cut("rchunk_exact", [&] { return v | par::rchunk_exact(4) | par::map(size); });
  check_every_cut("windows", [&] { return v | par::windows(3) | par::map(size); });
  check_every_cut("windows of a fixed size", [&] { return v | par::windows<2>() | par::map(size); });
}

TEST(iter_split, drained_items_are_the_same_wherever_the_range_is_cut) {
  for (std::size_t at = 0; at <= 7; ++at) {
    std::vector<int> v{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    EXPECT_EQ(cut_twice(par::drain(v, 1, 8), at, 7, at % 2 == 0),
              (std::vector<std::optional<int>>{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(v, (std::vector<int>{0, 8, 9}));
  }
}
