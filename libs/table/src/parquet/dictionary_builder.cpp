// SPDX-License-Identifier: Apache-2.0
#include "parquet/dictionary_builder.hpp"

#include "parquet/rle.hpp"

#include <bit>
#include <cstring>

namespace twill::table::detail::pq {

namespace {

constexpr std::size_t most_entries = std::size_t{1} << 16;
constexpr std::size_t most_bytes = std::size_t{1} << 20;
constexpr std::size_t trial = 16384;  // values after which nearly all distinct ones end the attempt

std::uint64_t mix(std::uint64_t x) noexcept {
  // Round doubles differ in their top bits only: those go down first, since a product spreads bits upwards
  // alone.
  x ^= x >> 32;
  x *= 0x9E3779B97F4A7C15U;
  return x ^ (x >> 29);
}

std::uint64_t hash(std::uint64_t word) noexcept { return mix(word); }

std::uint64_t hash(std::string_view text) noexcept {
  std::uint64_t h = text.size();
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    h = mix(h ^ word) + i;
  }
  for (; i < text.size(); ++i) h = mix(h ^ static_cast<unsigned char>(text[i]));
  return mix(h);
}

/// Open addressing over the distinct values; hashing decides only where a value is looked for, never the
/// order.
template <class Key, class Get>
std::optional<dictionary> build(const table_column& column, std::size_t first, std::size_t count, Get&& get) {
  dictionary out;
  constexpr std::uint32_t nothing = ~std::uint32_t{0};
  std::vector<std::uint32_t> slots(1024, nothing);
  std::vector<Key> keys;
  std::size_t entry_bytes = 0;
  std::size_t plain_bytes = 0;
  const bool gaps = !column.validity().empty();
  const auto size_of = [](const Key& k) {
    if constexpr (std::is_same_v<Key, std::string_view>)
      return k.size() + 4;
    else
      return sizeof(k);
  };
  for (std::size_t row = first; row < first + count; ++row) {
    if (gaps && column.is_null(row)) continue;
    const Key key = get(row);
    plain_bytes += size_of(key);
    std::size_t slot = hash(key) & (slots.size() - 1);
    while (slots[slot] != nothing && !(keys[slots[slot]] == key)) slot = (slot + 1) & (slots.size() - 1);
    if (slots[slot] == nothing) {
      entry_bytes += size_of(key);
      if (keys.size() >= most_entries || entry_bytes > most_bytes) return std::nullopt;
      if (out.indices.size() >= trial && keys.size() > out.indices.size() / 4 * 3) return std::nullopt;
      slots[slot] = static_cast<std::uint32_t>(keys.size());
      keys.push_back(key);
      out.rows.push_back(row);
      out.indices.push_back(slots[slot]);
      if (keys.size() * 2 > slots.size()) {
        slots.assign(slots.size() * 2, nothing);
        for (std::size_t k = 0; k < keys.size(); ++k) {
          std::size_t s = hash(keys[k]) & (slots.size() - 1);
          while (slots[s] != nothing) s = (s + 1) & (slots.size() - 1);
          slots[s] = static_cast<std::uint32_t>(k);
        }
      }
    } else {
      out.indices.push_back(slots[slot]);
    }
  }
  if (keys.empty()) return std::nullopt;
  const std::size_t index_bytes = out.indices.size() * bits_for(keys.size() - 1) / 8;
  // The page it costs has a header of its own, about 30 bytes.
  if (entry_bytes + index_bytes + 30 >= plain_bytes) return std::nullopt;
  return out;
}

template <class T>
std::optional<dictionary> build_words(const table_column& column, std::size_t first, std::size_t count) {
  const std::span<const T> values = column.values<T>();
  using word = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  // By bits, so that -0 stays -0 and every NaN keeps its payload.
  return build<word>(column, first, count,
                     [values](std::size_t row) { return std::bit_cast<word>(values[row]); });
}

}  // namespace

std::optional<dictionary> build_dictionary(const table_column& column, std::size_t first, std::size_t count) {
  switch (column.type()) {
    case column_type::boolean: return std::nullopt;
    case column_type::int32: return build_words<std::int32_t>(column, first, count);
    case column_type::int64: return build_words<std::int64_t>(column, first, count);
    case column_type::uint32: return build_words<std::uint32_t>(column, first, count);
    case column_type::uint64: return build_words<std::uint64_t>(column, first, count);
    case column_type::float32: return build_words<float>(column, first, count);
    case column_type::float64: return build_words<double>(column, first, count);
    case column_type::date: return build_words<date>(column, first, count);
    case column_type::string: {
      const string_array& texts = column.strings();
      return build<std::string_view>(column, first, count, [&](std::size_t row) { return texts[row]; });
    }
  }
  return std::nullopt;
}

}  // namespace twill::table::detail::pq
