// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/launch_state.hpp"
#include "twill/base/memory.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace twill::lanes::detail {

/// How the lanes of a batch hold one register.
enum class shape : std::uint8_t {
  undefined,  ///< nobody wrote it, or nobody reads it any more
  uniform,    ///< one value
  affine,     ///< base + lane * stride, modulo 2^width
  varying,    ///< a value a lane, in the column
  view        ///< a value a lane, in a buffer
};

/// A register of one width in all lanes of a batch.
struct column {
  shape kind = shape::undefined;
  bool filled = false;     ///< affine: the column holds the values of the window too
  bool constant = false;   ///< the column holds `constant_bits` in every lane, whatever its kind is
  std::uint64_t base = 0;  ///< uniform: the value; affine: that of lane 0
  std::uint64_t stride = 0;
  std::uint64_t constant_bits = 0;
  const std::byte* view = nullptr;  ///< where lane 0 would be
  std::uint32_t view_first = 0;     ///< the view is inside its buffer for the lanes [view_first, view_last)
  std::uint32_t view_last = 0;
  std::byte* data = nullptr;
};

/// Lanes that are at one place of the program.
struct lane_group {
  std::uint32_t pc = 0;
  std::uint32_t depth = 0;  ///< calls
  std::uint32_t first = 0;  ///< lanes [first, last) of the batch, those of the mask where there is one
  std::uint32_t last = 0;
  std::uint32_t active = 0;
  bool waiting = false;  ///< at a barrier
  std::uint8_t* mask = nullptr;
  std::uint64_t run = 0;   ///< instructions since the lanes' counts were last written down
  std::uint64_t base = 0;  ///< the largest of those counts
};

/// Executes a program in the lanes [begin, begin + count) of a launch, structure of arrays.
///
/// Invariants: (1) every lane that has not ended is in exactly one group; (2) outside [lo_, hi_) all lanes
/// have ended; (3) a fault at lane L ends all lanes from L on, so that what is found later is always at a
/// lower lane; (4) a column that another group may read is written in the lanes of the current group alone.
class batch {
 public:
  batch() = default;
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  /// Makes room for a program. Allocates only where the last program needed less.
  void configure(const launch_state& launch);
  /// Lanes to execute; `shared` is the memory of their block.
  void start(launch_state& launch, std::uint64_t begin, std::uint32_t count, std::span<std::byte> shared);
  /// Runs until every lane has ended or waits at a barrier.
  void run(resonance& sums);
  /// The other batches of the block, where pools of one lane may be used by another.
  void set_siblings(std::span<const std::unique_ptr<batch>> all) noexcept { siblings_ = all; }

  [[nodiscard]] bool finished() const noexcept { return groups_.empty(); }
  [[nodiscard]] bool faulted() const noexcept { return faulted_; }
  [[nodiscard]] const fault_record& fault() const noexcept { return fault_; }
  /// Where lanes wait; groups are never empty.
  [[nodiscard]] std::span<const lane_group> groups() const noexcept { return groups_; }
  [[nodiscard]] std::uint32_t first_lane_of(const lane_group& g) const noexcept;
  [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
  /// All lanes that wait go on.
  void release() noexcept;

 private:
  enum class step : std::uint8_t { next, skip, moved, left };

  // --- groups (groups.cpp)
  void pick();
  [[nodiscard]] bool join_others();
  void absorb(lane_group& into, lane_group& from);
  void write_down_steps(lane_group& g);
  void find_stop();
  void set_members(lane_group& g, std::uint8_t* mask, std::uint32_t count);
  void clip(lane_group& g);
  [[nodiscard]] const std::uint8_t* mask_of_current() const noexcept;
  [[nodiscard]] std::uint8_t* take_mask();
  void give_mask(std::uint8_t*& mask) noexcept;
  void end_group() noexcept;
  void shrink_window() noexcept;
  void account() noexcept;
  [[nodiscard]] step split(const std::uint8_t* taken, std::uint32_t count, std::uint32_t target);
  [[nodiscard]] step return_from_call();
  [[nodiscard]] step call(const decoded& d);
  [[nodiscard]] step branch_if(const decoded& d);
  [[nodiscard]] step loop(const decoded& d);

  // --- the interpreter (run.cpp)
  void run_group(resonance& sums);
  [[nodiscard]] step execute(const decoded& d, resonance& sums);
  [[nodiscard]] bool limits();

  // --- faults: each leaves lanes below L only; false when none of the current group is left
  bool fault_at(std::uint32_t lane, errc code, std::array<std::uint64_t, 3> numbers = {});
  bool check_operand(const operand& o);
  bool check_operands(const decoded& d);
  bool check_values(const decoded& d);
  [[nodiscard]] bool check_chosen(const decoded& d);

  // --- columns (columns.cpp)
  [[nodiscard]] bool exclusive(slot reg) const noexcept;
  [[nodiscard]] const std::byte* array(column& c, std::size_t width);  // lane 0
  void materialise(column& c, std::size_t width);
  void keep_others(column& c, std::size_t width);
  void set_uniform(const decoded& d, std::uint64_t bits);
  void set_affine(const decoded& d, std::uint64_t base, std::uint64_t stride);
  void set_tag(const decoded& d);
  [[nodiscard]] std::byte* begin_write(const decoded& d);  // at lane first
  void end_write(const decoded& d, const std::byte* written);
  [[nodiscard]] std::uint64_t lane_bits(const column& c, std::size_t width,
                                        std::uint32_t lane) const noexcept;
  [[nodiscard]] bool range_of(const column& c, type t, bool is_signed_order, wide_int& first,
                              wide_int& last) const noexcept;
  [[nodiscard]] std::uint8_t tag_at(slot reg, std::uint32_t lane) const noexcept;
  [[nodiscard]] std::uint32_t first_active() const noexcept;
  template <class F>
  [[nodiscard]] std::uint32_t first_where(F f) const noexcept {
    for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
      if ((cur_->mask == nullptr || cur_->mask[i] != 0) && f(i)) return i;
    }
    return none_;
  }

