// SPDX-License-Identifier: Apache-2.0
// "TWLN", version u32, payload length u64, payload, CRC-32C of the payload; all numbers little-endian.
// Payload: labels (count u32; name, index u64), instructions (count u32; opcode u8, then the fields in the
// order of the table).
#include "twill/base/checksum.hpp"
#include "twill/base/file.hpp"
#include "twill/lanes/program.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace twill::lanes {
namespace {

constexpr std::uint32_t version = 1;
constexpr std::array magic{std::byte{'T'}, std::byte{'W'}, std::byte{'L'}, std::byte{'N'}};

class byte_writer {
 public:
  template <class T>
  void put(T value) {
    auto v = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i, v >>= 8) out_.push_back(static_cast<std::byte>(v & 0xff));
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    for (const char c : text) out_.push_back(static_cast<std::byte>(c));
  }
  void put_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte> take() { return std::move(out_); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return out_; }

 private:
  std::vector<std::byte> out_;
};

class byte_reader {
 public:
  explicit byte_reader(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  T get() {
    if (in_.size() - at_ < sizeof(T)) fail("the bytes end too early");
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) v |= std::to_integer<std::uint64_t>(in_[at_ + i]) << (8 * i);
    at_ += sizeof(T);
    return static_cast<T>(v);
  }
  std::string text() {
    const auto n = get<std::uint32_t>();
    if (in_.size() - at_ < n) fail("the bytes end inside a name");
    std::string out(n, '\0');
    std::memcpy(out.data(), in_.data() + at_, n);
    at_ += n;
    return out;
  }
  [[noreturn]] void fail(std::string what) const {
    throw fault(errc::invalid_program, what + " at byte " + std::to_string(at_));
  }
  [[nodiscard]] std::size_t left() const { return in_.size() - at_; }

 private:
  std::span<const std::byte> in_;
  std::size_t at_ = 0;
};

void write_field(byte_writer& out, const instruction& i, const field_info& f) {
  switch (f.kind) {
    case field_kind::ty: out.put(static_cast<std::uint8_t>(i.ty)); return;
    case field_kind::src_ty: out.put(static_cast<std::uint8_t>(i.src_ty)); return;
    case field_kind::cond: out.put(static_cast<std::uint8_t>(i.cond)); return;
    case field_kind::pred_opt: out.put(static_cast<std::uint8_t>(i.predicated ? 1 : 0)); [[fallthrough]];
    case field_kind::dst:
    case field_kind::src:
    case field_kind::pred_dst:
    case field_kind::pred_src: out.put(i.regs.at(f.slot)); return;
    case field_kind::bits:
    case field_kind::scope:
    case field_kind::operation: out.put(i.value); return;
    case field_kind::number:
    case field_kind::real:
    case field_kind::flag: out.put(f.slot == 0 ? i.value : i.params.at(f.slot - 1U)); return;
    case field_kind::addr:
      out.put(static_cast<std::uint8_t>(i.addr.mode));
      out.put(i.addr.handle);
      out.put(i.addr.offset);
      out.put(static_cast<std::uint32_t>(i.addr.displacement));
      for (const std::uint16_t n :
           {i.addr.base, i.addr.offset_reg, i.addr.phi_class, i.addr.phi_page, i.addr.phi_byte}) {
        out.put(n);
      }
      return;
    case field_kind::label: out.put_text(i.target); return;
  }
}

template <class E>
E enumerator(byte_reader& in, std::uint8_t last, const char* what) {
  const auto v = in.get<std::uint8_t>();
  if (v > last) in.fail(what);
  return static_cast<E>(v);
}

