# Warnings belong to our own targets alone: they are PRIVATE, and errors only where a preset sets TWILL_WERROR.
function(twill_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wundef -Wvla -Wmissing-declarations -Wimplicit-fallthrough)
  if(TWILL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
    # g++ 12 at -O3 warns of inlined std::string code that is right (its bugs 105651 and 105329); clang 19, the sanitizers and
    # unoptimised g++ builds stay strict.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-error=restrict -Wno-error=maybe-uninitialized)
    endif()
  endif()
endfunction()
