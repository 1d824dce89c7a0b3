// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/event.hpp"

#include <functional>
#include <mutex>
#include <string_view>

namespace twill {

/// Takes one whole line, its newline included. Called under the sink's lock, never by two threads at once.
using line_writer = std::function<void(std::string_view line)>;

/// How text lines look.
struct text_event_options {
  bool color = false;        ///< ANSI colours for the level
  bool show_rank = false;    ///< `warning[rank 3] ...` where the rank is known
  bool show_time = false;    ///< UTC with milliseconds in front
  bool only_rank_0 = false;  ///< other ranks are silent; an unknown rank counts as 0
};

/// One line an event for people: `warning par.pool.oversubscribed: 8 threads on 4 CPUs (threads=8, cpus=4)`.
/// Further lines of a message are indented; control characters appear escaped, so no message can steer a
/// terminal.
class text_event_sink final : public event_sink {
 public:
  /// Writes one readable line an event through `writer`.
  explicit text_event_sink(line_writer writer, text_event_options options = {});
  void receive(const event& e) override;

 private:
  std::mutex mutex_;
  line_writer writer_;
  text_event_options options_;
};

/// How JSON lines look.
struct json_event_options {
  bool only_rank_0 = false;  ///< other ranks are silent; an unknown rank counts as 0
};

/// One JSON object a line: `time` (UTC, microseconds), `level`, `event`, `message`, `rank` where known,
/// `thread`, `fields`. Numbers that are not finite are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
class json_lines_event_sink final : public event_sink {
 public:
  /// Writes one JSON object a line through `writer`.
  explicit json_lines_event_sink(line_writer writer, json_event_options options = {});
  void receive(const event& e) override;

 private:
  std::mutex mutex_;
  line_writer writer_;
  json_event_options options_;
};

}  // namespace twill
