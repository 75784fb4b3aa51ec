#include "gondola/pipeline/detector.hpp"

namespace gondola::pipeline {
namespace {

class WholeJob : public DetectionJob {
 public:
  WholeJob(Detector& detector, std::vector<cv::Mat> images)
      : detector_(detector), images_(std::move(images)) {}

  void run_network() override { results_ = detector_.detect_batch(images_); }
  std::vector<ImageDetections> finish() override { return std::move(results_); }

 private:
  Detector& detector_;
  std::vector<cv::Mat> images_;
  std::vector<ImageDetections> results_;
};

}  // namespace

std::unique_ptr<DetectionJob> Detector::start(const std::vector<cv::Mat>& images) {
  return std::make_unique<WholeJob>(*this, images);
}

}  // namespace gondola::pipeline
