#include "engine_runner.hpp"

#include "gondola/core/error.hpp"
#include "gondola/engine/engine.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "stopwatch.hpp"

namespace gondola::detect {
namespace {

engine::Engine make_engine(const nn::WeightsFile& weights, const DetectorOptions& options) {
  engine::EngineOptions settings;
  settings.image_height = options.image_size;
  settings.image_width = options.image_size;
  settings.precision = options.precision;
  settings.threads = options.threads;
  if (!weights.tensors.empty()) return {weights, settings};
  nn::WeightsFile untrained = weights;
  untrained.tensors = nn::random_tensors(weights.description.spec, /*seed=*/0);
  return {untrained, settings};
}

class EngineRunner : public NetworkRunner {
 public:
  EngineRunner(const nn::WeightsFile& weights, const DetectorOptions& options)
      : engine_(make_engine(weights, options)) {}

  Times run(const std::vector<cv::Mat>& pictures, const Consumer& consume) override {
    Times times;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const cv::Mat& picture = pictures[i];
      Stopwatch watch;
      engine_.set_picture(picture.ptr(), static_cast<std::ptrdiff_t>(picture.step[0]));
      times.preprocess_ms += watch.lap_ms();
      engine_.run();
      times.network_ms += watch.lap_ms();
      consume(i, engine_.logits());
    }
    return times;
  }

  std::string description() const override {
    const engine::EngineOptions& options = engine_.options();
    return concat("engine, ", to_string(options.precision), ", ", options.threads,
                  options.threads == 1 ? " thread" : " threads");
  }

 private:
  engine::Engine engine_;
};

}  // namespace

std::unique_ptr<NetworkRunner> make_engine_runner(const nn::WeightsFile& weights,
                                                  const DetectorOptions& options) {
  return std::make_unique<EngineRunner>(weights, options);
}

}  // namespace gondola::detect
