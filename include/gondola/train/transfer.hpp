#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gondola/nn/load_network.hpp"

namespace gondola::train {

/// What became of weights that a training starts from.
struct TransferReport {
  std::size_t kept = 0;   ///< tensors copied
  std::size_t total = 0;  ///< tensors of the network
  std::vector<std::string>
      skipped;  ///< the network's tensors that stay as initialised, with reason
};

/// Copies what fits from weights of another network: tensors of the same name and shape. The class
/// branch's last convolution does not fit where the number of classes differs, for one.
///
/// Throws WeightsError when nothing fits.
TransferReport transfer_weights(nn::Network& network, const nn::NamedTensors& weights,
                                const std::string& source_name);

}  // namespace gondola::train
