// SPDX-License-Identifier: Apache-2.0
#include "parquet/codec.hpp"

#include "parquet/snappy.hpp"
#include "twill/table/findings.hpp"

#include <fmt/format.h>
#include <zstd.h>

#ifdef TWILL_HAVE_ZLIB
#include <zlib.h>
#endif

#include <cstring>

namespace twill::table::detail::pq {

#ifdef TWILL_HAVE_ZLIB
constexpr bool has_gzip = true;
#else
constexpr bool has_gzip = false;
#endif

struct decompressor::state {
  struct release {
    void operator()(ZSTD_DCtx* c) const noexcept { ZSTD_freeDCtx(c); }
  };
  std::unique_ptr<ZSTD_DCtx, release> zstd;
};

struct compressor::state {
  struct release {
    void operator()(ZSTD_CCtx* c) const noexcept { ZSTD_freeCCtx(c); }
  };
  std::unique_ptr<ZSTD_CCtx, release> zstd;
};

decompressor::decompressor() : state_(std::make_unique<state>()) {}
decompressor::~decompressor() = default;

void decompressor::require_known(codec kind, const context& at) {
  if (kind == codec::none || kind == codec::snappy || kind == codec::zstd) return;
  if (kind == codec::gzip) {
    if (has_gzip) return;
    at.unsupported("this build has no gzip", name_of(kind), "UNCOMPRESSED, SNAPPY or ZSTD",
                   "build with zlib (apt-get install zlib1g-dev), or write the file with zstd");
  }
  at.unsupported("compression is not supported", name_of(kind), "UNCOMPRESSED, SNAPPY, GZIP or ZSTD",
                 "write the file with zstd or snappy compression");
}

void decompressor::require_plausible(codec kind, std::size_t from, std::size_t to, const context& at) {
  // The best a codec can do: a Snappy copy makes 64 bytes of 3, deflate 1032 bytes of 1. zstd has no such
  // bound that helps, so there a large page that shrinks a thousandfold counts as a bomb; writers keep pages
  // near 1 MiB.
  constexpr std::size_t bomb_from = std::size_t{64} << 20;
  if (kind == codec::none) {
    if (to == from) return;
    at.corrupt("page sizes differ without compression", std::to_string(from), std::to_string(to));
  }
  const bool possible = kind == codec::snappy ? to / 22 <= from + 8
                        : kind == codec::gzip ? to / 1033 <= from
                                              : to < bomb_from || to / 1000 <= from;
  if (!possible) {
    at.too_large("page size cannot be true for its compression",
                 fmt::format("{} bytes of {} by {}", to, from, name_of(kind)), {},
                 "do not trust this file: it asks for far more memory than it holds data");
  }
}

namespace {

#ifdef TWILL_HAVE_ZLIB

void inflate_page(bytes input, std::span<std::byte> output, const context& at) {
  z_stream z{};
  // 32 added to the window bits: gzip and zlib framing are told apart by their first bytes.
  if (inflateInit2(&z, 15 + 32) != Z_OK) throw std::bad_alloc();
  struct guard {
    z_stream* z;
    ~guard() { inflateEnd(z); }
  } const end{&z};
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  z.avail_in = static_cast<uInt>(input.size());
  // zlib wants room even for nothing; a byte that lands there makes the page too long.
  Bytef spare = 0;
  z.next_out = output.empty() ? &spare : reinterpret_cast<Bytef*>(output.data());
  const uInt room = output.empty() ? 1 : static_cast<uInt>(output.size());
  const uInt unused = output.empty() ? 1 : 0;
  z.avail_out = room;
  for (;;) {
    const int rc = inflate(&z, Z_FINISH);
    if (rc == Z_STREAM_END) {
      if (z.avail_out == unused || z.avail_in == 0) break;
      inflateReset(&z);  // a page may hold several gzip members
      continue;
    }
    at.corrupt("gzip data are damaged", z.msg != nullptr ? z.msg : "data that end early or are too long");
  }
  if (z.avail_out != unused) {
    at.corrupt("gzip data have another length than the page header",
               fmt::format("{} bytes", room - z.avail_out), std::to_string(output.size()));
  }
}

void deflate_page(bytes input, int level, std::string& out) {
  z_stream z{};
  // 16 added to the window bits asks for gzip framing, whose header carries no time: equal input, equal
  // bytes.
  if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  out.resize(deflateBound(&z, static_cast<uLong>(input.size())));
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int rc = deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  if (rc != Z_STREAM_END) throw error(twill::errc::internal, {.what = "gzip did not take a whole page"});
}

#else

void inflate_page(bytes, std::span<std::byte>, const context& at) {
  decompressor::require_known(codec::gzip, at);
}
void deflate_page(bytes, int, std::string&) {
  throw error(errc::unsupported,
              {.what = "this build has no gzip", .hint = "build with zlib, or write with zstd"});
}

#endif

}  // namespace

void decompressor::run(codec kind, bytes input, std::span<std::byte> output, const context& at) {
  require_known(kind, at);
  switch (kind) {
    case codec::snappy: return snappy_decompress(input, output, at);
    case codec::gzip: return inflate_page(input, output, at);
    case codec::zstd: {
      if (!state_->zstd) state_->zstd.reset(ZSTD_createDCtx());
      if (!state_->zstd) throw std::bad_alloc();
      const std::size_t n =
          ZSTD_decompressDCtx(state_->zstd.get(), output.data(), output.size(), input.data(), input.size());
      if (ZSTD_isError(n) != 0) at.corrupt("zstd data are damaged", ZSTD_getErrorName(n));
      if (n != output.size()) {
        at.corrupt("zstd data end early", fmt::format("{} bytes", n), std::to_string(output.size()));
      }
      return;
    }
    default: {
      require_plausible(kind, input.size(), output.size(), at);
      if (!input.empty()) std::memcpy(output.data(), input.data(), input.size());
    }
  }
}

compressor::compressor(codec kind, int level)
    : kind_(kind), level_(level), state_(std::make_unique<state>()) {}
compressor::~compressor() = default;

bytes compressor::run(bytes input) {
  switch (kind_) {
    case codec::none: return input;
    case codec::snappy:
      out_.clear();
      snappy_compress(input, out_);
      break;
    case codec::gzip: deflate_page(input, level_, out_); break;
    default: {
      if (!state_->zstd) state_->zstd.reset(ZSTD_createCCtx());
      if (!state_->zstd) throw std::bad_alloc();
      if (const std::size_t bound = ZSTD_compressBound(input.size()); out_.size() < bound) out_.resize(bound);
      const std::size_t n =
          ZSTD_compressCCtx(state_->zstd.get(), out_.data(), out_.size(), input.data(), input.size(), level_);
      if (ZSTD_isError(n) != 0) throw error(twill::errc::internal, {.what = ZSTD_getErrorName(n)});
      return std::as_bytes(std::span(out_.data(), n));
    }
  }
  return std::as_bytes(std::span(out_.data(), out_.size()));
}

}  // namespace twill::table::detail::pq
