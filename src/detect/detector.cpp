#include "gondola/detect/detector.hpp"

#include <algorithm>
#include <utility>

#include "engine_runner.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/nn/candidates.hpp"
#include "runner_pool.hpp"
#include "stopwatch.hpp"

namespace gondola::detect {
namespace {

constexpr int kSmallestTile = 64;

// One look of the network: a picture or a part of it.
struct View {
  std::size_t image = 0;
  Tile tile;
  LetterboxTransform transform;
  std::vector<Detection> candidates;  // in pixels of the network's input
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
  if (options.engines < 1) throw ConfigError(concat("engines ", options.engines, " is below 1"));
  if (options.max_batch < 1) throw ConfigError(concat("batch ", options.max_batch, " is below 1"));
  return options;
}

RunnerPool engine_runners(const nn::WeightsFile& weights, const DetectorOptions& options) {
  if (options.device != "cpu") {
    throw ConfigError(concat("device '", options.device,
                             "': the engine runs on the CPU; use "
                             "--device cpu, or LibTorch (--runtime libtorch, or "
                             "make_torch_runner() in code)"));
  }
  const int threads = options.threads > 0 ? options.threads : usable_cpus();
  DetectorOptions share = options;
  std::vector<std::unique_ptr<NetworkRunner>> runners;
  for (int i = 0; i < options.engines; ++i) {
    const int one_more = i < threads % options.engines ? 1 : 0;
    share.threads = std::max(1, threads / options.engines + one_more);
    runners.push_back(make_engine_runner(weights, share));
  }
  return RunnerPool(std::move(runners));
}

}  // namespace

class Detector::Implementation {
 public:
  Implementation(const nn::ModelDescription& model, const DetectorOptions& completed_options,
                 RunnerPool runners)
      : options(completed_options),
        description(model),
        names(description.spec.class_names.empty()
                  ? std::vector<std::string>(static_cast<std::size_t>(description.spec.class_count))
                  : description.spec.class_names),
        runners_(std::move(runners)) {
    candidates_.class_count = description.spec.class_count;
    candidates_.reg_max = description.spec.head.reg_max;
    candidates_.score_threshold = *options.score_threshold;
    candidates_.multi_label = options.multi_label;
    candidates_.classes = options.classes;
  }

  std::unique_ptr<pipeline::DetectionJob> start(const std::vector<cv::Mat>& images) const {
    return std::make_unique<Job>(*this, images);
  }

  const DetectorOptions options;
  const nn::ModelDescription description;
  const ClassNames names;

  std::string runtime() const { return runners_.description(); }
  int parallel_networks() const { return runners_.size(); }

 private:
  class Job : public pipeline::DetectionJob {
   public:
    Job(const Implementation& detector, const std::vector<cv::Mat>& images) : detector_(detector) {
      const Size input{detector.options.image_size, detector.options.image_size};
      for (std::size_t i = 0; i < images.size(); ++i) {
        const cv::Mat& image = images[i];
        GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3, "detect: picture ", i,
                        " is empty or not CV_8UC3");
        Stopwatch watch;
        for (const Tile& tile : detector.tiles_of(size_of(image))) {
          const cv::Mat part = image(cv::Rect(tile.x, tile.y, tile.width, tile.height));
          media::Letterboxed placed = media::letterbox_image(part, input);
          pictures_.push_back(std::move(placed.image));
          views_.push_back({i, tile, placed.transform, {}});
        }
        pipeline::ImageDetections result;
        result.image = size_of(image);
        result.times_ms.preprocess = watch.lap_ms();
        results_.push_back(std::move(result));
      }
    }

    void run_network() override {
      const auto batch = static_cast<std::size_t>(detector_.options.max_batch);
      for (std::size_t first = 0; first < views_.size(); first += batch)
        run_network(first, std::min(batch, views_.size() - first));
    }

    std::vector<pipeline::ImageDetections> finish() override {
      std::vector<std::vector<TileDetections>> found(results_.size());
      for (const View& view : views_) {
        Stopwatch watch;
        found[view.image].push_back({view.tile, detector_.detections_of(view)});
        results_[view.image].times_ms.postprocess += watch.lap_ms();
      }
      for (std::size_t i = 0; i < results_.size(); ++i) {
        Stopwatch watch;
        results_[i].detections = detector_.joined(found[i], results_[i].image);
        results_[i].times_ms.postprocess += watch.lap_ms();
      }
      return std::move(results_);
    }

