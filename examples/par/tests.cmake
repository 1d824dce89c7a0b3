# Examples that take arguments, or whose figures are the platform's: what each must print.
add_test(NAME par.example.custom_source COMMAND example_par_custom_source)
set_tests_properties(par.example.custom_source PROPERTIES PASS_REGULAR_EXPRESSION "sum 1.644933066849, lines 4")
add_test(NAME par.example.sum_bits COMMAND example_par_sum_bits)
set_tests_properties(par.example.sum_bits PROPERTIES PASS_REGULAR_EXPRESSION "^[0-9a-f]+ one hash for 1 to 16 threads")
foreach(threads IN ITEMS 1 2 7)
  add_test(NAME par.example.word_count_${threads}
    COMMAND example_par_word_count ${CMAKE_CURRENT_SOURCE_DIR} ${threads})
  set_tests_properties(par.example.word_count_${threads} PROPERTIES PASS_REGULAR_EXPRESSION "same as serial")
  list(APPEND word_counts par.example.word_count_${threads})
endforeach()
set_tests_properties(par.example.custom_source par.example.sum_bits ${word_counts}
  PROPERTIES LABELS "par;example" TIMEOUT 120)
