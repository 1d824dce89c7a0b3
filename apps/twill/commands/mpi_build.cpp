// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "twill/base/error.hpp"
#include "twill/comm/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace twill::apps {
namespace {

namespace files = std::filesystem;

struct module_words {
  std::string wrapper = "mpicxx";
  std::string name;
  std::string output;
};

[[noreturn]] void refuse(std::string what, std::string hint) {
  throw error(errc::bad_configuration, {.what = std::move(what), .hint = std::move(hint)});
}

// The module's source and the headers that it includes: of the installation, or of the tree this was built
// in.
struct material {
  std::vector<std::string> sources;
  std::vector<std::string> include;
};
material find_material() {
  const files::path prefix = files::read_symlink("/proc/self/exe").parent_path().parent_path();
  const files::path tree = TWILL_SOURCE_DIR;
  const std::vector<std::pair<files::path, std::vector<files::path>>> places{
      {prefix / "share" / "twill" / "mpi", {prefix / "include"}},
      {tree / "libs" / "comm_mpi" / "src",
       {tree / "libs" / "comm_mpi" / "include", tree / "libs" / "comm" / "include",
        tree / "libs" / "base" / "include"}}};
  for (const auto& [source, include] : places) {
    if (!files::exists(source / "mpi_backend.cpp")) continue;
    material found;
    for (const auto& entry : files::directory_iterator(source)) {
      if (entry.path().extension() == ".cpp") found.sources.push_back(entry.path().string());
    }
    std::ranges::sort(found.sources);
    for (const auto& folder : include) found.include.push_back("-I" + folder.string());
    return found;
  }
  refuse(fmt::format("the source of the MPI module is neither in {} nor in {}", places[0].first.string(),
                     places[1].first.string()),
         "install twill with its component comm_mpi");
}

int build(const module_words& w) {
  const material m = find_material();
  std::string name = w.name;
  if (name.empty()) {
    const std::string wrapper = files::path(w.wrapper).filename().string();
    const auto dot = wrapper.rfind('.');
    name = dot == std::string::npos ? "local" : wrapper.substr(dot + 1);
  }
  const files::path folder =
      files::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "twill";
  const files::path out =
      w.output.empty() ? folder / fmt::format("libtwill_mpi_{}.so", name) : files::absolute(w.output);
  std::error_code none;
  files::create_directories(out.parent_path(), none);
  std::vector<std::string> command{w.wrapper, "-std=c++20", "-O3", "-fPIC", "-shared", "-fvisibility=hidden"};
  command.insert(command.end(), m.include.begin(), m.include.end());
  // A wrapper of a C compiler does as well.
  command.insert(command.end(), {"-x", "c++"});
  command.insert(command.end(), m.sources.begin(), m.sources.end());
  command.insert(command.end(), {"-x", "none", "-lstdc++", "-o", out.string()});
  std::vector<char*> argv;
  for (std::string& part : command) argv.push_back(part.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
  if (code != 0)
    refuse(fmt::format("{} cannot be started: {}", w.wrapper, std::strerror(code)),
           "name the C++ compiler wrapper of the MPI library: twill mpi build --mpicc=/path/to/mpicxx");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    refuse(fmt::format("the compiler ended with status {}: {}", status, fmt::join(command, " ")),
           "its messages are above");
  const std::string found = comm::describe_mpi_module(out.string());
  print(fmt::format("{}\nmodule of {}\nuse it: TWILL_MPI_LIB={}\n", out.string(), found,
                    w.output.empty() ? name : out.string()));
  return 0;
}

const registration mpi_build_command{{
    .path = "mpi build",
    .summary = "Compile the module of an MPI library with that library's compiler wrapper",
    .examples = {{"twill mpi build --mpicc=mpicxx", "on a cluster, with the MPI module that is loaded there"},
                 {"twill mpi build --mpicc=/opt/mpi/bin/mpicxx --output $HOME/libtwill_mpi_site.so",
                  "into a file that TWILL_MPI_LIB names"}},
    .define = [](CLI::App& app) -> command_body {
      auto w = std::make_shared<module_words>();
      app.add_option("--mpicc", w->wrapper, "The library's compiler wrapper")->type_name("PROGRAM");
      app.add_option("--name", w->name, "What TWILL_MPI_LIB calls it; else the wrapper's suffix, or local")
          ->type_name("NAME");
      app.add_option("--output", w->output, "The file; else lib/twill beside the command's folder")
          ->type_name("FILE");
      return [w](session&) { return build(*w); };
    },
}};

}  // namespace
}  // namespace twill::apps
