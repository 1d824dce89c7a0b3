// SPDX-License-Identifier: Apache-2.0
#include "parquet/column_reader.hpp"

#include "parquet/convert.hpp"

#include <utility>

namespace twill::table::detail::pq {

namespace {

std::size_t width_of(column_type type) {
  switch (type) {
    case column_type::boolean: return 1;
    case column_type::int32:
    case column_type::uint32:
    case column_type::float32:
    case column_type::date: return 4;
    default: return 8;  // texts: their offsets
  }
}

/// Moves the values that stand at the front of `out` to the rows where they belong, from the back so that
/// nothing is overwritten before it moved.
template <class T>
void spread(T* out, const std::uint8_t* present, std::size_t rows, std::size_t values) noexcept {
  for (std::size_t row = rows; row-- > 0 && values <= row;) {
    if (present[row] != 0)
      out[row] = out[--values];
    else
      out[row] = null_slot<T>;
  }
}

}  // namespace

column_reader::column_reader(const leaf& shape, std::size_t rows, std::uint64_t stored, budget& memory,
                             decompressor& unpack)
    : shape_(shape), memory_(memory), unpack_(unpack), column_(shape.name, shape.target, shape.optional) {
  // Rows are only a claim: memory for all of them is taken at once where the stored bytes make the claim
  // likely, and grows with what is really decoded otherwise.
  const std::size_t width = width_of(shape.target);
  if (rows <= (stored * 64 + (std::uint64_t{1} << 20)) / width) {
    visit([rows](auto& values) {
      if constexpr (requires { values.reserve(rows); }) values.reserve(rows);
    });
  }
}

template <class F>
void column_reader::visit(F&& with_buffer) {
  switch (shape_.target) {
    case column_type::boolean: return with_buffer(column_.mutable_values<bool>());
    case column_type::int32: return with_buffer(column_.mutable_values<std::int32_t>());
    case column_type::int64: return with_buffer(column_.mutable_values<std::int64_t>());
    case column_type::uint32: return with_buffer(column_.mutable_values<std::uint32_t>());
    case column_type::uint64: return with_buffer(column_.mutable_values<std::uint64_t>());
    case column_type::float32: return with_buffer(column_.mutable_values<float>());
    case column_type::float64: return with_buffer(column_.mutable_values<double>());
    case column_type::date: return with_buffer(column_.mutable_values<date>());
    case column_type::string: return with_buffer(column_.mutable_strings());
  }
}

void column_reader::read(byte_source& file, std::uint64_t data_end, const column_chunk& chunk, context& at) {
  at.column = shape_.name;
  at.page.reset();
  page_reader pages(file, data_end, chunk, shape_.optional, unpack_, memory_, at);
  dictionary4_.clear(), dictionary8_.clear(), dictionary_texts_.clear();
  for (page in; pages.next(in);) {
    if (in.dictionary)
      dictionary(in, at);
    else
      append(in, at);
  }
}

void column_reader::dictionary(const page& in, const context& at) {
  const value_block& v = in.values;
  if (v.count == 0) return;
  if (shape_.convert != conversion::same) {
    // The views must live as long as the chunk, the page's memory does not.
    memory_.require(v.data.size(), at);
    dictionary_bytes_.clear();
    dictionary_bytes_.append(v.data);
    decode_texts({encoding::plain, bytes(dictionary_bytes_.data(), dictionary_bytes_.size()), v.count},
                 shape_.type, shape_.length, {}, dictionary_texts_, store_, 0, at);
  } else if (shape_.type == physical::int32 || shape_.type == physical::real32) {
    require_size(v, 4, at);
    dictionary4_.resize_for_overwrite(v.count);
    std::memcpy(dictionary4_.data(), v.data.data(), v.count * 4);
  } else if (shape_.type == physical::int64 || shape_.type == physical::real64) {
    require_size(v, 8, at);
    dictionary8_.resize_for_overwrite(v.count);
    std::memcpy(dictionary8_.data(), v.data.data(), v.count * 8);
  } else {
    at.corrupt("dictionary page in a column that cannot have one", name_of(shape_.type));
  }
}

std::size_t column_reader::levels(const page& in, const context& at) {
  flags_.clear();
  if (!shape_.optional) return in.rows;
  if (in.levels.empty()) {
    if (in.rows != 0) at.corrupt("page of a nullable column lacks its levels");
    return 0;
  }
  flags_.resize_for_overwrite(in.rows);
  const std::size_t present = hybrid_decoder(in.levels, 1, at).decode_flags(flags_.data(), in.rows);
  if (present == in.rows) flags_.clear();
  return present;
}

void column_reader::append(const page& in, const context& at) {
  if (in.rows == 0) return;
  memory_.take(std::uint64_t{in.rows} * width_of(shape_.target), at);
  value_block v = in.values;
  v.count = levels(in, at);
  if (shape_.convert != conversion::same) {
    append_texts(v, in, at);
  } else {
    visit([&](auto& values) {
      if constexpr (requires { values.resize_for_overwrite(1); }) {
        using U = std::remove_reference_t<decltype(values[0])>;
        values.resize_for_overwrite(rows_ + in.rows);
        U* out = values.data() + rows_;
        if constexpr (std::is_same_v<U, bool>) {
          decode_booleans(v, out, at);
        } else if constexpr (sizeof(U) == 4) {
          decode_words(v, shape_.type, dictionary4_, out, delta_, at);
        } else {
          decode_words(v, shape_.type, dictionary8_, out, delta_, at);
        }
        if (!flags_.empty()) spread(out, flags_.data(), in.rows, v.count);
      }
    });
  }
  if (!flags_.empty() && validity_.empty()) {
    memory_.take(rows_, at);
    validity_.resize(rows_, 1);
  }
  rows_ += in.rows;
  if (!flags_.empty()) {
    memory_.take(in.rows, at);
    validity_.append(std::span<const std::uint8_t>(flags_.data(), flags_.size()));
  } else if (!validity_.empty()) {
    memory_.take(in.rows, at);
    validity_.resize(rows_, 1);
  }
}

void column_reader::append_texts(const value_block& in, const page& whole, const context& at) {
  decode_texts(in, shape_.type, shape_.length, dictionary_texts_, texts_, store_, memory_.left(), at);
  std::size_t next = 0;
  const auto each = [&](auto&& present, auto&& missing) {
    for (std::size_t row = 0; row < whole.rows; ++row) {
      if (flags_.empty() || flags_[row] != 0)
        present(texts_[next++]);
      else
        missing();
    }
  };
  switch (shape_.convert) {
    case conversion::text: {
      string_array& out = column_.mutable_strings();
      std::uint64_t size = 0;
      for (const std::string_view text : texts_) {
        if (shape_.must_be_utf8 && !is_utf8(text)) at.corrupt("text is not valid UTF-8");
        size += text.size();
      }
      memory_.take(size, at);
      each([&](std::string_view text) { out.push_back(text); }, [&] { out.push_back({}); });
      return;
    }
    case conversion::uuid: {
      string_array& out = column_.mutable_strings();
      memory_.take(std::uint64_t{36} * texts_.size(), at);
      each([&](std::string_view text) { out.push_back(from_uuid(text)); }, [&] { out.push_back({}); });
      return;
    }
    case conversion::half: {
      buffer<float>& out = column_.mutable_values<float>();
      each([&](std::string_view v) { out.push_back(from_half(v)); },
           [&] { out.push_back(null_slot<float>); });
      return;
    }
    case conversion::int96: {
      buffer<std::int64_t>& out = column_.mutable_values<std::int64_t>();
      each([&](std::string_view v) { out.push_back(from_int96(v, at)); }, [&] { out.push_back(0); });
      return;
    }
    default: {
      buffer<std::int64_t>& out = column_.mutable_values<std::int64_t>();
      each([&](std::string_view v) { out.push_back(from_decimal(v, at)); }, [&] { out.push_back(0); });
    }
  }
}

table_column column_reader::finish() && {
  column_.set_validity(std::move(validity_));
  column_.set_nullable(shape_.optional);
  return std::move(column_);
}

}  // namespace twill::table::detail::pq
