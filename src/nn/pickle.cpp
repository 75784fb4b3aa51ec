#include "gondola/nn/pickle.hpp"

#include <cstring>
#include <optional>
#include <unordered_map>

#include "gondola/core/error.hpp"
#include "text.hpp"

namespace gondola::nn {
namespace {

/// The opcodes that a pickler of protocol 2 to 5 writes (Python's pickletools documents each).
enum class Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kList = 'l',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8A,
  kLong4 = 0x8B,
  kShortBinUnicode = 0x8C,
  kBinUnicode8 = 0x8D,
  kBinBytes8 = 0x8E,
  kEmptySet = 0x8F,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kNewObjEx = 0x92,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96,
};

std::string name_of_opcode(unsigned char opcode) {
  static constexpr struct {
    unsigned char code;
    const char* name;
  } kNames[] = {
      {'(', "MARK"},
      {'.', "STOP"},
      {'0', "POP"},
      {'1', "POP_MARK"},
      {'2', "DUP"},
      {'F', "FLOAT"},
      {'G', "BINFLOAT"},
      {'I', "INT"},
      {'J', "BININT"},
      {'K', "BININT1"},
      {'L', "LONG"},
      {'M', "BININT2"},
      {'N', "NONE"},
      {'P', "PERSID"},
      {'Q', "BINPERSID"},
      {'R', "REDUCE"},
      {'S', "STRING"},
      {'T', "BINSTRING"},
      {'U', "SHORT_BINSTRING"},
      {'V', "UNICODE"},
      {'X', "BINUNICODE"},
      {'a', "APPEND"},
      {'b', "BUILD"},
      {'c', "GLOBAL"},
      {'d', "DICT"},
      {'e', "APPENDS"},
      {'g', "GET"},
      {'h', "BINGET"},
      {'i', "INST"},
      {'j', "LONG_BINGET"},
      {'l', "LIST"},
      {'o', "OBJ"},
      {'p', "PUT"},
      {'q', "BINPUT"},
      {'r', "LONG_BINPUT"},
      {'s', "SETITEM"},
      {'t', "TUPLE"},
      {'u', "SETITEMS"},
      {'}', "EMPTY_DICT"},
      {']', "EMPTY_LIST"},
      {')', "EMPTY_TUPLE"},
      {'B', "BINBYTES"},
      {'C', "SHORT_BINBYTES"},
      {0x80, "PROTO"},
      {0x81, "NEWOBJ"},
      {0x82, "EXT1"},
      {0x83, "EXT2"},
      {0x84, "EXT4"},
      {0x85, "TUPLE1"},
      {0x86, "TUPLE2"},
      {0x87, "TUPLE3"},
      {0x88, "NEWTRUE"},
      {0x89, "NEWFALSE"},
      {0x8A, "LONG1"},
      {0x8B, "LONG4"},
      {0x8C, "SHORT_BINUNICODE"},
      {0x8D, "BINUNICODE8"},
      {0x8E, "BINBYTES8"},
      {0x8F, "EMPTY_SET"},
      {0x90, "ADDITEMS"},
      {0x91, "FROZENSET"},
      {0x92, "NEWOBJ_EX"},
      {0x93, "STACK_GLOBAL"},
      {0x94, "MEMOIZE"},
      {0x95, "FRAME"},
      {0x96, "BYTEARRAY8"},
      {0x97, "NEXT_BUFFER"},
      {0x98, "READONLY_BUFFER"},
  };
  for (const auto& entry : kNames) {
    if (entry.code == opcode) return entry.name;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  return std::string("0x") + kHex[opcode >> 4U] + kHex[opcode & 0xFU];
}

// Immutable values that every pickle shares, at fixed places of the graph.
constexpr ValueId kNoneId = 0;
constexpr ValueId kFalseId = 1;
constexpr ValueId kTrueId = 2;
constexpr ValueId kEmptyTupleId = 3;

/// The stack machine of the pickle format. It reads `bytes`, which must outlive it unmoved.
class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, const std::string& source_name, const PickleLimits& limits)
      : bytes_(bytes), source_name_(source_name), limits_(limits) {
    values_.emplace_back(PickleNone{});
    values_.emplace_back(false);
    values_.emplace_back(true);
    values_.emplace_back(PickleTuple{});
  }

  /// Runs to the end of the pickle and returns its value.
  ValueId run() {
    for (;;) {
      opcode_offset_ = position_;
      opcode_ = read_byte();
      if (static_cast<Opcode>(opcode_) == Opcode::kStop) return pop();
      execute(static_cast<Opcode>(opcode_));
    }
  }

