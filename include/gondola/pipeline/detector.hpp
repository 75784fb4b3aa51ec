#pragma once

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

/// Finds objects in images. The loop sees this interface only, never the network behind it.
class Detector {
 public:
  virtual ~Detector() = default;

  /// One result per image, in the order given. Images are BGR, CV_8UC3, of any and differing sizes.
  virtual std::vector<ImageDetections> detect_batch(const std::vector<cv::Mat>& images) = 0;

  /// Names of the classes that Detection::class_id counts.
  virtual const ClassNames& class_names() const = 0;

  /// Short name of the model, as written into result files.
  virtual const std::string& model_name() const = 0;
};

}  // namespace gondola::pipeline
