# One switch for a whole build tree: a sanitizer has to see every object that is linked together.
if(TWILL_SANITIZE)
  if(NOT TWILL_SANITIZE MATCHES "^(thread|address|undefined|address,undefined)$")
    message(FATAL_ERROR "TWILL_SANITIZE: found '${TWILL_SANITIZE}', expected thread, address, undefined or address,undefined")
  endif()
  # What more optimisation than -O1 gives the tests' speed, it takes from the compiler's.
  add_compile_options(${TWILL_SANITIZE_OPTIMIZE} -fsanitize=${TWILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${TWILL_SANITIZE})
endif()
