// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/builder.hpp"
#include "twill/lanes/cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace twill::lanes {
namespace {

// One instruction of every opcode, each field another value.
instruction sample(opcode op) {
  instruction i;
  i.op = op;
  std::uint16_t next = 3;
  for (const field_info& f : fields_of(op)) {
    const auto put = [&](std::uint64_t v) {
      if (f.slot == 0) {
        i.value = v;
      } else {
        if (i.params.size() < f.slot) i.params.resize(f.slot);
        i.params[f.slot - 1U] = v;
      }
    };
    switch (f.kind) {
      case field_kind::ty:
        for (std::size_t t = 0; t < type_count; ++t) {
          if (supports(op, static_cast<type>(t))) i.ty = static_cast<type>(t);
        }
        break;
      case field_kind::src_ty: i.src_ty = type::i16; break;
      case field_kind::cond: i.cond = condition::le; break;
      case field_kind::dst:
      case field_kind::src: i.regs.at(f.slot) = next++; break;
      case field_kind::pred_dst:
      case field_kind::pred_src: i.regs.at(f.slot) = static_cast<std::uint16_t>(next++ % 16); break;
      case field_kind::pred_opt:
        i.predicated = true;
        i.regs.at(f.slot) = 7;
        break;
      case field_kind::bits: i.value = 0x4048f5c3; break;
      case field_kind::number: put(5); break;
      case field_kind::real: put(0x3ee4f8b588e368f1); break;  // 1e-5
      case field_kind::scope: i.value = 2; break;
      case field_kind::operation: i.value = 1; break;
      case field_kind::flag: put(1); break;
      case field_kind::addr: i.addr = at(reg{next}, reg{9}, -4); break;
      case field_kind::label: i.target = "there"; break;
    }
  }
  return i;
}

program every_instruction() {
  program p;
  p.add_label("start");
  for (std::size_t op = 0; op < opcode_count; ++op) p.push(sample(static_cast<opcode>(op)));
  p.add_label("there");
  return p;
}

template <class F>
fault_info info_of(F f) {
  try {
    f();
  } catch (const fault& caught) {
    return caught.info();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(program, every_instruction_survives_text_json_and_bytes) {
  const program p = every_instruction();
  p.validate();
  EXPECT_EQ(program::parse_text(p.to_text()), p) << p.to_text();
  EXPECT_EQ(program::parse_json(p.to_json()), p) << p.to_json();
  EXPECT_EQ(program::from_bytes(p.to_bytes()), p);
  const program empty;
  EXPECT_EQ(program::parse_text(empty.to_text()), empty);
  EXPECT_EQ(program::parse_json(empty.to_json()), empty);
  EXPECT_EQ(program::from_bytes(empty.to_bytes()), empty);
}

TEST(program, the_text_form_is_that_of_the_specification) {
  const program p = every_instruction();
  EXPECT_EQ(to_string(builder().add(type::f32, reg{0}, reg{1}, reg{2}).build().code()[0]),
            "add.f32 r0, r1, r2");
  EXPECT_EQ(to_string(builder().mov_imm_f32(reg{1}, 1.0F).build().code()[0]), "mov_imm.f32 r1, 1065353216");
  EXPECT_EQ(to_string(builder().cvt(type::u64, type::u32, reg{1}, reg{2}).build().code()[0]),
            "cvt.u64.u32 r1, r2");
  EXPECT_EQ(to_string(builder().set(condition::lt, type::i32, pred{0}, reg{1}, reg{2}).build().code()[0]),
            "setlt.i32 p0, r1, r2");
  EXPECT_EQ(to_string(builder().sel(type::f32, reg{1}, pred{0}, reg{2}, reg{3}).build().code()[0]),
            "sel.f32 r1, p0, r2, r3");
  EXPECT_EQ(to_string(builder().add_label("L").branch_if(pred{0}, "L").build().code()[0]), "bra.p0 @L");
  EXPECT_EQ(to_string(builder().bar_sync(0).build().code()[0]), "bar.sync 0");
  EXPECT_EQ(to_string(builder().mem_fence(memory_scope::block).build().code()[0]), "memfence.block");
  EXPECT_EQ(to_string(builder().reduce(opcode::reduce_add, type::f32, reg{1}, reg{2}, 3).build().code()[0]),
            "reduce.add.f32 r1, r2, 3");
  EXPECT_EQ(to_string(builder().pool_store(type::f32, reg{1}, reg{2}, reg{3}).build().code()[0]),
            "pool.store.f32 r1, r2, r3");
  EXPECT_EQ(to_string(builder().ldg(type::u8, reg{1}, at_buffer(42, 128)).build().code()[0]),
            "ldg.u8 r1, [buf42 + 128]");
  EXPECT_EQ(to_string(builder().stg(type::u8, at_phi(5, 12, 200), reg{1}).build().code()[0]),
            "stg.u8 [Φ(5, 12, 200)], r1");
  EXPECT_EQ(to_string(at(reg{10}, 64)), "[r10 + 64]");
  EXPECT_EQ(to_string(at(reg{10}, -32)), "[r10 - 32]");
  EXPECT_EQ(to_string(at(reg{1}, reg{0})), "[r1 + r0]");
  EXPECT_EQ(
      program::parse_text("mov_imm.f32 r1, 1.5\nldg.f32 r2, [phi(5,12,200)] ; comment\n").code()[0].value,
      0x3fc00000U);
}

TEST(program, mistakes_in_a_text_have_line_and_column) {
  const auto message = [](std::string_view text) {
    return to_string(info_of([&] { static_cast<void>(program::parse_text(text, "p.tl")); }));
  };
  EXPECT_EQ(message("exit\n  ad.f32 r1, r2, r3"),
            "InvalidProgram at p.tl:2:3: no instruction is named 'ad.f32', did you mean add?");
  EXPECT_EQ(message("add.f33 r1, r2, r3"), "InvalidProgram at p.tl:1:1: no type is named 'f33'");
  EXPECT_EQ(message("add.f32 r1, x2, r3"), "InvalidProgram at p.tl:1:13: expected r and a number");
  EXPECT_EQ(message("exit now"), "InvalidProgram at p.tl:1:6: text after the instruction");
  EXPECT_EQ(message("a:\nb: exit\na: exit"), "InvalidProgram at p.tl:3:1: DuplicateLabel{a, index 0}");
}

TEST(program, mistakes_in_json_have_their_place) {
  const auto message = [](std::string text) {
    return to_string(info_of([&] { static_cast<void>(program::parse_json(std::move(text), "p.json")); }));
  };
  EXPECT_EQ(
      message(
          R"({"format":"twill.lanes.program/1","code":[{"op":"EXIT"},{"op":"ADD","ty":"f32","dst":1,"src1":2}]})"),
      "InvalidProgram at p.json:1:57 /code/1: the key \"src2\" is missing");
  EXPECT_EQ(message(R"({"format":"twill.lanes.program/1","code":[{"op":"EXIT","ty":"f32"}]})"),
            "InvalidProgram at p.json:1:61 /code/0/ty: EXIT has no field \"ty\"");
  EXPECT_EQ(message(R"({"format":"twill.lanes.program/2","code":[]})"),
            "InvalidProgram at p.json:1:11 /format: expected the format \"twill.lanes.program/1\"");
}

TEST(program, corrupt_bytes_are_refused_wherever_they_are_hurt) {
  const std::vector<std::byte> good = every_instruction().to_bytes();
  for (std::size_t cut = 0; cut < good.size(); cut += 7) {
    const auto info = info_of([&] { static_cast<void>(program::from_bytes(std::span(good).first(cut))); });
    ASSERT_EQ(info.code, errc::invalid_program) << cut;
  }
  for (std::size_t at_byte = 0; at_byte < good.size(); at_byte += 5) {
    std::vector<std::byte> bad = good;
    bad[at_byte] ^= std::byte{0x40};
    ASSERT_EQ(info_of([&] { static_cast<void>(program::from_bytes(bad)); }).code, errc::invalid_program)
        << at_byte;
  }
}

TEST(program, labels_are_bound_once_and_may_stand_at_the_end) {
  program p;
  p.add_label("a").push({}).add_label("end");
  EXPECT_EQ(p.resolve_label("a"), 0U);
  EXPECT_EQ(p.resolve_label("end"), 1U);
  EXPECT_EQ(p.resolve_label("b"), std::nullopt);
  p.validate();
  EXPECT_EQ(to_string(info_of([&] { p.add_label("a"); })), "DuplicateLabel{a, index 0}");
  p.add_label("far", 2);
  EXPECT_EQ(to_string(info_of([&] { p.validate(); })), "InvalidLabelTarget{far, index 2, size 1}");
}

TEST(program, validation_names_the_first_mistake) {
  const auto message = [](instruction i) {
    program p;
    p.push({}).push(std::move(i));
    return to_string(info_of([&] { p.validate(); }));
  };
  instruction i = sample(opcode::shl);
  i.ty = type::f32;
  EXPECT_EQ(message(i), "UnsupportedOperation{SHL, type f32} at instruction 1");
  i = sample(opcode::add);
  i.regs[2] = 256;
  EXPECT_EQ(message(i), "InvalidRegister{reg 256} at instruction 1");
  i = sample(opcode::setcc);
  i.regs[0] = 16;
  EXPECT_EQ(message(i), "InvalidPredicate{pred 16} at instruction 1");
  i = sample(opcode::setcc);
  i.cond = condition::ltu;
  EXPECT_EQ(message(i),
            "UnsupportedOperation{SETcc, type f64} at instruction 1: an unsigned condition on floating-point "
            "numbers");
  i = sample(opcode::reduce_add);
  i.regs[1] = 250;
  i.value = 7;
  EXPECT_EQ(message(i), "InvalidRegister{reg 256} at instruction 1");
  i = sample(opcode::bra);
  EXPECT_EQ(message(i), "UndefinedLabel{there, instruction 1} at instruction 1");
  i = sample(opcode::ldg);
  i.addr = at_phi(96, 0, 0);
  EXPECT_EQ(message(i), "InvalidBoundaryCoordinates{class 96, page 0, byte 0} at instruction 1");
  i = sample(opcode::lds);
  i.addr = at_phi(1, 0, 0);
  EXPECT_EQ(message(i), "InvalidAddress at instruction 1: shared memory has no classes");
}

TEST(instructions, every_operation_takes_the_types_of_its_row_and_no_others) {
  for (std::size_t k = 0; k < opcode_count; ++k) {
    const auto op = static_cast<opcode>(k);
    if (op == opcode::cvt) continue;
    const auto fields = fields_of(op);
    if (fields.empty() ||
        std::ranges::none_of(fields, [](const field_info& f) { return f.kind == field_kind::ty; }))
      continue;
    for (std::size_t t = 0; t < type_count; ++t) {
      instruction i = sample(op);
      i.ty = static_cast<type>(t);
      i.cond = condition::eq;
      program p;
      p.push(i).add_label("there");
      if (supports(op, i.ty)) {
        EXPECT_NO_THROW(p.validate()) << name_of(op) << ' ' << name_of(i.ty);
      } else {
        EXPECT_EQ(info_of([&] { p.validate(); }).code, errc::unsupported_operation)
            << name_of(op) << ' ' << name_of(i.ty);
      }
    }
  }
}

TEST(instructions, queries_follow_the_table) {
  EXPECT_TRUE(is_control_flow(opcode::loop));
  EXPECT_FALSE(is_control_flow(opcode::bar_sync));
  EXPECT_TRUE(is_memory_access(opcode::pool_load));
  EXPECT_FALSE(is_memory_access(opcode::pool_alloc));
  EXPECT_TRUE(is_pool_operation(opcode::pool_free));
  EXPECT_EQ(name_of(category_of(opcode::mirror)), "atlas-specific");
  EXPECT_EQ(parse_opcode("MOV_IMM"), opcode::mov_imm);
  EXPECT_EQ(parse_opcode("mov_imm"), std::nullopt);
}

TEST(types, names_and_sizes_are_those_of_the_specification) {
  EXPECT_EQ(name_of(type::bf16), "bf16");
  EXPECT_EQ(parse_type("u64"), type::u64);
  EXPECT_EQ(parse_type("u65"), std::nullopt);
  std::size_t total = 0;
  for (std::size_t t = 0; t < type_count; ++t) total += size_bytes(static_cast<type>(t));
  EXPECT_EQ(total, 1U + 2 + 4 + 8 + 1 + 2 + 4 + 8 + 2 + 2 + 4 + 8);
  EXPECT_TRUE(is_float(type::f16) && !is_integer(type::f16) && is_signed(type::i8) && is_unsigned(type::u8));
  EXPECT_EQ(special_register_name(255), "GLOBAL_LANE_ID");
  EXPECT_EQ(special_register_name(252), "LANE_IDX_X");
  EXPECT_EQ(special_register_name(251), "");
  EXPECT_TRUE(is_special_register(253));
  EXPECT_EQ(parse_condition("geu"), condition::geu);
  EXPECT_EQ(name_of(memory_scope::system), "system");
}

TEST(builder, registers_come_back_last_in_first_out_and_end_before_the_special_ones) {
  builder b;
  const reg r0 = b.alloc_reg();
  const reg r1 = b.alloc_reg();
  const reg r2 = b.alloc_reg();
  b.free_reg(r0).free_reg(r2);
  EXPECT_EQ(b.alloc_reg(), r2);
  EXPECT_EQ(b.alloc_reg(), r0);
  EXPECT_EQ(r1.n, 1);
  const reg range = b.alloc_reg_range(249);
  EXPECT_EQ(range.n, 3);
  EXPECT_EQ(to_string(info_of([&] { static_cast<void>(b.alloc_reg()); })),
            "InvalidRegister{reg 252}: no register is left");
  EXPECT_EQ(to_string(info_of([&] { b.free_reg(reg{252}); })),
            "InvalidRegister{reg 252}: the register is not allocated");
  for (int i = 0; i < 16; ++i) EXPECT_EQ(b.alloc_pred().n, i);
  EXPECT_EQ(info_of([&] { static_cast<void>(b.alloc_pred()); }).code, errc::invalid_predicate);
}

TEST(builder, labels_are_unique_and_programs_are_validated) {
  builder b;
  b.add_label("loop_0");
  EXPECT_EQ(b.gen_label("loop"), "loop_1");
  EXPECT_EQ(b.current_pc(), 0U);
  b.branch("nowhere");
  EXPECT_EQ(info_of([&] { static_cast<void>(b.build()); }).code, errc::undefined_label);
}

TEST(templates, element_wise_programs_have_the_shapes_of_the_specification) {
  EXPECT_EQ(
      templates::binary(opcode::add, type::f32).to_text(),
      "  setgeu.u64 p0, r255, r4\n  bra.p0 @bounds_exit\n  mov_imm.u32 r250, 2\n  shl.u64 r0, r255, r250\n"
      "  ldg.f32 r10, [r1 + r0]\n  ldg.f32 r11, [r2 + r0]\n  add.f32 r12, r10, r11\n  stg.f32 [r3 + r0], "
      "r12\n"
      "bounds_exit:\n  exit\n");
  EXPECT_EQ(templates::unary(opcode::sigmoid, type::f32).len(), 8U);
  EXPECT_EQ(templates::binary(opcode::add, type::f64).code()[2].value, 3U);
}

TEST(cache, the_first_program_of_a_key_is_kept_also_when_threads_race) {
  program_cache cache;
  int made = 0;
  const auto make = [&] {
    ++made;
    return templates::copy(type::f32);
  };
  const auto first = cache.get_or_create(program_key::one_buffer("copy", 1, 10), make);
  EXPECT_EQ(cache.get_or_create(program_key::one_buffer("copy", 1, 10), make), first);
  EXPECT_EQ(made, 1);
  EXPECT_NE(cache.get_or_create(program_key::one_buffer("copy", 2, 10), make), first);
  EXPECT_EQ(cache.len(), 2U);
  cache.clear();
  EXPECT_EQ(cache.len(), 0U);
  std::vector<std::shared_ptr<const program>> seen(8);
  {
    std::vector<std::jthread> threads;
    for (auto& s : seen) {
      threads.emplace_back(
          [&] { s = cache.get_or_create({"x", {}}, [] { return templates::copy(type::u8); }); });
    }
  }
  for (const auto& s : seen) EXPECT_EQ(s, seen[0]);
}

}  // namespace
}  // namespace twill::lanes
