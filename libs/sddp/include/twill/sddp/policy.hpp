// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace twill::sddp {

/// A cut as it was made: future cost >= intercept + coefficients * state.
struct cut_view {
  std::uint32_t slot = 0;                  ///< its number in the pool
  std::uint32_t iteration = 0;             ///< counted from 1
  std::uint32_t forward_pass = 0;          ///< whose trial point
  double intercept = 0.0;                  ///< $, neither scaled nor discounted
  std::span<const double> coefficients{};  ///< $/hm3 of storages, $/(m3/s) of inflow lags
  std::span<const double> trial_point{};   ///< the state that it was made at
  bool active = true;                      ///< part of the linear programs
  std::uint64_t uses = 0;                  ///< solves in which its dual was not zero
  std::uint32_t last_use = 0;              ///< iteration of the last such solve
};

/// The cuts of one stage: a lower bound of the cost of all stages after it, as a function of its end.
///
/// Invariants: (1) cuts stand in the order of iteration and forward pass and keep their slots; (2) a cut is
/// never changed, only laid aside or taken back. Thread safety: const members by any number of threads.
class cut_pool {
 public:
  explicit cut_pool(std::size_t state_size = 0) : width_(state_size) {}

  [[nodiscard]] std::size_t state_size() const noexcept { return width_; }
  /// Cuts, those laid aside included.
  [[nodiscard]] std::size_t size() const noexcept { return meta_.size(); }
  /// Cuts that are part of the linear programs.
  [[nodiscard]] std::size_t active() const noexcept { return active_; }
  [[nodiscard]] bool is_active(std::size_t slot) const noexcept { return meta_[slot].active; }
  [[nodiscard]] cut_view operator[](std::size_t slot) const noexcept;
  [[nodiscard]] double intercept(std::size_t slot) const noexcept { return meta_[slot].intercept; }
  [[nodiscard]] std::span<const double> coefficients(std::size_t slot) const noexcept {
    return std::span(coefficients_).subspan(slot * width_, width_);
  }
  /// The greatest of the active cuts at a state; `floor` where none is above it.
  [[nodiscard]] double value(std::span<const double> state, double floor = 0.0) const noexcept;
  /// A cut at a state.
  [[nodiscard]] double value_of(std::size_t slot, std::span<const double> state) const noexcept;

  /// Whether an older active cut is the same within rounding: 1e-12 of the intercept, and of the greatest
  /// coefficient.
  [[nodiscard]] bool repeats(std::size_t slot) const noexcept;

  /// Appends a cut and returns its slot.
  std::uint32_t add(std::uint32_t iteration, std::uint32_t forward_pass, double intercept,
                    std::span<const double> coefficients, std::span<const double> trial_point);
  /// Lays a cut aside or takes it back.
  void set_active(std::size_t slot, bool active) noexcept;
  /// So many more solves of that iteration used the cut.
  void count_uses(std::size_t slot, std::uint64_t uses, std::uint32_t iteration) noexcept;
  /// Room for so many cuts more, so that adding them allocates nothing.
  void reserve_more(std::size_t cuts);

 private:
  struct entry {
    double intercept = 0.0;
    std::uint64_t uses = 0;
    std::uint32_t iteration = 0;
    std::uint32_t forward_pass = 0;
    std::uint32_t last_use = 0;
    bool active = true;
  };
  std::size_t width_;
  std::size_t active_ = 0;
  std::vector<entry> meta_{};
  std::vector<double> coefficients_{};
  std::vector<double> trial_points_{};
};

/// A trained policy: what the future is worth after each stage.
struct policy {
  std::vector<cut_pool> stages{};  ///< one a stage; the last one has no cuts
};

/// Writes `cuts/stage_NNN.bin` of every stage into a directory, which is made where it is missing:
/// FlatBuffers with the fields of policy.fbs. Throws: error(errc::cannot_write).
void write_policy(const policy& p, std::span<const std::int32_t> stage_ids, const std::string& directory);

}  // namespace twill::sddp
