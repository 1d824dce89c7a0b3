// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/solver_threads.hpp"

#include "twill/comm/topology.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

namespace twill::hybrid {
namespace {

struct known_variable {
  const char* name;
  const char* wanted;
};
constexpr std::array<known_variable, 11> known{{{"OMP_NUM_THREADS", "1"},
                                                {"OMP_THREAD_LIMIT", "1"},
                                                {"OMP_DYNAMIC", "FALSE"},
                                                {"MKL_NUM_THREADS", "1"},
                                                {"MKL_DYNAMIC", "FALSE"},
                                                {"OPENBLAS_NUM_THREADS", "1"},
                                                {"GOTO_NUM_THREADS", "1"},
                                                {"BLIS_NUM_THREADS", "1"},
                                                {"VECLIB_MAXIMUM_THREADS", "1"},
                                                {"NUMEXPR_NUM_THREADS", "1"},
                                                {"HIGHS_PARALLEL", "false"}}};

// A library that is loaded already has read its variables: it is told by its own function. BLIS takes a
// 64-bit integer in most builds, and 1 has the same bits in the register.
constexpr std::array<const char*, 4> setters{"openblas_set_num_threads", "MKL_Set_Num_Threads",
                                             "bli_thread_set_num_threads", "goto_set_num_threads"};

using set_threads = void (*)(int);

set_threads find_setter(const char* name) noexcept {
  void* const symbol = ::dlsym(RTLD_DEFAULT, name);
  set_threads out = nullptr;
  static_assert(sizeof(out) == sizeof(symbol));
  std::memcpy(&out, &symbol, sizeof(out));
  return out;
}

}  // namespace

suppression_report suppress_solver_threads(suppression policy) {
  suppression_report out;
  out.policy = policy;
  if (policy == suppression::off) return out;
  const comm::variable_map before = comm::process_variables::from_env().values;
  for (const auto& [name, wanted] : known) {
    suppressed_variable v{.name = name, .wanted = wanted};
    if (const auto now = before.find(name); now != before.end()) v.found = now->second;
    if (v.found != v.wanted) {
      if (v.found) {
        out.warnings.push_back(fmt::format("{}={}{}", name, *v.found,
                                           policy == suppression::enforce
                                               ? fmt::format(", set to {} in this process", wanted)
                                               : fmt::format(", expected {}", wanted)));
      } else if (policy == suppression::check) {
        out.warnings.push_back(fmt::format("{} is not set, expected {}", name, wanted));
      }
      v.changed = policy == suppression::enforce && ::setenv(name, wanted, 1) == 0;
    }
    out.variables.push_back(std::move(v));
  }
  if (policy == suppression::enforce) {
    for (const char* name : setters) {
      if (const set_threads set = find_setter(name)) {
        set(1);
        out.calls.emplace_back(name);
      }
    }
    if (find_setter("omp_set_num_threads") != nullptr) out.calls.emplace_back("omp_set_num_threads");
    suppress_solver_threads_here();
  }
  return out;
}

void suppress_solver_threads_here() noexcept {
  // OpenMP keeps the number for each thread that did not come from it.
  if (const set_threads set = find_setter("omp_set_num_threads")) set(1);
}

void restore_solver_threads(const suppression_report& report) noexcept {
  for (const suppressed_variable& v : report.variables) {
    if (!v.changed) continue;
    if (v.found) {
      ::setenv(v.name.c_str(), v.found->c_str(), 1);
    } else {
      ::unsetenv(v.name.c_str());
    }
  }
}

std::string suppression_report::to_string() const {
  if (policy == suppression::off) return "off";
  std::size_t changed = 0;
  for (const suppressed_variable& v : variables) changed += v.changed ? 1 : 0;
  std::string text = policy == suppression::check
                         ? fmt::format("checked, {} differences", warnings.size())
                         : fmt::format("enforced, {} of {} variables set", changed, variables.size());
  for (const std::string& call : calls) text += ", " + call + "(1)";
  return text;
}

}  // namespace twill::hybrid
