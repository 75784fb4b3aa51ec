#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gondola {

/// The names of a model's classes, in the order of their ids. Copying costs one copy per name; safe
/// to read from many threads.
class ClassNames {
 public:
  ClassNames() = default;

  /// An empty string stands for a class without a name.
  explicit ClassNames(std::vector<std::string> names);

  /// Number of classes, unnamed ones included.
  std::size_t size() const { return names_.size(); }
  bool empty() const { return names_.empty(); }

  /// The name, or "class7" for a class 7 that has none or is out of range, so that every detection
  /// can be labelled.
  std::string name(int class_id) const;

  /// The id of a name, spelled exactly so; the lowest one if several classes share it.
  std::optional<int> find(std::string_view name) const;

  /// As given, unnamed classes as empty strings.
  const std::vector<std::string>& names() const { return names_; }

  friend bool operator==(const ClassNames& a, const ClassNames& b) { return a.names_ == b.names_; }
  friend bool operator!=(const ClassNames& a, const ClassNames& b) { return !(a == b); }

 private:
  std::vector<std::string> names_;
};

}  // namespace gondola
