#include "gondola/config/yaml.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::config {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostNesting = 100;
constexpr std::size_t kMostValues = 1000000;

enum class Kind { kNull, kScalar, kList, kMap };

int line_of(const YAML::Mark& mark) { return mark.is_null() ? 1 : mark.line + 1; }

std::string in_quotes(std::string_view text) { return concat('\'', printable(text), '\''); }

/// The text of a number without a leading plus sign, which YAML allows and from_chars does not.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

bool has_leading_zero(std::string_view digits) {
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  return digits.size() > 1 && digits[0] == '0';
}

bool is_whole_number(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string expected_number(const Range& range) {
  const bool has_min = std::isfinite(range.min);
  const bool has_max = std::isfinite(range.max);
  if (has_min && has_max) {
    return concat("a number ", range.min_excluded ? "above " : "from ", range.min,
                  range.min_excluded ? ", up to " : " to ", range.max);
  }
  if (has_min) return concat("a number ", range.min_excluded ? "> " : ">= ", range.min);
  if (has_max) return concat("a number <= ", range.max);
  return "a number";
}

template <typename Integer>
std::string expected_integer(Integer min, Integer max, bool overflows) {
  const bool any_min = min == std::numeric_limits<Integer>::min();
  const bool any_max = max == std::numeric_limits<Integer>::max();
  if (any_min && any_max && !overflows) return "an integer";
  if (any_max && !overflows) return concat("an integer >= ", min);
  if (any_min && !overflows) return concat("an integer <= ", max);
  return concat("an integer from ", min, " to ", max);
}

}  // namespace

struct Node::Child {
  std::string key;  // maps only
  int line = 0;     // of the key in a map, of the element in a list
  std::size_t value = 0;
};

/// All values of a document side by side: no recursion to build or to destroy it, and aliases are
/// just indices.
struct Node::Document {
  struct Value {
    Kind kind = Kind::kNull;
    bool quoted = false;  // scalars: was in quotes, or a block of text
    std::string text;     // scalars
    std::vector<Child> children;
    std::size_t size = 1;  // how many values a walk through it would meet
  };

  std::string source;
  std::vector<Value> values;
  int line = 1;  // of the top value
};

/// Turns the parser's events into a Document.
class Node::Builder : public YAML::EventHandler {
 public:
  explicit Builder(const std::string& source) : document_(std::make_shared<Document>()) {
    document_->source = source;
  }

