#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gondola::nn {

/// Index of a value in its PickleGraph.
using ValueId = std::uint32_t;
inline constexpr ValueId kNoValue = std::numeric_limits<ValueId>::max();

struct PickleNone {};
/// An integer that does not fit 64 bits, as two's complement bytes.
struct PickleBigInt {
  std::string_view little_endian;
};
/// UTF-8 by contract of the format, but not checked here.
struct PickleString {
  std::string_view text;
};
struct PickleBytes {
  std::string_view bytes;
};
struct PickleList {
  std::vector<ValueId> items;
};
struct PickleTuple {
  std::vector<ValueId> items;
};
/// Also the Python frozenset.
struct PickleSet {
  std::vector<ValueId> items;
};
/// Entries in the order they were set. A key set twice is there twice; the last one counts.
struct PickleDict {
  std::vector<std::pair<ValueId, ValueId>> entries;
};
/// The name of a class or function. Only the name: nothing is looked up or called.
struct PickleGlobal {
  std::string_view module;
  std::string_view name;
};
/// What Python would have made by calling something. Nothing was called: this is the record of it.
struct PickleObject {
  ValueId callable = kNoValue;           ///< class or function, usually a PickleGlobal
  ValueId arguments = kNoValue;          ///< usually a PickleTuple
  ValueId keyword_arguments = kNoValue;  ///< kNoValue: none
  ValueId state = kNoValue;              ///< what __setstate__ would get; kNoValue: none
  std::vector<ValueId> items;            ///< what was appended or added to it
  std::vector<std::pair<ValueId, ValueId>> entries;  ///< what was set in it by key
};
/// A reference to something outside the pickle, such as a tensor's storage.
struct PicklePersistentId {
  ValueId id = kNoValue;
};

using PickleValue = std::variant<PickleNone, bool, std::int64_t, PickleBigInt, double, PickleString,
                                 PickleBytes, PickleList, PickleTuple, PickleSet, PickleDict,
                                 PickleGlobal, PickleObject, PicklePersistentId>;

/// The values of a pickle. They refer to each other by index, so a cycle (a list that holds itself)
/// neither leaks nor loops, and depth costs nothing when the graph dies. Whoever walks the graph
/// has to bound his own depth and number of steps: a small pickle can describe a cycle, or an
/// enormous tree in which the same few values occur again and again.
///
/// Move-only, because text in the values points into the bytes that the graph owns.
class PickleGraph {
 public:
  /// Requires: text in `values` points into `bytes`; every id, `root` included, is an index of
  /// `values`.
  PickleGraph(std::vector<char> bytes, std::vector<PickleValue> values, ValueId root)
      : bytes_(std::move(bytes)), values_(std::move(values)), root_(root) {}
  PickleGraph(PickleGraph&&) noexcept = default;
  PickleGraph& operator=(PickleGraph&&) noexcept = default;
  PickleGraph(const PickleGraph&) = delete;
  PickleGraph& operator=(const PickleGraph&) = delete;
  ~PickleGraph() = default;

  ValueId root() const { return root_; }
  std::size_t size() const { return values_.size(); }

  /// Requires: id < size() (ContractViolation otherwise).
  const PickleValue& operator[](ValueId id) const;

  /// The value as a T, or null when it is something else or id is kNoValue.
  template <typename T>
  const T* get(ValueId id) const {
    return id == kNoValue ? nullptr : std::get_if<T>(&(*this)[id]);
  }

 private:
  std::vector<char> bytes_;  // a vector, because moving it leaves the text where it is
  std::vector<PickleValue> values_;
  ValueId root_;
};

struct PickleLimits {
  /// Most values one pickle may make, at about 100 bytes each. A detection checkpoint has some
  /// 10^4.
  std::size_t max_values = 2'000'000;
};

/// Reads the first pickle in `bytes` (protocols 2 to 5) without executing anything: what Python
/// would import or call is recorded as PickleGlobal and PickleObject. Bytes after the pickle's end
/// are ignored, as in Python.
///
/// Memory and time are linear in the number of bytes; no recursion. Thread-safe: no state.
///
/// Throws: WeightsError "<source_name>: ..." naming opcode and offset when the pickle is truncated,
/// uses an opcode that protocols 2 to 5 do not need or that reaches out of the file, is
/// inconsistent (stack, marks, memo), or exceeds the limits.
PickleGraph parse_pickle(std::vector<char> bytes, const std::string& source_name,
                         const PickleLimits& limits = {});

/// "a list", "None", "the global 'torch.FloatStorage'", "an object made by
/// 'collections.OrderedDict'": for messages. Text from the file is made printable.
std::string describe(const PickleGraph& graph, ValueId id);

}  // namespace gondola::nn
