// SPDX-License-Identifier: Apache-2.0
// Which modules are loaded, which are refused, and with which words; and what a library that provides too
// little leads to.
#include "twill/comm.hpp"
#include "twill/comm/detail/mpi_table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>

namespace {

namespace comm = twill::comm;
namespace files = std::filesystem;

const std::string stub = STUB_MODULE;

// Variables that are as they were when it is gone.
class variables {
 public:
  struct variable {
    std::string name;
    std::string value;
  };
  variables(std::initializer_list<variable> set) {
    for (const auto& [name, value] : set) {
      const char* const old = std::getenv(name.c_str());
      before_[name] = old == nullptr ? std::optional<std::string>() : old;
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  variables(const variables&) = delete;
  variables& operator=(const variables&) = delete;
  ~variables() {
    for (const auto& [name, value] : before_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

struct refusal {
  std::error_code code;
  std::string text;
};
refusal start(comm::environment_options options = {.backend = "mpi"}) {
  try {
    (void)comm::environment::init(options);
  } catch (const comm::error& e) {
    return {e.code(), e.what()};
  }
  return {};
}

void expect(const refusal& r, comm::errc code, const std::string& part) {
  EXPECT_EQ(r.code, make_error_code(code)) << r.text;
  EXPECT_NE(r.text.find(part), std::string::npos) << r.text;
}

class modules : public ::testing::Test {
 protected:
  modules() : folder_(files::temp_directory_path() / ("twill-modules-" + std::to_string(::getpid()))) {
    files::create_directories(folder_);
  }
  ~modules() override { files::remove_all(folder_); }
  [[nodiscard]] std::string copy_of(const std::string& file, const std::string& name) const {
    const files::path to = folder_ / name;
    files::copy_file(file, to, files::copy_options::overwrite_existing);
    return to.string();
  }
  files::path folder_;
};

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST_F(modules, one_that_is_not_there_is_told_with_its_path) {
  const variables v{{"TWILL_MPI_PLUGIN", "/nowhere/libtwill_mpi_x.so"}};
  expect(start(), comm::errc::backend_unavailable, "there is no MPI module /nowhere/libtwill_mpi_x.so");
}

TEST_F(modules, a_path_has_to_be_absolute) {
  const variables v{{"TWILL_MPI_LIB", "here/libtwill_mpi_x.so"}};
  expect(start(), comm::errc::backend_unavailable, "here/libtwill_mpi_x.so is no absolute path");
}

TEST_F(modules, a_name_without_a_module_is_told_with_folders_and_modules) {
  const variables v{{"TWILL_MPI_LIB", "unheard"}};
  const refusal r = start();
  expect(r, comm::errc::backend_unavailable, "no MPI module libtwill_mpi_unheard.so in ");
  expect(r, comm::errc::backend_unavailable, "modules there: ");
  expect(r, comm::errc::backend_unavailable, "twill mpi build");
}

TEST_F(modules, one_that_everybody_may_write_is_refused) {
  const std::string file = copy_of(stub, "libtwill_mpi_open.so");
  files::permissions(file, files::perms::others_write, files::perm_options::add);
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "may be written by everybody");
}

TEST_F(modules, one_in_a_folder_that_everybody_may_write_is_refused) {
  const std::string file = copy_of(stub, "libtwill_mpi_open.so");
  files::permissions(folder_, files::perms::others_write, files::perm_options::add);
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "of the MPI module may be written by everybody");
}

TEST_F(modules, a_file_of_another_kind_is_refused) {
  const std::string file = (folder_ / "libtwill_mpi_text.so").string();
  write(file, "no library at all, but long enough to have a header");
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "is no shared library");
}

TEST_F(modules, one_for_another_processor_is_refused) {
  std::string bytes = content(stub);
  bytes[18] = static_cast<char>(bytes[18] ^ 0x15);
  const std::string file = (folder_ / "libtwill_mpi_other.so").string();
  write(file, bytes);
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "is for another processor");
}

TEST_F(modules, one_that_is_cut_off_is_refused) {
  const std::string file = (folder_ / "libtwill_mpi_short.so").string();
  write(file, content(stub).substr(0, 4096));
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "libtwill_mpi_short.so is cut off");
}

TEST_F(modules, a_library_that_is_no_module_is_refused) {
  const variables v{{"TWILL_MPI_PLUGIN", OTHER_MODULE}};
  expect(start(), comm::errc::backend_unavailable, "is no MPI module: it has no twill_mpi_table");
}

TEST_F(modules, one_of_another_version_of_the_interface_is_refused) {
  const std::string file = copy_of(stub, "libtwill_mpi_newer.so");
  const variables v{{"TWILL_MPI_PLUGIN", file}, {"STUB_NEWER", "1"}};
  expect(start(), comm::errc::backend_unavailable,
         "was built for version " + std::to_string(comm::detail::mpi_table_version + 1) +
             " of the module interface, this program has version " +
             std::to_string(comm::detail::mpi_table_version));
}

TEST_F(modules, a_missing_library_is_named) {
  std::string bytes = content(stub);
  // The name of a library that it needs, made one that no system has.
  const auto at = bytes.find("libc.so.6");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 9, "libX.so.6");
  const std::string file = (folder_ / "libtwill_mpi_needy.so").string();
  write(file, bytes);
  const variables v{{"TWILL_MPI_PLUGIN", file}};
  expect(start(), comm::errc::backend_unavailable, "libX.so.6");
}

TEST_F(modules, a_thread_level_below_the_minimum_names_both_and_ends_what_was_begun) {
  const variables v{{"TWILL_MPI_PLUGIN", stub}, {"STUB_LEVEL", "1"}};
  ::testing::internal::CaptureStderr();
  const refusal r = start({.backend = "mpi", .minimum = comm::thread_level::multiple});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "stub: initialised\nstub: finalised\n");
  expect(r, comm::errc::init_failed, "stub provides thread level funneled, wanted at least multiple");
  EXPECT_FALSE(comm::is_initialized());
}

TEST_F(modules, a_library_that_the_host_began_is_not_ended_here) {
  const variables v{{"TWILL_MPI_PLUGIN", stub}, {"STUB_LEVEL", "0"}, {"STUB_INITIALIZED", "1"}};
  ::testing::internal::CaptureStderr();
  const refusal r = start();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  expect(r, comm::errc::init_failed, "wanted at least funneled; the host program initialised it");
}

TEST_F(modules, a_library_that_has_ended_cannot_start_again) {
  const variables v{{"TWILL_MPI_PLUGIN", stub}, {"STUB_FINALIZED", "1"}};
  expect(start(), comm::errc::init_failed, "MPI was already finalised in this process");
}

TEST_F(modules, another_number_of_ranks_than_announced_is_an_error_with_the_right_launcher) {
  const variables v{{"TWILL_MPI_PLUGIN", stub}, {"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "2"}};
  ::testing::internal::CaptureStderr();
  const refusal r = start();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "stub: initialised\nstub: finalised\n");
  expect(r, comm::errc::init_failed, "stub has 1 rank and the launcher (openmpi) announces 2");
  expect(r, comm::errc::init_failed, "mpiexec.mpich");
}

TEST_F(modules, are_described_by_what_they_were_built_with) {
  EXPECT_EQ(comm::describe_mpi_module(stub), "stub, no library");
}

}  // namespace