  std::shared_ptr<const Document> finish() {
    if (document_->values.empty() || document_->values[0].kind == Kind::kNull) {
      line_ = 1;
      fail("the document is empty");
    }
    return document_;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    line_ = line_of(mark);
    if (!document_->values.empty()) fail("a second document starts here; expected only one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    line_ = line_of(mark);
    if (expects_key()) fail("a key is missing before ':'");
    add_leaf({}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    line_ = line_of(mark);
    if (expects_key()) fail("an alias (*name) cannot be a key");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() || open_.empty()) fail("an alias (*name) without a value");
    const std::size_t target = found->second;
    const auto is_target = [target](const Open& open) { return open.value == target; };
    if (std::any_of(open_.begin(), open_.end(), is_target)) {
      fail("an alias (*name) stands inside the value it names");
    }
    place_in_parent(target);
    grow_parent(document_->values[target].size);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    line_ = line_of(mark);
    refuse_tag(tag);
    if (expects_key()) {
      start_entry(text);
      return;
    }
    Document::Value value;
    value.kind = Kind::kScalar;
    value.quoted = tag == "!";
    value.text = text;
    add_leaf(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map whose end has not come yet.
  struct Open {
    std::size_t value;
    bool is_map;
    bool has_key = false;                       // maps: what comes next is the value
    std::unordered_map<std::string, int> keys;  // maps: with their lines
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(concat(document_->source, ':', line_, ": ", what));
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().is_map && !open_.back().has_key;
  }

  void refuse_tag(const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;  // the two mean not quoted and quoted
    fail(concat("the tag ", in_quotes(tag), " is not supported; write the value without it"));
  }

  void start_entry(const std::string& key) {
    if (key == "<<") fail("merge keys (<<) are not supported; write the keys out");
    const auto [earlier, is_new] = open_.back().keys.emplace(key, line_);
    if (!is_new) {
      fail(concat("key ", in_quotes(key), " is given twice, first in line ", earlier->second));
    }
    open_.back().has_key = true;
    document_->values[open_.back().value].children.push_back({key, line_, 0});
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    line_ = line_of(mark);
    refuse_tag(tag);
    if (expects_key()) fail("a key must be plain text, not a list or map");
    if (open_.size() == kMostNesting) fail(concat("nested deeper than ", kMostNesting, " levels"));
    Document::Value value;
    value.kind = kind;
    open_.push_back({add(std::move(value), anchor), kind == Kind::kMap, false, {}});
  }

  void close() {
    const std::size_t closed = open_.back().value;
    open_.pop_back();
    grow_parent(document_->values[closed].size);
  }

  void add_leaf(Document::Value value, YAML::anchor_t anchor) {
    add(std::move(value), anchor);
    grow_parent(1);
  }

  std::size_t add(Document::Value value, YAML::anchor_t anchor) {
    const std::size_t index = document_->values.size();
    document_->values.push_back(std::move(value));
    if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
    if (open_.empty()) {
      document_->line = line_;
    } else {
      place_in_parent(index);
    }
    return index;
  }

  void place_in_parent(std::size_t index) {
    Open& parent = open_.back();
    std::vector<Child>& children = document_->values[parent.value].children;
    if (parent.is_map) {
      children.back().value = index;
      parent.has_key = false;
    } else {
      children.push_back({{}, line_, index});
    }
  }

  void grow_parent(std::size_t by) {
    if (open_.empty()) return;
    std::size_t& size = document_->values[open_.back().value].size;
    size += by;
    if (size > kMostValues) {
      fail(concat("more than ", kMostValues, " values, counting what aliases (*name) stand for"));
    }
  }

  std::shared_ptr<Document> document_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::size_t> anchors_;
  int line_ = 1;  // of the current event
};

Node::Node(std::shared_ptr<const Document> document, std::size_t value, int line, std::string path)
    : document_(std::move(document)), value_(value), line_(line), path_(std::move(path)) {}

bool Node::is_map() const { return document_->values[value_].kind == Kind::kMap; }
bool Node::is_list() const { return document_->values[value_].kind == Kind::kList; }
bool Node::is_scalar() const { return document_->values[value_].kind == Kind::kScalar; }
bool Node::is_null() const { return document_->values[value_].kind == Kind::kNull; }

std::string Node::where() const { return concat(document_->source, ':', line_); }

bool Node::has(std::string_view key) const { return find(key).has_value(); }

Node Node::at(std::string_view key) const {
  if (!is_null() && !is_map()) fail("a map");
  if (const Child* child = child_with(key)) return entry_node(*child);
  throw ConfigError(concat(where(), ": key ", in_quotes(key), " is missing", inside()));
}

std::optional<Node> Node::find(std::string_view key) const {
  if (!is_null() && !is_map()) fail("a map");
  const Child* child = child_with(key);
  if (child == nullptr) return std::nullopt;
  Node node = entry_node(*child);
  if (node.is_null()) return std::nullopt;
  return node;
}

std::vector<Entry> Node::entries() const {
  if (!is_null() && !is_map()) fail("a map");
  std::vector<Entry> entries;
  for (const Child& child : document_->values[value_].children) {
    entries.push_back({child.key, entry_node(child)});
  }
  return entries;
}

std::vector<std::string> Node::keys() const {
  if (!is_null() && !is_map()) fail("a map");
  std::vector<std::string> keys;
  for (const Child& child : document_->values[value_].children) keys.push_back(child.key);
  return keys;
}

void Node::refuse_unknown_keys(const std::vector<std::string>& known) const {
  if (!is_null() && !is_map()) fail("a map");
  for (const Child& child : document_->values[value_].children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    const std::optional<std::string> nearest = nearest_name(child.key, known);
    const std::string hint = nearest ? concat("did you mean ", in_quotes(*nearest), '?')
                                     : concat("known keys: ", join(known, ", "));
    throw ConfigError(concat(document_->source, ':', child.line, ": unknown key ",
                             in_quotes(child.key), inside(), " (", hint, ')'));
  }
}

std::vector<Node> Node::items() const {
  if (!is_list()) fail("a list");
  std::vector<Node> items;
  for (const Child& child : document_->values[value_].children) {
    items.push_back(
        Node(document_, child.value, child.line, concat(path_, '[', items.size(), ']')));
  }
  return items;
}

std::string Node::as_string() const {
  if (!is_scalar()) fail("text");
  return document_->values[value_].text;
}

int Node::as_int(int min, int max) const { return as_integer(min, max); }

std::int64_t Node::as_int64(std::int64_t min, std::int64_t max) const {
  return as_integer(min, max);
}

template <typename Integer>
Integer Node::as_integer(Integer min, Integer max) const {
  const std::string_view text = without_plus(plain_text());
  const bool whole = is_whole_number(text) && !has_leading_zero(text);
  Integer number = 0;
  const bool fits =
      std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  if (!whole || !fits || number < min || number > max) {
    fail(expected_integer(min, max, whole && !fits));
  }
  return number;
}

double Node::as_double(const Range& range) const {
  const std::string_view text = without_plus(plain_text());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool complete = error == std::errc() && end == text.data() + text.size();
  const bool above = range.min_excluded ? number > range.min : number >= range.min;
  if (!complete || !std::isfinite(number) || !above || number > range.max) {
    fail(expected_number(range));
  }
  return number;
}

bool Node::as_bool() const {
  const std::string_view text = plain_text();
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  fail("true or false");
}

void Node::fail(std::string_view expected) const {
  const std::string name = path_.empty() ? "the document" : printable(path_);
  throw ConfigError(concat(where(), ": ", name, describe(), "; expected ", expected));
}

const Node::Child* Node::child_with(std::string_view key) const {
  const std::vector<Child>& children = document_->values[value_].children;
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Child& child) { return child.key == key; });
  return found == children.end() ? nullptr : &*found;
}

Node Node::entry_node(const Child& child) const {
  return {document_, child.value, child.line,
          path_.empty() ? child.key : concat(path_, '.', child.key)};
}

std::string Node::inside() const { return path_.empty() ? "" : concat(" in ", printable(path_)); }

/// What a number or a truth value is read from: never from text in quotes, which is meant as text.
std::string_view Node::plain_text() const {
  const Document::Value& value = document_->values[value_];
  return value.kind == Kind::kScalar && !value.quoted ? std::string_view(value.text)
                                                      : std::string_view();
}

std::string Node::describe() const {
  const Document::Value& value = document_->values[value_];
  switch (value.kind) {
    case Kind::kNull:
      return " is empty";
    case Kind::kMap:
      return " is a map";
    case Kind::kList:
      return " is a list";
    case Kind::kScalar:
      break;
  }
  const std::string text = printable(value.text);
  return value.quoted ? concat(" = \"", text, '"') : concat(" = ", text);
}

Node parse_yaml(std::string_view text, const std::string& source_name) {
  if (text.size() > kMostBytes) {
    throw ConfigError(
        concat(source_name, ": longer than ", kMostBytes, " bytes, too long for a configuration"));
  }
  Node::Builder builder(source_name);
  try {
    // yaml-cpp misses that a quote is never closed if a line ends after it; a last comment helps.
    const bool line_ends = !text.empty() && text.back() == '\n';
    std::istringstream stream(concat(text, line_ends ? "#" : "\n#"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    throw ConfigError(concat(source_name, ':', line_of(error.mark),
                             ": not valid YAML: ", printable(error.msg, 200)));
  }
  const auto document = builder.finish();
  return {document, 0, document->line, ""};
}

Node load_yaml_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw IoError(concat("cannot read ", path.string(), ": it is a folder; expected a YAML file"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(concat("cannot open ", path.string(), ": ", std::strerror(errno)));
  std::string text;
  std::array<char, 1U << 16U> chunk;
  while (text.size() <= kMostBytes && file) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw IoError(concat("cannot read ", path.string(), ": ", std::strerror(errno)));
  return parse_yaml(text, path.string());
}

}  // namespace gondola::config
