// SPDX-License-Identifier: Apache-2.0
#include "oracle.hpp"

#include "isa/half.hpp"
#include "twill/lanes/atlas.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace twill::lanes::test {
namespace {

using u64 = std::uint64_t;
__extension__ using wide = unsigned __int128;

struct cell {
  std::optional<type> ty;
  u64 bits = 0;
};

struct lane_fault {
  errc code;
  std::array<u64, 3> numbers{};
};

enum class state : std::uint8_t { running, waiting, ended };

struct lane {
  std::array<cell, 256> regs;
  std::array<std::optional<bool>, 16> preds;
  std::vector<std::size_t> calls;
  std::size_t pc = 0;
  u64 steps = 0;
  std::uint32_t phase = 0;
  std::uint8_t cls = 0;
  state now = state::running;
  u64 number = 0;  // in the block
  std::vector<std::vector<std::byte>> pools;
};

u64 cut(u64 bits, type t) {
  const std::size_t n = 8 * size_bytes(t);
  return n == 64 ? bits : bits & ((u64{1} << n) - 1);
}

template <class T>
u64 bits_of(T v) {
  u64 out = 0;
  std::memcpy(&out, &v, sizeof v);
  return out;
}
template <class T>
T value_of(u64 bits) {
  T out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

// Calls f with a value of the C++ type that `t` stands for.
template <class F>
u64 with_type(type t, F f) {
  switch (t) {
    case type::i8: return f(std::int8_t{});
    case type::i16: return f(std::int16_t{});
    case type::i32: return f(std::int32_t{});
    case type::i64: return f(std::int64_t{});
    case type::u8: return f(std::uint8_t{});
    case type::u16: return f(std::uint16_t{});
    case type::u32: return f(std::uint32_t{});
    case type::u64: return f(std::uint64_t{});
    case type::f32: return f(float{});
    case type::f64: return f(double{});
    default: throw std::logic_error("no C++ type");
  }
}

template <class T>
T lower(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return b;
  }
  return b < a ? b : a;
}
template <class T>
T higher(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return b;
  }
  return b > a ? b : a;
}

template <class T>
u64 arithmetic(opcode op, u64 x, u64 y, u64 z) {
  const T a = value_of<T>(x);
  const T b = value_of<T>(y);
  const T c = value_of<T>(z);
  if constexpr (std::is_floating_point_v<T>) {
    switch (op) {
      case opcode::add: return bits_of<T>(a + b);
      case opcode::sub: return bits_of<T>(a - b);
      case opcode::mul: return bits_of<T>(a * b);
      case opcode::div: return bits_of<T>(a / b);
      case opcode::mad: {
        const volatile T product = a * b;
        return bits_of<T>(product + c);
      }
      case opcode::fma: return bits_of<T>(std::fma(a, b, c));
      case opcode::min: return bits_of<T>(lower(a, b));
      case opcode::max: return bits_of<T>(higher(a, b));
      case opcode::abs: return bits_of<T>(std::fabs(a));
      case opcode::neg: return bits_of<T>(-a);
      case opcode::sqrt: return bits_of<T>(std::sqrt(a));
      default: throw std::logic_error("not an operation of floating-point numbers");
    }
  } else {
    const unsigned amount = static_cast<unsigned>(y % (8 * sizeof(T)));
    switch (op) {
      case opcode::add: return x + y;
      case opcode::sub: return x - y;
      case opcode::mul: return x * y;
      case opcode::div:
        if constexpr (std::is_signed_v<T>) {
          if (b == -1) return u64{0} - x;
        }
        return bits_of<T>(static_cast<T>(a / b));
      case opcode::mad: return x * y + z;
      case opcode::min: return bits_of<T>(lower(a, b));
      case opcode::max: return bits_of<T>(higher(a, b));
      case opcode::abs: return a < T{0} ? u64{0} - x : x;
      case opcode::neg: return u64{0} - x;
      case opcode::bit_and: return x & y;
      case opcode::bit_or: return x | y;
      case opcode::bit_xor: return x ^ y;
      case opcode::bit_not: return ~x;
      case opcode::shl: return x << amount;
      case opcode::shr: return bits_of<T>(static_cast<T>(a >> amount));
      default: throw std::logic_error("not an operation of integers");
    }
  }
}

