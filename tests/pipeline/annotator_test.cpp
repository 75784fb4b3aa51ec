#include "gondola/pipeline/annotator.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace {

using gondola::ClassNames;
using gondola::media::SourceKind;
using gondola::pipeline::AnnotationOptions;
using gondola::pipeline::Annotator;
using gondola::pipeline::FrameDetections;

/// A frame with one tracked box whose foot is at (x, 200).
FrameDetections frame(int index, float x) {
  FrameDetections result;
  result.frame.image = cv::Mat(300, 400, CV_8UC3, cv::Scalar::all(90));
  result.frame.source = "a.mp4";
  result.frame.kind = SourceKind::kVideo;
  result.frame.index = index;
  result.frame.time_s = index / 10.0;
  result.detections = {{{x - 10, 150, x + 10, 200}, 0.9F, 0}};
  result.tracks = {5};
  return result;
}

AnnotationOptions plain() {
  AnnotationOptions options;
  options.status = false;
  options.draw.labels = gondola::media::LabelMode::kNever;
  options.draw.legend = false;
  return options;
}

bool is_drawn(const cv::Mat& image, int x, int y) {
  return cv::norm(cv::Scalar(image.at<cv::Vec3b>(y, x)) - cv::Scalar(90, 90, 90)) > 30;
}

TEST(Annotator, DrawsTheWayOfATrackAndForgetsItAfterAWhile) {
  AnnotationOptions options = plain();
  options.trail_s = 1;
  Annotator annotator(ClassNames({"person"}), options);
  cv::Mat drawn;
  for (int i = 0; i <= 5; ++i) drawn = annotator.annotated(frame(i, 100.0F + 20.0F * i));
  EXPECT_TRUE(is_drawn(drawn, 150, 200));  // between where it was 0.3 and 0.2 s ago
  for (int i = 6; i <= 30; ++i) drawn = annotator.annotated(frame(i, 200));
  EXPECT_FALSE(is_drawn(drawn, 150, 200));
}

TEST(Annotator, LeavesTheFrameAloneAndGivesTheSamePixelsTwice) {
  Annotator annotator(ClassNames({"person"}), plain());
  const FrameDetections result = frame(0, 100);
  const cv::Mat first = annotator.annotated(result);
  EXPECT_EQ(annotator.annotated(result).data, first.data);
  EXPECT_EQ(cv::norm(result.frame.image, cv::Mat(300, 400, CV_8UC3, cv::Scalar::all(90))), 0);
  EXPECT_NE(annotator.annotated(frame(1, 100)).data, first.data);
}

TEST(Annotator, TellsTheStateOfLiveSources) {
  AnnotationOptions options = plain();
  options.status = true;
  Annotator annotator(ClassNames({"person"}), options);
  FrameDetections result = frame(0, 300);
  result.frame.kind = SourceKind::kCamera;
  result.timing = {0.040, 3};
  EXPECT_TRUE(is_drawn(annotator.annotated(result), 10, 10));
}

}  // namespace
