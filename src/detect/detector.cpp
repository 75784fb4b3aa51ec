#include "gondola/detect/detector.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "gondola/core/error.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/nn/candidates.hpp"
#include "gondola/nn/load_network.hpp"
#include "gondola/nn/runtime.hpp"
#include "input_tensor.hpp"

namespace gondola::detect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSmallestTile = 64;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// One look of the network: a picture or a part of it.
struct View {
  std::size_t image = 0;
  Tile tile;
};

Size size_of(const cv::Mat& image) { return {image.cols, image.rows}; }

DetectorOptions completed(DetectorOptions options, const nn::ModelDescription& model) {
  nn::check_image_size(options.image_size, model.spec);
  if (!options.score_threshold) options.score_threshold = model.score_threshold.value_or(0.25F);
  if (!(*options.score_threshold >= 0 && *options.score_threshold <= 1)) {
    throw ConfigError(
        concat("score threshold ", *options.score_threshold, " is outside 0..1 (--conf)"));
  }
  options.nms.soft_score_threshold = *options.score_threshold;
  for (const int class_id : options.classes) {
    if (class_id < 0 || class_id >= model.spec.class_count) {
      throw ConfigError(concat("class ", class_id, " does not exist: ", model.spec.name,
                               " has classes 0 to ", model.spec.class_count - 1));
    }
  }
  if (options.tiles.size != 0 && options.tiles.size < kSmallestTile) {
    throw ConfigError(concat("tile ", options.tiles.size, " is below ", kSmallestTile,
                             " pixels, which shows no object whole; use the size of the network "
                             "input, ",
                             options.image_size, ", or 0 for no tiles (--tile)"));
  }
  if (options.max_batch < 1) throw ConfigError(concat("batch ", options.max_batch, " is below 1"));
  nn::check_device(options.device);
  return options;
}

}  // namespace

class Detector::Implementation {
 public:
  Implementation(const nn::WeightsFile& weights, const DetectorOptions& detector_options)
      : options(completed(detector_options, weights.description)),
        description(weights.description),
        names(description.spec.class_names.empty()
                  ? std::vector<std::string>(static_cast<std::size_t>(description.spec.class_count))
                  : description.spec.class_names),
        network_(nn::build_network(weights, description.spec.name)),
        device_(options.device),
        type_(options.precision == Precision::kBFloat16 ? at::kBFloat16 : at::kFloat) {
    network_->fuse();
    network_->to(device_, type_);
    candidates_.class_count = description.spec.class_count;
    candidates_.reg_max = description.spec.head.reg_max;
    candidates_.score_threshold = *options.score_threshold;
    candidates_.multi_label = options.multi_label;
    candidates_.classes = options.classes;
  }

  std::vector<pipeline::ImageDetections> detect(const std::vector<cv::Mat>& images) const {
    std::vector<View> views;
    for (std::size_t i = 0; i < images.size(); ++i) {
      GONDOLA_EXPECTS(!images[i].empty() && images[i].type() == CV_8UC3, "detect: picture ", i,
                      " is empty or not CV_8UC3");
      for (const Tile& tile : tiles_of(size_of(images[i]))) views.push_back({i, tile});
    }

    std::vector<pipeline::ImageDetections> results(images.size());
    std::vector<std::vector<TileDetections>> found(images.size());
    const auto batch = static_cast<std::size_t>(options.max_batch);
    for (std::size_t first = 0; first < views.size(); first += batch) {
      const std::size_t count = std::min(batch, views.size() - first);
      run_batch(images,
                {views.begin() + static_cast<std::ptrdiff_t>(first),
                 views.begin() + static_cast<std::ptrdiff_t>(first + count)},
                found, results);
    }

    for (std::size_t i = 0; i < images.size(); ++i) {
      const Clock::time_point start = Clock::now();
      results[i].image = size_of(images[i]);
      results[i].detections = joined(found[i], results[i].image);
      results[i].times_ms.postprocess += milliseconds_since(start);
    }
    return results;
  }

  const DetectorOptions options;
  const nn::ModelDescription description;
  const ClassNames names;

 private:
  std::vector<Tile> tiles_of(Size image) const {
    std::vector<Tile> tiles = plan_tiles(image, options.tiles);
    if (tiles.size() > 1 && options.whole_image) tiles.push_back({0, 0, image.width, image.height});
    return tiles;
  }

