// Times Gondola's network run layer by layer in LibTorch: batch norms folded, float32, in the
// faster of the two layouts. The network and the decoding of its output, random input.

#include <ATen/ATen.h>
#include <malloc.h>

#include "gondola/nn/decode.hpp"
#include "gondola/nn/load_network.hpp"
#include "gondola/nn/runtime.hpp"
#include "peer.hpp"

namespace {

using gondola::peers::PeerOptions;

std::vector<double> time_layout(const gondola::nn::WeightsFile& weights, at::MemoryFormat layout,
                                const PeerOptions& options) {
  gondola::nn::Network network = gondola::nn::build_network(weights, options.model);
  network->fuse();
  for (at::Tensor& parameter : network->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(layout));
  }
  const at::Tensor images =
      at::rand({options.batch, 3, options.size, options.size}).contiguous(layout);
  return gondola::peers::time_calls(
      options, [&] { gondola::nn::decode(network->forward(images), network->spec().head); });
}

nlohmann::json measure(const PeerOptions& options) {
  // glibc's thresholds would give the maps back to the kernel after every layer.
  constexpr int kOneGigabyte = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kOneGigabyte);
  mallopt(M_TRIM_THRESHOLD, kOneGigabyte);
  const at::NoGradGuard no_grad;
  gondola::nn::set_threads(options.threads);
  const gondola::nn::WeightsFile weights = gondola::nn::read_weights(options.model);

  PeerOptions trial = options;
  trial.warmup = 2;
  trial.runs = 5;
  const auto middle = [&](at::MemoryFormat layout) {
    return time_layout(weights, layout, trial)[2];
  };
  const bool channels_last =
      middle(at::MemoryFormat::ChannelsLast) < middle(at::MemoryFormat::Contiguous);
  const auto layout = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  nlohmann::json result = to_json(time_layout(weights, layout, options), options);
  result["layout"] = channels_last ? "channels last" : "channels first";
  return result;
}

}  // namespace

int main(int argc, char** argv) { return gondola::peers::run_peer(argc, argv, measure); }
