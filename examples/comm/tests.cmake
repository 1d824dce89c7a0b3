# Without a launcher each example is a job of one rank.
set(expected_pi "^pi is about 3\\.14159265359[0-9] with 1 ranks\nand 0x1\\.921fb5444[0-9a-f]*p\\+1 with any number of them\n$")
set(expected_ring "^the token came back with 0\n$")
set(expected_halo_exchange "^heat after 500 steps: 1\\.000000000\n$")
set(expected_shared_histogram "^10000 numbers in 16 bins\n$")
set(expected_hello "^3 numbers, sum 0, last square 0\n$")
foreach(name IN ITEMS hello pi ring halo_exchange shared_histogram)
  add_test(NAME comm.example.${name} COMMAND example_comm_${name})
  set_tests_properties(comm.example.${name} PROPERTIES PASS_REGULAR_EXPRESSION "${expected_${name}}"
    LABELS "comm;example" TIMEOUT 60)
endforeach()
