// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include "forms.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"
#include "twill/table/read_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <utility>

namespace twill::sddp::detail {
namespace fs = std::filesystem;
namespace {

std::optional<json::value> child(json::value at, std::string_view key) {
  if (at.is_object()) {
    std::string plain;
    for (std::size_t i = 0; i < key.size(); ++i) {
      const bool escape = key[i] == '~' && i + 1 < key.size();
      plain += escape ? (key[++i] == '1' ? '/' : '~') : key[i];
    }
    return at.find(plain);
  }
  std::size_t i = 0;
  const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), i);
  if (failure != std::errc() || end != key.data() + key.size() || i >= at.size()) return std::nullopt;
  auto it = at.begin();
  while (i-- != 0) ++it;
  return *it;
}

bool there(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  return fs::exists(status);
}

class reader {
 public:
  reader(std::string directory, table_choice choice, collector& out)
      : directory_(std::move(directory)), choice_(choice), out_(out) {}

  template <class T>
  void read(json_file<T>& into, const std::string& name, const json::description<T>& form, bool required) {
    into.name = name;
    known_.push_back(name);
    const std::string path = directory_ + '/' + name;
    if (!there(path)) {
      if (required)
        out_.error(
            finding_kind::file_not_found, "file.required", {},
            {.what = "a required file is missing",
             .where = location{.file = name},
             .hint = "every case has config.json, penalties.json, stages.json, initial_conditions.json and "
                     "system/{buses,lines,hydros,thermals}.json, also with empty arrays"});
      return;
    }
    into.present = true;
    table::findings found;
    try {
      into.text = json::read_file(path, found);
      // A text with a key twice is a document, but which of the two counts is anybody's guess.
      if (into.text && known_format(into.text->root())) into.content = json::read(*into.text, form, found);
    } catch (const twill::error& failure) {
      out_.take(failure, name);
    }
    out_.take(found);
  }

  void read(table_file& into, const table_form& form) {
    into.name = form.path;
    into.content.set_source(form.path);
    const auto name = chosen(form.path);
    if (!name) return;
    into.name = *name;
    into.present = true;
    table::read_table_options options;
    options.schema = form.schema;
    options.csv.not_finite = true;
    options.csv.delimiter = ',';
    table::findings found;
    try {
      into.content = table::read_table(directory_ + '/' + *name, options, found);
      into.content.set_source(*name);
    } catch (const twill::error& failure) {
      out_.take(failure, *name);
    }
    out_.take(found);
    if (found.has_errors()) return;
    finite(into, form);
    unique(into, form);
  }

