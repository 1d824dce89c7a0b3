// SPDX-License-Identifier: Apache-2.0
// BIOM 2.x: HDF5 with the matrix by taxon, compressed, and the ids of both axes.
#include "io/cells.hpp"
#include "twill/dmm/error.hpp"

#include <fmt/format.h>

#ifdef TWILL_HAVE_HDF5
#include <algorithm>
#include <hdf5.h>
#include <mutex>
#include <utility>
#endif

namespace twill::dmm::detail {

namespace {
constexpr const char* how_to_convert =
    "BIOM 1 is read too: biom convert -i TABLE.biom -o TABLE.json.biom --to-json";
}

#ifdef TWILL_HAVE_HDF5

namespace {

// An identifier of HDF5 and what closes it.
class handle {
 public:
  handle(hid_t id, herr_t (*close)(hid_t)) noexcept : id_(id), close_(close) {}
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() {
    if (id_ >= 0) close_(id_);
  }
  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] bool good() const noexcept { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// HDF5 prints what went wrong unless told not to; its plain build must be called by one thread at a time.
class quiet {
 public:
  quiet() : lock_(one_at_a_time()) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  quiet(const quiet&) = delete;
  quiet& operator=(const quiet&) = delete;
  ~quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

 private:
  static std::mutex& one_at_a_time() {
    static std::mutex mutex;
    return mutex;
  }
  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

class image {
 public:
  image(std::string_view content, const std::string& name)
      : name_(name), access_(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), file_(open(content), H5Fclose) {
    if (!file_.good()) damaged("the file", "a whole HDF5 file");
  }

  [[noreturn]] void damaged(std::string found, std::string expected) const {
    throw error(errc::malformed_table, {.what = "this is no BIOM 2 file, or it is damaged",
                                        .where = location{.file = name_},
                                        .found = std::move(found),
                                        .expected = std::move(expected),
                                        .hint = how_to_convert});
  }

  template <class T>
  std::vector<T> numbers(const char* path, hid_t type) const {
    const handle set(H5Dopen2(file_.get(), path, H5P_DEFAULT), H5Dclose);
    std::vector<T> out(length(set, path));
    const handle stored(H5Dget_type(set.get()), H5Tclose);
    const H5T_class_t kind = H5Tget_class(stored.get());
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) damaged(path, "numbers");
    if (!out.empty() && H5Dread(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) < 0)
      damaged(path, "numbers that can be read");
    return out;
  }

  std::vector<std::string> texts(const char* path) const {
    const handle set(H5Dopen2(file_.get(), path, H5P_DEFAULT), H5Dclose);
    std::vector<std::string> out(length(set, path));
    if (out.empty()) return out;
    const handle type(H5Dget_type(set.get()), H5Tclose);
    if (H5Tget_class(type.get()) != H5T_STRING) damaged(path, "texts");
    if (H5Tis_variable_str(type.get()) > 0) {
      const handle space(H5Dget_space(set.get()), H5Sclose);
      std::vector<char*> raw(out.size(), nullptr);
      if (H5Dread(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
        damaged(path, "texts that can be read");
      for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != nullptr) out[i] = raw[i];
      }
      H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, raw.data());
      return out;
    }
    const std::size_t width = H5Tget_size(type.get());
    std::string raw(width * out.size(), '\0');
    if (H5Dread(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
      damaged(path, "texts that can be read");
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::string_view one = std::string_view(raw).substr(i * width, width);
      out[i] = one.substr(0, one.find('\0'));
    }
    return out;
  }

 private:
  [[nodiscard]] hid_t open(std::string_view content) const {
    H5Pset_fapl_core(access_.get(), std::size_t{1} << 20U, false);
    H5Pset_file_image(access_.get(), const_cast<char*>(content.data()), content.size());
    return H5Fopen("table.biom", H5F_ACC_RDONLY, access_.get());
  }
  // A length that the file cannot hold, even compressed, is a lie that would cost memory.
  [[nodiscard]] std::size_t length(const handle& set, const char* path) const {
    if (!set.good()) damaged(fmt::format("no dataset {}", path), "BIOM 2's datasets");
    const handle space(H5Dget_space(set.get()), H5Sclose);
    hsize_t n = 0;
    if (H5Sget_simple_extent_ndims(space.get()) != 1 ||
        H5Sget_simple_extent_dims(space.get(), &n, nullptr) != 1)
      damaged(path, "one dimension");
    constexpr std::uint64_t deflate_at_most = 1033;
    hsize_t bytes = 0;
    H5Fget_filesize(file_.get(), &bytes);
    if (n > bytes * deflate_at_most) damaged(fmt::format("{} with {} entries", path, n), "fewer");
    return static_cast<std::size_t>(n);
  }

  const std::string& name_;
  handle access_;
  handle file_;
};

}  // namespace

cell_table read_biom2(std::string_view content, const std::string& name, table::findings& out) {
  const quiet silence;
  const image in(content, name);
  cell_table t;
  t.corner = "#OTU ID";
  t.row_names = in.texts("observation/ids");
  t.column_names = in.texts("sample/ids");
  const auto count = in.numbers<double>("observation/matrix/data", H5T_NATIVE_DOUBLE);
  const auto column = in.numbers<std::int64_t>("observation/matrix/indices", H5T_NATIVE_INT64);
  const auto ptr = in.numbers<std::int64_t>("observation/matrix/indptr", H5T_NATIVE_INT64);
  const auto cells = static_cast<std::int64_t>(count.size());
  if (ptr.size() != t.row_names.size() + 1 || column.size() != count.size() || ptr.front() != 0 ||
      ptr.back() != cells || !std::is_sorted(ptr.begin(), ptr.end())) {
    in.damaged(fmt::format("{} taxa, {} samples, {} counts, {} indices, {} row pointers", t.row_names.size(),
                           t.column_names.size(), count.size(), column.size(), ptr.size()),
               "sizes that belong together");
  }
  const auto columns = static_cast<std::int64_t>(t.column_names.size());
  for (std::size_t i = 0; i < t.row_names.size(); ++i) {
    for (auto p = static_cast<std::size_t>(ptr[i]); p < static_cast<std::size_t>(ptr[i + 1]); ++p) {
      if (column[p] < 0 || column[p] >= columns)
        in.damaged(fmt::format("sample {}", column[p]), fmt::format("below {}", columns));
      const double x = checked_count(
          count[p], fmt::format("{}", count[p]),
          {.file = name, .row = i, .field = t.column_names[static_cast<std::size_t>(column[p])]}, out);
      if (x != 0) t.add(static_cast<std::size_t>(column[p]), x);
    }
    t.end_row();
  }
  return t;
}

#else

cell_table read_biom2(std::string_view, const std::string& name, table::findings&) {
  throw error(errc::unsupported, {.what = "this is a BIOM 2 file, which is HDF5, and this build has none",
                                  .where = location{.file = name},
                                  .expected = "BIOM 1 (JSON), CSV, TSV, Parquet, .shared or MatrixMarket",
                                  .hint = how_to_convert});
}

#endif

}  // namespace twill::dmm::detail
