// SPDX-License-Identifier: Apache-2.0
#include "parquet/context.hpp"

#include "twill/table/findings.hpp"

#include <fmt/format.h>

#include <utility>

namespace twill::table::detail::pq {

namespace {

diagnosis describe(const context& at, std::string_view what, std::string found, std::string expected,
                   std::string hint) {
  diagnosis d;
  d.where.file = at.file;
  d.where.field = at.column;
  std::string place;
  if (at.row_group) place += fmt::format("row group {}, ", *at.row_group);
  if (at.page) place += fmt::format("page {}, ", *at.page);
  d.what = fmt::format("{}byte {}: {}", place, at.offset, what);
  d.found = std::move(found);
  d.expected = std::move(expected);
  d.hint = std::move(hint);
  return d;
}

}  // namespace

void context::corrupt(std::string_view what, std::string found, std::string expected,
                      std::string hint) const {
  if (hint.empty())
    hint = "the file is damaged or cut short: write it again, or copy it again from its source";
  throw error(errc::invalid_input,
              describe(*this, what, std::move(found), std::move(expected), std::move(hint)));
}

void context::unsupported(std::string_view what, std::string found, std::string expected,
                          std::string hint) const {
  throw error(errc::unsupported,
              describe(*this, what, std::move(found), std::move(expected), std::move(hint)));
}

void context::too_large(std::string_view what, std::string found, std::string expected,
                        std::string hint) const {
  throw error(errc::too_large, describe(*this, what, std::move(found), std::move(expected), std::move(hint)));
}

}  // namespace twill::table::detail::pq
