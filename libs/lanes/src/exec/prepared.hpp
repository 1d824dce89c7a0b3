// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/kernels.hpp"
#include "exec/prepared_slot.hpp"
#include "twill/lanes/executor.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace twill::lanes::detail {

/// Registers as the executor numbers them: r0..r255, then the predicates, then what a lane has beside
/// registers.
using slot = std::uint16_t;
inline constexpr slot first_predicate = 256;
inline constexpr slot phase_slot = 272;
inline constexpr slot class_slot = 273;
inline constexpr std::size_t slot_count = 274;

/// What a register was last written as, beside the types: a predicate, or nothing at all.
inline constexpr std::uint8_t tag_predicate = 14;
inline constexpr std::uint8_t tag_nothing = 15;

/// What the executor does for an opcode.
enum class action : std::uint8_t {
  compute,   ///< a vector function of up to three operands
  constant,  ///< MOV_IMM
  copy,      ///< MOV, ClsGet, PhaseGet
  select,
  load,
  store,
  branch,
  branch_if,
  call,
  ret,
  loop,
  exit,
  barrier,
  fence,
  reduce,
  nbr_get,
  res_accum,
  pool_alloc,
  pool_free,
  pool_load,
  pool_store,
  whole_array
};

/// A check of operands' values before an instruction runs.
enum class value_check : std::uint8_t { none, divisor, class_index, boundary };

/// How results of affine operands stay affine.
enum class affine_rule : std::uint8_t { none, add, sub, mul, shl, convert };

inline constexpr std::uint16_t no_column = 0xffff;
inline constexpr std::uint16_t no_loop = 0xffff;

/// An operand that is read.
struct operand {
  slot reg = 0;
  std::uint16_t column = no_column;
  std::uint8_t wanted = 0;  ///< tag
  bool check = false;       ///< the analysis could not prove the tag
};

/// One instruction, decoded.
struct decoded {
  action what = action::exit;
  opcode op = opcode::exit;
  type ty = type::u32;
  type src_ty = type::u32;
  value_check values = value_check::none;
  affine_rule affine = affine_rule::none;
  std::uint8_t reads = 0;  ///< operands that count
  std::uint8_t width = 0;  ///< width index of the destination, or of what is loaded and stored
  bool checked = false;    ///< one of the operands has `check`
  bool writes = false;
  bool tagged = false;      ///< the destination's tag is kept at run time
  bool store_next = false;  ///< the next instruction stores the result, contiguously if the address allows
  bool shared = false;      ///< LDS, STS
  bool costly = false;      ///< takes many times as long as an addition
  address_mode mode = address_mode::buffer;
  condition cond = condition::eq;
  slot dst = 0;
  std::uint16_t column = no_column;  ///< of the destination
  std::uint8_t tag = 0;              ///< that it gets
  std::array<operand, 4> in{};
  vector_fn fn = nullptr;
  std::uint64_t value = 0;
  std::uint64_t handle = 0;
  std::uint64_t offset = 0;  ///< of BufferOffset and phi addresses
  std::int64_t displacement = 0;
  std::uint32_t target = 0;
  std::uint16_t loop = no_loop;  ///< of a branch: that it is in
  std::uint32_t range = 0;       ///< of reductions: first entry in prepared_program::ranges
  std::uint32_t range_size = 0;
};

/// Registers of one width share a column; a constant that operands are known to be has one of its own.
struct column_info {
  slot reg = 0;
  std::uint8_t width = 0;  ///< index
  bool constant = false;
  std::uint64_t bits = 0;  ///< of the constant
};

/// A loop that touches registers alone and cannot fault: with one way back, from its last instruction to its
/// first, and branches that go forward, at most to the place after it.
struct pure_loop {
  static constexpr std::size_t most_joins = 6;
  static constexpr std::uint32_t most_instructions = 64;
  struct operation {
    bool idle = false;  ///< a constant whose readers have columns of their own for it
    bool keep = false;  ///< lanes that do not run the instruction may still read what it writes over
  };

  std::uint32_t top = 0;
  std::uint32_t last = 0;
  std::vector<std::uint32_t> joins{};  ///< targets of branches inside, rising
  std::vector<operation> operations{};
};

/// Registers that are read before they are written on some way from an instruction on.
using live_set = std::array<std::uint64_t, (slot_count + 63) / 64>;

/// A validated program, decoded for one set of initial registers.
class prepared_program {
 public:
  /// Requires: the program is valid. The initial registers are pairs of register and type.
  prepared_program(const program& p, std::vector<std::pair<std::uint16_t, type>> initial);

  [[nodiscard]] bool is_for(std::span<const initial_register> registers) const noexcept;
  [[nodiscard]] std::uint16_t column_of(slot reg, std::size_t width) const noexcept {
    return column_index_[reg][width];
  }
  [[nodiscard]] bool live_at(std::uint32_t pc, slot reg) const noexcept {
    return live_.empty() || (live_[pc][reg / 64] >> (reg % 64) & 1U) != 0;
  }

  std::uint64_t id = 0;       ///< no other form has it, ever
  std::vector<decoded> code;  ///< one more than the program: the end is an EXIT that does not count
  std::vector<column_info> columns;
  std::vector<operand> ranges;                       ///< operands of reductions and whole-array instructions
  std::map<std::uint32_t, instruction> whole_array;  ///< by place, with its parameters
  std::vector<pure_loop> loops;
  std::vector<slot> tagged;  ///< registers whose tags are kept
  bool uses_shared = false;
  bool uses_barrier = false;
  bool uses_pools = false;
  bool uses_resonance = false;
  bool uses_whole_array = false;
  bool may_diverge_stack = false;  ///< has calls
  bool repeats = false;            ///< has calls, or loops beside `loops`
  bool costly = false;             ///< has functions that take many times as long as an addition
  bool lanes_apart = false;        ///< no two lanes of a block store at one place: they need no order
  std::size_t bytes_per_lane = 0;  ///< of the columns that may hold a value a lane
  std::size_t bytes_in_loop = 0;   ///< of those that one of `loops` uses: the most

 private:
  void decode(const program& p);
  void analyse_types();
  void analyse_liveness();
  void number_columns();
  void find_constants();
  void weigh();
  [[nodiscard]] std::uint16_t constant_column(std::size_t width, std::uint64_t bits);
  void find_fusions();
  void find_loops();
  void find_conflicts();
  [[nodiscard]] bool describe(pure_loop& loop) const;
  [[nodiscard]] std::vector<std::uint32_t> successors(std::uint32_t pc) const;

  std::vector<std::pair<std::uint16_t, type>> initial_;
  std::array<std::array<std::uint16_t, 4>, slot_count> column_index_{};
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint16_t> constants_;  // column by width and bits
  std::vector<live_set> live_;  // empty: everything is live (a program too large to analyse)
  std::vector<std::uint32_t> return_points_;
};

/// The form of the program for these registers, decoded at the first use. Throws: `fault` when it is not
/// valid.
[[nodiscard]] std::shared_ptr<const prepared_program> prepare(const program& p,
                                                              std::span<const initial_register> registers);

}  // namespace twill::lanes::detail