template <class T>
bool compared(condition c, u64 x, u64 y) {
  if (c >= condition::ltu) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      const auto plain = static_cast<condition>(static_cast<int>(c) - 4);
      if constexpr (!std::is_same_v<U, T>) return compared<U>(plain, x, y);
      return compared<T>(plain, x, y);
    }
    throw std::logic_error("no unsigned condition on floating-point numbers");
  }
  const T a = value_of<T>(x);
  const T b = value_of<T>(y);
  switch (c) {
    case condition::eq: return a == b;
    case condition::ne: return a != b;
    case condition::lt: return a < b;
    case condition::le: return a <= b;
    case condition::gt: return a > b;
    default: return a >= b;
  }
}

template <class D, class S>
u64 converted(u64 bits) {
  const S v = value_of<S>(bits);
  if constexpr (std::is_floating_point_v<S> && std::is_integral_v<D>) {
    if (std::isnan(v)) return 0;
    const auto exact = static_cast<long double>(v);
    if (exact >= static_cast<long double>(std::numeric_limits<D>::max()))
      return bits_of<D>(std::numeric_limits<D>::max());
    if (exact <= static_cast<long double>(std::numeric_limits<D>::min()))
      return bits_of<D>(std::numeric_limits<D>::min());
    return bits_of<D>(static_cast<D>(v));
  } else {
    return bits_of<D>(static_cast<D>(v));
  }
}

u64 convert(type to, type from, u64 bits) {
  if (to == from) return bits;
  if (from == type::f16) return bits_of(detail::f16_to(static_cast<std::uint16_t>(bits)));
  if (from == type::bf16) return bits_of(detail::bf16_to(static_cast<std::uint16_t>(bits)));
  if (to == type::f16) return detail::f16_from(value_of<float>(bits));
  if (to == type::bf16) return detail::bf16_from(value_of<float>(bits));
  return with_type(to, [&](auto d) {
    return with_type(from, [&](auto s) { return converted<decltype(d), decltype(s)>(bits); });
  });
}

class machine {
 public:
  machine(const program& p, const execution_params& params, oracle_result& out)
      : program_(p), params_(params), config_(params.launch), out_(out) {}

  void run() {
    const u64 per_block = u64{config_.block.x} * config_.block.y * config_.block.z;
    const u64 blocks = u64{config_.grid.x} * config_.grid.y * config_.grid.z;
    boundary_.resize(boundary_bytes);
    for (block_ = 0; block_ < blocks; ++block_) {
      if (!run_block(per_block)) return;
    }
  }

 private:
  bool run_block(u64 per_block) {
    shared_.assign(config_.shared_bytes, std::byte{0});
    std::vector<lane> lanes(per_block);
    total_ = per_block * config_.grid.x * config_.grid.y * config_.grid.z;
    for (u64 i = 0; i < per_block; ++i) prepare(lanes[i], i, per_block);
    all_ = &lanes;
    for (;;) {
      for (lane& l : lanes) {
        while (l.now == state::running) {
          try {
            step(l);
          } catch (const lane_fault& f) {
            // Lanes run in order and this is the first fault of the phase.
            fail(f.code, f.numbers, l.number, l.pc);
            return false;
          }
        }
      }
      if (!meet(lanes)) return !out_.fault;
    }
  }

  void prepare(lane& l, u64 i, u64 per_block) const {
    l.number = i;
    const auto block_x = static_cast<std::uint32_t>(block_ % config_.grid.x);
    l.regs[lane_idx_x] = {type::u32, i % config_.block.x};
    l.regs[block_idx_x] = {type::u32, block_x};
    l.regs[block_dim_x] = {type::u32, config_.block.x};
    l.regs[global_lane_id] = {type::u64, block_ * per_block + i};
    if (config_.class_mode == class_mode_kind::block_mod_96) l.cls = static_cast<std::uint8_t>(block_x % 96);
    for (const initial_register& r : params_.registers) l.regs[r.reg] = {r.ty, cut(r.bits, r.ty)};
  }

  bool meet(std::vector<lane>& lanes) {
    lane* first = nullptr;
    for (lane& l : lanes) {
      if (l.now != state::waiting) continue;
      if (first == nullptr) first = &l;
      if (program_.code()[l.pc].value != program_.code()[first->pc].value) {
        fail(errc::barrier_divergence, {block_}, first->number, first->pc);
        return false;
      }
    }
    if (first == nullptr) return false;
    for (lane& l : lanes) {
      if (l.now != state::waiting) continue;
      l.now = state::running;
      ++l.pc;
    }
    return true;
  }

  void fail(errc code, std::array<u64, 3> numbers, u64 number, std::size_t pc) {
    out_.fault = fault_info{.code = code, .numbers = numbers};
    out_.fault->at = coordinates{block_, number, pc};
  }

