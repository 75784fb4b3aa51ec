#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/nn/candidates.hpp"

namespace gondola::detect {

/// What runs the network for a Detector: the engine, or LibTorch.
///
/// One call at a time; Detector sees to that.
class NetworkRunner {
 public:
  struct Times {
    double preprocess_ms = 0;  ///< from bytes to the network's input
    double network_ms = 0;
  };

  /// Takes the logits of one picture, finest level first, valid until it returns.
  using Consumer = std::function<void(std::size_t picture, const std::vector<nn::LevelLogits>&)>;

  NetworkRunner() = default;
  virtual ~NetworkRunner() = default;
  NetworkRunner(const NetworkRunner&) = delete;
  NetworkRunner& operator=(const NetworkRunner&) = delete;

  /// Runs all pictures, as many at once as suits it, and hands on the logits of each.
  ///
  /// @param pictures  letterboxed to the network's input: CV_8UC3, BGR, continuous
  /// @return times of all pictures together, without the consumer's
  virtual Times run(const std::vector<cv::Mat>& pictures, const Consumer& consume) = 0;

  /// Such as "engine, fp32, 2 threads" or "LibTorch, cuda:0, bf16".
  virtual std::string description() const = 0;
};

}  // namespace gondola::detect
