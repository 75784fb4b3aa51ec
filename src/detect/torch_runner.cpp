#include "gondola/detect/torch_runner.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/cell_logits.hpp"
#include "gondola/nn/load_network.hpp"
#include "gondola/nn/runtime.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "input_tensor.hpp"
#include "stopwatch.hpp"

namespace gondola::detect {
namespace {

nn::Network make_network(const nn::WeightsFile& weights) {
  const nn::ModelSpec& spec = weights.description.spec;
  if (!weights.tensors.empty()) return nn::build_network(weights, spec.name);
  nn::WeightsFile untrained = weights;
  untrained.tensors = nn::random_tensors(spec, /*seed=*/0);
  return nn::build_network(untrained, spec.name);
}

at::ScalarType type_of(engine::Precision precision) {
  if (precision == engine::Precision::kInt8) {
    throw ConfigError("precision int8: LibTorch runs fp32 and bf16; use the engine for int8");
  }
  return precision == engine::Precision::kBFloat16 ? at::kBFloat16 : at::kFloat;
}

class TorchRunner : public NetworkRunner {
 public:
  TorchRunner(const nn::WeightsFile& weights, const DetectorOptions& options)
      : precision_(options.precision),
        type_(type_of(options.precision)),
        device_(options.device),
        network_(make_network(weights)) {
    network_->to(device_, type_);
    // The layout of convolution kernels on GPUs and of oneDNN's on CPUs.
    for (at::Tensor& parameter : network_->parameters()) {
      if (parameter.dim() != 4) continue;
      parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
  }

  Times run(const std::vector<cv::Mat>& pictures, const Consumer& consume) override {
    if (pictures.empty()) return {};
    const c10::InferenceMode inference;
    Times times;
    Stopwatch watch;
    const at::Tensor batch = at::empty({static_cast<std::int64_t>(pictures.size()), 3,
                                        pictures.front().rows, pictures.front().cols},
                                       at::MemoryFormat::ChannelsLast);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      write_input(pictures[i], batch[static_cast<std::int64_t>(i)]);
    }
    times.preprocess_ms = watch.lap_ms();
    const nn::CellLogits logits(network_->forward(batch.to(device_, type_)), network_->spec().head);
    times.network_ms = watch.lap_ms();
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      consume(i, logits.levels(static_cast<std::int64_t>(i)));
    }
    return times;
  }

  std::string description() const override {
    return concat("LibTorch, ", device_.str(), ", ", to_string(precision_));
  }

 private:
  engine::Precision precision_;
  at::ScalarType type_;
  at::Device device_;
  nn::Network network_;
};

}  // namespace

std::unique_ptr<NetworkRunner> make_torch_runner(const nn::WeightsFile& weights,
                                                 const DetectorOptions& options) {
  nn::check_device(options.device);
  nn::check_image_size(options.image_size, weights.description.spec);
  return std::make_unique<TorchRunner>(weights, options);
}

}  // namespace gondola::detect
