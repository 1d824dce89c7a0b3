# Tests, compile-fail tests and benchmarks of the parallel ranges.
file(GLOB iter_tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} tests/conformance/iter_*_test.cpp
  tests/unit/iter_*_test.cpp)
if(iter_tests)
  twill_test(par_iter PART par SOURCES ${iter_tests} LINK twill::par TIMEOUT 240)
endif()
# Counts allocations, so it replaces operator new for the whole process.
twill_test(par_iter_allocation PART par SOURCES tests/single/iter_allocation_test.cpp LINK twill::par)

# Each file says what the compiler must say: a line `// EXPECT: regex`.
file(GLOB iter_misuses CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/compile_fail/iter_*.cpp)
foreach(misuse IN LISTS iter_misuses)
  get_filename_component(name ${misuse} NAME_WE)
  file(STRINGS ${misuse} expect REGEX "^// EXPECT: ")
  string(REGEX REPLACE "^// EXPECT: " "" expect "${expect}")
  twill_compile_fail(${name} PART par SOURCE ${misuse} EXPECT "${expect}" LINK twill::par)
endforeach()

if(TWILL_BUILD_BENCH)
  foreach(name IN ITEMS sum saxpy tiny_loop)
    add_executable(par_${name}_bench bench/${name}_bench.cpp)
    target_link_libraries(par_${name}_bench PRIVATE twill::par)
    twill_warnings(par_${name}_bench)
  endforeach()
endif()
