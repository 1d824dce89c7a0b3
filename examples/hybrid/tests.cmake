# Without a launcher each is a job of one rank; libs/hybrid/tests has the layouts.
add_test(NAME hybrid.example.heat COMMAND example_hybrid_heat --size 64 --steps 50)
set_tests_properties(hybrid.example.heat PROPERTIES LABELS "hybrid;example" TIMEOUT 60
  PASS_REGULAR_EXPRESSION "^mean [0-9.]+ after 50 steps\nhash [0-9a-f]+\n$")
add_test(NAME hybrid.example.monte_carlo COMMAND example_hybrid_monte_carlo --paths 20000)
set_tests_properties(hybrid.example.monte_carlo PROPERTIES LABELS "hybrid;example" TIMEOUT 60
  PASS_REGULAR_EXPRESSION "call 100 +[0-9.]+ [+]- [0-9.]+\n.*hash [0-9a-f]+\n$")
foreach(name IN ITEMS heat monte_carlo)
  add_test(NAME hybrid.example.${name}.help COMMAND example_hybrid_${name} --help)
  set_tests_properties(hybrid.example.${name}.help PROPERTIES LABELS "hybrid;example" TIMEOUT 60
    PASS_REGULAR_EXPRESSION "^${name} .*\nFlags:\n  --.*  --threads N .*\nExamples:\n  ${name} --.*  twill run -n 2 ")
endforeach()
# Programs look for MPI modules in lib/twill beside their folder.
if(TARGET twill_comm_mpi)
  file(MAKE_DIRECTORY ${twill_BINARY_DIR}/examples)
  file(CREATE_LINK ../lib ${twill_BINARY_DIR}/examples/lib SYMBOLIC)
endif()
