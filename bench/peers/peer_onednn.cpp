// The floor: every convolution of a network alone in oneDNN, in the layouts it likes best, with the
// activation as its post-op. What joins, reorders, pools and waiting cost is left out.
// Usage: peer_onednn fp32|bf16|int8 MODEL [--size N] ...   (threads: OMP_NUM_THREADS)

#include <cstdio>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

#include "engine/graph.hpp"
#include "gondola/nn/model_file.hpp"
#include "peer.hpp"

namespace {

using dnnl::memory;
using gondola::engine::Operation;
using gondola::engine::OperationKind;
using gondola::peers::PeerOptions;

struct Types {
  memory::data_type input;
  memory::data_type weights;
  memory::data_type output;
};

Types types_of(const std::string& precision) {
  using Type = memory::data_type;
  if (precision == "bf16") return {Type::bf16, Type::bf16, Type::bf16};
  if (precision == "int8") return {Type::u8, Type::s8, Type::u8};
  return {Type::f32, Type::f32, Type::f32};
}

void append_activation(dnnl::post_ops& post_ops, const gondola::nn::ActivationSpec& activation) {
  using dnnl::algorithm;
  const auto parameter = static_cast<float>(activation.parameter.value_or(0));
  if (activation.name == "silu") post_ops.append_eltwise(1, algorithm::eltwise_swish, 1, 0);
  if (activation.name == "relu") post_ops.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
  if (activation.name == "leaky_relu") {
    post_ops.append_eltwise(1, algorithm::eltwise_relu, parameter, 0);
  }
  if (activation.name == "hardswish") {
    post_ops.append_eltwise(1, algorithm::eltwise_hardswish, 0, 0);
  }
}

double median_ms(const Operation& operation, const Types& types, const PeerOptions& options,
                 dnnl::engine& engine, dnnl::stream& stream) {
  using Tag = memory::format_tag;
  const int reach = operation.kernel / 2;
  const memory::dims input{1, operation.input.channels(), operation.input.height,
                           operation.input.width};
  const memory::dims output{1, operation.output.channels(), operation.output.height,
                            operation.output.width};
  const memory::dims weights{output[1], input[1], operation.kernel, operation.kernel};
  dnnl::primitive_attr attributes;
  if (types.input == memory::data_type::u8) {
    attributes.set_output_scales(2, std::vector<float>(static_cast<std::size_t>(output[1]), 0.01F));
  }
  dnnl::post_ops post_ops;
  append_activation(post_ops, operation.activation);
  attributes.set_post_ops(post_ops);
  const dnnl::convolution_forward::primitive_desc description(
      {dnnl::prop_kind::forward_inference,
       dnnl::algorithm::convolution_direct,
       memory::desc(input, types.input, Tag::any),
       memory::desc(weights, types.weights, Tag::any),
       memory::desc({output[1]}, memory::data_type::f32, Tag::any),
       memory::desc(output, types.output, Tag::any),
       {operation.stride, operation.stride},
       {reach, reach},
       {reach, reach}},
      attributes, engine);
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, memory(description.src_desc(), engine)},
      {DNNL_ARG_WEIGHTS, memory(description.weights_desc(), engine)},
      {DNNL_ARG_BIAS, memory(description.bias_desc(), engine)},
      {DNNL_ARG_DST, memory(description.dst_desc(), engine)}};
  for (auto& [name, argument] : arguments) {
    std::memset(argument.get_data_handle(), 0, argument.get_desc().get_size());
  }
  const dnnl::convolution_forward convolution(description);
  const std::vector<double> times = gondola::peers::time_calls(options, [&] {
    convolution.execute(stream, arguments);
    stream.wait();
  });
  return times[times.size() / 2];
}

nlohmann::json measure(const std::string& precision, const PeerOptions& options) {
  const auto graph = gondola::engine::build_graph(gondola::nn::read_weights(options.model),
                                                  options.size, options.size);
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  double sum = 0;
  for (const Operation& operation : graph.operations) {
    if (operation.kind != OperationKind::kConvolution) continue;
    sum += median_ms(operation, types_of(precision), options, engine, stream);
  }
  // A sum of medians has no spread of its own.
  return {{"network_ms", {{"median", sum}, {"p10", sum}, {"p90", sum}, {"min", sum}}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "error: usage: peer_onednn fp32|bf16|int8 MODEL [--size N] [--runs N]\n");
    return 2;
  }
  const std::string precision = argv[1];
  return gondola::peers::run_peer(
      argc - 1, argv + 1, [&](const PeerOptions& options) { return measure(precision, options); });
}
