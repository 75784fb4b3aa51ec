#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

namespace gondola::nn {

/// A float32 tensor that flows through the graph.
struct OnnxValue {
  std::string name;
  std::vector<std::int64_t> shape;
};

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

/// Builds an ONNX graph node by node. Knows names and how things are stored, nothing of what
/// operators mean: the shapes are the caller's.
class OnnxGraph {
 public:
  OnnxValue add_input(const std::string& name, std::vector<std::int64_t> shape);

  /// A tensor stored in the file. Requires: as many values as the shape has.
  OnnxValue add_constant(const std::string& name, std::vector<std::int64_t> shape,
                         const std::vector<float>& values);

  /// A node with one output. The output is called `path/operator`, with a number if that is taken.
  OnnxValue add(const std::string& op, const std::string& path,
                const std::vector<OnnxValue>& inputs, std::vector<std::int64_t> shape,
                const std::vector<OnnxAttribute>& attributes = {});

  /// The same values under another shape of as many elements.
  OnnxValue reshape(const std::string& path, const OnnxValue& input,
                    std::vector<std::int64_t> shape);

  OnnxValue transpose(const std::string& path, const OnnxValue& input,
                      const std::vector<std::int64_t>& permutation);

  /// Parts of the given lengths along one axis.
  std::vector<OnnxValue> split(const std::string& path, const OnnxValue& input, std::size_t axis,
                               const std::vector<std::int64_t>& lengths);

  OnnxValue concat(const std::string& path, const std::vector<OnnxValue>& inputs, std::size_t axis);

  /// Of two values with the first one's shape: Add, Sub, Mul.
  OnnxValue combine(const std::string& op, const std::string& path, const OnnxValue& a,
                    const OnnxValue& b);

  /// Makes the last node's output the graph's, and gives the graph away.
  onnx::GraphProto finish(const std::string& graph_name, const std::string& output_name,
                          const std::vector<std::int64_t>& shape);

 private:
  std::string unused_name(const std::string& wanted);
  onnx::NodeProto& add_node(const std::string& op, const std::string& path,
                            const std::vector<OnnxValue>& inputs,
                            const std::vector<OnnxAttribute>& attributes);
  std::string add_output(onnx::NodeProto& node);

  onnx::GraphProto graph_;
  std::map<std::string, int> uses_;  ///< of each wanted name
};

}  // namespace gondola::nn
