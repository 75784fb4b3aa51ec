#pragma once

#include <memory>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/core/detection.hpp"

namespace gondola::pipeline {

/// Milliseconds that one image took in each stage; an image in a batch gets its share of the whole.
struct StageTimes {
  double preprocess = 0;   ///< letterbox and conversion to the network's input
  double network = 0;      ///< the forward pass
  double postprocess = 0;  ///< decoding, NMS, mapping to image pixels
};

/// What a detector found in one image.
struct ImageDetections {
  Size image;                         ///< size of the image the boxes refer to
  std::vector<Detection> detections;  ///< boxes in image pixels, highest score first
  StageTimes times_ms;
};

/// A batch of images on its way through a detector, step by step: what a loop runs in different
/// threads, so that one batch is prepared while another is in the network and a third is completed.
///
/// Each step is called once, in this order, by one thread at a time; it must not outlive the
/// detector.
class DetectionJob {
 public:
  DetectionJob() = default;
  virtual ~DetectionJob() = default;
  DetectionJob(const DetectionJob&) = delete;
  DetectionJob& operator=(const DetectionJob&) = delete;

  virtual void run_network() = 0;

  /// One result per image, in the order given.
  virtual std::vector<ImageDetections> finish() = 0;
};

/// Finds objects in images. The loop sees this interface only, never the network behind it.
class Detector {
 public:
  virtual ~Detector() = default;

  /// One result per image, in the order given. Images are BGR, CV_8UC3, of any and differing sizes.
  virtual std::vector<ImageDetections> detect_batch(const std::vector<cv::Mat>& images) = 0;

  /// Prepares the images for the network. May be called while other jobs are under way.
  ///
  /// This one leaves everything to detect_batch(), as the job's network step.
  virtual std::unique_ptr<DetectionJob> start(const std::vector<cv::Mat>& images);

  /// How many jobs may be in their network step at the same time and gain by it, >= 1.
  virtual int parallel_networks() const { return 1; }

  /// Names of the classes that Detection::class_id counts.
  virtual const ClassNames& class_names() const = 0;

  /// Short name of the model, as written into result files.
  virtual const std::string& model_name() const = 0;
};

}  // namespace gondola::pipeline
