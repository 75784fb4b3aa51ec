#include "gondola/detect/torch_runner.hpp"
#include "gondola/nn/runtime.hpp"
#include "programs.hpp"

namespace gondola::app {

bool has_libtorch() { return true; }

void set_libtorch_threads(int threads) { nn::set_threads(threads); }

std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(
    const nn::WeightsFile& weights, const detect::DetectorOptions& options) {
  return detect::make_torch_runner(weights, options);
}

}  // namespace gondola::app
