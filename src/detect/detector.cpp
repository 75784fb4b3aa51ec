#include "gondola/detect/detector.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine_runner.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/nn/candidates.hpp"
#include "stopwatch.hpp"

namespace gondola::detect {
namespace {

constexpr int kSmallestTile = 64;

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
  if (!options.iou_threshold) options.iou_threshold = model.iou_threshold;
  if (options.iou_threshold) options.nms.iou_threshold = *options.iou_threshold;
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
  return options;
}

std::unique_ptr<NetworkRunner> engine_runner(const nn::WeightsFile& weights,
                                             const DetectorOptions& options) {
  if (options.device != "cpu") {
    throw ConfigError(concat("device '", options.device,
                             "': the engine runs on the CPU; use "
                             "--device cpu, or LibTorch (--runtime libtorch, or "
                             "make_torch_runner() in code)"));
  }
  return make_engine_runner(weights, options);
}

}  // namespace

class Detector::Implementation {
 public:
  Implementation(const nn::ModelDescription& model, const DetectorOptions& completed_options,
                 std::unique_ptr<NetworkRunner> network_runner)
      : options(completed_options),
        description(model),
        names(description.spec.class_names.empty()
                  ? std::vector<std::string>(static_cast<std::size_t>(description.spec.class_count))
                  : description.spec.class_names),
        runner_(std::move(network_runner)) {
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
      Stopwatch watch;
      results[i].image = size_of(images[i]);
      results[i].detections = joined(found[i], results[i].image);
      results[i].times_ms.postprocess += watch.lap_ms();
    }
    return results;
  }

  const DetectorOptions options;
  const nn::ModelDescription description;
  const ClassNames names;

  std::string runtime() const { return runner_->description(); }

 private:
  std::vector<Tile> tiles_of(Size image) const {
    std::vector<Tile> tiles = plan_tiles(image, options.tiles);
    if (tiles.size() > 1 && options.whole_image) tiles.push_back({0, 0, image.width, image.height});
    return tiles;
  }

  void run_batch(const std::vector<cv::Mat>& images, const std::vector<View>& views,
                 std::vector<std::vector<TileDetections>>& found,
                 std::vector<pipeline::ImageDetections>& results) const {
    const double share = 1.0 / static_cast<double>(views.size());
    const Size input{options.image_size, options.image_size};

    Stopwatch watch;
    std::vector<cv::Mat> pictures;
    std::vector<LetterboxTransform> transforms;
    for (const View& view : views) {
      const Tile& tile = view.tile;
      const cv::Mat part = images[view.image](cv::Rect(tile.x, tile.y, tile.width, tile.height));
      media::Letterboxed placed = media::letterbox_image(part, input);
      pictures.push_back(std::move(placed.image));
      transforms.push_back(placed.transform);
    }
    const double letterbox_ms = watch.lap_ms();

    NetworkRunner::Times network;
    {
      const std::lock_guard<std::mutex> lock(runner_mutex_);
      network = runner_->run(pictures, [&](std::size_t i,
                                           const std::vector<nn::LevelLogits>& logits) {
        Stopwatch decoding;
        const View& view = views[i];
        found[view.image].push_back({view.tile, detections_of(logits, transforms[i], view.tile)});
        results[view.image].times_ms.postprocess += decoding.lap_ms();
      });
    }
    for (const View& view : views) {
      pipeline::StageTimes& times = results[view.image].times_ms;
      times.preprocess += share * (letterbox_ms + network.preprocess_ms);
      times.network += share * network.network_ms;
    }
  }

  // Decodes one view's logits: candidates, NMS, pixels of the whole image.
  std::vector<Detection> detections_of(const std::vector<nn::LevelLogits>& levels,
                                       const LetterboxTransform& transform,
                                       const Tile& tile) const {
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

  const std::unique_ptr<NetworkRunner> runner_;
  mutable std::mutex runner_mutex_;
  nn::CandidateOptions candidates_;
};

Detector::Detector(const std::filesystem::path& model, const DetectorOptions& options)
    : Detector(nn::read_weights(model), options) {}

Detector::Detector(const nn::WeightsFile& weights, const DetectorOptions& options) {
  // The options come first: what is wrong with them is told before a network is built.
  const DetectorOptions all = completed(options, weights.description);
  implementation_ =
      std::make_unique<Implementation>(weights.description, all, engine_runner(weights, all));
}

Detector::Detector(const nn::ModelDescription& model, std::unique_ptr<NetworkRunner> runner,
                   const DetectorOptions& options) {
  GONDOLA_EXPECTS(runner != nullptr, "Detector: no runner");
  implementation_ =
      std::make_unique<Implementation>(model, completed(options, model), std::move(runner));
}

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
std::string Detector::runtime() const { return implementation_->runtime(); }
const DetectorOptions& Detector::options() const { return implementation_->options; }

}  // namespace gondola::detect