  u64 read(const lane& l, std::size_t r, type t) const {
    const cell& c = l.regs[r];
    if (!c.ty) throw lane_fault{errc::uninitialized_register, {r}};
    if (*c.ty != t) throw lane_fault{errc::type_mismatch, {static_cast<u64>(t), static_cast<u64>(*c.ty)}};
    return c.bits;
  }
  bool read_pred(const lane& l, std::size_t p) const {
    if (!l.preds[p]) throw lane_fault{errc::uninitialized_predicate, {p}};
    return *l.preds[p];
  }
  static void write(lane& l, std::size_t r, type t, u64 bits) { l.regs[r] = {t, cut(bits, t)}; }

  std::uint8_t read_class(const lane& l, std::size_t r) const {
    return static_cast<std::uint8_t>(read(l, r, type::u8));
  }
  static void check_class(u64 c) {
    if (c >= 96) throw lane_fault{errc::invalid_class_index, {c}};
  }

  struct span_of {
    std::byte* data;
    u64 size;
  };

  struct target {
    u64 handle;
    wide offset;
  };

  target resolve(const lane& l, const instruction& i, bool shared) const {
    const address& a = i.addr;
    switch (a.mode) {
      case address_mode::buffer: return {a.handle, a.offset};
      case address_mode::phi: return {class_handle(a.phi_class), u64{a.phi_page} * 256 + a.phi_byte};
      case address_mode::indirect: {
        const u64 base = read(l, a.base, type::u64);
        return shared ? displaced(0, base, a.displacement) : displaced(base, 0, a.displacement);
      }
      case address_mode::computed: {
        const u64 handle = read(l, a.base, type::u64);
        return displaced(handle, read(l, a.offset_reg, type::u64), a.displacement);
      }
    }
    throw std::logic_error("no such mode");
  }
  static target displaced(u64 handle, u64 offset, std::int64_t d) {
    if (d < 0 && offset < static_cast<u64>(-d)) {
      throw lane_fault{errc::address_underflow, {offset + static_cast<u64>(d)}};
    }
    if (d < 0) return {handle, offset - static_cast<u64>(-d)};
    target t{handle, offset};
    t.offset += static_cast<u64>(d);
    return t;
  }

  std::byte* place(const target& t, bool shared, u64 bytes) {
    span_of where{shared_.data(), shared_.size()};
    if (!shared) where = buffer(t.handle);
    if (t.offset > where.size || where.size - static_cast<u64>(t.offset) < bytes) {
      const u64 shown = t.offset > ~u64{0} ? ~u64{0} : static_cast<u64>(t.offset);
      throw lane_fault{shared ? errc::shared_out_of_bounds : errc::buffer_out_of_bounds,
                       {shown, bytes, where.size}};
    }
    return where.data + static_cast<u64>(t.offset);
  }

  span_of buffer(u64 handle) {
    const auto found = out_.buffers.find(handle);
    if (found != out_.buffers.end()) return {found->second.data(), found->second.size()};
    if (handle == 0) return {boundary_.data(), boundary_.size()};
    if (handle >= class_handle(0))
      return {boundary_.data() + (handle - class_handle(0)) * class_bytes, class_bytes};
    throw lane_fault{errc::invalid_buffer_handle, {handle}};
  }

  std::vector<std::byte>* pool(u64 handle) {
    const u64 of_lanes = u64{1} << 63;
    if (handle <= of_lanes) return nullptr;
    const u64 owner = (handle - of_lanes - 1) % total_;
    const u64 k = (handle - of_lanes - 1) / total_;
    const u64 first = block_ * all_->size();
    if (owner < first || owner >= first + all_->size()) return nullptr;
    auto& pools = (*all_)[owner - first].pools;
    if (k >= pools.size() || pools[k].empty()) return nullptr;
    return &pools[k];
  }

  std::byte* pool_place(u64 handle, u64 offset, u64 bytes) {
    span_of where{boundary_.data(), boundary_.size()};
    if (handle != 0) {
      auto* const found = pool(handle);
      if (found == nullptr) throw lane_fault{errc::invalid_pool_handle, {handle}};
      where = {found->data(), found->size()};
    }
    if (offset > where.size || where.size - offset < bytes) {
      throw lane_fault{errc::pool_out_of_bounds, {offset, bytes, where.size}};
    }
    return where.data + offset;
  }

