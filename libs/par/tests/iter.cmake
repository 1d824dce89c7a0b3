# Tests, compile-fail tests and benchmarks of the parallel ranges.
file(GLOB iter_tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} tests/conformance/iter_*_test.cpp
  tests/unit/iter_*_test.cpp)
if(TWILL_TESTS_SHORT)
  # Where workers meet: early exit, order, hand-over of results, locks. The rest differs in what runs inside a leaf.
  list(FILTER iter_tests INCLUDE REGEX "iter_(bridge|stop|collect|find|reduce|deterministic|plumbing|options)_test")
endif()
if(iter_tests)
  twill_test(par_iter PART par SOURCES ${iter_tests} LINK twill::par TIMEOUT 240 COMPUTES)
endif()
# Counts allocations, so it replaces operator new for the whole process.
twill_test(par_iter_allocation PART par SOURCES tests/single/iter_allocation_test.cpp LINK twill::par OPTIMIZED)

twill_compile_fail(iter_cmp_of_doubles PART par SOURCE tests/compile_fail/iter_cmp_of_doubles.cpp LINK twill::par
  EXPECT "par::cmp: these items are only partially ordered. use par::partial_cmp")
twill_compile_fail(iter_copy_of_move_only PART par SOURCE tests/compile_fail/iter_copy_of_move_only.cpp LINK twill::par
  EXPECT "par::copy_items: the items of this chain cannot be copied")
twill_compile_fail(iter_mutable_lambda PART par SOURCE tests/compile_fail/iter_mutable_lambda.cpp LINK twill::par
  EXPECT "par::map: the callable is shared between workers, so it must be callable when const")
twill_compile_fail(iter_not_random_access PART par SOURCE tests/compile_fail/iter_not_random_access.cpp LINK twill::par
  EXPECT "par::all: this range has no random access, so it cannot be cut. pass it through par::bridge")
twill_compile_fail(iter_pieces_of_a_temporary PART par SOURCE tests/compile_fail/iter_pieces_of_a_temporary.cpp LINK twill::par
  EXPECT "pieces are views, so the data must be borrowed")
twill_compile_fail(iter_reduce_with_wrong_operation PART par SOURCE tests/compile_fail/iter_reduce_with_wrong_operation.cpp LINK twill::par
  EXPECT "par::reduce: op.value, item. and op.value, value. must be callable")
twill_compile_fail(iter_rev_of_filter PART par SOURCE tests/compile_fail/iter_rev_of_filter.cpp LINK twill::par
  EXPECT "par::rev: the chain must be indexed")
twill_compile_fail(iter_shared_by_reference PART par SOURCE tests/compile_fail/iter_shared_by_reference.cpp LINK twill::par
  EXPECT "par::for_each: the callable is shared between workers, so it must be callable when const")
twill_compile_fail(iter_write_through_windows PART par SOURCE tests/compile_fail/iter_write_through_windows.cpp LINK twill::par
  EXPECT "assignment of read-only location|read-only variable is not assignable|cannot assign")
twill_compile_fail(iter_wrong_argument PART par SOURCE tests/compile_fail/iter_wrong_argument.cpp LINK twill::par
  EXPECT "par::filter: the callable cannot be called with an item of this chain")

if(TWILL_BUILD_BENCH)
  foreach(name IN ITEMS sum saxpy tiny_loop)
    add_executable(par_${name}_bench bench/${name}_bench.cpp)
    target_link_libraries(par_${name}_bench PRIVATE twill::par)
    twill_warnings(par_${name}_bench)
  endforeach()
endif()
