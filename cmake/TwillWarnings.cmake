# Warnings belong to our own targets alone: they are PRIVATE, and errors only where a preset sets TWILL_WERROR.
function(twill_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wundef -Wvla -Wmissing-declarations -Wimplicit-fallthrough)
  if(TWILL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
