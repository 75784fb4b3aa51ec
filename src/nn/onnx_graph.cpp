#include "onnx_graph.hpp"

#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return count;
}

void describe_value(onnx::ValueInfoProto& info, const std::string& name,
                    const std::vector<std::int64_t>& shape) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t side : shape) type.mutable_shape()->add_dim()->set_dim_value(side);
}

void set_value(onnx::AttributeProto& attribute, std::int64_t value) {
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void set_value(onnx::AttributeProto& attribute, float value) {
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void set_value(onnx::AttributeProto& attribute, const std::string& value) {
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
}

void set_value(onnx::AttributeProto& attribute, const std::vector<std::int64_t>& value) {
  attribute.set_type(onnx::AttributeProto::INTS);
  attribute.mutable_ints()->Add(value.begin(), value.end());
}

// Little-endian bytes, which is what every machine that Gondola runs on has in memory.
template <typename Number>
void store(onnx::TensorProto& tensor, onnx::TensorProto::DataType type, const std::string& name,
           const std::vector<std::int64_t>& shape, const std::vector<Number>& values) {
  GONDOLA_EXPECTS(element_count(shape) == static_cast<std::int64_t>(values.size()), name, ": ",
                  values.size(), " values");
  tensor.set_name(name);
  tensor.set_data_type(type);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_raw_data(values.data(), values.size() * sizeof(Number));
}

}  // namespace

std::string OnnxGraph::unused_name(const std::string& wanted) {
  const int earlier = uses_[wanted]++;
  return earlier == 0 ? wanted : gondola::concat(wanted, "_", earlier);
}

onnx::NodeProto& OnnxGraph::add_node(const std::string& op, const std::string& path,
                                     const std::vector<OnnxValue>& inputs,
                                     const std::vector<OnnxAttribute>& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(op);
  node.set_name(unused_name(gondola::concat(path, "/", op)));
  for (const OnnxValue& input : inputs) node.add_input(input.name);
  for (const OnnxAttribute& attribute : attributes) {
    onnx::AttributeProto& stored = *node.add_attribute();
    stored.set_name(attribute.name);
    std::visit([&](const auto& value) { set_value(stored, value); }, attribute.value);
  }
  return node;
}

std::string OnnxGraph::add_output(onnx::NodeProto& node) {
  const int number = node.output_size();
  node.add_output(number == 0 ? node.name() : gondola::concat(node.name(), ":", number));
  return node.output(number);
}

OnnxValue OnnxGraph::add_input(const std::string& name, std::vector<std::int64_t> shape) {
  describe_value(*graph_.add_input(), name, shape);
  return {name, std::move(shape)};
}

OnnxValue OnnxGraph::add_constant(const std::string& name, std::vector<std::int64_t> shape,
                                  const std::vector<float>& values) {
  const std::string stored_name = unused_name(name);
  store(*graph_.add_initializer(), onnx::TensorProto::FLOAT, stored_name, shape, values);
  return {stored_name, std::move(shape)};
}

OnnxValue OnnxGraph::add(const std::string& op, const std::string& path,
                         const std::vector<OnnxValue>& inputs, std::vector<std::int64_t> shape,
                         const std::vector<OnnxAttribute>& attributes) {
  return {add_output(add_node(op, path, inputs, attributes)), std::move(shape)};
}

OnnxValue OnnxGraph::reshape(const std::string& path, const OnnxValue& input,
                             std::vector<std::int64_t> shape) {
  GONDOLA_EXPECTS(element_count(shape) == element_count(input.shape), path, ": reshape");
  const std::string shape_name = unused_name(gondola::concat(path, "/shape"));
  store(*graph_.add_initializer(), onnx::TensorProto::INT64, shape_name,
        {static_cast<std::int64_t>(shape.size())}, shape);
  return add("Reshape", path, {input, {shape_name, {}}}, std::move(shape));
}

OnnxValue OnnxGraph::transpose(const std::string& path, const OnnxValue& input,
                               const std::vector<std::int64_t>& permutation) {
  std::vector<std::int64_t> shape;
  for (const std::int64_t axis : permutation) {
    shape.push_back(input.shape[static_cast<std::size_t>(axis)]);
  }
  return add("Transpose", path, {input}, std::move(shape), {{"perm", permutation}});
}

std::vector<OnnxValue> OnnxGraph::split(const std::string& path, const OnnxValue& input,
                                        std::size_t axis,
                                        const std::vector<std::int64_t>& lengths) {
  onnx::NodeProto& node = add_node("Split", path, {input},
                                   {{"axis", static_cast<std::int64_t>(axis)}, {"split", lengths}});
  std::vector<OnnxValue> parts;
  for (const std::int64_t length : lengths) {
    parts.push_back({add_output(node), input.shape});
    parts.back().shape[axis] = length;
  }
  return parts;
}

OnnxValue OnnxGraph::concat(const std::string& path, const std::vector<OnnxValue>& inputs,
                            std::size_t axis) {
  std::vector<std::int64_t> shape = inputs.front().shape;
  for (std::size_t i = 1; i < inputs.size(); ++i) shape[axis] += inputs[i].shape[axis];
  return add("Concat", path, inputs, std::move(shape), {{"axis", static_cast<std::int64_t>(axis)}});
}

OnnxValue OnnxGraph::combine(const std::string& op, const std::string& path, const OnnxValue& a,
                             const OnnxValue& b) {
  return add(op, path, {a, b}, a.shape);
}

onnx::GraphProto OnnxGraph::finish(const std::string& graph_name, const std::string& output_name,
                                   const std::vector<std::int64_t>& shape) {
  graph_.set_name(graph_name);
  graph_.mutable_node(graph_.node_size() - 1)->set_output(0, output_name);
  describe_value(*graph_.add_output(), output_name, shape);
  return std::move(graph_);
}

}  // namespace gondola::nn
