// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/io.hpp"

#include "tables.hpp"
#include "twill/base/file.hpp"
#include "twill/table/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string message(const std::string& content, const read_counts_options& o = {}) {
  try {
    static_cast<void>(parse_counts(content, "t.csv", o));
  } catch (const twill::error& e) {
    return e.what();
  }
  return "nothing was refused";
}

TEST(read_counts, takes_samples_from_rows_and_from_columns_and_says_so) {
  const named_counts rows = parse_counts("sample,a,b\ns1,3,0\ns2,1,12.0\n", "t.csv");
  EXPECT_THAT(rows.samples, ElementsAre("s1", "s2"));
  EXPECT_THAT(rows.taxa, ElementsAre("a", "b"));
  EXPECT_THAT(rows.counts.row(1), ElementsAre(count_entry{0, 1}, count_entry{1, 12}));
  EXPECT_THAT(rows.notes, ElementsAre("comma-separated", "rows are samples (the header says \"sample\")"));
  const named_counts columns =
      parse_counts("\xef\xbb\xbf#OTU ID\ts1\ts2\r\na\t3\t1\r\n\"b\"\t0\t12\r\n", "t.tsv");
  EXPECT_EQ(columns.samples, rows.samples);
  EXPECT_EQ(columns.taxa, rows.taxa);
  EXPECT_TRUE(columns.transposed);
  EXPECT_EQ(columns.counts.row(1), rows.counts.row(1));
  EXPECT_THAT(columns.notes, Contains("rows are taxa (the header says \"#OTU ID\")"));
}

TEST(read_counts, finds_the_orientation_by_the_totals_and_obeys_when_told) {
  // R leaves the corner out; taxa differ by orders of magnitude.
  const std::string r = "x;y;z\nbig;900;1000;1100\nsmall;1;0;2\ntiny;1;1;0\n";
  const named_counts found = parse_counts(r, "t.csv");
  EXPECT_THAT(found.samples, ElementsAre("x", "y", "z"));
  EXPECT_THAT(found.notes,
              Contains("rows are taxa (by the spread of the totals; --taxa-axis says it for certain)"));
  EXPECT_THAT(parse_counts(r, "t.csv", {.axis = taxa_axis::columns}).samples,
              ElementsAre("big", "small", "tiny"));
}

TEST(read_counts, tells_every_mistake_with_line_and_column) {
  const std::string bad = "sample,a,b\ns1,-3,0\ns2,1,12.5\ns3,nan,x\ns4,1\n";
  const std::string found = message(bad);
  EXPECT_THAT(found, HasSubstr("t.csv:2:4: a count is negative (found -3, expected a whole number from 0)"));
  EXPECT_THAT(found, HasSubstr("t.csv:3:6: a count has a fraction (found 12.5"));
  EXPECT_THAT(found, HasSubstr("t.csv:4:4: a count is not a finite number (found nan"));
  EXPECT_THAT(found, HasSubstr("t.csv:4:8: a count is not a decimal number (found x"));
  EXPECT_THAT(found,
              HasSubstr("t.csv:5: a row has another number of fields than the header (found 2, expected 3)"));
  EXPECT_THAT(message("sample,a\ns1,\"3\n"), HasSubstr("a quoted field has no end"));
  EXPECT_THAT(message("sample,a\ns1,inf\n"), HasSubstr("a count is not a finite number (found inf"));
  EXPECT_THAT(message("sample,a\ns1,1e300\n"),
              HasSubstr("a count is too large (found 1e300, expected at most 9007199254740992)"));
}

TEST(read_counts, refuses_empty_tables_double_names_and_samples_without_counts) {
  EXPECT_THAT(message("sample,a\n"), HasSubstr("a table of counts is empty (found 0 samples and 0 taxa"));
  EXPECT_THAT(
      message("sample,a,b\ns,1,2\ns,3,4\n"),
      HasSubstr("error[duplicate_name] t.csv: two samples have one name (found \"s\" as number 1 and 2"));
  EXPECT_THAT(message("sample,a,a\ns,1,2\nt,3,4\n"), HasSubstr("two taxa have one name"));
  EXPECT_THAT(message("sample,a,b\ns,1,2\nt,0,0\n"),
              HasSubstr("error[zero_row] t.csv: a sample has no counts (found t,"));
  EXPECT_EQ(parse_counts("sample,a,b\ns,1,2\nt,0,0\n", "t", {.empty = zero_rows::keep}).counts.total(1), 0);
}