  void unknown_files() const {
    std::vector<std::string_view> names(known_.begin(), known_.end());
    std::vector<std::string> unknown;
    for (const char* folder : {"", "system/", "scenarios/", "constraints/"}) {
      std::error_code ignored;
      for (const auto& entry : fs::directory_iterator(directory_ + '/' + folder, ignored)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".json" && extension != ".parquet" && extension != ".csv") continue;
        std::string name = folder + entry.path().filename().string();
        if (std::ranges::find(names, name) == names.end()) unknown.push_back(std::move(name));
      }
    }
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(directory_, unreadable)) {
      static constexpr std::array folders{std::string_view("system"), std::string_view("scenarios"),
                                          std::string_view("constraints")};
      const std::string name = entry.path().filename().string();
      if (!entry.is_directory() || std::ranges::find(folders, name) != folders.end()) continue;
      const std::string near = nearest_name(name, folders);
      if (near.empty()) continue;
      out_.warning("file.unknown", {},
                   {.what = "a folder that no part of a case is read from",
                    .where = location{.file = name + '/'},
                    .hint = fmt::format("is it meant to be {}/?", near)});
    }
    std::ranges::sort(unknown);
    for (const std::string& name : unknown) {
      const std::string near = nearest_name(name, names);
      out_.warning("file.unknown", {},
                   {.what = "a file that no part of a case is read from",
                    .where = location{.file = name},
                    .hint = near.empty() ? "" : fmt::format("is it meant to be {}?", near)});
    }
  }

 private:
  /// Files may name the version of their format: 1 is the only one there is, whatever stands after the point.
  /// What a newer one means cannot be guessed, so nothing else is told of such a file.
  bool known_format(json::value root) {
    const auto version = root.find("version");
    if (!version || version->is_null()) return true;
    const std::string text = version->as_string() ? std::string(*version->as_string()) : version->summary();
    const auto major = parse_int64(std::string_view(text).substr(0, text.find('.')));
    if (major && major.value >= 0 && major.value <= 1) return true;
    out_.error(finding_kind::schema_violation, "file.version", {},
               {.what = major && major.value > 1 ? "the file is written for a newer format" : "not a version",
                .where = version->where(),
                .found = text,
                .expected = "version 1",
                .hint = "use a newer twill, or write the case for version 1"});
    return false;
  }

  std::optional<std::string> chosen(const std::string& path) {
    const std::string parquet = path + ".parquet";
    const std::string csv = path + ".csv";
    known_.push_back(parquet);
    known_.push_back(csv);
    if (choice_ != table_choice::csv && there(directory_ + '/' + parquet)) return parquet;
    if (choice_ != table_choice::parquet && there(directory_ + '/' + csv)) return csv;
    return std::nullopt;
  }

  // Rows beyond these are counted by nobody: ten examples show what is wrong with a column.
  static constexpr std::size_t told = 10;

  void finite(const table_file& file, const table_form& form) {
    for (const table::column_spec& spec : form.schema.columns) {
      const table::table_column* column = file.content.find(spec.name);
      if (column == nullptr) continue;
      const bool positive = std::ranges::find(form.positive, spec.name) != form.positive.end();
      std::size_t wrong = 0;
      for (std::size_t row = 0; row < column->size() && wrong < told; ++row) {
        if (column->is_null(row)) continue;
        double value = 0;
        if (spec.type == table::column_type::float64)
          value = column->values<double>()[row];
        else if (spec.type == table::column_type::int32)
          value = column->values<std::int32_t>()[row];
        else
          break;
        // What is outside of the inclusive range was told by the reader of the table.
        const bool infinite = std::isnan(value) ? !spec.minimum && !spec.maximum
                              : value > 0       ? std::isinf(value) && !spec.maximum
                                                : std::isinf(value) && !spec.minimum;
        const bool not_above = positive && !(value > 0) && !(spec.minimum && value < *spec.minimum);
        if (!infinite && !not_above) continue;
        ++wrong;
        out_.error(finding_kind::schema_violation, infinite ? "table.not_finite" : "table.not_positive", {},
                   {.what = infinite ? "not a finite number" : "not above zero",
                    .where = file.at(row, spec.name),
                    .found = column->text_at(row),
                    .expected = infinite ? "a finite number" : "a number above 0"});
      }
    }
  }

  void unique(const table_file& file, const table_form& form) {
    const std::size_t rows = file.rows();
    std::vector<std::array<double, 4>> keys(rows);
    for (std::size_t k = 0; k < form.key.size(); ++k) {
      const table::table_column* column = file.content.find(form.key[k]);
      for (std::size_t row = 0; row < rows; ++row) {
        double& part = keys[row][k];
        // Absent is a key of its own, below every number.
        if (column == nullptr || column->is_null(row))
          part = -HUGE_VAL;
        else if (column->type() == table::column_type::int32)
          part = column->values<std::int32_t>()[row];
        else if (column->type() == table::column_type::uint32)
          part = column->values<std::uint32_t>()[row];
        else if (column->type() == table::column_type::date)
          part = column->values<table::date>()[row].days;
        else
          part = column->values<double>()[row];
      }
    }
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(
        order, [&](std::size_t a, std::size_t b) { return std::pair(keys[a], a) < std::pair(keys[b], b); });
    std::size_t wrong = 0;
    for (std::size_t i = 1; i < rows && wrong < told; ++i) {
      if (keys[order[i]] != keys[order[i - 1]]) continue;
      ++wrong;
      std::vector<std::string> words;
      for (std::size_t k = 0; k < form.key.size(); ++k) {
        const double part = keys[order[i]][k];
        words.push_back(fmt::format("{} {}", form.key[k], std::isfinite(part) ? shortest(part) : "all"));
      }
      out_.error(finding_kind::duplicate_id, "table.duplicate_row", {},
                 {.what = fmt::format("the row says again what row {} says", order[i - 1]),
                  .where = file.at(order[i], form.key.front()),
                  .found = fmt::format("{}", fmt::join(words, ", ")),
                  .expected = "one row"});
    }
  }

  std::string directory_;
  table_choice choice_;
  collector& out_;
  std::vector<std::string> known_;
};

}  // namespace

