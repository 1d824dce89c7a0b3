# part_<part>: the target that builds one part with all its tests.
function(twill_part_target part)
  if(NOT TARGET part_${part})
    add_custom_target(part_${part})
  endif()
  if(ARGN)
    add_dependencies(part_${part} ${ARGN})
  endif()
endfunction()

# twill_test(<name> PART <part> SOURCES ... [LINK ...] [LABELS ...] [TIMEOUT s] [UNLISTED] [OPTIMIZED | COMPUTES])
# One GoogleTest program; every TEST in it is a CTest case named <part>.<suite>.<test>, labelled with its part, unless
# UNLISTED says that the caller adds it to CTest. OPTIMIZED: at the build type's level also where TWILL_TESTS_OPTIMIZE
# lowers it for tests, because it measures, or because its subject is what the optimiser makes of our headers. COMPUTES: at
# -O1 at least there, because what it runs for long is templates.
function(twill_test name)
  cmake_parse_arguments(ARG "UNLISTED;OPTIMIZED;COMPUTES" "PART;TIMEOUT" "SOURCES;LINK;LABELS;DEFINES" ${ARGN})
  if(NOT TWILL_BUILD_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_definitions(${name} PRIVATE TWILL_SOURCE_DIR="${twill_SOURCE_DIR}" ${ARG_DEFINES})
  twill_warnings(${name})
  twill_unity(${name} TESTS)
  if(TWILL_TESTS_OPTIMIZE AND NOT ARG_OPTIMIZED AND NOT TWILL_SANITIZE)
    target_compile_options(${name} PRIVATE $<IF:$<BOOL:${ARG_COMPUTES}>,-O1,${TWILL_TESTS_OPTIMIZE}>)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  twill_part_target(${ARG_PART} ${name})
  if(ARG_UNLISTED)
    return()
  endif()
  string(REPLACE ";" "\\;" labels "${ARG_PART};${ARG_LABELS}")
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_PART}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# twill_compile_fail(<name> PART <part> SOURCE file EXPECT regex [LINK ...]): the file must not compile, and the
# compiler must say EXPECT: a misuse is refused for the reason we promise, not by accident.
function(twill_compile_fail name)
  cmake_parse_arguments(ARG "" "PART;SOURCE;EXPECT" "LINK" ${ARGN})
  if(NOT TWILL_BUILD_TESTS OR TWILL_SANITIZE)  # a sanitizer changes nothing that the compiler says
    return()
  endif()
  add_library(compile_fail_${name} OBJECT EXCLUDE_FROM_ALL ${ARG_SOURCE})
  target_link_libraries(compile_fail_${name} PRIVATE ${ARG_LINK})
  target_compile_features(compile_fail_${name} PRIVATE cxx_std_20)
  add_test(NAME ${ARG_PART}.compile_fail.${name}
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target compile_fail_${name})
  set_tests_properties(${ARG_PART}.compile_fail.${name} PROPERTIES
    LABELS "${ARG_PART}" PASS_REGULAR_EXPRESSION "${ARG_EXPECT}" RESOURCE_LOCK build_tree TIMEOUT 120)
endfunction()

# twill_script_test(<name> PART <part> COMMAND script args... [TIMEOUT s] [PROPERTIES ...]): a Python test, run from the
# top of the source tree by the distribution's own Python.
function(twill_script_test name)
  cmake_parse_arguments(ARG "" "PART;TIMEOUT" "COMMAND;PROPERTIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  twill_part_target(${ARG_PART})
  add_test(NAME ${name} COMMAND ${TWILL_PYTHON} ${ARG_COMMAND} WORKING_DIRECTORY ${twill_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_PART}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1" ${ARG_PROPERTIES})
endfunction()