TEST(read_counts, leaves_rare_taxa_out_when_asked) {
  const named_counts t = parse_counts("sample,a,b,c\ns,1,2,7\nt,1,0,8\n", "t", {.min_taxon_total = 3});
  EXPECT_THAT(t.taxa, ElementsAre("c"));
  EXPECT_THAT(t.notes, Contains("2 taxa with a total below 3 are left out"));
}

TEST(read_counts, knows_what_it_cannot_read) {
#ifdef TWILL_HAVE_HDF5
  const std::string without = "error[malformed_table] t.csv: this is no BIOM 2 file, or it is damaged";
#else
  const std::string without =
      "error[unsupported] t.csv: this is a BIOM 2 file, which is HDF5, and this build has none";
#endif
  EXPECT_THAT(message("\x89HDF\r\n\x1a\n..."), HasSubstr(without));
  EXPECT_THAT(message("\x89HDF\r\n\x1a\n..."),
              HasSubstr("hint: BIOM 1 is read too: biom convert -i TABLE.biom -o TABLE.json.biom --to-json"));
  EXPECT_THAT(message("%%MatrixMarket matrix array real general\n1 1\n3\n"),
              HasSubstr("this kind of MatrixMarket file is not read"));
  EXPECT_THAT(message("%%MatrixMarket matrix coordinate integer general\n2 2 1\n3 1 5\n"),
              HasSubstr("t.csv:3: an entry is malformed or outside the matrix"));
}

TEST(read_counts, unpacks_what_gzip_packed) {
  // Two members, as `cat a.gz b.gz` makes them.
  const std::string packed(
      "\037\213\010\000\000\000\000\000\002\003\053\116\314\055\310\111\325\111\324\111\342\052"
      "\066\324\061\326\061\340\002\000\271\032\215\363\022\000\000\000\037\213\010\000\000\000"
      "\000\000\002\003\053\066\322\061\324\061\064\342\002\000\124\213\306\126\010\000\000\000",
      66);
#ifdef TWILL_HAVE_ZLIB
  const named_counts t = parse_counts(packed, "t.csv.gz");
  EXPECT_THAT(t.samples, ElementsAre("s1", "s2"));
  EXPECT_THAT(t.counts.row(1), ElementsAre(count_entry{0, 1}, count_entry{1, 12}));
  EXPECT_EQ(t.notes.front(), "compressed with gzip");
  const std::string damaged = "error[malformed_table] t.csv: the gzip data are damaged or end early";
  EXPECT_THAT(message(packed.substr(0, packed.size() - 5)), HasSubstr(damaged));
  EXPECT_THAT(message("\x1f\x8b..."), HasSubstr(damaged));
#else
  EXPECT_THAT(message(packed), HasSubstr("compressed with gzip, and this build has no zlib"));
#endif
}

constexpr const char* biom = R"({"id":null,"format":"Biological Observation Matrix 1.0.0","type":"OTU table",
"matrix_type":"sparse","matrix_element_type":"int","shape":[2,3],
"rows":[{"id":"a","metadata":null},{"id":"b","metadata":null}],
"columns":[{"id":"s1","metadata":null},{"id":"s2","metadata":null},{"id":"s3","metadata":null}],
"data":[[0,0,3],[1,1,2],[0,2,7],[1,2,1.0]]})";

TEST(read_counts, biom_has_taxa_in_its_rows) {
  const named_counts t = parse_counts(biom, "t.biom");
  EXPECT_EQ(t.format, table_format::biom);
  EXPECT_THAT(t.samples, ElementsAre("s1", "s2", "s3"));
  EXPECT_THAT(t.counts.row(2), ElementsAre(count_entry{0, 7}, count_entry{1, 1}));
  std::string dense = biom;
  dense.replace(dense.find("sparse"), 6, "dense");
  dense.replace(dense.find("\"data\":") + 7, std::string::npos, "[[3,0,7],[0,2,1]]}");
  EXPECT_EQ(parse_counts(dense, "d.biom").counts.row(2), t.counts.row(2));
  std::string outside = biom;
  outside.replace(outside.find("[0,0,3]"), 7, "[2,0,3]");
  EXPECT_THAT(message(outside), HasSubstr("an entry is not [row, column, count] inside the table"));
  std::string twice = biom;
  twice.replace(twice.find("[1,1,2]"), 7, "[0,0,2]");
  EXPECT_THAT(message(twice), HasSubstr("a cell stands twice in the data (found [0, 0]"));
  EXPECT_THAT(message("{\"rows\":[]}"), HasSubstr("this is no BIOM table"));
}

