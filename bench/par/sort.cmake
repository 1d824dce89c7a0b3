# The sorts and their peers: part of bench/par. Each program sorts once and tells the time of that.
add_dependencies(twill_bench par_sort_bench)
find_package(OpenMP QUIET COMPONENTS CXX)
find_path(TWILL_BENCH_TBB oneapi/tbb/version.h)
find_library(TWILL_BENCH_TBB_LIBRARY tbb)
if(OpenMP_CXX_FOUND AND TWILL_BENCH_TBB AND TWILL_BENCH_TBB_LIBRARY)
  # IPS4o and Boost are taken along where their headers are; IPS4o exchanges 16 bytes at once, by libatomic.
  twill_bench_program(bench_par_sort_cpp SOURCES peers/sort_cpp.cpp
    LINK OpenMP::OpenMP_CXX ${TWILL_BENCH_TBB_LIBRARY} Threads::Threads atomic)
  target_include_directories(bench_par_sort_cpp SYSTEM PRIVATE ${TWILL_BENCH_TBB})
endif()
