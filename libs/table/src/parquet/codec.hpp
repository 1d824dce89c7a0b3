// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/metadata.hpp"

#include <memory>
#include <span>
#include <string>

namespace twill::table::detail::pq {

/// Undoes the compression of pages; keeps the working memory of zstd between them.
class decompressor {
 public:
  decompressor();
  ~decompressor();
  decompressor(decompressor&&) = delete;
  decompressor& operator=(decompressor&&) = delete;

  /// Throws: `twill::error` for a codec this reader lacks.
  static void require_known(codec kind, const context& at);
  /// Refuses sizes that the codec cannot reach from `from` bytes, before memory is taken for them.
  static void require_plausible(codec kind, std::size_t from, std::size_t to, const context& at);
  /// Throws: `twill::error` unless `input` decodes to exactly `output.size()` bytes.
  void run(codec kind, bytes input, std::span<std::byte> output, const context& at);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Compresses pages, the same bytes for the same input.
class compressor {
 public:
  compressor(codec kind, int level);
  ~compressor();
  compressor(compressor&&) = delete;
  compressor& operator=(compressor&&) = delete;

  [[nodiscard]] codec kind() const noexcept { return kind_; }
  /// The compressed form, valid until the next call; `input` itself for the codec none.
  bytes run(bytes input);

 private:
  struct state;
  codec kind_;
  int level_;
  std::unique_ptr<state> state_;
  std::string out_;
};

}  // namespace twill::table::detail::pq