  std::vector<PickleValue> take_values() { return std::move(values_); }

 private:
  void execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::kProto:
        check_protocol(read_byte());
        break;
      case Opcode::kFrame:
        check_length(read_unsigned(8));
        break;
      case Opcode::kMark:
        marks_.push_back(stack_.size());
        break;
      case Opcode::kPop:
        pop_or_unmark();
        break;
      case Opcode::kPopMark:
        pop_to_mark();
        break;
      case Opcode::kDup:
        stack_.push_back(top());
        break;

      case Opcode::kNone:
        stack_.push_back(kNoneId);
        break;
      case Opcode::kNewFalse:
        stack_.push_back(kFalseId);
        break;
      case Opcode::kNewTrue:
        stack_.push_back(kTrueId);
        break;
      case Opcode::kBinInt:
        push(static_cast<std::int64_t>(static_cast<std::int32_t>(read_unsigned(4))));
        break;
      case Opcode::kBinInt1:
        push(static_cast<std::int64_t>(read_unsigned(1)));
        break;
      case Opcode::kBinInt2:
        push(static_cast<std::int64_t>(read_unsigned(2)));
        break;
      case Opcode::kLong1:
        push(to_integer(read_text(read_unsigned(1))));
        break;
      case Opcode::kLong4:
        push(to_integer(read_text(read_unsigned(4))));
        break;
      case Opcode::kBinFloat:
        push(read_double());
        break;

      case Opcode::kShortBinUnicode:
      case Opcode::kShortBinString:
        push(PickleString{read_text(read_unsigned(1))});
        break;
      case Opcode::kBinUnicode:
      case Opcode::kBinString:
        push(PickleString{read_text(read_unsigned(4))});
        break;
      case Opcode::kBinUnicode8:
        push(PickleString{read_text(read_unsigned(8))});
        break;
      case Opcode::kShortBinBytes:
        push(PickleBytes{read_text(read_unsigned(1))});
        break;
      case Opcode::kBinBytes:
        push(PickleBytes{read_text(read_unsigned(4))});
        break;
      case Opcode::kBinBytes8:
      case Opcode::kByteArray8:
        push(PickleBytes{read_text(read_unsigned(8))});
        break;

      case Opcode::kEmptyTuple:
        stack_.push_back(kEmptyTupleId);
        break;
      case Opcode::kTuple:
        push(PickleTuple{pop_to_mark()});
        break;
      case Opcode::kTuple1:
        push(PickleTuple{pop_many(1)});
        break;
      case Opcode::kTuple2:
        push(PickleTuple{pop_many(2)});
        break;
      case Opcode::kTuple3:
        push(PickleTuple{pop_many(3)});
        break;
      case Opcode::kEmptyList:
        push(PickleList{});
        break;
      case Opcode::kList:
        push(PickleList{pop_to_mark()});
        break;
      case Opcode::kAppend:
        append(pop_many(1));
        break;
      case Opcode::kAppends:
        append(pop_to_mark());
        break;
      case Opcode::kEmptySet:
        push(PickleSet{});
        break;
      case Opcode::kFrozenSet:
        push(PickleSet{pop_to_mark()});
        break;
      case Opcode::kAddItems:
        add(pop_to_mark());
        break;
      case Opcode::kEmptyDict:
        push(PickleDict{});
        break;
      case Opcode::kDict: {
        const std::vector<ValueId> items = pop_to_mark();
        push(PickleDict{});
        set(items);
        break;
      }
      case Opcode::kSetItem:
        set(pop_many(2));
        break;
      case Opcode::kSetItems:
        set(pop_to_mark());
        break;

      case Opcode::kGlobal: {
        const std::string_view module = read_line();
        push(PickleGlobal{module, read_line()});
        break;
      }
      case Opcode::kStackGlobal: {
        const std::string_view name = pop_text();
        push(PickleGlobal{pop_text(), name});
        break;
      }
      case Opcode::kReduce:
      case Opcode::kNewObj: {
        PickleObject object;
        object.arguments = pop_tuple();
        object.callable = pop();
        push(std::move(object));
        break;
      }
      case Opcode::kNewObjEx: {
        PickleObject object;
        object.keyword_arguments = pop();
        object.arguments = pop_tuple();
        object.callable = pop();
        push(std::move(object));
        break;
      }
      case Opcode::kBuild: {
        const ValueId state = pop();
        auto* object = std::get_if<PickleObject>(&values_[top()]);
        if (object == nullptr) fail_on_target("an object");
        object->state = state;
        break;
      }
      case Opcode::kBinPersId:
        push(PicklePersistentId{pop()});
        break;

