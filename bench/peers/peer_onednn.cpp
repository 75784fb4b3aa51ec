// The floor: every convolution of a network alone in oneDNN, in the layouts it likes best, with the
// activation as its post-op. What joins, reorders, pools and waiting cost is left out.
// Usage: peer_onednn MODEL SIZE RUNS fp32|bf16|int8   (threads: OMP_NUM_THREADS)

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

#include "engine/graph.hpp"
#include "gondola/nn/model_file.hpp"

namespace {

using dnnl::memory;
using gondola::engine::Operation;
using gondola::engine::OperationKind;

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

double median_ms(const Operation& operation, const Types& types, int runs, dnnl::engine& engine,
                 dnnl::stream& stream) {
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
  std::vector<double> times;
  for (int run = 0; run < runs + 2; ++run) {
    const auto start = std::chrono::steady_clock::now();
    convolution.execute(stream, arguments);
    stream.wait();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    if (run >= 2) times.push_back(elapsed.count());
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<std::size_t>(runs / 2)];
}

int run(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: peer_onednn MODEL SIZE RUNS fp32|bf16|int8\n");
    return 2;
  }
  const int size = std::atoi(argv[2]);
  const int runs = std::max(1, std::atoi(argv[3]));
  const auto graph = gondola::engine::build_graph(gondola::nn::read_weights(argv[1]), size, size);
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  double sum = 0;
  for (const Operation& operation : graph.operations) {
    if (operation.kind != OperationKind::kConvolution) continue;
    sum += median_ms(operation, types_of(argv[4]), runs, engine, stream);
  }
  std::printf("{\"peer\": \"oneDNN floor\", \"precision\": \"%s\", \"floor_ms\": %.3f}\n", argv[4],
              sum);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
