// SPDX-License-Identifier: Apache-2.0
#include "mpi/mpi_module.hpp"

#include "twill/comm/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

// There when the program is linked with one MPI library's backend, else null.
extern "C" [[gnu::weak]] const twill::comm::detail::mpi_table* twill_mpi_table();

namespace twill::comm::detail {
namespace {

constexpr call_site site{.operation = "init", .backend = backend_kind::mpi};
constexpr std::string_view prefix = "libtwill_mpi_";
constexpr std::string_view suffix = ".so";

[[noreturn]] void refuse(const std::string& what) { fail(errc::backend_unavailable, site, what); }

const std::string* value_of(const variable_map& v, std::string_view name) {
  const auto at = v.find(name);
  return at == v.end() || at->second.empty() ? nullptr : &at->second;
}

std::string file_of(std::string_view library) { return fmt::format("{}{}{}", prefix, library, suffix); }

// The loader reads what a file's header promises, and ends the process where the file is shorter.
void check_length(const std::string& path) {
  Elf64_Ehdr head{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&head), sizeof head);
  const auto promised = head.e_shoff + static_cast<std::uint64_t>(head.e_shnum) * head.e_shentsize;
  if (!file || head.e_ident[EI_CLASS] != ELFCLASS64 || std::filesystem::file_size(path) < promised)
    refuse(fmt::format("the MPI module {} is cut off", path));
}

// A file that others may write is not loaded into this process.
void check_owner(const std::string& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0)
    refuse(fmt::format("there is no MPI module {}: {}", path, std::strerror(errno)));
  if ((file.st_mode & S_IWOTH) != 0)
    refuse(fmt::format("the MPI module {} may be written by everybody; take that right away: chmod o-w {}",
                       path, path));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat around{};
  if (::stat(folder.c_str(), &around) == 0 && (around.st_mode & S_IWOTH) != 0 &&
      (around.st_mode & S_ISVTX) == 0)
    refuse(fmt::format("the folder {} of the MPI module may be written by everybody", folder));
}

void check_machine(const std::string& path) {
  const auto head = [](const std::string& of) {
    std::array<unsigned char, 20> bytes{};
    std::ifstream file(of, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file) bytes.fill(0);
    return bytes;
  };
  const auto theirs = head(path);
  if (std::memcmp(theirs.data(), ELFMAG, SELFMAG) != 0)
    refuse(fmt::format("the MPI module {} is no shared library: it does not begin as one", path));
  const auto ours = head("/proc/self/exe");
  // Byte 4 is the width of addresses, bytes 18 and 19 are the processor.
  if (theirs[EI_CLASS] != ours[EI_CLASS] || theirs[18] != ours[18] || theirs[19] != ours[19])
    refuse(fmt::format("the MPI module {} is for another processor (ELF machine {}, this program's is {})",
                       path, theirs[18] | theirs[19] << 8, ours[18] | ours[19] << 8));
}

void check_table(const mpi_table& t, const std::string& path) {
  if (t.magic != mpi_table_magic)
    refuse(fmt::format("{} is no MPI module: its table is another one's", path));
  if (t.version != mpi_table_version || t.bytes != sizeof(mpi_table) || t.pointer_bytes != sizeof(void*)) {
    refuse(
        fmt::format("the MPI module {} was built for version {} of the module interface, this program has "
                    "version {}; build it again: twill mpi build",
                    path, t.version, mpi_table_version));
  }
}

bool is_loaded(const char* soname) {
  void* const handle = ::dlopen(soname, RTLD_NOW | RTLD_NOLOAD);
  if (handle != nullptr) ::dlclose(handle);
  return handle != nullptr;
}

}  // namespace

mpi_delivery how_mpi_is_delivered() noexcept {
  if (twill_mpi_table != nullptr) return mpi_delivery::link;
#if defined(TWILL_COMM_MPI_PLUGIN)
  return mpi_delivery::plugin;
#else
  return mpi_delivery::off;
#endif
}

