// SPDX-License-Identifier: Apache-2.0
#include "../doctor.hpp"

#include "../command.hpp"
#include "../probe.hpp"
#include "twill/base/event.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/machine.hpp"
#include "twill/base/settings.hpp"
#include "twill/base/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace twill::apps {
namespace {

std::vector<doctor_section>& sections() {
  static std::vector<doctor_section> all;
  return all;
}

job_report (*&job())(bool json) {
  static job_report (*ask)(bool json) = nullptr;
  return ask;
}

/// A section with what it said.
struct told_section {
  std::string_view title;
  std::vector<std::pair<std::string, std::string>> lines;
};

// Files register in link order, which no one chose; the title decides.
std::vector<told_section> ask_sections() {
  std::ranges::sort(sections(), {}, &doctor_section::title);
  std::vector<told_section> told;
  for (const doctor_section& s : sections()) told.push_back({s.title, s.lines()});
  return told;
}

/// Everything that doctor knows, gathered before anything is printed.
struct report {
  machine_info machine;
  std::vector<found_tool> compilers;
  std::vector<found_tool> mpi;
  std::vector<found_tool> solvers;
  std::vector<found_tool> python;
  std::vector<told_section> parts;
  std::vector<setting_state> settings;
  std::string job;  ///< one JSON value or lines, as asked for; empty without a part that starts jobs
};

// Tests ask for the distribution's Python by its path; the first one on PATH may be another.
std::vector<found_tool> probe_python() {
  std::vector<found_tool> found = probe_tools({"python3"});
  const std::string system = "/usr/bin/python3";
  if (found.empty() || found.front().path != system) {
    if (auto version = version_line_of({system, "--version"})) found.push_back({system, system, *version});
  }
  return found;
}

template <class T>
void optional_member(json_writer& w, std::string_view name, const std::optional<T>& value) {
  w.key(name);
  if (value) {
    w.value(*value);
  } else {
    w.value(nullptr);
  }
}

void write_tools(json_writer& w, std::string_view name, const std::vector<found_tool>& tools) {
  w.key(name).begin_array();
  for (const found_tool& t : tools) {
    w.begin_object().member("name", t.name).member("path", t.path).member("version", t.version).end_object();
  }
  w.end_array();
}

std::string as_json(const report& r) {
  json_writer w(json_style::indented);
  const machine_info& m = r.machine;
  w.begin_object();
  w.key("machine").begin_object();
  w.member("hostname", m.hostname).member("kernel", m.kernel).member("cpu_model", m.cpu_model);
  optional_member(w, "online_cpus", m.online_cpus);
  optional_member(w, "affinity_cpus", m.affinity_cpus);
  optional_member(w, "cgroup_cpu_quota", m.cgroup_cpu_quota);
  w.member("available_cpus", m.available_cpus());
  optional_member(w, "sockets", m.sockets);
  optional_member(w, "cores", m.cores);
  optional_member(w, "numa_nodes", m.numa_nodes);
  optional_member(w, "physical_memory_bytes", m.physical_memory);
  optional_member(w, "cgroup_memory_limit_bytes", m.cgroup_memory_limit);
  w.end_object();
  const build_information& b = build_info();
  w.key("build").begin_object();
  w.member("version", b.version).member("compiler", b.compiler).member("build_type", b.build_type);
  w.member("sanitizers", b.sanitizers).member("parts", b.parts);
  w.key("dependencies").begin_array();
  for (const build_dependency& d : b.dependencies) {
    w.begin_object().member("name", d.name).member("found", d.found).member("version", d.version);
    w.member("gives", d.gives).member("how", d.how).end_object();
  }
  w.end_array().end_object();
  write_tools(w, "compilers", r.compilers);
  write_tools(w, "mpi", r.mpi);
  write_tools(w, "solvers", r.solvers);
  write_tools(w, "python", r.python);
  for (const told_section& part : r.parts) {
    w.key(part.title).begin_object();
    for (const auto& [name, value] : part.lines) w.member(name, value);
    w.end_object();
  }
  if (!r.job.empty()) w.key("topology").raw(r.job);
  w.key("settings").begin_array();
  for (const setting_state& s : r.settings) {
    w.begin_object()
        .member("name", s.info->name)
        .member("variable", s.info->variable)
        .member("flag", s.info->flag);
    w.member("kind", name_of(s.info->kind)).member("value", s.value).member("origin", name_of(s.from));
    w.member("source", s.source).member("summary", s.info->summary).member("part", s.info->part);
    w.member("default", s.info->default_text.empty() ? s.info->default_note : s.info->default_text);
    w.member("expert", s.info->expert);
    w.key("choices").begin_array();
    for (const std::string& choice : s.info->choices) w.value(choice);
    w.end_array().end_object();
  }
  w.end_array().end_object();
  return w.take() + '\n';
}

template <class T>
std::string or_unknown(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

std::string gibibytes(const std::optional<std::uint64_t>& bytes, std::string_view otherwise) {
  return bytes ? fmt::format("{:.1f} GiB", static_cast<double>(*bytes) / (1024.0 * 1024.0 * 1024.0))
               : std::string(otherwise);
}

std::string tools_as_text(std::string_view title, const std::vector<found_tool>& tools,
                          std::string_view none) {
  std::string text = fmt::format("{}\n", title);
  for (const found_tool& t : tools) text += fmt::format("  {:<18} {}\n", t.path, t.version);
  if (tools.empty()) text += fmt::format("  {}\n", none);
  return text;
}

std::string as_text(const report& r) {
  const machine_info& m = r.machine;
  std::string text = "machine\n";
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<18} {}\n", name, value);
  };
  line("host", fmt::format("{}, {}", m.hostname, m.kernel));
  line("processor", m.cpu_model.empty() ? "unknown" : m.cpu_model);
  line("cores", fmt::format("{} sockets, {} cores, {} logical online", or_unknown(m.sockets),
                            or_unknown(m.cores), or_unknown(m.online_cpus)));
  line("may use", fmt::format("{} ({} in the affinity mask, cgroup quota {})", m.available_cpus(),
                              or_unknown(m.affinity_cpus),
                              m.cgroup_cpu_quota ? fmt::format("{:.2f}", *m.cgroup_cpu_quota) : "none"));
  line("NUMA nodes", or_unknown(m.numa_nodes));
  line("memory", fmt::format("{}, cgroup limit {}", gibibytes(m.physical_memory, "unknown"),
                             gibibytes(m.cgroup_memory_limit, "none")));
  const build_information& b = build_info();
  text += "build\n";
  line("twill", fmt::format("{} ({}{}{})", b.version, b.build_type,
                            b.sanitizers.empty() ? "" : ", sanitizers ", b.sanitizers));
  line("compiler", std::string(b.compiler));
  line("parts", std::string(b.parts));
  for (const build_dependency& d : b.dependencies) {
    if (d.found) {
      line(d.name, fmt::format("{}: {}", d.version.empty() ? "found" : d.version, d.gives));
    } else {
      line(d.name, fmt::format("off, so no {}. Get it: {}", d.gives, d.how));
    }
  }
  text += tools_as_text("compilers", r.compilers, "none on PATH");
  text += tools_as_text("MPI", r.mpi, "none on PATH (apt-get install mpich, or openmpi-bin)");
  text += tools_as_text("solvers", r.solvers, "no solver program on PATH");
  text += tools_as_text("Python", r.python, "none");
  for (const told_section& part : r.parts) {
    text += fmt::format("{}\n", part.title);
    for (const auto& [name, value] : part.lines) line(name, value);
  }
  if (!r.job.empty()) text += "topology\n";
  for (std::size_t at = 0; at < r.job.size();) {
    const std::size_t end = std::min(r.job.find('\n', at), r.job.size());
    text += fmt::format("  {}\n", std::string_view(r.job).substr(at, end - at));
    at = end + 1;
  }
  text += "settings (flag > environment > file > scheduler > default)\n";
  for (const setting_state& s : r.settings) {
    std::string source = std::string(name_of(s.from));
    if (s.source != source && s.source != s.info->variable && !s.source.empty()) source += ": " + s.source;
    text += fmt::format("  {:<26} {} [{}]\n", s.info->variable, s.value.empty() ? "-" : s.value, source);
  }
  return text;
}