   private:
    void run_network(std::size_t first, std::size_t count) {
      const auto begin = pictures_.begin() + static_cast<std::ptrdiff_t>(first);
      const std::vector<cv::Mat> pictures(begin, begin + static_cast<std::ptrdiff_t>(count));
      NetworkRunner::Times times;
      {
        const RunnerPool::Lease runner = detector_.runners_.take();
        times =
            runner->run(pictures, [&](std::size_t i, const std::vector<nn::LevelLogits>& logits) {
              Stopwatch watch;
              View& view = views_[first + i];
              view.candidates = nn::select_candidates(logits, detector_.candidates_);
              results_[view.image].times_ms.postprocess += watch.lap_ms();
            });
      }
      const double share = 1.0 / static_cast<double>(count);
      for (std::size_t i = first; i < first + count; ++i) {
        pipeline::StageTimes& of_image = results_[views_[i].image].times_ms;
        of_image.preprocess += share * times.preprocess_ms;
        of_image.network += share * times.network_ms;
      }
    }

    const Implementation& detector_;
    std::vector<View> views_;
    std::vector<cv::Mat> pictures_;  // letterboxed, one for each view
    std::vector<pipeline::ImageDetections> results_;
  };

  std::vector<Tile> tiles_of(Size image) const {
    std::vector<Tile> tiles = plan_tiles(image, options.tiles);
    if (tiles.size() > 1 && options.whole_image) tiles.push_back({0, 0, image.width, image.height});
    return tiles;
  }

  // From one view's candidates: NMS, pixels of the whole image.
  std::vector<Detection> detections_of(const View& view) const {
    std::vector<Detection> detections = nms(view.candidates, options.nms);
    const auto left = static_cast<float>(view.tile.x);
    const auto top = static_cast<float>(view.tile.y);
    for (Detection& detection : detections) {
      const Box box = view.transform.to_image(detection.box);
      detection.box = {box.x1 + left, box.y1 + top, box.x2 + left, box.y2 + top};
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

  mutable RunnerPool runners_;
  nn::CandidateOptions candidates_;
};

Detector::Detector(const std::filesystem::path& model, const DetectorOptions& options)
    : Detector(nn::read_weights(model), options) {}

Detector::Detector(const nn::WeightsFile& weights, const DetectorOptions& options) {
  // The options come first: what is wrong with them is told before a network is built.
  const DetectorOptions all = completed(options, weights.description);
  implementation_ =
      std::make_unique<Implementation>(weights.description, all, engine_runners(weights, all));
}

Detector::Detector(const nn::ModelDescription& model, std::unique_ptr<NetworkRunner> runner,
                   const DetectorOptions& options) {
  GONDOLA_EXPECTS(runner != nullptr, "Detector: no runner");
  std::vector<std::unique_ptr<NetworkRunner>> runners;
  runners.push_back(std::move(runner));
  implementation_ = std::make_unique<Implementation>(model, completed(options, model),
                                                     RunnerPool(std::move(runners)));
}

Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

std::vector<Detection> Detector::detect(const cv::Mat& image) const {
  const std::unique_ptr<pipeline::DetectionJob> job = implementation_->start({image});
  job->run_network();
  return std::move(job->finish().front().detections);
}

std::vector<pipeline::ImageDetections> Detector::detect_batch(const std::vector<cv::Mat>& images) {
  const std::unique_ptr<pipeline::DetectionJob> job = start(images);
  job->run_network();
  return job->finish();
}

std::unique_ptr<pipeline::DetectionJob> Detector::start(const std::vector<cv::Mat>& images) {
  return implementation_->start(images);
}

const ClassNames& Detector::class_names() const { return implementation_->names; }
const std::string& Detector::model_name() const { return implementation_->description.spec.name; }
const nn::ModelDescription& Detector::model() const { return implementation_->description; }
int Detector::parallel_networks() const { return implementation_->parallel_networks(); }
std::string Detector::runtime() const { return implementation_->runtime(); }
const DetectorOptions& Detector::options() const { return implementation_->options; }

}  // namespace gondola::detect