  void step(lane& l) {
    if (l.pc >= program_.len()) {
      l.now = state::ended;
      return;
    }
    if (config_.step_limit != 0 && l.steps >= config_.step_limit) {
      throw lane_fault{errc::step_limit_exceeded, {config_.step_limit}};
    }
    ++l.steps;
    ++out_.instructions;
    const instruction& i = program_.code()[l.pc];
    if (is_control_flow(i.op)) {
      control(l, i);
      return;
    }
    if (i.op == opcode::bar_sync) {
      l.now = state::waiting;
      return;
    }
    execute(l, i);
    ++l.pc;
  }

  void control(lane& l, const instruction& i) {
    const auto there = [&] { return *program_.resolve_label(i.target); };
    switch (i.op) {
      case opcode::bra: l.pc = !i.predicated || read_pred(l, i.regs[0]) ? there() : l.pc + 1; return;
      case opcode::call:
        if (l.calls.size() >= config_.call_depth)
          throw lane_fault{errc::call_stack_overflow, {config_.call_depth}};
        l.calls.push_back(l.pc + 1);
        l.pc = there();
        return;
      case opcode::ret:
        if (l.calls.empty()) throw lane_fault{errc::call_stack_underflow};
        l.pc = l.calls.back();
        l.calls.pop_back();
        return;
      case opcode::loop: {
        const u64 count = read(l, i.regs[0], type::u32);
        if (count != 0) write(l, i.regs[0], type::u32, count - 1);
        l.pc = count != 0 ? there() : l.pc + 1;
        return;
      }
      default: l.now = state::ended; return;
    }
  }

  void execute(lane& l, const instruction& i) {
    switch (category_of(i.op)) {
      case op_category::data_movement: move(l, i); return;
      case op_category::atlas_specific: atlas_step(l, i); return;
      case op_category::reduction: reduce(l, i); return;
      case op_category::pool_storage: pool_step(l, i); return;
      case op_category::synchronization: return;
      default: compute(l, i); return;
    }
  }

  void move(lane& l, const instruction& i) {
    const u64 bytes = size_bytes(i.ty);
    switch (i.op) {
      case opcode::ldg:
      case opcode::lds: {
        const bool shared = i.op == opcode::lds;
        u64 bits = 0;
        std::memcpy(&bits, place(resolve(l, i, shared), shared, bytes), bytes);
        write(l, i.regs[0], i.ty, bits);
        return;
      }
      case opcode::stg:
      case opcode::sts: {
        const bool shared = i.op == opcode::sts;
        const target t = resolve(l, i, shared);
        const u64 bits = read(l, i.regs[0], i.ty);
        std::memcpy(place(t, shared, bytes), &bits, bytes);
        return;
      }
      case opcode::mov: write(l, i.regs[0], i.ty, read(l, i.regs[1], i.ty)); return;
      case opcode::mov_imm: write(l, i.regs[0], i.ty, i.value); return;
      default: write(l, i.regs[0], i.ty, convert(i.ty, i.src_ty, read(l, i.regs[1], i.src_ty))); return;
    }
  }

  void compute(lane& l, const instruction& i) {
    if (i.op == opcode::setcc) {
      const u64 a = read(l, i.regs[1], i.ty);
      const u64 b = read(l, i.regs[2], i.ty);
      l.preds[i.regs[0]] =
          with_type(i.ty, [&](auto t) -> u64 { return compared<decltype(t)>(i.cond, a, b) ? 1 : 0; }) != 0;
      return;
    }
    if (i.op == opcode::sel) {
      const bool chosen = read_pred(l, i.regs[1]);
      write(l, i.regs[0], i.ty, read(l, chosen ? i.regs[2] : i.regs[3], i.ty));
      return;
    }
    std::array<u64, 3> in{};
    std::size_t n = 0;
    for (const field_info& f : fields_of(i.op)) {
      if (f.kind == field_kind::src)
        in.at(n++) = read(l, i.regs.at(f.slot), f.as == operand_type::u32 ? type::u32 : i.ty);
    }
    if (i.op == opcode::div && is_integer(i.ty) && in[1] == 0) throw lane_fault{errc::division_by_zero};
    write(l, i.regs[0], i.ty,
          with_type(i.ty, [&](auto t) { return arithmetic<decltype(t)>(i.op, in[0], in[1], in[2]); }));
  }

