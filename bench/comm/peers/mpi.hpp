// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>
#include <vector>

namespace peer {

inline std::string version() {
  std::string text(MPI_MAX_LIBRARY_VERSION_STRING, '\0');
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  text.resize(static_cast<std::size_t>(length));
  // `MPICH Version: 4.0.2 ...`, `Open MPI v4.1.4, package: ...`: the first words of the first line.
  for (char& c : text) {
    if (c == '\t') c = ' ';
  }
  return text.substr(0, text.find_first_of(",\n"));
}

/// Blocks of `n` elements of every rank.
struct blocks {
  std::vector<int> counts;
  std::vector<int> displs;
  blocks(int ranks, std::size_t n) {
    for (int r = 0; r < ranks; ++r) {
      counts.push_back(static_cast<int>(n));
      displs.push_back(r * static_cast<int>(n));
    }
  }
};

class ranks {
 public:
  ranks() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  void barrier() { MPI_Barrier(MPI_COMM_WORLD); }
  [[nodiscard]] int from_first(int value) {
    MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return value;
  }
  void allreduce(const std::vector<double>& in, std::vector<double>& out) {
    MPI_Allreduce(in.data(), out.data(), static_cast<int>(in.size()), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  }
  void broadcast(std::vector<double>& data) {
    MPI_Bcast(data.data(), static_cast<int>(data.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD);
  }
  void allgatherv(const std::vector<double>& mine, std::vector<double>& all, const blocks& b) {
    MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, all.data(), b.counts.data(),
                   b.displs.data(), MPI_DOUBLE, MPI_COMM_WORLD);
  }

 private:
  int rank_ = 0;
  int size_ = 1;
};

template <class Body>
int run(Body&& body) {
  MPI_Init(nullptr, nullptr);
  int code = 0;
  {
    ranks all;
    code = body(all);
  }
  MPI_Finalize();
  return code;
}

}  // namespace peer
