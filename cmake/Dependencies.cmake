# The one place where other people's libraries enter. Nothing is downloaded. A required library that is missing ends the
# configuration with the package to install; an optional one switches its feature off and says so in one line of the
# summary. docs/reference/dependencies.md tells why each is here and what happens without it.
find_package(PkgConfig QUIET)

set_property(GLOBAL PROPERTY TWILL_DEPENDENCY_LINES "")
set_property(GLOBAL PROPERTY TWILL_DEPENDENCY_DEFINES "")

# twill_dependency_line(<name> <found> <version> <gives> <how>)
function(twill_dependency_line name found version gives how)
  if(found)
    set_property(GLOBAL APPEND PROPERTY TWILL_DEPENDENCY_LINES "  ${name} ${version}: ${gives}")
    set(state "on")
  else()
    set_property(GLOBAL APPEND PROPERTY TWILL_DEPENDENCY_LINES "  ${name} -- off: without it no ${gives}. Get it: ${how}")
    set(state "off")
  endif()
  # One row a dependency for `twill doctor`: name, state, version, what it gives, how to get it.
  set_property(GLOBAL APPEND PROPERTY TWILL_DEPENDENCY_DEFINES "${name}|${state}|${version}|${gives}|${how}")
endfunction()

function(twill_dependency_summary)
  get_property(lines GLOBAL PROPERTY TWILL_DEPENDENCY_LINES)
  message(STATUS "twill ${PROJECT_VERSION}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, ${CMAKE_BUILD_TYPE}")
  foreach(line IN LISTS lines)
    message(STATUS "${line}")
  endforeach()
endfunction()

# fmt is used header-only and only inside our sources, so that an installed twill needs no fmt at all.
find_package(fmt 9 CONFIG QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "fmt 9 or newer is required and was not found. Get it: apt-get install libfmt-dev")
endif()
twill_dependency_line(fmt TRUE "${fmt_VERSION}" "text formatting inside the sources" "apt-get install libfmt-dev")

# Header-only, every file that formats compiles the whole of fmt again, which is half of the libraries' compile time. So
# libtwill_base holds it once (cmake/fmt.cpp), under a name of its own that cannot meet another fmt in a program. Only in
# a build of ours alone, since the imported target may be the surrounding project's too, and only for the version whose
# instantiations the file names.
option(TWILL_FMT_ONCE "Compile fmt once instead of in every file" ${PROJECT_IS_TOP_LEVEL})
if(NOT fmt_VERSION MATCHES "^9[.]")
  set(TWILL_FMT_ONCE OFF)
endif()
if(TWILL_FMT_ONCE)
  set_target_properties(fmt::fmt-header-only PROPERTIES INTERFACE_COMPILE_DEFINITIONS
    "FMT_BEGIN_NAMESPACE=namespace fmt { inline namespace twill_v9 {;FMT_END_NAMESPACE=}}")
endif()

find_package(Threads REQUIRED)

if(TWILL_BUILD_APPS)
  find_package(CLI11 2.1 CONFIG QUIET)
  if(NOT CLI11_FOUND)
    message(FATAL_ERROR "CLI11 2.1 or newer is required for the command twill and was not found. "
      "Get it: apt-get install libcli11-dev, or configure with -DTWILL_BUILD_APPS=OFF")
  endif()
  twill_dependency_line(CLI11 TRUE "${CLI11_VERSION}" "the command line of twill" "apt-get install libcli11-dev")
endif()

# twill_optional_pkg(<option> <name> <pkg-config module> <gives> <how>): defines TWILL_HAVE_<option> and, when found, the
# target PkgConfig::<option>.
function(twill_optional_pkg feature name module gives how)
  option(TWILL_WITH_${feature} "Use ${name}: ${gives}" ON)
  set(found FALSE)
  set(version "")
  if(TWILL_WITH_${feature} AND PkgConfig_FOUND)
    pkg_check_modules(${feature} QUIET IMPORTED_TARGET GLOBAL ${module})
    set(found ${${feature}_FOUND})
    set(version "${${feature}_VERSION}")
    set(how "${how}")
  elseif(NOT TWILL_WITH_${feature})
    set(how "switched off by -DTWILL_WITH_${feature}=OFF")
  endif()
  if(found)
    set(TWILL_HAVE_${feature} TRUE PARENT_SCOPE)
    twill_dependency_line("${name}" TRUE "${version}" "${gives}" "${how}")
  else()
    set(TWILL_HAVE_${feature} FALSE PARENT_SCOPE)
    twill_dependency_line("${name}" FALSE "" "${gives}" "${how}")
  endif()
endfunction()

twill_optional_pkg(HWLOC hwloc hwloc "core, cache and NUMA layout in the topology report" "apt-get install libhwloc-dev")

# What the part table reads with. JSON and zstd are required by it; gzip pages of Parquet are
# refused without zlib.
if(NOT TWILL_PARTS OR "table" IN_LIST TWILL_PARTS)
  find_package(nlohmann_json 3.11 CONFIG QUIET)
  if(NOT nlohmann_json_FOUND)
    message(FATAL_ERROR "nlohmann_json 3.11 or newer is required for the part table and was not found. "
      "Get it: apt-get install nlohmann-json3-dev")
  endif()
  twill_dependency_line(nlohmann_json TRUE "${nlohmann_json_VERSION}" "reading JSON" "apt-get install nlohmann-json3-dev")
  twill_optional_pkg(ZSTD zstd libzstd "zstd pages of Parquet" "apt-get install libzstd-dev")
  if(NOT TWILL_HAVE_ZSTD)
    message(FATAL_ERROR "zstd is required for the part table and was not found. Get it: apt-get install libzstd-dev pkg-config")
  endif()
  twill_optional_pkg(ZLIB zlib zlib "gzip pages of Parquet" "apt-get install zlib1g-dev")
endif()

# The linear programs of the part sddp.
if(NOT TWILL_PARTS OR "sddp" IN_LIST TWILL_PARTS)
  twill_optional_pkg(CLP CLP clp "the linear programs of sddp" "apt-get install coinor-libclp-dev")
  if(NOT TWILL_HAVE_CLP)
    message(FATAL_ERROR "CLP is required for the part sddp and was not found. "
      "Get it: apt-get install coinor-libclp-dev pkg-config")
  endif()
endif()

if(NOT TWILL_PARTS OR "dmm" IN_LIST TWILL_PARTS)
  option(TWILL_WITH_HDF5 "Use HDF5: BIOM 2 tables" OFF)
  twill_optional_pkg(HDF5 HDF5 hdf5 "BIOM 2 tables" "apt-get install libhdf5-dev, then -DTWILL_WITH_HDF5=ON")
endif()

# Found once here, used by the tests of every part.
macro(twill_find_test_packages)
  find_package(GTest 1.12 CONFIG QUIET)
  if(NOT GTest_FOUND)
    message(FATAL_ERROR "GoogleTest is required for the tests and was not found. "
      "Get it: apt-get install libgtest-dev libgmock-dev, or configure with -DTWILL_BUILD_TESTS=OFF")
  endif()
  include(GoogleTest)
  find_package(rapidcheck CONFIG QUIET)
  twill_dependency_line(rapidcheck "${rapidcheck_FOUND}" "" "property tests" "apt-get install librapidcheck-dev")
endmacro()
