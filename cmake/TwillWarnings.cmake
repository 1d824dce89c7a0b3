# TWILL_UNITY: which targets compile several files in one go, which halves the compiler's work. A tree where one edits
# wants OFF: there an edit compiles one file.
if(NOT TWILL_UNITY MATCHES "^(OFF|TESTS|ALL)$")
  message(FATAL_ERROR "TWILL_UNITY: found '${TWILL_UNITY}', expected OFF, TESTS or ALL")
endif()
function(twill_unity target kind)
  if(TWILL_UNITY STREQUAL "ALL" OR TWILL_UNITY STREQUAL kind)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
  endif()
endfunction()

# Warnings belong to our own targets alone: they are PRIVATE, and errors only where a preset sets TWILL_WERROR.
function(twill_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wundef -Wvla -Wmissing-declarations -Wimplicit-fallthrough)
  # Several files in one translation unit see each other's file-local names.
  if(TWILL_UNITY STREQUAL "OFF")
    target_compile_options(${target} PRIVATE -Wshadow)
  endif()
  if(TWILL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
    # g++ 12 at -O3 warns of inlined std::string code that is right (its bugs 105651 and 105329); clang 19, the sanitizers and
    # unoptimised g++ builds stay strict.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-error=restrict -Wno-error=maybe-uninitialized)
    endif()
  endif()
endfunction()