  void reduce(lane& l, const instruction& i) {
    std::vector<u64> values;
    for (u64 k = 0; k < i.value; ++k) values.push_back(read(l, i.regs[1] + k, i.ty));
    write(l, i.regs[0], i.ty, with_type(i.ty, [&](auto t) {
            using T = decltype(t);
            constexpr bool real = std::is_floating_point_v<T>;
            T acc{};
            if (i.op == opcode::reduce_mul) acc = T{1};
            if (i.op == opcode::reduce_min)
              acc = real ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
            if (i.op == opcode::reduce_max)
              acc = real ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::min();
            const opcode op = i.op == opcode::reduce_add   ? opcode::add
                              : i.op == opcode::reduce_mul ? opcode::mul
                              : i.op == opcode::reduce_min ? opcode::min
                                                           : opcode::max;
            u64 bits = bits_of(acc);
            for (const u64 v : values) bits = cut(arithmetic<T>(op, bits, v, 0), i.ty);
            return bits;
          }));
  }

  void atlas_step(lane& l, const instruction& i) {
    switch (i.op) {
      case opcode::cls_get: write(l, i.regs[0], type::u8, l.cls); return;
      case opcode::mirror: {
        const std::uint8_t c = read_class(l, i.regs[1]);
        check_class(c);
        write(l, i.regs[0], type::u8, c / 3 % 2 == 0 ? c + 3U : c - 3U);
        return;
      }
      case opcode::unity_test: l.preds[i.regs[0]] = l.cls == 1 || l.cls == 4; return;
      case opcode::nbr_count: {
        const std::uint8_t c = read_class(l, i.regs[1]);
        check_class(c);
        write(l, i.regs[0], type::u32, c % 3 == 1 ? 6 : 5);
        return;
      }
      case opcode::nbr_get: {
        const std::uint8_t c = read_class(l, i.regs[1]);
        check_class(c);
        const auto list = atlas::neighbors(c);
        write(l, i.regs[0], type::u8, i.value < list.count ? list.ids.at(i.value) : 0);
        return;
      }
      case opcode::res_accum: {
        const std::uint8_t c = read_class(l, i.regs[0]);
        const auto v = value_of<double>(read(l, i.regs[1], type::f64));
        check_class(c);
        out_.resonance.at(c) += v;
        out_.touched.at(c / 64U) |= u64{1} << (c % 64U);
        return;
      }
      case opcode::phase_get: write(l, i.regs[0], type::u32, l.phase); return;
      case opcode::phase_adv: l.phase = (l.phase + static_cast<std::uint32_t>(i.value)) % 768; return;
      default: {
        const u64 c = read_class(l, i.regs[1]);
        const u64 page = read_class(l, i.regs[2]);
        const u64 byte = read_class(l, i.regs[3]);
        if (c >= 96 || page >= 48) throw lane_fault{errc::invalid_boundary_coordinates, {c, page, byte}};
        write(l, i.regs[0], type::u64, c * 12288 + page * 256 + byte);
        return;
      }
    }
  }

  void pool_step(lane& l, const instruction& i) {
    const u64 bytes = size_bytes(i.ty);
    switch (i.op) {
      case opcode::pool_alloc: {
        const u64 lane_number = block_ * all_->size() + l.number;
        write(l, i.regs[0], type::u64, (u64{1} << 63) + 1 + l.pools.size() * total_ + lane_number);
        l.pools.emplace_back(i.value);
        return;
      }
      case opcode::pool_free: {
        const u64 handle = read(l, i.regs[0], type::u64);
        auto* const found = pool(handle);
        if (found == nullptr) throw lane_fault{errc::invalid_pool_handle, {handle}};
        found->clear();
        return;
      }
      case opcode::pool_load: {
        const u64 handle = read(l, i.regs[1], type::u64);
        const u64 offset = read(l, i.regs[2], type::u64);
        u64 bits = 0;
        std::memcpy(&bits, pool_place(handle, offset, bytes), bytes);
        write(l, i.regs[0], i.ty, bits);
        return;
      }
      default: {
        const u64 handle = read(l, i.regs[0], type::u64);
        const u64 offset = read(l, i.regs[1], type::u64);
        const u64 bits = read(l, i.regs[2], i.ty);
        std::memcpy(pool_place(handle, offset, bytes), &bits, bytes);
        return;
      }
    }
  }

  const program& program_;
  const execution_params& params_;
  const launch_config& config_;
  oracle_result& out_;
  std::vector<std::byte> boundary_;
  std::vector<std::byte> shared_;
  std::vector<lane>* all_ = nullptr;
  u64 block_ = 0;
  u64 total_ = 1;
};

}  // namespace

oracle_result run_oracle(const program& p, const execution_params& params,
                         std::map<buffer_handle, std::vector<std::byte>> buffers) {
  oracle_result out;
  out.buffers = std::move(buffers);
  machine(p, params, out).run();
  return out;
}

}  // namespace twill::lanes::test
