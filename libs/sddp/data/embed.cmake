# cmake -DINPUT=words.bin -DOUTPUT=words.cpp -P embed.cmake
#
# A file of little-endian 64-bit words as the definition of `sobol_table`: numbers, so that the byte order of the machine
# does not matter, and no assembler, so that every compiler takes it.
file(READ ${INPUT} words HEX)
set(byte "(..)")
string(REPEAT "${byte}" 8 word)
string(REGEX REPLACE "${word}" "0x\\8\\7\\6\\5\\4\\3\\2\\1,\n" words "${words}")
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
// Made by embed.cmake from data under data/LICENSE.joe-kuo.
#include \"stochastic/sobol_table.hpp\"

namespace twill::sddp {

std::span<const std::uint64_t> sobol_table() noexcept {
  static constexpr std::uint64_t words[] = {
${words}};
  return words;
}

}  // namespace twill::sddp
")