location source_file::at(const std::string& pointer) const {
  if (!text) return location{.file = name, .pointer = pointer};
  json::value here = text->root();
  std::size_t from = 1;
  while (from <= pointer.size()) {
    const std::size_t to = std::min(pointer.find('/', from), pointer.size());
    const auto next = child(here, std::string_view(pointer).substr(from, to - from));
    if (!next) break;
    here = *next;
    from = to + 1;
  }
  return here.where();
}

std::string pointer_part(std::string_view key) {
  std::string part;
  for (const char c : key)
    part += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return part;
}

std::span<const std::int32_t> table_file::ints(std::string_view column) const {
  const table::table_column* found = content.find(column);
  return found == nullptr ? std::span<const std::int32_t>() : found->values<std::int32_t>();
}

std::span<const std::uint32_t> table_file::counts(std::string_view column) const {
  const table::table_column* found = content.find(column);
  return found == nullptr ? std::span<const std::uint32_t>() : found->values<std::uint32_t>();
}

std::optional<double> table_file::real(std::size_t row, std::string_view column) const {
  const table::table_column* found = content.find(column);
  if (found == nullptr || found->is_null(row)) return std::nullopt;
  return found->values<double>()[row];
}

std::optional<std::int32_t> table_file::integer(std::size_t row, std::string_view column) const {
  const table::table_column* found = content.find(column);
  if (found == nullptr || found->is_null(row)) return std::nullopt;
  return found->values<std::int32_t>()[row];
}

case_files read_files(const std::string& directory, table_choice choice, collector& out) {
  case_files files;
  std::error_code failure;
  if (!fs::is_directory(directory, failure)) {
    out.unreadable({.what = "the case directory cannot be read",
                    .where = location{.file = directory},
                    .found = failure            ? failure.message()
                             : there(directory) ? "a file"
                                                : "nothing",
                    .expected = "a directory with config.json, penalties.json, stages.json, ..."});
    return files;
  }
  reader in(directory, choice, out);
  in.read(files.config, "config.json", config_form(), true);
  in.read(files.penalties, "penalties.json", penalties_form(), true);
  in.read(files.stages, "stages.json", stages_form(), true);
  in.read(files.initial, "initial_conditions.json", initial_conditions_form(), true);
  in.read(files.buses, "system/buses.json", buses_form(), true);
  in.read(files.lines, "system/lines.json", lines_form(), true);
  in.read(files.hydros, "system/hydros.json", hydros_form(), true);
  in.read(files.thermals, "system/thermals.json", thermals_form(), true);
  in.read(files.sources, "system/non_controllable_sources.json", sources_form(), false);
  in.read(files.contracts, "system/energy_contracts.json", contracts_form(), false);
  in.read(files.pumps, "system/pumping_stations.json", pumps_form(), false);
  in.read(files.production, "system/hydro_production_models.json", production_models_form(), false);
  in.read(files.load_factors, "scenarios/load_factors.json", load_factors_form(), false);
  in.read(files.source_factors, "scenarios/non_controllable_factors.json", source_factors_form(), false);
  in.read(files.correlation, "scenarios/correlation.json", correlation_form(), false);
  in.read(files.exchange_factors, "constraints/exchange_factors.json", exchange_factors_form(), false);
  in.read(files.constraints, "constraints/generic_constraints.json", constraints_form(), false);
  for (const table_form& form : table_forms()) in.read(files.*form.file, form);
  in.unknown_files();
  return files;
}

}  // namespace twill::sddp::detail
