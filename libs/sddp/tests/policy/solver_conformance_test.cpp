// SPDX-License-Identifier: Apache-2.0
// What every solver behind the concept must do; a new back end is one more type in `backends`.
#include "own_folder.hpp"
#include "solver/clp.hpp"
#include "solver/infeasibility.hpp"
#include "solver/ladder.hpp"
#include "twill/base/error.hpp"
#include "twill/base/philox.hpp"
#include "twill/par/pool.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

namespace {

using namespace twill::sddp::solver;

// Rows given densely: easier to read in a test.
struct dense {
  std::vector<double> objective;
  std::vector<double> lower;
  std::vector<double> upper;
  std::vector<std::vector<double>> rows;
  std::vector<double> row_lower;
  std::vector<double> row_upper;
};

problem sparse(const dense& d) {
  problem p{.column_lower = d.lower,
            .column_upper = d.upper,
            .objective = d.objective,
            .row_lower = d.row_lower,
            .row_upper = d.row_upper,
            .starts = {0}};
  for (std::size_t j = 0; j < d.objective.size(); ++j) {
    for (std::size_t i = 0; i < d.rows.size(); ++i) {
      if (d.rows[i][j] != 0.0) {
        p.rows.push_back(static_cast<int>(i));
        p.values.push_back(d.rows[i][j]);
      }
    }
    p.starts.push_back(static_cast<int>(p.rows.size()));
  }
  return p;
}

template <class S>
class solver_conformance : public ::testing::Test {};
using backends = ::testing::Types<clp>;
TYPED_TEST_SUITE(solver_conformance, backends);

TYPED_TEST(solver_conformance, gives_objective_primal_and_duals_with_the_sign_of_a_derivative) {
  // min x + 2y, x + y >= 4, x - y <= 1, 0 <= x, y <= 3: x = 2.5, y = 1.5.
  const problem p = sparse({{1, 2}, {0, 0}, {infinity, 3}, {{1, 1}, {1, -1}}, {4, -infinity}, {infinity, 1}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 5.5, 1e-12);
  EXPECT_NEAR(s.primal()[0], 2.5, 1e-12);
  EXPECT_NEAR(s.primal()[1], 1.5, 1e-12);
  EXPECT_NEAR(s.duals()[0], 1.5, 1e-12);
  EXPECT_NEAR(s.duals()[1], -0.5, 1e-12);
  EXPECT_NEAR(s.row_activity()[0], 4, 1e-12);
  // The duals predict the objective after a change of the right-hand side.
  s.set_row_bounds(0, 4.1, infinity);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 5.65, 1e-12);
}

TYPED_TEST(solver_conformance, gives_the_slope_of_a_fixed_column_as_its_reduced_cost) {
  // min 3y, y >= 10 - 2x, x fixed: d/dx = -6, until x > 5.
  problem p = sparse({{0, 3}, {1, 0}, {1, infinity}, {{2, 1}}, {10}, {infinity}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 24, 1e-12);
  EXPECT_NEAR(s.reduced_costs()[0], -6, 1e-12);
  s.set_column_bounds(0, 7, 7);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 0, 1e-12);
  EXPECT_NEAR(s.reduced_costs()[0], 0, 1e-12);
}

TYPED_TEST(solver_conformance, takes_equalities_ranges_and_free_columns) {
  // min |x|-like: x free, x = u - v; range -2 <= x + y <= 8, y = 5 gives x >= -7; min x.
  const problem p = sparse({{1, 0}, {-infinity, 5}, {infinity, 5}, {{1, 1}}, {-2}, {8}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.primal()[0], -7, 1e-12);
  EXPECT_NEAR(s.duals()[0], 1, 1e-12);
  EXPECT_NEAR(s.reduced_costs()[1], -1, 1e-12);
  s.set_objective(0, -1);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.primal()[0], 3, 1e-12);
  EXPECT_NEAR(s.duals()[0], -1, 1e-12);
}

TYPED_TEST(solver_conformance, solves_a_degenerate_problem) {
  // Three rows meet in the optimal corner of two columns.
  const problem p = sparse({{-1, -1},
                            {0, 0},
                            {infinity, infinity},
                            {{1, 0}, {0, 1}, {1, 1}, {2, 1}},
                            {-infinity, -infinity, -infinity, -infinity},
                            {1, 1, 2, 3}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), -2, 1e-12);
  double from_duals = 0.0;
  for (int i = 0; i < 4; ++i) {
    EXPECT_LE(s.duals()[static_cast<std::size_t>(i)], 1e-12);
    from_duals += s.duals()[static_cast<std::size_t>(i)] * p.row_upper[static_cast<std::size_t>(i)];
  }
  EXPECT_NEAR(from_duals, -2, 1e-12);
}

TYPED_TEST(solver_conformance, tells_infeasible_from_unbounded) {
  TypeParam s;
  s.load(sparse({{1}, {0}, {1}, {{1}}, {2}, {infinity}}));
  EXPECT_EQ(s.solve(keep::nothing), outcome::infeasible);
  s.load(sparse({{-1}, {0}, {infinity}, {{1}}, {2}, {infinity}}));
  const outcome first = s.solve(keep::nothing);
  EXPECT_TRUE(first == outcome::unbounded || s.retry(0) == outcome::unbounded);
}

TYPED_TEST(solver_conformance, appends_rows_and_continues_from_the_basis) {
  // min theta under cuts of (x - 3)^2 at 0 and at 5, x fixed at 2.
  const problem p = sparse({{0, 1}, {2, 0}, {2, infinity}, {}, {}, {}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_EQ(s.objective(), 0.0);
  s.add_rows({.lower = {9.0, -21.0},
              .upper = {infinity, infinity},
              .starts = {0, 2, 4},
              .columns = {0, 1, 0, 1},
              .values = {6.0, 1.0, -4.0, 1.0}});
  EXPECT_EQ(s.num_rows(), 2);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 0.0, 1e-12);
  s.set_column_bounds(0, 1, 1);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  EXPECT_NEAR(s.objective(), 3.0, 1e-12);
  EXPECT_NEAR(s.reduced_costs()[0], -6.0, 1e-12);
  EXPECT_NEAR(s.duals()[0], 1.0, 1e-12);
  EXPECT_NEAR(s.duals()[1], 0.0, 1e-12);
}

TYPED_TEST(solver_conformance, returns_the_basis_it_was_given_when_it_is_optimal) {
  const problem p = sparse({{1, 2}, {0, 0}, {infinity, 3}, {{1, 1}, {1, -1}}, {4, -infinity}, {infinity, 1}});
  TypeParam s;
  s.load(p);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  basis found;
  s.get_basis(found);
  EXPECT_EQ(found.columns, (std::vector{basis_status::basic, basis_status::basic}));
  TypeParam other;
  other.load(p);
  other.set_basis(found);
  ASSERT_EQ(other.solve(keep::nothing), outcome::optimal);
  EXPECT_EQ(other.iterations(), 0);
  EXPECT_EQ(other.objective(), s.objective());
}

// A family like the stages of a policy: one fixed column that moves, right-hand sides that move, cuts.
class sequence {
 public:
  sequence() {
    dense d;
    const std::size_t n = 40;
    const std::size_t m = 25;
    d.objective.resize(n);
    d.lower.assign(n, 0.0);
    d.upper.assign(n, 0.0);
    d.rows.assign(m, std::vector<double>(n, 0.0));
    d.row_lower.assign(m, 0.0);
    d.row_upper.assign(m, infinity);
    std::uint64_t k = 0;
    for (std::size_t j = 0; j < n; ++j) {
      d.objective[j] = std::floor(rng_.uniform(k++) * 8);  // ties: alternative optima are the trap
      d.upper[j] = 10 + std::floor(rng_.uniform(k++) * 4);
      for (std::size_t i = 0; i < m; ++i) {
        if (rng_.uniform(k++) < 0.3) d.rows[i][j] = 1 + std::floor(rng_.uniform(k++) * 3);
      }
    }
    // A dear column in every row: always feasible.
    for (std::size_t i = 0; i < m; ++i) d.rows[i][n - 1] = 1;
    d.objective[n - 1] = 1000;
    d.upper[n - 1] = infinity;
    p_ = sparse(d);
  }
  [[nodiscard]] const problem& base() const { return p_; }
  // Right-hand sides of solve w of unit u.
  template <class S>
  void apply(S& s, std::uint64_t u, std::uint64_t w) const {
    for (int i = 0; i < p_.num_rows(); ++i) {
      s.set_row_bounds(
          i, std::floor(rng_.uniform(100000 + (u * 64 + w) * 32 + static_cast<std::uint64_t>(i)) * 60),
          infinity);
    }
    const double x = std::floor(rng_.uniform(900000 + u) * 10);
    s.set_column_bounds(0, x, x);
  }

 private:
  twill::philox rng_{twill::philox_key(7)};
  problem p_;
};

template <class S>
std::vector<double> run_unit(S& s, const sequence& q, std::uint64_t u, const basis& start, int openings) {
  s.load(q.base());
  s.set_basis(start);
  std::vector<double> out;
  for (int w = 0; w < openings; ++w) {
    q.apply(s, u, static_cast<std::uint64_t>(w));
    EXPECT_EQ(s.solve(w + 1 < openings ? keep::factorization : keep::nothing), outcome::optimal);
    out.push_back(s.objective());
    out.insert(out.end(), s.primal().begin(), s.primal().end());
    out.insert(out.end(), s.duals().begin(), s.duals().end());
    out.insert(out.end(), s.reduced_costs().begin(), s.reduced_costs().end());
  }
  return out;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

TYPED_TEST(solver_conformance, gives_the_same_bits_in_whatever_order_units_are_solved) {
  const sequence q;
  TypeParam first;
  first.load(q.base());
  q.apply(first, 999, 0);
  ASSERT_EQ(first.solve(keep::nothing), outcome::optimal);
  basis start;
  first.get_basis(start);

  const int openings = 10;
  const std::uint64_t units = 40;
  TypeParam forward;
  std::vector<std::vector<double>> a(units);
  for (std::uint64_t u = 0; u < units; ++u) a[u] = run_unit(forward, q, u, start, openings);
  TypeParam backward;
  int different = 0;
  for (std::uint64_t u = units; u-- > 0;) {
    different += same_bits(run_unit(backward, q, u, start, openings), a[u]) ? 0 : 1;
  }
  EXPECT_EQ(different, 0) << "of " << units << " units in reverse order";
  // A solver that was never used, and one that has just failed.
  TypeParam failed;
  failed.load(sparse({{1}, {0}, {1}, {{1}}, {2}, {infinity}}));
  EXPECT_EQ(failed.solve(keep::nothing), outcome::infeasible);
  static_cast<void>(failed.retry(3));
  EXPECT_TRUE(same_bits(run_unit(failed, q, 17, start, openings), a[17]));
  TypeParam fresh;
  EXPECT_TRUE(same_bits(run_unit(fresh, q, 17, start, openings), a[17]));
}

TYPED_TEST(solver_conformance, gives_the_same_bits_after_a_reset_without_a_new_load) {
  const sequence q;
  TypeParam loaded;
  loaded.load(q.base());
  basis start;
  loaded.get_basis(start);
  const auto unit = [&](TypeParam& s, std::uint64_t u) {
    s.reset();
    s.set_basis(start);
    std::vector<double> out;
    for (std::uint64_t w = 0; w < 6; ++w) {
      q.apply(s, u, w);
      EXPECT_EQ(s.solve(w + 1 < 6 ? keep::factorization : keep::nothing), outcome::optimal);
      out.push_back(s.objective());
      out.insert(out.end(), s.duals().begin(), s.duals().end());
    }
    return out;
  };
  std::vector<std::vector<double>> a;
  for (std::uint64_t u = 0; u < 30; ++u) a.push_back(unit(loaded, u));
  for (std::uint64_t u = 30; u-- > 0;) EXPECT_TRUE(same_bits(unit(loaded, u), a[u])) << "unit " << u;
}

TYPED_TEST(solver_conformance, finds_in_a_chain_what_it_finds_alone) {
  const sequence q;
  TypeParam chain;
  chain.load(q.base());
  basis start;
  chain.get_basis(start);
  for (std::uint64_t u = 0; u < 20; ++u) {
    const std::vector<double> linked = run_unit(chain, q, u, start, 8);
    const std::size_t stride = linked.size() / 8;
    for (std::uint64_t w = 0; w < 8; ++w) {
      TypeParam alone;
      alone.load(q.base());
      q.apply(alone, u, w);
      ASSERT_EQ(alone.solve(keep::nothing), outcome::optimal);
      EXPECT_NEAR(linked[w * stride], alone.objective(), 1e-9 * (1 + std::fabs(alone.objective())));
    }
  }
}

TYPED_TEST(solver_conformance, every_step_of_the_ladder_finds_the_optimum) {
  const sequence q;
  TypeParam s;
  s.load(q.base());
  q.apply(s, 3, 3);
  ASSERT_EQ(s.solve(keep::nothing), outcome::optimal);
  const double expected = s.objective();
  for (int level = 0; level < TypeParam::retries(); ++level) {
    TypeParam t;
    t.load(q.base());
    q.apply(t, 3, 3);
    EXPECT_EQ(t.retry(level), outcome::optimal) << TypeParam::retry_name(level);
    EXPECT_NEAR(t.objective(), expected, 1e-6 * expected) << TypeParam::retry_name(level);
    // The step leaves no trace in what comes after it.
    EXPECT_TRUE(same_bits(run_unit(t, q, 5, basis{}, 3), run_unit(s, q, 5, basis{}, 3)));
  }
}

// Fails or lies as often as it is told, then solves.
class unreliable {
 public:
  void load(const problem& p) { s_.load(p); }
  void add_rows(const row_block& r) { s_.add_rows(r); }
  void set_column_bounds(int j, double a, double b) { s_.set_column_bounds(j, a, b); }
  void set_row_bounds(int i, double a, double b) { s_.set_row_bounds(i, a, b); }
  void set_objective(int j, double c) { s_.set_objective(j, c); }
  void set_basis(const basis& b) { s_.set_basis(b); }
  void get_basis(basis& b) const { s_.get_basis(b); }
  void reset() { s_.reset(); }
  outcome solve(keep k) { return lie(s_.solve(k)); }
  outcome retry(int level) {
    asked.push_back(level);
    return lie(s_.retry(level));
  }
  static int retries() { return 7; }
  static std::string_view retry_name(int) { return "again"; }
  [[nodiscard]] double objective() const { return s_.objective(); }
  [[nodiscard]] std::span<const double> primal() const { return s_.primal(); }
  [[nodiscard]] std::span<const double> row_activity() const { return s_.row_activity(); }
  [[nodiscard]] std::span<const double> duals() const { return s_.duals(); }
  [[nodiscard]] std::span<const double> reduced_costs() const { return s_.reduced_costs(); }
  [[nodiscard]] std::int64_t iterations() const { return 2; }
  [[nodiscard]] std::vector<double> farkas_ray() const { return {}; }
  [[nodiscard]] int num_rows() const { return s_.num_rows(); }
  [[nodiscard]] int num_columns() const { return s_.num_columns(); }
  void write_mps(const std::string& p, const problem_names& n) const { s_.write_mps(p, n); }
  static std::string name_and_version() { return "unreliable"; }

  std::vector<outcome> lies;
  std::vector<int> asked;

 private:
  outcome lie(outcome truth) {
    if (lies.empty()) return truth;
    const outcome o = lies.front();
    lies.erase(lies.begin());
    return o;
  }
  clp s_;
};

TEST(retry_ladder, climbs_until_a_step_finds_the_optimum_and_counts_it) {
  unreliable s;
  s.load(sparse({{1}, {0}, {9}, {{1}}, {2}, {infinity}}));
  s.lies = {outcome::infeasible, outcome::infeasible, outcome::failed};
  solve_counters count;
  EXPECT_EQ(solve_with_retries(s, keep::nothing, {}, count), outcome::optimal);
  EXPECT_EQ(s.asked, (std::vector{0, 1, 2}));
  EXPECT_EQ(s.objective(), 2.0);
  EXPECT_EQ(count.solves, 1U);
  EXPECT_EQ(count.retried, 1U);
  EXPECT_EQ(count.iterations, 8U);
  EXPECT_EQ(count.steps[2], 1U);
  EXPECT_FALSE(count.out_of_time);
}

TEST(retry_ladder, ends_at_its_limits_and_says_so) {
  unreliable s;
  s.load(sparse({{1}, {0}, {9}, {{1}}, {2}, {infinity}}));
  s.lies.assign(100, outcome::failed);
  solve_counters count;
  EXPECT_EQ(solve_with_retries(s, keep::nothing, {.steps = 2}, count), outcome::failed);
  EXPECT_EQ(s.asked, (std::vector{0, 1}));
  s.asked.clear();
  EXPECT_EQ(solve_with_retries(s, keep::nothing, {.seconds = 0.0}, count), outcome::failed);
  EXPECT_EQ(s.asked, (std::vector{0}));
  EXPECT_TRUE(count.out_of_time);
}

TEST(retry_ladder, believes_the_last_verdict_where_no_step_finds_an_optimum) {
  unreliable s;
  s.load(sparse({{1}, {0}, {1}, {{1}}, {2}, {infinity}}));
  s.lies = {outcome::failed};
  solve_counters count;
  EXPECT_EQ(solve_with_retries(s, keep::nothing, {}, count), outcome::infeasible);
  EXPECT_EQ(s.asked.size(), 7U);
}

TYPED_TEST(solver_conformance, reduces_a_conflict_until_each_row_is_needed) {
  // x + y >= 10, x <= 3, y <= 4 conflict; the others do not matter.
  const problem p = sparse({{1, 1, 1},
                            {0, 0, 0},
                            {100, 100, 100},
                            {{1, 0, 1}, {1, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0, 1, 1}, {2, 1, 0}},
                            {1, 10, -infinity, -infinity, 2, 1},
                            {infinity, infinity, 3, 4, infinity, infinity}});
  TypeParam s;
  EXPECT_EQ(conflicting_rows(s, p), (std::vector{1, 2, 3}));
  // Without any one of them the rest is feasible.
  for (const std::size_t i : {1U, 2U, 3U}) {
    problem rest = p;
    rest.row_lower[i] = -infinity;
    rest.row_upper[i] = infinity;
    TypeParam t;
    t.load(rest);
    EXPECT_EQ(t.solve(keep::nothing), outcome::optimal) << "row " << i;
    EXPECT_TRUE(conflicting_rows(t, rest).empty());
  }
}

TYPED_TEST(solver_conformance, writes_an_mps_file_with_the_names_it_is_given) {
  TypeParam s;
  s.load(sparse({{1.25}, {0}, {9}, {{3}}, {2}, {infinity}}));
  const twill::sddp::testing::own_folder own;
  const std::string path = own.path() + "/names.mps";
  s.write_mps(path, {.columns = {"turbined[7,0]"}, .rows = {"water[7]"}});
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_NE(text.str().find("turbined[7,0]"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("water[7]"), std::string::npos);
  EXPECT_NE(text.str().find("1.25"), std::string::npos);
  EXPECT_THROW(s.write_mps("/nonexistent-folder/x.mps", {}), twill::error);
}

// What a worker's solves must not do, whatever the libraries below them would like.
std::size_t threads_of_this_process() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++n;
  return n;
}

TYPED_TEST(solver_conformance, starts_no_thread) {
  const std::size_t before = threads_of_this_process();
  const sequence q;
  TypeParam s;
  s.load(q.base());
  q.apply(s, 1, 1);
  EXPECT_EQ(s.solve(keep::nothing), outcome::optimal);
  for (int level = 0; level < TypeParam::retries(); ++level) EXPECT_EQ(s.retry(level), outcome::optimal);
  EXPECT_EQ(threads_of_this_process(), before);
}

// One thread of the operating system for each worker and not one more, with a program inside of each at once.
TYPED_TEST(solver_conformance, starts_no_thread_in_any_worker) {
  const twill::par::thread_pool pool = twill::par::thread_pool_builder().num_threads(4).build();
  const sequence q;
  std::barrier together(4);
  const auto threads_when_all_are_there = [&](twill::par::broadcast_context) {
    together.arrive_and_wait();
    return threads_of_this_process();
  };
  const std::vector<std::size_t> before = pool.broadcast(threads_when_all_are_there);
  const std::vector<std::size_t> after = pool.broadcast([&](twill::par::broadcast_context c) {
    TypeParam s;
    s.load(q.base());
    q.apply(s, 1, 1);
    EXPECT_EQ(s.solve(keep::factorization), outcome::optimal);
    for (int level = 0; level < TypeParam::retries(); ++level) EXPECT_EQ(s.retry(level), outcome::optimal);
    return threads_when_all_are_there(c);
  });
  EXPECT_EQ(after, before);
}

}  // namespace
