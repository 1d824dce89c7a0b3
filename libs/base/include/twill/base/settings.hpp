// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill {

/// Where a value comes from, the strongest first.
enum class origin : std::uint8_t { flag, environment, file, scheduler, automatic };

/// `flag`, `environment`, `file`, `scheduler`, `default`.
[[nodiscard]] std::string_view name_of(origin from) noexcept;

/// A value and how it came to be.
template <class T>
struct setting {
  T value{};                        ///< what counts
  origin from = origin::automatic;  ///< which layer decided
  std::string source{};  ///< `--threads`, `TWILL_NUM_THREADS`, `study.json:3:14 /threads`, `default`
};

/// What a setting's text has to be.
enum class setting_kind : std::uint8_t {
  integer,   ///< decimal, 64 bits
  real,      ///< finite
  boolean,   ///< `1 0 true false yes no on off`, upper and lower case taken as equal
  choice,    ///< one of the listed words
  text,      ///< anything
  bytes,     ///< `512`, `512M`, `2GiB` (powers of 1024), `64MB` (powers of 1000)
  duration,  ///< `10s`, `500ms`, `1.5h`; a bare number is in seconds
  path       ///< anything
};

/// `integer`, `real`, ...
[[nodiscard]] std::string_view name_of(setting_kind kind) noexcept;

/// A variable of somebody else that is asked when neither flag, environment nor file decide.
struct scheduler_variable {
  std::string variable{};      ///< `SLURM_CPUS_PER_TASK`
  std::string meaning{};       ///< what it is, for people
  bool first_of_list = false;  ///< of `4,2` the 4 is meant
  bool tolerant =
      false;  ///< other software owns it: a malformed value is a warning and the next one is asked

  friend bool operator==(const scheduler_variable&, const scheduler_variable&) = default;
};

/// The declaration of one setting.
struct setting_info {
  std::string name{};                            ///< in configuration files: `threads`
  std::string variable{};                        ///< in the environment: `TWILL_NUM_THREADS`; empty: none
  std::string flag{};                            ///< on the command line: `--threads`; empty: none
  setting_kind kind = setting_kind::text;        ///< what its text has to be
  std::optional<double> minimum{};               ///< integer, real, bytes; of a duration in seconds
  std::optional<double> maximum{};               ///< likewise
  std::vector<std::string> choices{};            ///< of a choice
  std::vector<std::string> pass{};               ///< values that mean "not decided here": `0`, `auto`
  std::vector<scheduler_variable> schedulers{};  ///< asked in this order
  std::string default_text{};                    ///< the default as one would write it; empty: it is computed
  std::string default_note{};                    ///< how a computed default comes about
  std::string summary{};                         ///< one line
  bool expert = false;                           ///< not for everyday use
  std::string part{};                            ///< the owner: `par`, `comm`, ...

  friend bool operator==(const setting_info&, const setting_info&) = default;
};

/// One line of what `twill doctor` shows.
struct setting_state {
  const setting_info* info = nullptr;  ///< lives as long as the settings
  std::string value{};                 ///< as text; of a computed default that nobody asked for, its note
  origin from = origin::automatic;     ///< which layer decided
  std::string source{};                ///< as in `setting`
  bool read = false;                   ///< somebody asked for it
};

/// The text as a number of bytes: decimal digits and a unit, `K M G T P` (also `KiB`, ...) for powers of
/// 1024, `kB MB
/// ...` for powers of 1000. Nothing when it is malformed or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept;

/// The text as a length of time: a number and one of `ns us ms s min h d`, without unit seconds.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) noexcept;

/// The one place where a program's settings are decided: flag > environment > file > scheduler > default.
///
/// Malformed values are errors (errc::bad_configuration) that name the variable, flag or file position; an
/// empty environment variable counts as not set. A setting is declared before it is set or asked for. Thread
/// safety: none, asking included, because it is recorded what was asked for.
class settings {
 public:
  /// Names and values of environment variables.
  using environment_map = std::map<std::string, std::string, std::less<>>;

