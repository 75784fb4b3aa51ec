#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gondola::config {

struct Entry;

/// Which numbers as_double() takes; see at_least(), greater_than() and between().
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_excluded = false;
};

constexpr Range at_least(double min) {
  return {min, std::numeric_limits<double>::infinity(), false};
}
constexpr Range greater_than(double min) {
  return {min, std::numeric_limits<double>::infinity(), true};
}
/// Both ends included.
constexpr Range between(double min, double max) { return {min, max, false}; }

/// One value of a YAML document: a map, a list, a scalar, or nothing ("key:" or "key: null").
///
/// A small value, cheap to copy; all nodes of a document share it and keep it alive. Immutable and
/// safe to read from many threads.
///
/// Reading is strict, so that a typing error never turns into a default: what has the wrong type,
/// is out of range or is unknown throws ConfigError, one line like
///   configs/train.yaml:14: optimizer.lr = -0.1; expected a number > 0
class Node {
 public:
  bool is_map() const;
  bool is_list() const;
  bool is_scalar() const;
  bool is_null() const;

  /// Place in the file, from 1: of its key in a map, of the value itself elsewhere.
  int line() const { return line_; }
  /// "file:line", how every message starts.
  std::string where() const;
  /// The way here from the top, such as "backbone[3].channels"; empty at the top.
  const std::string& path() const { return path_; }

  // Maps. All throw ConfigError if this is something else; a null passes for an empty map, so that
  // a section may be left empty.

  /// Whether find() finds it.
  bool has(std::string_view key) const;
  /// The value of a key that must be there, though it may be null.
  Node at(std::string_view key) const;
  /// The value of a key that may be missing. A key with nothing after it counts as missing.
  std::optional<Node> find(std::string_view key) const;
  /// In the order of the file.
  std::vector<Entry> entries() const;
  std::vector<std::string> keys() const;
  /// Throws ConfigError for the first key not in `known`, naming the nearest of those or all. A
  /// null passes.
  void refuse_unknown_keys(const std::vector<std::string>& known) const;

  /// The elements of a list. Throws ConfigError if this is none.
  std::vector<Node> items() const;

  // Scalars. All throw ConfigError, naming what was expected, if this is not one of theirs.

  /// The text as written, without its quotes; a number or true is taken as text too.
  std::string as_string() const;
  /// A whole number in decimal digits, min..max. Not "1e3", "0x10", "1_000", "007" or "\"5\"".
  int as_int(int min = std::numeric_limits<int>::min(),
             int max = std::numeric_limits<int>::max()) const;
  std::int64_t as_int64(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                        std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  /// A finite number in decimal notation, such as 3, -0.5 or 1e-3.
  double as_double(const Range& range = {}) const;
  /// true or false (also True, TRUE). Not yes, no, on, off, 1 or 0: those are read differently by
  /// different YAML versions.
  bool as_bool() const;

  /// Throws the ConfigError for a value that is wrong for a reason only the caller knows:
  ///   file:line: path = value; expected <expected>
  [[noreturn]] void fail(std::string_view expected) const;

 private:
  struct Child;
  struct Document;
  class Builder;
  friend Node parse_yaml(std::string_view text, const std::string& source_name);

  Node(std::shared_ptr<const Document> document, std::size_t value, int line, std::string path);

  const Child* child_with(std::string_view key) const;
  Node entry_node(const Child& child) const;
  std::string inside() const;
  template <typename Integer>
  Integer as_integer(Integer min, Integer max) const;
  std::string_view plain_text() const;
  std::string describe() const;

  std::shared_ptr<const Document> document_;
  std::size_t value_ = 0;  // place among the document's values
  int line_ = 0;
  std::string path_;
};

/// One line of a map.
struct Entry {
  std::string key;
  Node value;
};

/// Parses one YAML document.
///
/// Aliases (*name) are followed, without copying what they stand for. Refused with ConfigError:
/// more than 1 MiB, syntax errors, an empty document, more than one, a key given twice, keys that
/// are not scalars, tags (!name), merge keys (<<), nesting deeper than 100, and aliases that
/// contain themselves or would make a document of more than a million values.
///
/// @param source_name  stands before the line number in messages
Node parse_yaml(std::string_view text, const std::string& source_name);

/// Reads and parses a file.
///
/// Throws: IoError if it cannot be opened or read or is a folder; ConfigError as parse_yaml().
Node load_yaml_file(const std::filesystem::path& path);

}  // namespace gondola::config
