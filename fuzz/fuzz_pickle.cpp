#include <cstddef>
#include <cstdint>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/nn/pickle.hpp"

namespace nn = gondola::nn;

namespace {

/// Traps unless every id and every text of a value is inside the graph. Sums up what it touched.
class Checker {
 public:
  explicit Checker(const nn::PickleGraph& graph) : graph_(graph) {}

  template <typename Scalar>
  void operator()(const Scalar& /*value*/) {}
  void operator()(const nn::PickleBigInt& value) { touch(value.little_endian); }
  void operator()(const nn::PickleString& value) { touch(value.text); }
  void operator()(const nn::PickleBytes& value) { touch(value.bytes); }
  void operator()(const nn::PickleList& value) { touch(value.items); }
  void operator()(const nn::PickleTuple& value) { touch(value.items); }
  void operator()(const nn::PickleSet& value) { touch(value.items); }
  void operator()(const nn::PickleDict& value) { touch(value.entries); }
  void operator()(const nn::PickleGlobal& value) {
    touch(value.module);
    touch(value.name);
  }
  void operator()(const nn::PickleObject& value) {
    touch(value.callable);
    touch(value.arguments);
    if (value.keyword_arguments != nn::kNoValue) touch(value.keyword_arguments);
    if (value.state != nn::kNoValue) touch(value.state);
    touch(value.items);
    touch(value.entries);
  }
  void operator()(const nn::PicklePersistentId& value) { touch(value.id); }

  unsigned sum() const { return sum_; }

 private:
  void touch(nn::ValueId id) {
    if (id >= graph_.size()) __builtin_trap();
  }
  void touch(std::string_view text) {
    for (const char c : text) sum_ += static_cast<unsigned char>(c);
  }
  void touch(const std::vector<nn::ValueId>& items) {
    for (const nn::ValueId id : items) touch(id);
  }
  void touch(const std::vector<std::pair<nn::ValueId, nn::ValueId>>& entries) {
    for (const auto& [key, value] : entries) {
      touch(key);
      touch(value);
    }
  }

  const nn::PickleGraph& graph_;
  unsigned sum_ = 0;
};

}  // namespace

/// Runs the input through the pickle machine and walks the whole graph that it yields.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const nn::PickleGraph graph = nn::parse_pickle({data, data + size}, "input.pkl");
    if (graph.size() > size + 4) __builtin_trap();  // at most one value for each byte, and 4 shared
    if (graph.root() >= graph.size()) __builtin_trap();
    Checker checker(graph);
    for (nn::ValueId id = 0; id < graph.size(); ++id) {
      std::visit(checker, graph[id]);
      if (nn::describe(graph, id).empty()) __builtin_trap();
    }
    volatile unsigned sum = checker.sum();
    static_cast<void>(sum);
  } catch (const gondola::WeightsError&) {
    // What a damaged file has to give.
  }
  return 0;
}
