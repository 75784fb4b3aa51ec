#pragma once

#include <cstdint>
#include <string>

namespace gondola::nn {

/// What one activated layer gave over all images seen.
struct LayerActivity {
  std::string path;
  std::string activation;
  std::int64_t channels = 0;
  std::int64_t dead_channels = 0;  ///< never positive anywhere in any image
  double zero_share = 0;           ///< exact zeros among all values, 0..1: the sparsity
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
  double standard_deviation = 0;
  std::int64_t non_finite = 0;  ///< NaN or infinite values; left out of all the above
};

}  // namespace gondola::nn
