// SPDX-License-Identifier: Apache-2.0
// The one table of the machine: encoders, decoders, text, JSON, validator, executor and reference page read
// it.
#include "twill/lanes/instruction.hpp"

#include <algorithm>
#include <array>

namespace twill::lanes {
namespace {

using fk = field_kind;
using as = operand_type;

struct op_info {
  opcode op;
  std::string_view name;
  std::string_view mnemonic;
  op_category kind;
  std::uint16_t types;  // bit i: type i; 0 where the instruction has no type
  std::span<const field_info> fields;
};

constexpr std::uint16_t none = 0;
constexpr std::uint16_t ints = 0x0ff;
constexpr std::uint16_t fp = 0xc00;
constexpr std::uint16_t ten = ints | fp;
constexpr std::uint16_t twelve = 0xfff;
constexpr std::uint16_t signed_or_fp = 0x00f | fp;
constexpr std::uint16_t only_f32 = 0x400;
constexpr std::uint16_t reducible = 0x00c | fp;         // i32 i64 f32 f64
constexpr std::uint16_t mad_types = reducible | 0x0c0;  // and u32 u64

constexpr field_info ty{"ty", fk::ty};
constexpr field_info dst{"dst", fk::dst, 0};
constexpr field_info addr{"addr", fk::addr};
constexpr field_info target{"target", fk::label};

constexpr field_info load[] = {ty, dst, addr};
constexpr field_info store[] = {ty, addr, {"src", fk::src, 0}};
constexpr field_info unary[] = {ty, dst, {"src", fk::src, 1}};
constexpr field_info immediate[] = {ty, dst, {"value", fk::bits}};
constexpr field_info convert[] = {
    {"dst_ty", fk::ty}, {"src_ty", fk::src_ty}, dst, {"src", fk::src, 1, as::source}};
constexpr field_info binary[] = {ty, dst, {"src1", fk::src, 1}, {"src2", fk::src, 2}};
constexpr field_info ternary[] = {ty, dst, {"a", fk::src, 1}, {"b", fk::src, 2}, {"c", fk::src, 3}};
constexpr field_info shift[] = {ty, dst, {"src", fk::src, 1}, {"amount", fk::src, 2, as::u32}};
constexpr field_info compare[] = {
    {"cond", fk::cond}, ty, {"dst", fk::pred_dst, 0}, {"src1", fk::src, 1}, {"src2", fk::src, 2}};
constexpr field_info select[] = {
    ty, dst, {"pred", fk::pred_src, 1}, {"src_true", fk::src, 2}, {"src_false", fk::src, 3}};
constexpr field_info branch[] = {{"pred", fk::pred_opt, 0}, target};
constexpr field_info jump[] = {target};
constexpr field_info count_down[] = {{"count", fk::src, 0, as::u32}, {"body", fk::label}};
constexpr field_info barrier[] = {{"id", fk::number, 0, as::operand, 255}};
constexpr field_info fence[] = {{"scope", fk::scope}};
constexpr field_info range[] = {
    ty, dst, {"src_base", fk::src, 1, as::base_range}, {"count", fk::number, 0, as::operand, 256}};
constexpr field_info cls_get[] = {{"dst", fk::dst, 0, as::u8}};
constexpr field_info mirror[] = {{"dst", fk::dst, 0, as::u8}, {"src", fk::src, 1, as::u8}};
constexpr field_info unity[] = {{"dst", fk::pred_dst, 0}, {"epsilon", fk::real, 0}};
constexpr field_info nbr_count[] = {{"dst", fk::dst, 0, as::u32}, {"class", fk::src, 1, as::u8}};
constexpr field_info nbr_get[] = {
    {"dst", fk::dst, 0, as::u8}, {"class", fk::src, 1, as::u8}, {"index", fk::number, 0, as::operand, 255}};
constexpr field_info res_accum[] = {{"class", fk::src, 0, as::u8}, {"value", fk::src, 1, as::f64}};
constexpr field_info phase_get[] = {{"dst", fk::dst, 0, as::u32}};
constexpr field_info phase_adv[] = {{"delta", fk::number, 0, as::operand, 65535}};
constexpr field_info bound_map[] = {{"dst", fk::dst, 0, as::u64},
                                    {"class", fk::src, 1, as::u8},
                                    {"page", fk::src, 2, as::u8},
                                    {"byte", fk::src, 3, as::u8}};
constexpr field_info pool_alloc[] = {{"dst", fk::dst, 0, as::u64}, {"size", fk::number, 0}};
constexpr field_info pool_free[] = {{"handle", fk::src, 0, as::u64}};
constexpr field_info pool_load[] = {ty, dst, {"pool", fk::src, 1, as::u64}, {"offset", fk::src, 2, as::u64}};
constexpr field_info pool_store[] = {
    ty, {"pool", fk::src, 0, as::u64}, {"offset", fk::src, 1, as::u64}, {"src", fk::src, 2}};

constexpr field_info operation{"operation", fk::operation};
constexpr field_info handle(std::string_view name, std::uint8_t slot) {
  return {name, fk::src, slot, as::u64};
}
// Sizes of arrays stay below 2^40, so that the products of two of them stay below 2^80 and are checked in 128
// bits.
constexpr field_info extent(std::string_view name, std::uint8_t slot) {
  return {name, fk::number, slot, as::operand, std::uint64_t{1} << 40};
}
constexpr field_info map[] = {ty, handle("input", 0), handle("output", 1), operation, extent("count", 1)};
constexpr field_info map_binary[] = {
    ty, handle("input_a", 0), handle("input_b", 1), handle("output", 2), operation, extent("count", 1)};
constexpr field_info layer_norm[] = {ty,
                                     handle("input", 0),
                                     handle("gamma", 1),
                                     handle("beta", 2),
                                     handle("output", 3),
                                     extent("num_positions", 1),
                                     extent("hidden_dim", 2),
                                     {"eps", fk::real, 3}};
constexpr field_info group_norm[] = {ty,
                                     handle("input", 0),
                                     handle("gamma", 1),
                                     handle("beta", 2),
                                     handle("output", 3),
                                     extent("batch", 1),
                                     extent("channels", 2),
                                     extent("height", 3),
                                     extent("width", 4),
                                     extent("groups", 5),
                                     {"eps", fk::real, 6}};
constexpr field_info batch_norm[] = {handle("input", 0), handle("scale", 1),    handle("bias", 2),
                                     handle("mean", 3),  handle("variance", 4), handle("output", 5),
                                     extent("batch", 1), extent("channels", 2), extent("height", 3),
                                     extent("width", 4), {"eps", fk::real, 5}};
constexpr field_info conv2d[] = {
    handle("input", 0),        handle("weights", 1),     handle("bias", 2),        handle("output", 3),
    extent("batch", 1),        extent("in_channels", 2), extent("height", 3),      extent("width", 4),
    extent("out_channels", 5), extent("kernel_h", 6),    extent("kernel_w", 7),    extent("stride_h", 8),
    extent("stride_w", 9),     extent("pad_top", 10),    extent("pad_left", 11),   extent("pad_bottom", 12),
    extent("pad_right", 13),   extent("dilation_h", 14), extent("dilation_w", 15), extent("group", 16),
    {"has_bias", fk::flag, 17}};
constexpr field_info upsample[] = {handle("input", 0),    handle("output", 1), extent("batch", 1),
                                   extent("channels", 2), extent("height", 3), extent("width", 4),
                                   extent("scale", 5)};
constexpr field_info gemm[] = {
    ty, handle("a", 0), handle("b", 1), handle("c", 2), extent("m", 1), extent("k", 2), extent("n", 3)};

using cat = op_category;
constexpr std::array<op_info, opcode_count> table{{
    {opcode::ldg, "LDG", "ldg", cat::data_movement, twelve, load},
    {opcode::lds, "LDS", "lds", cat::data_movement, twelve, load},
    {opcode::stg, "STG", "stg", cat::data_movement, twelve, store},
    {opcode::sts, "STS", "sts", cat::data_movement, twelve, store},
    {opcode::mov, "MOV", "mov", cat::data_movement, twelve, unary},
    {opcode::mov_imm, "MOV_IMM", "mov_imm", cat::data_movement, twelve, immediate},
    {opcode::cvt, "CVT", "cvt", cat::data_movement, twelve, convert},
    {opcode::add, "ADD", "add", cat::arithmetic, ten, binary},
    {opcode::sub, "SUB", "sub", cat::arithmetic, ten, binary},
    {opcode::mul, "MUL", "mul", cat::arithmetic, ten, binary},
    {opcode::div, "DIV", "div", cat::arithmetic, ten, binary},
    {opcode::mad, "MAD", "mad", cat::arithmetic, mad_types, ternary},
    {opcode::fma, "FMA", "fma", cat::arithmetic, fp, ternary},
    {opcode::min, "MIN", "min", cat::arithmetic, ten, binary},
    {opcode::max, "MAX", "max", cat::arithmetic, ten, binary},
    {opcode::abs, "ABS", "abs", cat::arithmetic, signed_or_fp, unary},
    {opcode::neg, "NEG", "neg", cat::arithmetic, signed_or_fp, unary},
    {opcode::bit_and, "AND", "and", cat::logic, ints, binary},
    {opcode::bit_or, "OR", "or", cat::logic, ints, binary},
    {opcode::bit_xor, "XOR", "xor", cat::logic, ints, binary},
    {opcode::bit_not, "NOT", "not", cat::logic, ints, unary},
    {opcode::shl, "SHL", "shl", cat::logic, ints, shift},
    {opcode::shr, "SHR", "shr", cat::logic, ints, shift},
    {opcode::pow, "POW", "pow", cat::transcendental, fp, binary},
    {opcode::setcc, "SETcc", "set", cat::logic, ten, compare},
    {opcode::sel, "SEL", "sel", cat::logic, ten, select},
    {opcode::bra, "BRA", "bra", cat::control_flow, none, branch},
    {opcode::call, "CALL", "call", cat::control_flow, none, jump},
    {opcode::ret, "RET", "ret", cat::control_flow, none, {}},
    {opcode::loop, "LOOP", "loop", cat::control_flow, none, count_down},
    {opcode::exit, "EXIT", "exit", cat::control_flow, none, {}},
    {opcode::bar_sync, "BarSync", "bar.sync", cat::synchronization, none, barrier},
    {opcode::mem_fence, "MemFence", "memfence", cat::synchronization, none, fence},
    {opcode::reduce_add, "ReduceAdd", "reduce.add", cat::reduction, reducible, range},
    {opcode::reduce_min, "ReduceMin", "reduce.min", cat::reduction, reducible, range},
    {opcode::reduce_max, "ReduceMax", "reduce.max", cat::reduction, reducible, range},
    {opcode::reduce_mul, "ReduceMul", "reduce.mul", cat::reduction, reducible, range},
    {opcode::exp, "EXP", "exp", cat::transcendental, fp, unary},
    {opcode::log, "LOG", "log", cat::transcendental, fp, unary},
    {opcode::log2, "LOG2", "log2", cat::transcendental, fp, unary},
    {opcode::log10, "LOG10", "log10", cat::transcendental, fp, unary},
    {opcode::sqrt, "SQRT", "sqrt", cat::transcendental, fp, unary},
    {opcode::rsqrt, "RSQRT", "rsqrt", cat::transcendental, fp, unary},
    {opcode::sin, "SIN", "sin", cat::transcendental, fp, unary},
    {opcode::cos, "COS", "cos", cat::transcendental, fp, unary},
    {opcode::tan, "TAN", "tan", cat::transcendental, fp, unary},
    {opcode::tanh, "TANH", "tanh", cat::transcendental, fp, unary},
    {opcode::sigmoid, "SIGMOID", "sigmoid", cat::transcendental, fp, unary},
    {opcode::cls_get, "ClsGet", "cls.get", cat::atlas_specific, none, cls_get},
    {opcode::mirror, "MIRROR", "mirror", cat::atlas_specific, none, mirror},
    {opcode::unity_test, "UnityTest", "unity.test", cat::atlas_specific, none, unity},
    {opcode::nbr_count, "NbrCount", "nbr.count", cat::atlas_specific, none, nbr_count},
    {opcode::nbr_get, "NbrGet", "nbr.get", cat::atlas_specific, none, nbr_get},
    {opcode::res_accum, "ResAccum", "res.accum", cat::atlas_specific, none, res_accum},
    {opcode::phase_get, "PhaseGet", "phase.get", cat::atlas_specific, none, phase_get},
    {opcode::phase_adv, "PhaseAdv", "phase.adv", cat::atlas_specific, none, phase_adv},
    {opcode::bound_map, "BoundMap", "bound.map", cat::atlas_specific, none, bound_map},
    {opcode::pool_alloc, "PoolAlloc", "pool.alloc", cat::pool_storage, none, pool_alloc},
    {opcode::pool_free, "PoolFree", "pool.free", cat::pool_storage, none, pool_free},
    {opcode::pool_load, "PoolLoad", "pool.load", cat::pool_storage, twelve, pool_load},
    {opcode::pool_store, "PoolStore", "pool.store", cat::pool_storage, twelve, pool_store},
    {opcode::parallel_map, "ParallelMap", "parallel.map", cat::tensor, fp, map},
    {opcode::parallel_map_binary, "ParallelMapBinary", "parallel.map2", cat::tensor, fp, map_binary},
    {opcode::parallel_reduce, "ParallelReduce", "parallel.reduce", cat::tensor, fp, map},
    {opcode::layer_norm, "LayerNorm", "layer.norm", cat::normalization, only_f32, layer_norm},
    {opcode::group_norm, "GroupNorm", "group.norm", cat::normalization, only_f32, group_norm},
    {opcode::batch_norm, "BatchNorm", "batch.norm", cat::normalization, none, batch_norm},
    {opcode::conv2d, "Conv2d", "conv2d", cat::tensor, none, conv2d},
    {opcode::nearest_upsample2d, "NearestUpsample2d", "nearest.upsample2d", cat::tensor, none, upsample},
    {opcode::gemm, "Gemm", "gemm", cat::tensor, fp, gemm},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].op) != i) return false;
  }
  return true;
}
static_assert(in_order());

