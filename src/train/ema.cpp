#include "gondola/train/ema.hpp"

#include <cmath>

namespace gondola::train {
namespace {

// Calls visit(average's tensor, network's tensor) for every parameter and buffer.
template <typename Visit>
void visit_pairs(const nn::Network& average, const nn::Network& network, const Visit& visit) {
  const auto parameters = network->parameters();
  const auto average_parameters = average->parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) visit(average_parameters[i], parameters[i]);
  const auto buffers = network->buffers();
  const auto average_buffers = average->buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) visit(average_buffers[i], buffers[i]);
}

}  // namespace

ExponentialAverage::ExponentialAverage(const nn::Network& network, const EmaOptions& options)
    : options_(options), average_(network->spec()) {
  const at::NoGradGuard no_grad;
  average_->to(network->parameters().front().device());
  visit_pairs(average_, network,
              [](at::Tensor average, const at::Tensor& value) { average.set_data(value.clone()); });
  for (at::Tensor& parameter : average_->parameters()) parameter.set_requires_grad(false);
  average_->eval();
}

void ExponentialAverage::update(const nn::Network& network) {
  const at::NoGradGuard no_grad;
  ++updates_;
  const double decay =
      options_.decay * (1 - std::exp(-static_cast<double>(updates_) / options_.ramp));
  visit_pairs(average_, network, [&](at::Tensor average, const at::Tensor& value) {
    average.lerp_(value, 1 - decay);
  });
}

}  // namespace gondola::train
