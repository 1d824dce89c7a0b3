// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"
#include "twill/comm/error.hpp"

#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace twill::comm {

/// Where encoded objects are written.
class encoder {
 public:
  /// Appends bytes.
  void write(const void* data, std::size_t n) {
    const auto* const p = static_cast<const std::byte*>(data);
    if (n != 0) bytes_.insert(bytes_.end(), p, p + n);
  }
  /// The bytes that were written.
  [[nodiscard]] std::vector<std::byte> take() noexcept { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Where encoded objects are read.
class decoder {
 public:
  /// Reads from these bytes, which have to outlive it.
  explicit decoder(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  /// Takes bytes off the front. Throws: error(protocol_error) when there are not as many.
  void read(void* to, std::size_t n) {
    if (n > bytes_.size()) {
      detail::fail(errc::protocol_error, {.operation = "decode"}, "an encoded object ends too early",
                   {.expected = n, .actual = bytes_.size()});
    }
    if (n != 0) std::memcpy(to, bytes_.data(), n);
    bytes_ = bytes_.subspan(n);
  }
  /// A length that cannot be larger than what is left. Throws: as read.
  [[nodiscard]] std::size_t read_length(std::size_t least_element) {
    std::size_t n = 0;
    read(&n, sizeof n);
    if (least_element != 0 && n > bytes_.size() / least_element) {
      detail::fail(errc::protocol_error, {.operation = "decode"},
                   "an encoded length is larger than the object", {.actual = n});
    }
    return n;
  }
  /// Everything was read.
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

/// How objects that are no plain data travel: specialise with `static void write(encoder&, const T&)` and
/// `static T read(decoder&)`. Both sides are the same program, so there is no byte order and no version in
/// it.
template <class T>
struct codec;

/// Data is its own bytes.
template <class T>
  requires comm_data<T>
struct codec<T> {
  /// Appends the object.
  static void write(encoder& e, const T& x) { e.write(&x, sizeof x); }
  /// Takes the object off the front. Throws: error(protocol_error).
  static T read(decoder& d) {
    T x{};
    d.read(&x, sizeof x);
    return x;
  }
};

template <>
struct codec<std::string> {
  static void write(encoder& e, const std::string& x) {
    codec<std::size_t>::write(e, x.size());
    e.write(x.data(), x.size());
  }
  static std::string read(decoder& d) {
    std::string x(d.read_length(1), '\0');
    d.read(x.data(), x.size());
    return x;
  }
};

template <class T>
struct codec<std::vector<T>> {
  static void write(encoder& e, const std::vector<T>& x) {
    codec<std::size_t>::write(e, x.size());
    if constexpr (comm_data<T> && !std::is_same_v<T, bool>) {
      e.write(x.data(), x.size() * sizeof(T));
    } else {
      for (const T& item : x) codec<T>::write(e, item);
    }
  }
  static std::vector<T> read(decoder& d) {
    const std::size_t n = d.read_length(1);
    std::vector<T> x;
    if constexpr (comm_data<T> && !std::is_same_v<T, bool>) {
      x.resize(n);
      d.read(x.data(), n * sizeof(T));
    } else {
      for (std::size_t i = 0; i < n; ++i) x.push_back(codec<T>::read(d));
    }
    return x;
  }
};

template <class K, class V>
struct codec<std::map<K, V>> {
  static void write(encoder& e, const std::map<K, V>& x) {
    codec<std::size_t>::write(e, x.size());
    for (const auto& [key, value] : x) {
      codec<K>::write(e, key);
      codec<V>::write(e, value);
    }
  }
  static std::map<K, V> read(decoder& d) {
    std::map<K, V> x;
    for (std::size_t n = d.read_length(1); n > 0; --n) {
      K key = codec<K>::read(d);
      V value = codec<V>::read(d);
      x.emplace(std::move(key), std::move(value));
    }
    return x;
  }
};

template <class T>
  requires(!comm_data<std::optional<T>>)
struct codec<std::optional<T>> {
  static void write(encoder& e, const std::optional<T>& x) {
    codec<bool>::write(e, x.has_value());
    if (x) codec<T>::write(e, *x);
  }
  static std::optional<T> read(decoder& d) {
    if (!codec<bool>::read(d)) return std::nullopt;
    return codec<T>::read(d);
  }
};

template <class A, class B>
  requires(!comm_data<std::pair<A, B>>)
struct codec<std::pair<A, B>> {
  static void write(encoder& e, const std::pair<A, B>& x) {
    codec<A>::write(e, x.first);
    codec<B>::write(e, x.second);
  }
  static std::pair<A, B> read(decoder& d) {
    A a = codec<A>::read(d);
    return {std::move(a), codec<B>::read(d)};
  }
};

template <class... T>
  requires(!comm_data<std::tuple<T...>>)
struct codec<std::tuple<T...>> {
  static void write(encoder& e, const std::tuple<T...>& x) {
    std::apply([&](const T&... item) { (codec<T>::write(e, item), ...); }, x);
  }
  static std::tuple<T...> read(decoder& d) {
    return std::tuple<T...>{codec<T>::read(d)...};  // braces: from left to right
  }
};

template <class... T>
  requires(!comm_data<std::variant<T...>>)
struct codec<std::variant<T...>> {
  static void write(encoder& e, const std::variant<T...>& x) {
    codec<std::size_t>::write(e, x.index());
    std::visit([&]<class A>(const A& a) { codec<A>::write(e, a); }, x);
  }
  static std::variant<T...> read(decoder& d) {
    const std::size_t index = d.read_length(0);
    std::optional<std::variant<T...>> out;
    std::size_t i = 0;
    ((i++ == index ? static_cast<void>(out.emplace(codec<T>::read(d))) : static_cast<void>(0)), ...);
    if (!out) {
      detail::fail(errc::protocol_error, {.operation = "decode"}, "a variant has no such alternative",
                   {.expected = sizeof...(T), .actual = index});
    }
    return std::move(*out);
  }
};

/// The object as bytes.
template <class T>
[[nodiscard]] std::vector<std::byte> encode(const T& x) {
  encoder e;
  codec<T>::write(e, x);
  return e.take();
}

/// The object that `encode` made bytes of. Throws: error(protocol_error) when they are not such an object's.
template <class T>
[[nodiscard]] T decode(std::span<const std::byte> bytes) {
  decoder d(bytes);
  T x = codec<T>::read(d);
  if (!d.empty())
    detail::fail(errc::protocol_error, {.operation = "decode"}, "bytes are left behind an encoded object");
  return x;
}

}  // namespace twill::comm
