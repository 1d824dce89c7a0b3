// SPDX-License-Identifier: Apache-2.0
// Cuts as FlatBuffers, written forwards: every reference of the format points to a higher address.
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/policy.hpp"

#include <fmt/core.h>

#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

namespace twill::sddp {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little endian");

class flat_writer {
 public:
  template <class T>
  std::size_t put(T value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
    return at;
  }
  void align(std::size_t to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }
  // Makes the reference at `from` point to the next byte to be written.
  void refer(std::size_t from) {
    const auto distance = static_cast<std::uint32_t>(bytes_.size() - from);
    std::memcpy(bytes_.data() + from, &distance, sizeof(distance));
  }
  // Offsets of the fields within the table; 0: the field has its default.
  template <std::size_t N>
  std::size_t vtable(std::uint16_t table_size, const std::array<std::uint16_t, N>& fields) {
    align(2);
    const std::size_t at = put(static_cast<std::uint16_t>(4 + 2 * N));
    put(table_size);
    for (const std::uint16_t f : fields) put(f);
    return at;
  }
  std::size_t begin_table(std::size_t vtable) {
    const std::size_t at = bytes_.size();
    put(static_cast<std::int32_t>(at - vtable));
    return at;
  }
  void vector_of(std::size_t reference, std::span<const double> values) {
    // The elements, not the count before them, are aligned.
    align(4);
    if (bytes_.size() % 8 == 0) put(std::uint32_t{0});
    refer(reference);
    put(static_cast<std::uint32_t>(values.size()));
    for (const double v : values) put(v);
  }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<std::uint8_t> bytes_{};
};

void put_cut(flat_writer& out, std::size_t reference, std::size_t vtable, const cut_view& cut) {
  out.align(8);
  out.refer(reference);
  out.begin_table(vtable);
  out.put(cut.slot);                                           // 4: slot_index
  out.put(std::uint64_t{cut.slot});                            // 8: cut_id
  out.put(cut.intercept);                                      // 16
  out.put(cut.iteration);                                      // 24
  out.put(cut.forward_pass);                                   // 28
  const std::size_t coefficients = out.put(std::uint32_t{0});  // 32
  const std::size_t trial_point = out.put(std::uint32_t{0});   // 36
  out.put(static_cast<std::uint8_t>(cut.active));              // 40
  out.vector_of(coefficients, cut.coefficients);
  out.vector_of(trial_point, cut.trial_point);
}

flat_writer encode(const cut_pool& pool, std::int32_t stage) {
  flat_writer out;
  const std::size_t root = out.put(std::uint32_t{0});
  // cut_id, slot_index, iteration, forward_pass_index, burnt, intercept, coefficients, state_at_generation,
  // is_active
  const std::size_t cut_fields = out.vtable<9>(41, {8, 4, 24, 28, 0, 16, 32, 36, 40});
  // stage_id, state_dimension, capacity, warm_start_count, cuts, active_cut_indices, populated_count
  const std::size_t stage_fields = out.vtable<7>(32, {4, 8, 12, 16, 20, 24, 28});
  out.align(8);
  out.refer(root);
  out.begin_table(stage_fields);
  const auto count = static_cast<std::uint32_t>(pool.size());
  out.put(static_cast<std::uint32_t>(stage));
  out.put(static_cast<std::uint32_t>(pool.state_size()));
  out.put(count);
  out.put(std::uint32_t{0});
  const std::size_t cuts = out.put(std::uint32_t{0});
  const std::size_t active = out.put(std::uint32_t{0});
  out.put(count);

  out.refer(active);
  out.put(static_cast<std::uint32_t>(pool.active()));
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    if (pool.is_active(slot)) out.put(slot);
  }
  out.refer(cuts);
  out.put(count);
  std::vector<std::size_t> references;
  for (std::uint32_t slot = 0; slot < count; ++slot) references.push_back(out.put(std::uint32_t{0}));
  for (std::uint32_t slot = 0; slot < count; ++slot) put_cut(out, references[slot], cut_fields, pool[slot]);
  if (out.size() > std::numeric_limits<std::int32_t>::max()) {
    throw error(sddp::make_error_code(sddp::errc::cannot_write),
                {.what = fmt::format("the cuts of stage {} exceed the 2 GiB of a FlatBuffers file", stage)});
  }
  return out;
}

}  // namespace

void write_policy(const policy& p, std::span<const std::int32_t> stage_ids, const std::string& directory) {
  const std::string folder = directory + "/cuts";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw error(
        sddp::make_error_code(sddp::errc::cannot_write),
        {.what = "the folder cannot be made: " + failed.message(), .where = twill::location{.file = folder}});
  }
  for (std::size_t t = 0; t < p.stages.size(); ++t) {
    write_file_atomically(fmt::format("{}/stage_{:03}.bin", folder, t),
                          encode(p.stages[t], stage_ids[t]).text());
  }
}

}  // namespace twill::sddp
