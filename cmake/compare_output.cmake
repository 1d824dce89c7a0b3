# Runs PROGRAM and fails unless stdout and stderr together are exactly the file EXPECTED and the exit code is 0.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE got ERROR_VARIABLE got RESULT_VARIABLE code)
file(READ ${EXPECTED} wanted)
if(NOT code STREQUAL "0")
  message(FATAL_ERROR "${PROGRAM} ended with ${code}:\n${got}")
endif()
if(NOT got STREQUAL wanted)
  message(FATAL_ERROR "${PROGRAM} printed:\n${got}\nexpected:\n${wanted}")
endif()
