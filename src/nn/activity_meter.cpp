#include "gondola/nn/activity_meter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gondola::nn {

ActivityMeter::ActivityMeter(Network& network) : network_(network) {
  network_->observe([this](const LayerRun& run) {
    if (run.activation != nullptr) add(run);
  });
}

ActivityMeter::~ActivityMeter() { network_->observe({}); }

void ActivityMeter::add(const LayerRun& run) {
  const auto [position, is_new] = index_.emplace(run.path, layers_.size());
  if (is_new) {
    Sums sums;
    sums.path = run.path;
    sums.activation = to_string(*run.activation);
    sums.alive.assign(static_cast<std::size_t>(run.output.size(1)), false);
    sums.minimum = std::numeric_limits<double>::infinity();
    sums.maximum = -std::numeric_limits<double>::infinity();
    layers_.push_back(std::move(sums));
  }
  Sums& sums = layers_[position->second];

  const at::NoGradGuard no_grad;
  const at::Tensor output = run.output.detach().to(at::kCPU, at::kFloat);
  const at::Tensor alive = output.gt(0).amax({0, 2, 3}).contiguous();  // [C]
  for (std::size_t channel = 0; channel < sums.alive.size(); ++channel) {
    if (alive.data_ptr<bool>()[channel]) sums.alive[channel] = true;
  }
  const at::Tensor finite = output.masked_select(at::isfinite(output)).to(at::kDouble);
  sums.non_finite += output.numel() - finite.numel();
  if (finite.numel() == 0) return;
  sums.values += finite.numel();
  sums.zeros += finite.eq(0).sum().item<std::int64_t>();
  sums.minimum = std::min(sums.minimum, finite.min().item<double>());
  sums.maximum = std::max(sums.maximum, finite.max().item<double>());
  sums.sum += finite.sum().item<double>();
  sums.sum_of_squares += finite.square().sum().item<double>();
}

std::vector<LayerActivity> ActivityMeter::activities() const {
  std::vector<LayerActivity> rows;
  for (const Sums& sums : layers_) {
    LayerActivity row;
    row.path = sums.path;
    row.activation = sums.activation;
    row.channels = static_cast<std::int64_t>(sums.alive.size());
    row.dead_channels = std::count(sums.alive.begin(), sums.alive.end(), false);
    row.non_finite = sums.non_finite;
    if (sums.values > 0) {
      const auto count = static_cast<double>(sums.values);
      row.zero_share = static_cast<double>(sums.zeros) / count;
      row.minimum = sums.minimum;
      row.maximum = sums.maximum;
      row.mean = sums.sum / count;
      row.standard_deviation =
          std::sqrt(std::max(0.0, sums.sum_of_squares / count - row.mean * row.mean));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace gondola::nn