std::vector<std::string> module_folders() {
  std::vector<std::string> out;
  Dl_info here{};
  // Next to whatever holds this code: a program, or the module of another language.
  std::error_code none;
  std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", none);
  if (!none) out.push_back((own.parent_path().parent_path() / "lib" / "twill").string());
  if (::dladdr(reinterpret_cast<const void*>(&how_mpi_is_delivered), &here) != 0 &&
      here.dli_fname != nullptr) {
    own = std::filesystem::weakly_canonical(here.dli_fname, none);
    if (!none) out.push_back((own.parent_path() / "twill_mpi").string());
  }
#if defined(TWILL_MPI_MODULE_FOLDER)
  out.emplace_back(TWILL_MPI_MODULE_FOLDER);
#endif
  return out;
}

std::vector<std::string> modules_found() {
  std::vector<std::string> out;
  if (how_mpi_is_delivered() != mpi_delivery::plugin) return out;
  for (const std::string& folder : module_folders()) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
      out.push_back(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
    }
    if (!out.empty()) break;
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string library_of_launcher(const variable_map& v) {
  const auto has = [&](std::string_view name) { return value_of(v, name) != nullptr; };
  if (has("OMPI_COMM_WORLD_RANK") || has("OMPI_COMM_WORLD_SIZE")) return "openmpi";
  if (has("PMI_RANK") || has("PMI_FD") || has("MPI_LOCALRANKID") || has("PALS_RANKID") ||
      has("MV2_COMM_WORLD_RANK"))
    return "mpich";
  if (has("PMIX_RANK") || has("PMIX_NAMESPACE")) return "openmpi";
  return {};
}

const mpi_table* open_module(const std::string& path) {
  check_owner(path);
  check_machine(path);
  check_length(path);
  ::dlerror();
  // Local: the names of two MPI libraries must not meet. Never closed: a library cannot start twice.
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const why = ::dlerror();
    refuse(
        fmt::format("the MPI module {} cannot be loaded: {}; install the MPI library that it was built "
                    "with, or build a module: twill mpi build",
                    path, why != nullptr ? why : "no reason given"));
  }
  void* const symbol = ::dlsym(handle, mpi_table_symbol);
  if (symbol == nullptr) refuse(fmt::format("{} is no MPI module: it has no {}", path, mpi_table_symbol));
  const auto get = reinterpret_cast<const mpi_table* (*)()>(symbol);
  const mpi_table* const table = get();
  check_table(*table, path);
  return table;
}

mpi_module load_mpi(const variable_map& v) {
  const std::string* asked = value_of(v, "TWILL_MPI_LIB");
  const std::string* path = value_of(v, "TWILL_MPI_PLUGIN");
  if (how_mpi_is_delivered() == mpi_delivery::link) {
    const mpi_table* const table = twill_mpi_table();
    if (asked != nullptr && *asked != table->library)
      refuse(fmt::format("TWILL_MPI_LIB={} and this program is linked with {}", *asked, table->library));
    return {table, {}, "linked with it"};
  }
  if (path == nullptr && asked != nullptr && asked->find('/') != std::string::npos) path = asked;
  if (path != nullptr) {
    if (!path->starts_with('/'))
      refuse(
          fmt::format("the MPI module {} is no absolute path; modules are taken from the installation folder "
                      "or from an absolute path",
                      *path));
    return {open_module(*path), *path, "asked for by its path"};
  }
  const std::vector<std::string> found = modules_found();
  const std::vector<std::string> folders = module_folders();
  std::string library;
  std::string reason;
  if (asked != nullptr) {
    library = *asked;
    reason = "TWILL_MPI_LIB";
  } else if (is_loaded("libmpich.so.12")) {
    library = "mpich";
    reason = "loaded in this process";
  } else if (is_loaded("libmpi.so.40")) {
    library = "openmpi";
    reason = "loaded in this process";
  } else if (library = library_of_launcher(v); !library.empty()) {
    reason = "its launcher's variables";
  } else if (!found.empty()) {
    library = found.front();
    reason = "the first module there is";
  }
  if (library.empty() || std::find(found.begin(), found.end(), library) == found.end()) {
    refuse(fmt::format("no MPI module {} in {}; modules there: {}; build one: twill mpi build --mpicc=mpicxx",
                       library.empty() ? std::string("at all") : file_of(library), fmt::join(folders, ", "),
                       found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", "))));
  }
  for (const std::string& folder : folders) {
    const std::string file = folder + "/" + file_of(library);
    std::error_code none;
    if (std::filesystem::exists(file, none)) return {open_module(file), file, reason};
  }
  refuse("the MPI module " + file_of(library) + " went away");
}

}  // namespace twill::comm::detail