  // --- arithmetic (compute.cpp)
  [[nodiscard]] step compute(const decoded& d);
  [[nodiscard]] bool compute_uniform(const decoded& d);
  [[nodiscard]] bool compute_affine(const decoded& d);
  [[nodiscard]] bool compare_affine(const decoded& d);
  [[nodiscard]] bool compute_sparse(const decoded& d);
  [[nodiscard]] bool compute_into_store(const decoded& d);
  void copy(const decoded& d);
  void select(const decoded& d);
  void reduce(const decoded& d);
  void accumulate(const decoded& d, resonance& sums);

  // --- memory (access.cpp)
  struct place {
    region where{};
    bool uniform_handle = true;
    shape kind = shape::uniform;
    std::uint64_t base = 0;  // uniform, affine: the offset of lane 0, modulo 2^64
    std::uint64_t stride = 0;
    const std::uint64_t* offsets = nullptr;  // varying: lane 0
    std::int64_t displacement = 0;           // varying: not yet added
  };
  [[nodiscard]] place locate(const decoded& d);
  [[nodiscard]] bool in_bounds(const place& p, std::size_t bytes) const noexcept;
  [[nodiscard]] bool check_places(const decoded& d, std::size_t bytes, bool underflow_only);
  [[nodiscard]] const std::uint64_t* offsets_of(const place& p);
  [[nodiscard]] step load(const decoded& d);
  [[nodiscard]] step store(const decoded& d);
  void load_each(const decoded& d);
  void store_each(const decoded& d);
  void protect_views(const std::byte* begin, const std::byte* end, std::uint32_t next_pc);
  void keep_views();

  // --- pools (pools.cpp)
  [[nodiscard]] region find_pool(std::uint64_t handle, std::uint32_t lane) const noexcept;
  [[nodiscard]] step pool_alloc(const decoded& d);
  [[nodiscard]] step pool_free(const decoded& d);
  [[nodiscard]] step pool_access(const decoded& d);

  static constexpr std::uint32_t none_ = 0xffffffff;

  const prepared_program* program_ = nullptr;
  const kernel_table* kernels_ = nullptr;
  launch_state* launch_ = nullptr;
  std::uint64_t configured_ = 0;  // the program's id
  std::uint32_t room_ = 0;        // lanes of masks and call stacks: the widest launch so far
  std::uint32_t width_ = 0;       // lanes that there is room for
  std::uint64_t begin_ = 0;
  std::uint32_t lo_ = 0;
  std::uint32_t hi_ = 0;
  std::span<std::byte> shared_{};
  std::span<const std::unique_ptr<batch>> siblings_{};

  std::vector<column> columns_;
  aligned_buffer<std::byte> memory_;
  std::vector<std::uint16_t> views_;  // columns that may be views

  // Tags: one a register, or tag_each_ and one a lane.
  static constexpr std::uint8_t tag_each_ = 0xfd;
  std::array<std::uint8_t, slot_count> tags_{};
  std::array<std::uint8_t*, slot_count> lane_tags_{};

  std::vector<lane_group> groups_;
  lane_group* cur_ = nullptr;
  std::uint32_t pc_ = 0;
  std::uint32_t stop_ = none_;   // where another group of the same depth waits
  std::uint64_t run_limit_ = 0;  // of cur_->run: then look at the limits
  std::uint64_t counted_ = 0;    // of cur_->run: already in instructions_
  std::uint64_t instructions_ = 0;
  std::vector<std::uint8_t*> free_masks_;
  std::vector<std::unique_ptr<std::uint8_t[]>> masks_;
  std::uint8_t* taken_ = nullptr;                          // lanes that a branch takes
  std::vector<std::unique_ptr<std::uint32_t[]>> returns_;  // by depth
  std::uint64_t* steps_ = nullptr;                         // a lane's count, where groups have met
  bool steps_used_ = false;
  std::byte* scratch_[4] = {};
  std::uint32_t* indices_ = nullptr;

  bool faulted_ = false;
  fault_record fault_{};

  std::vector<std::vector<zeroed_memory>> pools_;  // by lane
  std::vector<std::uint64_t> pool_bytes_;
};

}  // namespace twill::lanes::detail