  void run_batch(const std::vector<cv::Mat>& images, const std::vector<View>& views,
                 std::vector<std::vector<TileDetections>>& found,
                 std::vector<pipeline::ImageDetections>& results) const {
    const c10::InferenceMode inference;
    const double share = 1.0 / static_cast<double>(views.size());
    const Size input{options.image_size, options.image_size};

    Clock::time_point start = Clock::now();
    const at::Tensor batch =
        at::empty({static_cast<std::int64_t>(views.size()), 3, input.height, input.width});
    std::vector<LetterboxTransform> transforms;
    cv::Mat letterboxed;
    for (std::size_t i = 0; i < views.size(); ++i) {
      const Tile& tile = views[i].tile;
      const cv::Mat part =
          images[views[i].image](cv::Rect(tile.x, tile.y, tile.width, tile.height));
      transforms.push_back(media::letterbox_image(part, input, letterboxed));
      write_input(letterboxed, batch[static_cast<std::int64_t>(i)]);
    }
    const double preprocess_ms = milliseconds_since(start) * share;

    start = Clock::now();
    std::vector<at::Tensor> logits = network_->forward(batch.to(device_, type_));
    for (at::Tensor& level : logits) level = level.to(at::kCPU, at::kFloat).contiguous();
    const double network_ms = milliseconds_since(start) * share;

    for (std::size_t i = 0; i < views.size(); ++i) {
      start = Clock::now();
      found[views[i].image].push_back(
          {views[i].tile, detections_of(logits, i, transforms[i], views[i].tile)});
      pipeline::StageTimes& times = results[views[i].image].times_ms;
      times.preprocess += preprocess_ms;
      times.network += network_ms;
      times.postprocess += milliseconds_since(start);
    }
  }

  // Decodes one view's logits: candidates, NMS, pixels of the whole image.
  std::vector<Detection> detections_of(const std::vector<at::Tensor>& logits, std::size_t view,
                                       const LetterboxTransform& transform,
                                       const Tile& tile) const {
    std::vector<nn::LevelLogits> levels;
    for (std::size_t level = 0; level < logits.size(); ++level) {
      const at::Tensor& map = logits[level];
      levels.push_back({map.data_ptr<float>() + static_cast<std::int64_t>(view) * map.stride(0),
                        static_cast<int>(map.size(2)), static_cast<int>(map.size(3)),
                        description.spec.head.strides[level]});
    }
    std::vector<Detection> detections =
        nms(nn::select_candidates(levels, candidates_), options.nms);
    for (Detection& detection : detections) {
      Box box = transform.to_image(detection.box);
      box.x1 += static_cast<float>(tile.x);
      box.x2 += static_cast<float>(tile.x);
      box.y1 += static_cast<float>(tile.y);
      box.y2 += static_cast<float>(tile.y);
      detection.box = box;
    }
    return detections;
  }

  std::vector<Detection> joined(std::vector<TileDetections>& views, Size image) const {
    if (views.size() == 1) return std::move(views.front().detections);
    TileMergeOptions merge;
    merge.class_agnostic = options.nms.class_agnostic;
    // Two tiles may see the same object too differently to be matched; what then overlaps more than
    // one picture's detections may is a duplicate here too.
    NmsOptions again = options.nms;
    again.method = NmsMethod::kGreedy;
    return nms(merge_tiles(views, image, merge), again);
  }

  // Forward passes do not change the network, but LibTorch's modules know no const.
  mutable nn::Network network_;
  at::Device device_;
  at::ScalarType type_;
  nn::CandidateOptions candidates_;
};

Detector::Detector(const std::filesystem::path& model, const DetectorOptions& options)
    : Detector(nn::read_weights(model), options) {}

Detector::Detector(const nn::WeightsFile& weights, const DetectorOptions& options)
    : implementation_(std::make_unique<Implementation>(weights, options)) {}

Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

std::vector<Detection> Detector::detect(const cv::Mat& image) const {
  return std::move(implementation_->detect({image}).front().detections);
}

std::vector<pipeline::ImageDetections> Detector::detect_batch(const std::vector<cv::Mat>& images) {
  return implementation_->detect(images);
}

const ClassNames& Detector::class_names() const { return implementation_->names; }
const std::string& Detector::model_name() const { return implementation_->description.spec.name; }
const nn::ModelDescription& Detector::model() const { return implementation_->description; }
const DetectorOptions& Detector::options() const { return implementation_->options; }

}  // namespace gondola::detect
