#include "gondola/detect/torch_runner.hpp"
#include "gondola/nn/runtime.hpp"
#include "libtorch.hpp"
#include "window_sink.hpp"

namespace gondola::app {

void continue_with_libtorch(char** /*arguments*/, const std::string& /*asked_for*/) {}

void set_libtorch_threads(int threads) { nn::set_threads(threads); }

std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(
    const nn::WeightsFile& weights, const detect::DetectorOptions& options) {
  return detect::make_torch_runner(weights, options);
}

std::unique_ptr<pipeline::DetectionSink> make_window_sink(const ClassNames& names) {
  return std::make_unique<WindowSink>(names);
}

}  // namespace gondola::app
