// SPDX-License-Identifier: Apache-2.0
#include "cursor.hpp"

#include <algorithm>
#include <cstring>

namespace twill::table::csv {

field cursor::next_field() {
  if (at_ != end_ && *at_ == '"') return quoted_field();
  const char* const start = at_;
  bool quote = false;
  while (at_ != limit_ && *at_ != delimiter_ && *at_ != '\n') {
    quote = quote || *at_ == '"';
    ++at_;
  }
  if (at_ == limit_ && limit_ != end_) return {.fault = form_fault::too_long};
  // The carriage return of CRLF belongs to the line end.
  if ((at_ == end_ || *at_ == '\n') && at_ != start && at_[-1] == '\r') --at_;
  return {.text = {start, static_cast<std::size_t>(at_ - start)},
          .fault = quote ? form_fault::quote_inside : form_fault::none};
}

field cursor::quoted_field() {
  const char* piece = ++at_;
  bool joined = false;
  scratch_.clear();
  field read{.quoted = true};
  for (;;) {
    const auto* const quote =
        static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(limit_ - at_)));
    if (quote == nullptr) {
      at_ = limit_;
      read.fault = limit_ == end_ ? form_fault::unclosed_quote : form_fault::too_long;
      return read;
    }
    at_ = quote + 1;
    if (at_ != end_ && *at_ == '"') {
      scratch_.append(piece, at_);
      joined = true;
      piece = ++at_;
      continue;
    }
    if (joined) {
      scratch_.append(piece, quote);
      read.text = scratch_;
    } else {
      read.text = {piece, static_cast<std::size_t>(quote - piece)};
    }
    read.line_breaks = static_cast<std::size_t>(std::ranges::count(read.text, '\n'));
    break;
  }
  if (ends_field(at_)) return read;
  read.fault = form_fault::text_behind_quote;
  while (at_ != limit_ && !ends_field(at_)) ++at_;
  if (at_ == limit_ && limit_ != end_) read.fault = form_fault::too_long;
  return read;
}

}  // namespace twill::table::csv