constexpr std::array<std::string_view, 16> map_names{"abs", "neg",     "sqrt", "exp",   "log",   "sin",
                                                     "cos", "tan",     "ceil", "floor", "round", "reciprocal",
                                                     "erf", "sigmoid", "tanh", "relu"};
constexpr std::array<std::string_view, 8> binary_names{"add", "sub", "mul", "div",
                                                       "pow", "min", "max", "atan2"};
constexpr std::array<std::string_view, 4> reduce_names{"sum", "product", "min", "max"};

constexpr const op_info& row(opcode op) noexcept { return table[static_cast<std::size_t>(op)]; }

}  // namespace

std::string_view name_of(opcode op) noexcept { return row(op).name; }
std::string_view mnemonic_of(opcode op) noexcept { return row(op).mnemonic; }
op_category category_of(opcode op) noexcept { return row(op).kind; }
bool supports(opcode op, type t) noexcept { return (row(op).types >> static_cast<unsigned>(t) & 1U) != 0; }
std::span<const field_info> fields_of(opcode op) noexcept { return row(op).fields; }

bool is_control_flow(opcode op) noexcept { return row(op).kind == op_category::control_flow; }
bool is_memory_access(opcode op) noexcept {
  return op <= opcode::sts || op == opcode::pool_load || op == opcode::pool_store;
}
bool is_pool_operation(opcode op) noexcept { return row(op).kind == op_category::pool_storage; }
bool is_whole_array(opcode op) noexcept { return op >= opcode::parallel_map; }

std::span<const std::string_view> operations_of(opcode op) noexcept {
  if (op == opcode::parallel_map) return map_names;
  if (op == opcode::parallel_map_binary) return binary_names;
  if (op == opcode::parallel_reduce) return reduce_names;
  return {};
}

std::optional<opcode> parse_opcode(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(table, name, &op_info::name);
  if (found == table.end()) return std::nullopt;
  return found->op;
}

}  // namespace twill::lanes