int diagnose(bool json, const session& s) {
  const job_report together = job() != nullptr ? job()(json) : job_report{};
  if (!together.prints) return static_cast<int>(exit_code::success);
  emit(event_level::debug, "apps.doctor.probe", "asking the programs of this machine for their versions");
  report r{.machine = inspect_machine(),
           .compilers = probe_tools({"g++", "clang++", "clang++-19"}),
           .mpi = probe_tools({"mpiexec.mpich", "mpiexec.openmpi", "mpiexec", "srun"}),
           .solvers = probe_tools({"clp", "highs"}),
           .python = probe_python(),
           .parts = ask_sections(),
           .settings = s.known.list(),
           .job = together.text};
  print(json ? as_json(r) : as_text(r));
  return static_cast<int>(exit_code::success);
}

const registration doctor_command{{
    .path = "doctor",
    .summary = "Show this machine, this build, and every setting with its origin",
    .examples = {{"twill doctor", "what is here, what is switched off and how to get it"},
                 {"TWILL_NUM_THREADS=4 twill doctor --json",
                  "the same for a program, with a setting from the environment"}},
    .define = [](CLI::App& app) -> command_body {
      auto json = std::make_shared<bool>(false);
      app.add_flag("--json", *json, "Print JSON");
      return [json](session& s) { return diagnose(*json, s); };
    },
}};

}  // namespace

section_registration::section_registration(doctor_section s) { sections().push_back(s); }

job_registration::job_registration(job_report (*ask)(bool json)) { job() = ask; }

}  // namespace twill::apps
