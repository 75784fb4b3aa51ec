#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

/// Writes pickles for tests, one function per kind of value. Each returns the bytes that push that
/// value on the pickle machine's stack, so that calls nest like the values do.
namespace gondola::test::py {

using Items = std::vector<std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

template <typename Integer>
std::string little_endian(Integer value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

inline std::string none() { return "N"; }
inline std::string boolean(bool value) { return value ? "\x88" : "\x89"; }

/// LONG1 of 8 bytes, which holds every 64-bit integer.
inline std::string integer(std::int64_t value) { return "\x8A\x08" + little_endian(value); }

inline std::string real(double value) {
  const std::string bytes = little_endian(value);
  return "G" + std::string(bytes.rbegin(), bytes.rend());
}

inline std::string text(const std::string& value) {
  return "X" + little_endian(static_cast<std::uint32_t>(value.size())) + value;
}

inline std::string joined(const Items& items) {
  std::string bytes;
  for (const std::string& item : items) bytes += item;
  return bytes;
}

inline std::string joined(const Entries& entries) {
  std::string bytes;
  for (const auto& [key, value] : entries) bytes += key + value;
  return bytes;
}

inline std::string tuple(const Items& items) { return "(" + joined(items) + "t"; }
inline std::string list(const Items& items) { return "](" + joined(items) + "e"; }
inline std::string dict(const Entries& entries) { return "}(" + joined(entries) + "u"; }

inline std::string integers(const std::vector<std::int64_t>& values) {
  Items items;
  for (const std::int64_t value : values) items.push_back(integer(value));
  return tuple(items);
}

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string call(const std::string& function, const Items& arguments) {
  return function + tuple(arguments) + "R";
}

inline std::string ordered_dict(const Entries& entries) {
  return call(global("collections", "OrderedDict"), {}) + "(" + joined(entries) + "u";
}

inline std::string object(const std::string& type, const std::string& state) {
  return type + ")\x81" + state + "b";
}

/// `type` is a class of the module torch, such as "FloatStorage".
inline std::string storage(const std::string& type, const std::string& key, std::int64_t count) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(count)}) +
         "Q";
}

inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {storage, integer(offset), integers(shape), integers(strides), boolean(false),
               ordered_dict({})});
}

inline std::string parameter(const std::string& tensor) {
  return call(global("torch._utils", "_rebuild_parameter"),
              {tensor, boolean(true), ordered_dict({})});
}

/// A whole pickle of protocol 2.
inline std::string pickle(const std::string& value) { return "\x80\x02" + value + "."; }

}  // namespace gondola::test::py
