#include "gondola/nn/model_summary.hpp"

#include <ATen/ATen.h>

#include "gondola/nn/load_network.hpp"

namespace gondola::nn {

ModelSummary summarize(const WeightsFile& weights, Size input) {
  const at::NoGradGuard no_grad;
  Network network = build_network(weights, weights.description.spec.name);
  ModelSummary summary;
  summary.input = input;
  for (const at::Tensor& parameter : network->parameters()) summary.parameters += parameter.numel();
  network->observe([&](const LayerRun& run) {
    summary.layers.push_back(
        {run.path, run.kind, run.activation != nullptr ? to_string(*run.activation) : "",
         run.output.sizes().slice(1).vec(), run.parameters, run.multiply_adds});
    summary.multiply_adds += run.multiply_adds;
  });
  network->forward(at::zeros({1, 3, input.height, input.width}));
  return summary;
}

}  // namespace gondola::nn