TEST(read_counts, mothur_shared_tables_end_their_lines_with_tabs) {
  const named_counts t = parse_counts(
      "label\tGroup\tnumOtus\tOtu1\tOtu2\t\n0.03\ts1\t2\t3\t0\t\n0.03\ts2\t2\t1\t5\t\n0.05\ts1\t2\t9\t9\t\n",
      "t.shared");
  EXPECT_EQ(t.format, table_format::mothur_shared);
  EXPECT_THAT(t.samples, ElementsAre("s1", "s2"));
  EXPECT_THAT(t.counts.row(1), ElementsAre(count_entry{0, 1}, count_entry{1, 5}));
  EXPECT_THAT(t.notes, Contains("only the rows of label 0.03 are read"));
}

TEST(write_counts, every_format_reads_back) {
  const named_counts t = parse_counts("sample,a,\"b,c\",d\ns1,3,0,1\ns2,1,12,0\n", "t.csv");
  for (const table_format f : {table_format::csv, table_format::parquet, table_format::biom,
                               table_format::mothur_shared, table_format::matrix_market}) {
    const std::string path = testing::TempDir() + "dmm_table." + std::string(name_of(f));
    write_counts(path, t, f);
    const named_counts back = read_counts(path);
    EXPECT_EQ(back.format, f);
    if (f != table_format::matrix_market) {
      EXPECT_EQ(back.samples, t.samples) << name_of(f);
      EXPECT_EQ(back.taxa, t.taxa) << name_of(f);
    }
    EXPECT_EQ(back.counts.row(0), t.counts.row(0)) << name_of(f);
    EXPECT_EQ(back.counts.row(1), t.counts.row(1)) << name_of(f);
  }
}

TEST(model, reads_back_as_it_was_written) {
  const count_table t = tests::own_table(50, 7, 2, 71);
  saved_model m{.fit = fit(t, {.components = 2}), .taxa = {"a", "b", "c", "d", "e", "f", "g\"h"}, .seed = 42};
  m.fit.lower[3] = std::nan("");
  const std::string text = format_model(m);
  const saved_model back = parse_model(text, "m.json");
  EXPECT_EQ(back.fit.alpha, m.fit.alpha);
  EXPECT_EQ(back.fit.weights, m.fit.weights);
  EXPECT_EQ(back.fit.laplace, m.fit.laplace);
  EXPECT_EQ(back.taxa, m.taxa);
  EXPECT_TRUE(std::isnan(back.fit.lower[3]));
  EXPECT_EQ(format_model(back), text);
  std::vector<double> p(100);
  std::vector<double> q(100);
  posterior(m.fit, t, p);
  posterior(back.fit, t, q);
  EXPECT_EQ(p, q);
}

TEST(model, what_is_none_is_refused_with_the_place) {
  const auto refusal = [](std::string text) {
    try {
      static_cast<void>(parse_model(std::move(text), "m.json"));
    } catch (const twill::error& e) {
      return std::string(e.what());
    }
    return std::string("nothing was refused");
  };
  EXPECT_THAT(refusal("{}"), HasSubstr("error[malformed_model] m.json:1:1"));
  EXPECT_THAT(refusal("{\"format\":\"twill.dmm.model\",\"components\":-1}"),
              HasSubstr("\"samples\" is missing"));
  std::string text =
      format_model({.fit = fit(tests::own_table(20, 3, 1, 1), {.components = 1}), .taxa = {"a", "b", "c"}});
  text.replace(text.find("\"weights\": [\n    1"), 19, "\"weights\": [\n    2 ");
  EXPECT_THAT(refusal(text), HasSubstr("the figures of a model contradict each other"));
}

}  // namespace
}  // namespace twill::dmm
