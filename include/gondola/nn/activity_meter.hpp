#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gondola/nn/layer_activity.hpp"
#include "gondola/nn/network.hpp"

namespace gondola::nn {

/// Collects LayerActivity over forward passes: the diagnosis of dying and exploding activations.
/// Observes the network from construction to destruction. Not thread-safe.
class ActivityMeter {
 public:
  /// The network must outlive the meter.
  explicit ActivityMeter(Network& network);
  ~ActivityMeter();
  ActivityMeter(const ActivityMeter&) = delete;
  ActivityMeter& operator=(const ActivityMeter&) = delete;

  /// One row per activated layer in order of execution. Empty before the first forward pass.
  std::vector<LayerActivity> activities() const;

 private:
  struct Sums {
    std::string path;
    std::string activation;
    std::vector<bool> alive;  ///< per channel
    std::int64_t values = 0;
    std::int64_t zeros = 0;
    std::int64_t non_finite = 0;
    double minimum = 0;
    double maximum = 0;
    double sum = 0;
    double sum_of_squares = 0;
  };

  void add(const LayerRun& run);

  Network& network_;
  std::vector<Sums> layers_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace gondola::nn