      case Opcode::kBinPut:
        remember(read_unsigned(1));
        break;
      case Opcode::kLongBinPut:
        remember(read_unsigned(4));
        break;
      case Opcode::kMemoize:
        remember(memo_.size());
        break;
      case Opcode::kBinGet:
        recall(read_unsigned(1));
        break;
      case Opcode::kLongBinGet:
        recall(read_unsigned(4));
        break;

      default:
        throw WeightsError(concat(source_name_, ": unsupported pickle opcode ",
                                  name_of_opcode(opcode_), " at offset ", opcode_offset_,
                                  "; expected a pickle of protocol 2 to 5, as torch.save writes"));
    }
  }

  template <typename... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw WeightsError(concat(source_name_, ": damaged pickle: ", name_of_opcode(opcode_),
                              " at offset ", opcode_offset_, ": ", parts...,
                              "; copy or export the file again"));
  }

  [[noreturn]] void fail_on_target(const char* expected) const {
    fail("expected ", expected, " on the stack, got ", kind_of(top()));
  }

  // Input

  std::uint8_t read_byte() {
    if (position_ == bytes_.size()) {
      throw WeightsError(concat(source_name_, ": pickle ends at offset ", position_,
                                " without STOP; the file is truncated: copy or export it again"));
    }
    return static_cast<std::uint8_t>(bytes_[position_++]);
  }

  /// Fails unless that many bytes are left, so that no length is believed before it is proven.
  void check_length(std::uint64_t length) const {
    const std::size_t left = bytes_.size() - position_;
    if (length > left) fail("needs ", length, " bytes, ", left, " are left");
  }

  std::string_view read_text(std::uint64_t length) {
    check_length(length);
    const std::string_view text = bytes_.substr(position_, length);
    position_ += length;
    return text;
  }

  std::uint64_t read_unsigned(std::size_t size) {
    const std::string_view text = read_text(size);
    std::uint64_t value = 0;
    std::memcpy(&value, text.data(), size);  // little-endian, as the machine is (tensor_data.cpp)
    return value;
  }

  double read_double() {
    const std::string_view text = read_text(8);  // the one big-endian item of the format
    std::uint64_t bits = 0;
    for (const char c : text) bits = bits << 8U | static_cast<unsigned char>(c);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  std::string_view read_line() {
    const std::size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("no end of line");
    const std::string_view line = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return line;
  }

  void check_protocol(unsigned protocol) const {
    constexpr unsigned kNewest = 5;
    if (protocol > kNewest) {
      throw WeightsError(concat(source_name_, ": pickle protocol ", protocol,
                                "; expected 2 to 5: save the file with pickle_protocol=2"));
    }
  }

  static PickleValue to_integer(std::string_view little_endian) {
    if (little_endian.size() > sizeof(std::int64_t)) return PickleBigInt{little_endian};
    const bool negative =
        !little_endian.empty() && (static_cast<unsigned char>(little_endian.back()) & 0x80U) != 0;
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, little_endian.data(), little_endian.size());
    return value;
  }

  // Stack and marks

  void push(PickleValue value) {
    if (values_.size() >= limits_.max_values) {
      throw WeightsError(concat(source_name_, ": pickle makes more than ", limits_.max_values,
                                " values; a detection checkpoint has some ten thousand"));
    }
    stack_.push_back(static_cast<ValueId>(values_.size()));
    values_.push_back(std::move(value));
  }

  std::size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  ValueId top() const {
    if (above_mark() == 0) fail("nothing on the stack");
    return stack_.back();
  }

  ValueId pop() {
    const ValueId id = top();
    stack_.pop_back();
    return id;
  }

  void pop_or_unmark() {
    if (above_mark() == 0 && !marks_.empty()) {
      marks_.pop_back();
    } else {
      pop();
    }
  }

  std::vector<ValueId> pop_many(std::size_t count) {
    if (above_mark() < count) fail("expected ", count, " values on the stack, got ", above_mark());
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<ValueId> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }

  std::vector<ValueId> pop_to_mark() {
    if (marks_.empty()) fail("no mark on the stack");
    std::vector<ValueId> items = pop_many(above_mark());
    marks_.pop_back();
    return items;
  }

  ValueId pop_tuple() {
    const ValueId id = pop();
    if (!std::holds_alternative<PickleTuple>(values_[id])) {
      fail("expected a tuple of arguments, got ", kind_of(id));
    }
    return id;
  }

  std::string_view pop_text() {
    const ValueId id = pop();
    const auto* string = std::get_if<PickleString>(&values_[id]);
    if (string == nullptr) fail("expected a string on the stack, got ", kind_of(id));
    return string->text;
  }

  // Filling containers

  void append(const std::vector<ValueId>& items) {
    PickleValue& target = values_[top()];
    if (auto* list = std::get_if<PickleList>(&target)) {
      list->items.insert(list->items.end(), items.begin(), items.end());
    } else if (auto* object = std::get_if<PickleObject>(&target)) {
      object->items.insert(object->items.end(), items.begin(), items.end());
    } else {
      fail_on_target("a list");
    }
  }

  void add(const std::vector<ValueId>& items) {
    PickleValue& target = values_[top()];
    if (auto* set = std::get_if<PickleSet>(&target)) {
      set->items.insert(set->items.end(), items.begin(), items.end());
    } else if (auto* object = std::get_if<PickleObject>(&target)) {
      object->items.insert(object->items.end(), items.begin(), items.end());
    } else {
      fail_on_target("a set");
    }
  }

  void set(const std::vector<ValueId>& items) {
    if (items.size() % 2 != 0) fail("a key without a value");
    PickleValue& target = values_[top()];
    std::vector<std::pair<ValueId, ValueId>>* entries = nullptr;
    if (auto* dict = std::get_if<PickleDict>(&target)) {
      entries = &dict->entries;
    } else if (auto* object = std::get_if<PickleObject>(&target)) {
      entries = &object->entries;
    } else {
      fail_on_target("a dict");
    }
    for (std::size_t i = 0; i < items.size(); i += 2) {
      entries->emplace_back(items[i], items[i + 1]);
    }
  }

  // Memo

  void remember(std::uint64_t key) {
    const ValueId id = top();
    if (memo_.size() >= limits_.max_values) {
      fail("more than ", limits_.max_values, " values in the memo");
    }
    memo_[key] = id;
  }

  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("memo ", key, " was never set");
    stack_.push_back(found->second);
  }

  const char* kind_of(ValueId id) const;

  std::string_view bytes_;
  const std::string& source_name_;
  PickleLimits limits_;
  std::size_t position_ = 0;
  std::size_t opcode_offset_ = 0;
  unsigned char opcode_ = 0;

  std::vector<PickleValue> values_;
  std::vector<ValueId> stack_;
  std::vector<std::size_t> marks_;  // stack sizes at which marks were set, ascending
  std::unordered_map<std::uint64_t, ValueId> memo_;
};

