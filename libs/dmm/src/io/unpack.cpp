// SPDX-License-Identifier: Apache-2.0
#include "io/unpack.hpp"

#include "twill/dmm/error.hpp"

#ifdef TWILL_HAVE_ZLIB
#include <algorithm>
#include <new>
#include <zlib.h>
#endif

namespace twill::dmm::detail {

bool is_gzip(std::string_view content) noexcept { return content.starts_with("\x1f\x8b"); }

#ifdef TWILL_HAVE_ZLIB

std::string unpack_gzip(std::string_view content, const std::string& name) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip framing
  struct guard {
    z_stream* z;
    ~guard() { inflateEnd(z); }
  } const end{&z};
  constexpr std::size_t most = std::size_t{1} << 30U;  // zlib counts in 32 bits
  std::string out;
  std::size_t filled = 0;
  for (;;) {
    if (z.avail_in == 0) {
      const std::string_view part = content.substr(0, most);
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      z.avail_in = static_cast<uInt>(part.size());
      content.remove_prefix(part.size());
    }
    if (filled == out.size()) out.resize(std::max<std::size_t>(std::size_t{1} << 16U, 2 * out.size()));
    const auto room = static_cast<uInt>(std::min(most, out.size() - filled));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    z.avail_out = room;
    const int rc = inflate(&z, Z_NO_FLUSH);
    filled += room - z.avail_out;
    if (rc == Z_STREAM_END) {
      if (z.avail_in == 0 && content.empty()) break;
      inflateReset(&z);  // a file may have several members, one after the other
    } else if (rc != Z_OK) {
      throw error(errc::malformed_table, {.what = "the gzip data are damaged or end early",
                                          .where = location{.file = name},
                                          .found = z.msg != nullptr ? z.msg : ""});
    }
  }
  out.resize(filled);
  return out;
}

#else

std::string unpack_gzip(std::string_view, const std::string& name) {
  throw error(errc::unsupported, {.what = "this file is compressed with gzip, and this build has no zlib",
                                  .where = location{.file = name},
                                  .hint = "unpack it first: gunzip -k FILE"});
}

#endif

}  // namespace twill::dmm::detail
