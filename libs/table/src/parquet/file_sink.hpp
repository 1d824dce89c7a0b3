// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/chunk_writer.hpp"

namespace twill::table::detail::pq {

/// A file that appears under its name by `commit` and not before; without it nothing is left behind.
class file_sink final : public sink {
 public:
  /// Throws: `twill::error` when the file cannot be created.
  explicit file_sink(const std::string& path);
  ~file_sink() override;
  void commit();

 private:
  void put(bytes data) override;
  [[noreturn]] void fail(int code) const;

  std::string path_;
  std::string partial_;
  int fd_ = -1;
};

}  // namespace twill::table::detail::pq