const char* kind_name(const PickleValue& value) {
  struct Namer {
    const char* operator()(const PickleNone&) const { return "None"; }
    const char* operator()(bool) const { return "a bool"; }
    const char* operator()(std::int64_t) const { return "an int"; }
    const char* operator()(const PickleBigInt&) const { return "an int"; }
    const char* operator()(double) const { return "a float"; }
    const char* operator()(const PickleString&) const { return "a string"; }
    const char* operator()(const PickleBytes&) const { return "bytes"; }
    const char* operator()(const PickleList&) const { return "a list"; }
    const char* operator()(const PickleTuple&) const { return "a tuple"; }
    const char* operator()(const PickleSet&) const { return "a set"; }
    const char* operator()(const PickleDict&) const { return "a dict"; }
    const char* operator()(const PickleGlobal&) const { return "the global"; }
    const char* operator()(const PickleObject&) const { return "an object"; }
    const char* operator()(const PicklePersistentId&) const { return "a persistent id"; }
  };
  return std::visit(Namer{}, value);
}

const char* PickleMachine::kind_of(ValueId id) const { return kind_name(values_[id]); }

}  // namespace

const PickleValue& PickleGraph::operator[](ValueId id) const {
  GONDOLA_EXPECTS(id < values_.size(), "pickle value ", id, " of ", values_.size());
  return values_[id];
}

PickleGraph parse_pickle(std::vector<char> bytes, const std::string& source_name,
                         const PickleLimits& limits) {
  PickleMachine machine({bytes.data(), bytes.size()}, source_name, limits);
  const ValueId root = machine.run();
  return {std::move(bytes), machine.take_values(), root};
}

std::string describe(const PickleGraph& graph, ValueId id) {
  if (id == kNoValue) return "nothing";
  const auto* object = graph.get<PickleObject>(id);
  const auto* global = graph.get<PickleGlobal>(object != nullptr ? object->callable : id);
  std::string text = kind_name(graph[id]);
  if (object != nullptr && global != nullptr) text += " made by";
  if (global != nullptr) text += " " + in_quotes(concat(global->module, ".", global->name));
  return text;
}

}  // namespace gondola::nn
