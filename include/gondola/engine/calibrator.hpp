#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gondola/engine/engine.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::engine {

/// How the range of a tensor's 8 bits was found.
struct RangeChoice {
  std::string tensor;
  std::string method;  ///< "min-max", "percentile 99.99", "mse 0.85": the least squared error won
  float low = 0;       ///< the range
  float high = 0;
  double relative_error = 0;  ///< of 8 bits, root mean square, against that of the values
};

/// Post-training quantisation: looks at what a float network computes on some hundred pictures of
/// its future use, and finds 8-bit ranges for every result.
class Calibrator {
 public:
  /// Throws as Engine does; precision is taken as float32.
  Calibrator(const nn::WeightsFile& weights, const EngineOptions& options);
  ~Calibrator();
  Calibrator(const Calibrator&) = delete;
  Calibrator& operator=(const Calibrator&) = delete;

  /// Runs one picture; see Engine::set_picture().
  void add(const std::uint8_t* bgr, std::ptrdiff_t row_bytes);

  std::size_t pictures() const;

  /// The network for Precision::kInt8: batch norms folded, ranges chosen, and each bias corrected
  /// by what rounding its weights shifts the mean.
  ///
  /// @param kept  layers that stay wider: their weights are left as they are
  /// Requires: a picture was added.
  nn::WeightsFile quantized(const std::vector<nn::KeptLayer>& kept = {}) const;

  /// The ranges that quantized() takes.
  std::vector<RangeChoice> ranges() const;

  /// Paths of the convolutions that run in 8 bits, in running order: what may be kept wider.
  std::vector<std::string> layers() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gondola::engine
