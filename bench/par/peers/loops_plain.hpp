// SPDX-License-Identifier: Apache-2.0
// Loops as a person would write them for speed: sixteen accumulators, one piece a thread. With two workers
// the second thread spins between loops, so that what is timed is the loop and not the way to a thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace peer {

inline constexpr const char* version = "plain loop, raw threads";

template <class F>
[[gnu::noinline]] double lanes(std::size_t begin, std::size_t end, const F& term) {
  std::array<double, 16> lane{};
  std::size_t i = begin;
  for (; i + 16 <= end; i += 16) {
    for (std::size_t j = 0; j < 16; ++j) lane[j] += term(i + j);
  }
  double total = 0;
  for (; i < end; ++i) total += term(i);
  for (const double l : lane) total += l;
  return total;
}

class loops {
 public:
  explicit loops(int workers) {
    if (workers > 1) helper_ = std::jthread([this](const std::stop_token& stop) { help(stop); });
  }
  template <class F>
  void inside(F&& f) {
    f();
  }
  double sum(const std::vector<double>& x) {
    std::array<double, 2> part{};
    pieces(x.size(), [&](std::size_t k, std::size_t b, std::size_t e) {
      part[k] = lanes(b, e, [data = x.data()](std::size_t i) { return data[i]; });
    });
    return part[0] + part[1];
  }
  double dot(const std::vector<double>& x, const std::vector<double>& y) {
    std::array<double, 2> part{};
    pieces(x.size(), [&](std::size_t k, std::size_t b, std::size_t e) {
      part[k] = lanes(b, e, [p = x.data(), q = y.data()](std::size_t i) { return p[i] * q[i]; });
    });
    return part[0] + part[1];
  }
  void saxpy(float a, const std::vector<float>& x, std::vector<float>& y) {
    pieces(x.size(), [&](std::size_t, std::size_t b, std::size_t e) {
      const float* const p = x.data();
      float* const q = y.data();
      for (std::size_t i = b; i < e; ++i) q[i] += a * p[i];
    });
  }
  void increment(std::vector<int>& v) {
    pieces(v.size(), [&](std::size_t, std::size_t b, std::size_t e) {
      for (std::size_t i = b; i < e; ++i) v[i] += 1;
    });
  }

 private:
  template <class F>
  void pieces(std::size_t n, F&& f) {
    if (!helper_.joinable()) return f(0, 0, n);
    job_ = [&] { f(1, n / 2, n); };
    // ORD release: the job; pairs with the helper's load.
    state_.store(1, std::memory_order_release);
    f(0, 0, n / 2);
    // ORD acquire: what the helper wrote; pairs with its store.
    while (state_.load(std::memory_order_acquire) != 0) {
    }
  }
  void help(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // ORD acquire: the job; pairs with the store in pieces.
      if (state_.load(std::memory_order_acquire) != 1) continue;
      job_();
      // ORD release: what the job wrote; pairs with the wait in pieces.
      state_.store(0, std::memory_order_release);
    }
  }

  std::function<void()> job_;
  std::atomic<int> state_{0};
  std::jthread helper_;
};

}  // namespace peer