  /// Over the given variables; the process is not asked.
  explicit settings(environment_map environment = {}) : environment_(std::move(environment)) {}
  /// Over a copy of the environment as it is at this call.
  [[nodiscard]] static settings of_process();

  /// Makes a setting known. Declaring the same again changes nothing; two that differ under one name or
  /// variable are a mistake of the program.
  void declare(setting_info info);
  void declare(std::span<const setting_info> infos);

  /// A value from the command line; the last one of a name wins.
  /// Throws: error(errc::bad_configuration) at once when it is malformed or the name is unknown.
  void set_flag(std::string_view name, std::string value);
  /// A value from a configuration file; `where` goes into messages.
  /// Throws: as set_flag.
  void set_file(std::string_view name, std::string value, location where);

  /// The value, or the declared default. Requires: the setting has a default that is not computed.
  /// Throws: error(errc::bad_configuration) when the value that decides is malformed.
  [[nodiscard]] setting<std::int64_t> get_integer(std::string_view name);
  [[nodiscard]] setting<double> get_real(std::string_view name);
  [[nodiscard]] setting<bool> get_boolean(std::string_view name);
  [[nodiscard]] setting<std::uint64_t> get_bytes(std::string_view name);
  [[nodiscard]] setting<std::chrono::nanoseconds> get_duration(std::string_view name);
  /// Of a choice, a text or a path.
  [[nodiscard]] setting<std::string> get_text(std::string_view name);

  /// The value when somebody set one; defaults do not count. Throws: as get_integer.
  [[nodiscard]] std::optional<setting<std::int64_t>> find_integer(std::string_view name);
  [[nodiscard]] std::optional<setting<double>> find_real(std::string_view name);
  [[nodiscard]] std::optional<setting<bool>> find_boolean(std::string_view name);
  [[nodiscard]] std::optional<setting<std::uint64_t>> find_bytes(std::string_view name);
  [[nodiscard]] std::optional<setting<std::chrono::nanoseconds>> find_duration(std::string_view name);
  [[nodiscard]] std::optional<setting<std::string>> find_text(std::string_view name);

  /// Records what a computed default came to, so that list() shows it.
  void record_default(std::string_view name, std::string value);

  /// Everything declared, in the order of declaration. Never throws for malformed values: it shows their
  /// text.
  [[nodiscard]] std::vector<setting_state> list() const;
  /// One finding for each value that decides and is malformed, asked for or not.
  [[nodiscard]] std::vector<diagnosis> problems() const;
  /// Throws: error(errc::bad_configuration) for the first of problems(); its hint names the others.
  void check() const;
  /// One finding for each `TWILL_*` variable of the environment that nobody declared, the nearest known name
  /// as hint.
  [[nodiscard]] std::vector<diagnosis> unknown() const;
  /// Malformed values of tolerant scheduler variables that were passed over so far.
  [[nodiscard]] const std::vector<diagnosis>& warnings() const noexcept { return warnings_; }

 private:
  struct given {
    std::string text;
    origin from = origin::automatic;
    location where;
  };
  struct entry {
    setting_info info;
    std::optional<given> flag;
    std::optional<given> file;
    std::optional<std::string> computed;
    bool read = false;
  };

  [[nodiscard]] const entry* find(std::string_view name) const noexcept;
  [[nodiscard]] entry& known(std::string_view name);
  [[nodiscard]] entry& settable(std::string_view name, const location& where);
  [[nodiscard]] std::optional<std::string_view> variable(const std::string& name) const;
  [[nodiscard]] std::optional<given> decide(const entry& of, std::vector<diagnosis>* warnings) const;
  template <class T, class Parse>
  [[nodiscard]] std::optional<setting<T>> look_up(std::string_view name, setting_kind kind, Parse parse);
  template <class T>
  [[nodiscard]] setting<T> or_default(std::string_view name, std::optional<setting<T>> found,
                                      const T& fallback);

  environment_map environment_;
  // Owned one by one: setting_state points at the declarations.
  std::vector<std::unique_ptr<entry>> entries_;
  std::vector<diagnosis> warnings_;
};

}  // namespace twill