void read_field(byte_reader& in, instruction& i, const field_info& f) {
  switch (f.kind) {
    case field_kind::ty: i.ty = enumerator<type>(in, type_count - 1, "no such type"); return;
    case field_kind::src_ty: i.src_ty = enumerator<type>(in, type_count - 1, "no such type"); return;
    case field_kind::cond: i.cond = enumerator<condition>(in, 9, "no such condition"); return;
    case field_kind::pred_opt:
      i.predicated = enumerator<std::uint8_t>(in, 1, "no truth value") != 0;
      [[fallthrough]];
    case field_kind::dst:
    case field_kind::src:
    case field_kind::pred_dst:
    case field_kind::pred_src: i.regs.at(f.slot) = in.get<std::uint16_t>(); return;
    case field_kind::bits: i.value = in.get<std::uint64_t>(); return;
    case field_kind::scope:
    case field_kind::operation: {
      i.value = in.get<std::uint64_t>();
      const std::size_t limit = f.kind == field_kind::scope ? 4 : operations_of(i.op).size();
      if (i.value >= limit) in.fail("no such scope or operation");
      return;
    }
    case field_kind::number:
    case field_kind::real:
    case field_kind::flag: {
      const auto v = in.get<std::uint64_t>();
      if (f.slot == 0) {
        i.value = v;
      } else {
        if (i.params.size() < f.slot) i.params.resize(f.slot);
        i.params[f.slot - 1U] = v;
      }
      return;
    }
    case field_kind::addr:
      i.addr.mode = enumerator<address_mode>(in, 3, "no such address mode");
      i.addr.handle = in.get<std::uint64_t>();
      i.addr.offset = in.get<std::uint64_t>();
      i.addr.displacement = static_cast<std::int32_t>(in.get<std::uint32_t>());
      i.addr.base = in.get<std::uint16_t>();
      i.addr.offset_reg = in.get<std::uint16_t>();
      i.addr.phi_class = in.get<std::uint16_t>();
      i.addr.phi_page = in.get<std::uint16_t>();
      i.addr.phi_byte = in.get<std::uint16_t>();
      return;
    case field_kind::label: i.target = in.text(); return;
  }
}

}  // namespace

std::vector<std::byte> program::to_bytes() const {
  byte_writer body;
  body.put(static_cast<std::uint32_t>(labels_.size()));
  for (const auto& [name, index] : labels_) {
    body.put_text(name);
    body.put(static_cast<std::uint64_t>(index));
  }
  body.put(static_cast<std::uint32_t>(code_.size()));
  for (const instruction& i : code_) {
    body.put(static_cast<std::uint8_t>(i.op));
    for (const field_info& f : fields_of(i.op)) write_field(body, i, f);
  }
  byte_writer out;
  out.put_bytes(magic);
  out.put(version);
  out.put(static_cast<std::uint64_t>(body.bytes().size()));
  out.put_bytes(body.bytes());
  out.put(crc32c(body.bytes()));
  return out.take();
}

program program::from_bytes(std::span<const std::byte> bytes) {
  byte_reader head(bytes);
  if (bytes.size() < magic.size() || !std::ranges::equal(bytes.first(magic.size()), magic)) {
    head.fail("no program: the magic number is missing");
  }
  static_cast<void>(head.get<std::uint32_t>());
  if (const auto v = head.get<std::uint32_t>(); v != version)
    head.fail("version " + std::to_string(v) + " is not known");
  const auto length = head.get<std::uint64_t>();
  if (head.left() < sizeof(std::uint32_t) || length != head.left() - sizeof(std::uint32_t)) {
    head.fail("the length disagrees with the bytes that follow");
  }
  const auto body = bytes.subspan(bytes.size() - head.left(), length);
  byte_reader tail(bytes.subspan(bytes.size() - sizeof(std::uint32_t)));
  if (tail.get<std::uint32_t>() != crc32c(body)) head.fail("the checksum disagrees with the content");
  byte_reader in(body);
  program out;
  for (auto n = in.get<std::uint32_t>(); n != 0; --n) {
    std::string name = in.text();
    const auto index = in.get<std::uint64_t>();
    if (!out.labels_.emplace(std::move(name), index).second) in.fail("a label is bound twice");
  }
  for (auto n = in.get<std::uint32_t>(); n != 0; --n) {
    instruction i;
    i.op = enumerator<opcode>(in, opcode_count - 1, "no such instruction");
    for (const field_info& f : fields_of(i.op)) read_field(in, i, f);
    out.code_.push_back(std::move(i));
  }
  if (in.left() != 0) in.fail("bytes after the last instruction");
  return out;
}

void program::save(const std::string& path) const { write_file_atomically(path, to_bytes()); }

program program::load(const std::string& path) {
  const std::string content = read_file(path, {.expected = "a program file"});
  return from_bytes(std::as_bytes(std::span(content)));
}

}  // namespace twill::lanes
