// SPDX-License-Identifier: Apache-2.0
// BIOM 2 needs HDF5: a build without it says so (io_test.cpp), a build with it reads what HDF5 wrote here.
#ifdef TWILL_HAVE_HDF5
#include "twill/base/error.hpp"
#include "twill/dmm/io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <hdf5.h>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct content {
  std::vector<double> data{3, 7, 2, 1};
  std::vector<std::int32_t> indices{0, 2, 1, 2};
  std::vector<std::int32_t> indptr{0, 2, 4};
  bool fixed_width = false;
};

void write(hid_t file, const char* path, hid_t type, std::size_t n, const void* values) {
  const hsize_t length = n;
  const hid_t space = H5Screate_simple(1, &length, nullptr);
  const hid_t set = H5Dcreate2(file, path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  ASSERT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0) << path;
  H5Dclose(set);
  H5Sclose(space);
}

// Two taxa, three samples, in memory.
std::string biom2(const content& of) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1U << 16U, false);
  const hid_t file = H5Fcreate("test.biom", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  for (const char* group : {"observation", "observation/matrix", "sample"})
    H5Gclose(H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, of.fixed_width ? 2 : H5T_VARIABLE);
  if (of.fixed_width) {
    write(file, "observation/ids", text, 2, "a\0b\0");
    write(file, "sample/ids", text, 3, "s1s2s3");
  } else {
    const char* taxa[] = {"a", "b"};
    const char* samples[] = {"s1", "s2", "s3"};
    write(file, "observation/ids", text, 2, static_cast<const void*>(taxa));
    write(file, "sample/ids", text, 3, static_cast<const void*>(samples));
  }
  write(file, "observation/matrix/data", H5T_NATIVE_DOUBLE, of.data.size(), of.data.data());
  write(file, "observation/matrix/indices", H5T_NATIVE_INT32, of.indices.size(), of.indices.data());
  write(file, "observation/matrix/indptr", H5T_NATIVE_INT32, of.indptr.size(), of.indptr.data());
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  std::string out(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)), '\0');
  H5Fget_file_image(file, out.data(), out.size());
  H5Tclose(text);
  H5Fclose(file);
  H5Pclose(access);
  return out;
}

std::string message(const content& of) {
  try {
    static_cast<void>(parse_counts(biom2(of), "t.biom"));
  } catch (const twill::error& e) {
    return e.what();
  }
  return "nothing was refused";
}

TEST(biom2, has_taxa_in_its_rows) {
  for (const bool fixed : {false, true}) {
    const named_counts t = parse_counts(biom2({.fixed_width = fixed}), "t.biom");
    EXPECT_EQ(t.format, table_format::biom);
    EXPECT_THAT(t.samples, ElementsAre("s1", "s2", "s3"));
    EXPECT_THAT(t.taxa, ElementsAre("a", "b"));
    EXPECT_THAT(t.counts.row(0), ElementsAre(count_entry{0, 3}));
    EXPECT_THAT(t.counts.row(2), ElementsAre(count_entry{0, 7}, count_entry{1, 1}));
  }
}

TEST(biom2, what_does_not_fit_together_is_refused) {
  EXPECT_THAT(message({.data = {3, -7, 2, 1}}), HasSubstr("a count is negative (found -7"));
  EXPECT_THAT(message({.indices = {0, 3, 1, 2}}), HasSubstr("found sample 3, expected below 3"));
  EXPECT_THAT(message({.indptr = {0, 4}}),
              HasSubstr("2 taxa, 3 samples, 4 counts, 4 indices, 2 row pointers"));
  EXPECT_THAT(message({.indptr = {0, 9, 4}}), HasSubstr("expected sizes that belong together"));
  std::string cut = biom2({});
  cut.resize(cut.size() / 2);
  try {
    static_cast<void>(parse_counts(cut, "t.biom"));
    FAIL() << "a file that ends early was read";
  } catch (const twill::error& e) {
    EXPECT_THAT(e.what(),
                HasSubstr("error[malformed_table] t.biom: this is no BIOM 2 file, or it is damaged"));
  }
}

}  // namespace
}  // namespace twill::dmm
#endif
