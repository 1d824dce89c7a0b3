// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::comm {

/// Hints for a backend: keys of up to 255 bytes, values of up to 1023, in the order of the keys.
class info {
 public:
  info() = default;
  /// Throws: as set.
  info(std::initializer_list<std::pair<std::string_view, std::string_view>> entries);

  /// Adds or overwrites. Throws: error(invalid_argument) for an empty or over-long key and an over-long
  /// value.
  void set(std::string_view key, std::string_view value);
  /// The value, if the key is there.
  [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
  /// True when it was there.
  bool erase(std::string_view key);
  /// In order.
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Entries.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// No entries.
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Bytes of a key at most.
  static constexpr std::size_t max_key = 255;
  /// Bytes of a value at most.
  static constexpr std::size_t max_value = 1023;

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace twill::comm
