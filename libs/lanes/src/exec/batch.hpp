// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/launch_state.hpp"
#include "twill/base/memory.hpp"

#include <algorithm>
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
  stepped,    ///< base + lane * stride + block * jump, modulo 2^width; of the batch, both counted from 0
  varying,    ///< a value a lane, in the column
  view        ///< a value a lane, in a buffer
};

/// A register of one width in all lanes of a batch.
struct column {
  shape kind = shape::undefined;
  bool filled = false;     ///< affine, stepped: the column holds the values of the window too
  bool constant = false;   ///< the column holds `constant_bits` in every lane, whatever its kind is
  std::uint64_t base = 0;  ///< uniform: the value; affine, stepped: that of lane 0
  std::uint64_t stride = 0;
  std::uint64_t jump = 0;  ///< stepped alone, else 0
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
  /// Lanes to execute; `shared` is the memory of their blocks, `shared_stride` bytes from one to the next.
  ///
  /// Requires: whole blocks, where there are several.
  void start(launch_state& launch, std::uint64_t begin, std::uint32_t count, std::span<std::byte> shared,
             std::size_t shared_stride = 0);
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
  /// The end of a phase of whole blocks: those whose lanes wait at one barrier go on. What faulted ends, and
  /// all above. False when nothing is left.
  bool meet();

 private:
  enum class step : std::uint8_t { next, skip, moved, left };

  // --- groups (groups.cpp)
  void pick();
  [[nodiscard]] bool join_others();
  void absorb(lane_group& into, lane_group& from);
  void use_steps();
  void level_steps(lane_group& a, lane_group& b);
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

  // --- loops of registers alone, strip by strip (loops.cpp)
  struct strip_operation {
    const decoded* what = nullptr;
    std::array<const std::byte*, 3> in{};
    std::array<std::uint8_t, 3> width{};  // of the operands; one_value_: the same bytes for every strip
    std::byte* out = nullptr;
    bool idle = false;
    bool keep = false;  // other lanes keep their values
  };
  static constexpr std::uint8_t one_value_ = 0xff;
  struct strip;
  [[nodiscard]] bool fits_strips(const decoded& d) const noexcept;
  [[nodiscard]] step run_loop(const decoded& d);
  void resolve(const pure_loop& loop);
  [[nodiscard]] bool run_strip(strip& s, const pure_loop& loop);
  void operate(const strip_operation& o, strip& s) const;
  void operate_packed(const strip_operation& o, strip& s) const;

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
  void set_affine(const decoded& d, std::uint64_t base, std::uint64_t stride, std::uint64_t jump = 0);
  void ramp(std::byte* lane_0, std::size_t width, const column& c, std::uint32_t from,
            std::uint32_t to) const;
  void set_tag(const decoded& d);
  [[nodiscard]] std::byte* begin_write(const decoded& d);  // at lane first
  void end_write(const decoded& d, const std::byte* written);
  // How an even column runs over the lanes and the blocks of the current group.
  struct spread {
    wide_int first = 0;      // of the first lane counted
    wide_int per_lane = 0;   // a lane further on in the block
    wide_int per_block = 0;  // the same lane of the next block
  };
  struct extent {
    std::uint32_t block = 0;  // first block and lane in it that are counted
    std::uint32_t lane = 0;
    std::uint32_t blocks = 0;  // further ones
    std::uint32_t lanes = 0;
  };
  [[nodiscard]] extent extent_of_current() const noexcept;
  [[nodiscard]] std::uint64_t lane_bits(const column& c, std::size_t width,
                                        std::uint32_t lane) const noexcept;
  [[nodiscard]] bool range_of(const column& c, type t, bool is_signed_order, wide_int& first,
                              wide_int& last) const noexcept;
  [[nodiscard]] bool spread_of(const column& c, type t, bool is_signed_order, spread& out) const noexcept;
  // Calls f(from, to, block) for the lanes of each block in the current group; `to` is not among them.
  template <class F>
  void by_block(F f) const {
    for (std::uint32_t i = cur_->first; i < cur_->last;) {
      const std::uint32_t block = i / period_;
      const std::uint32_t to = std::min((block + 1) * period_, cur_->last);
      f(i, to, block);
      i = to;
    }
  }
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
    std::uint64_t jump = 0;                  // of the address; memory adds its own to that
    std::uint64_t between = 0;               // shared memory of several blocks: bytes from one to the next
    const std::uint64_t* offsets = nullptr;  // varying: lane 0
    std::int64_t displacement = 0;           // varying: not yet added
  };
  [[nodiscard]] place locate(const decoded& d);
  [[nodiscard]] bool in_bounds(const place& p, std::size_t bytes) const noexcept;
  [[nodiscard]] bool check_places(const decoded& d, std::size_t bytes, bool underflow_only);
  [[nodiscard]] const std::uint64_t* offsets_of(const place& p);
  // Calls f(from, to, where lane `from` goes) for lanes whose places rise by the stride, all of the current
  // group in their order. Requires: no mask, and the place is not varying.
  template <class F>
  void pieces(const place& p, F f) const {
    const auto at = [&](std::uint32_t lane, std::uint64_t block) {
      return p.where.data + (p.base + static_cast<std::uint64_t>(p.displacement) + p.stride * lane +
                             (p.jump + p.between) * block);
    };
    if (p.jump + p.between == 0) {
      f(cur_->first, cur_->last, at(cur_->first, 0));
    } else {
      by_block(
          [&](std::uint32_t from, std::uint32_t to, std::uint32_t block) { f(from, to, at(from, block)); });
    }
  }
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
  // Fewer active lanes than this part of their span are packed together before an instruction that costs
  // much, and spread after it.
  static constexpr std::uint32_t sparse_part_ = 8;

  const prepared_program* program_ = nullptr;
  const kernel_table* kernels_ = nullptr;
  launch_state* launch_ = nullptr;
  std::uint64_t configured_ = 0;  // the program's id
  std::uint32_t room_ = 0;        // lanes of masks and call stacks: the widest launch so far
  std::uint32_t width_ = 0;       // lanes that there is room for
  std::uint64_t begin_ = 0;
  std::uint32_t lo_ = 0;
  std::uint32_t hi_ = 0;
  std::uint32_t period_ = 1;         // lanes of a block, where there are several
  std::span<std::byte> shared_{};    // of the first block
  std::uint64_t shared_stride_ = 0;  // to that of the next one; 0 where there is one block
  std::span<const std::unique_ptr<batch>> siblings_{};

  std::vector<column> columns_;
  aligned_buffer<std::byte> memory_;
  std::vector<std::uint16_t> views_;  // columns that may be views

  // Tags: one a register, or tag_each_ and one a lane.
  static constexpr std::uint8_t tag_each_ = 0xfd;
  std::array<std::uint8_t, slot_count> tags_{};
  std::array<std::uint8_t*, slot_count> lane_tags_{};

  std::vector<strip_operation> operations_;  // of the loop that runs
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
