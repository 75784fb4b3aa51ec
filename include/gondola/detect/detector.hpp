#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/nms.hpp"
#include "gondola/core/tiles.hpp"
#include "gondola/detect/network_runner.hpp"
#include "gondola/engine/precision.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/pipeline/detector.hpp"

namespace gondola::detect {

struct DetectorOptions {
  /// Side of the square network input in pixels, a multiple of the model's largest stride. Raising
  /// it finds smaller objects; time grows with its square.
  int image_size = 640;

  /// Only detections with a score above it, 0..1. Nothing: the model's calibrated threshold, else
  /// 0.25.
  std::optional<float> score_threshold;

  /// Overlap above which the lesser of two boxes goes, 0..1. Nothing: the model's own, else
  /// nms.iou_threshold.
  std::optional<float> iou_threshold;

  /// How overlapping candidates are resolved. nms.max_detections counts per image (0 = all);
  /// nms.soft_score_threshold is replaced by score_threshold.
  NmsOptions nms;

  /// Report every class above the threshold for one box, not only the best: for measuring.
  bool multi_label = false;

  /// Only these class ids; empty for all.
  std::vector<int> classes;

  /// Look at large pictures in tiles of tiles.size image pixels, each scaled to image_size, 64
  /// pixels at least; 0 looks at the picture as a whole.
  TileOptions tiles;

  /// With tiles: look at the whole picture as well, for objects larger than a tile.
  bool whole_image = true;

  /// Pictures or tiles that a runner is handed at once, >= 1. Raising it costs memory, and pays on
  /// a GPU; the engine takes them one by one.
  int max_batch = 4;

  engine::Precision precision = engine::Precision::kFloat32;

  /// Threads of all engines together, >= 1; 0 takes the CPUs this process may use. LibTorch's are
  /// the process's, see nn::set_threads().
  int threads = 0;

  /// Engines that look at pictures side by side, >= 1, each with its share of the threads. More
  /// raise the throughput of many pictures beside other work, as that of decoding a video, since
  /// nothing waits for the slowest of many threads; each takes memory of its own, and a single
  /// picture takes longer.
  int engines = 1;

  /// `cpu`; with make_torch_runner() also `cuda` and `cuda:N`.
  std::string device = "cpu";
};

/// A trained network ready to find objects in pictures: letterbox, network, decode, NMS, original
/// pixels.
///
///     gondola::detect::Detector detector("yolov8n.pt");
///     for (const gondola::Detection& found :
///     detector.detect(gondola::media::read_image("shelf.jpg")))
///       ...
///
/// The weights are copied, the file is not needed afterwards. detect() may be called from several
/// threads at once; a network takes their pictures one after the other.
class Detector : public pipeline::Detector {
 public:
  /// A detector on the engine.
  ///
  /// @param model  a weights file of any known format; see nn::read_weights()
  /// Throws IoError or WeightsError when it cannot be loaded, ConfigError for options that do not
  /// fit it: an image size off the stride, a class it does not have, a device or a precision that
  /// the engine does not have here.
  explicit Detector(const std::filesystem::path& model, const DetectorOptions& options = {});

  /// The same from weights in memory, for example from nn::resolve_model(). Weights without tensors
  /// give a network of random numbers (seed 0): for timing.
  explicit Detector(const nn::WeightsFile& weights, const DetectorOptions& options = {});

  /// A detector on another runner, such as make_torch_runner()'s, which was made for the same model
  /// and options. Throws ConfigError for options that do not fit the model.
  Detector(const nn::ModelDescription& model, std::unique_ptr<NetworkRunner> runner,
           const DetectorOptions& options = {});

  ~Detector() override;
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  /// @param image  BGR, CV_8UC3, upright, not empty (ContractViolation otherwise)
  /// @return boxes in the image's pixels, clipped to it, highest score first
  std::vector<Detection> detect(const cv::Mat& image) const;

  /// One result per image, in order. Images may differ in size.
  std::vector<pipeline::ImageDetections> detect_batch(const std::vector<cv::Mat>& images) override;

  /// Letterboxes; the job does the rest.
  std::unique_ptr<pipeline::DetectionJob> start(const std::vector<cv::Mat>& images) override;

  /// The engines.
  int parallel_networks() const override;

  const ClassNames& class_names() const override;
  const std::string& model_name() const override;

  const nn::ModelDescription& model() const;

  /// Of what runs the network, such as "engine, fp32, 2 threads".
  std::string runtime() const;

  /// With everything filled in that was left to the model.
  const DetectorOptions& options() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gondola::detect
