#include "gondola/media/camera_motion.hpp"

#include <algorithm>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

/// About the width that frames are made: wider ones cost more and are hardly more exact, since the
/// peak of the correlation is placed to a tenth of a pixel.
constexpr int kSmallWidth = 160;

/// Part of the correlation that lies in its peak: 0.7 to 0.9 in pans, hardly ever 0.2 across cuts.
constexpr double kLeastInCommon = 0.3;

/// The frame made smaller by a whole number, which is many times faster than by others, and even in
/// both sides: of odd sides the middle, from which shifts count, lies between pixels.
cv::Mat small_grey(const cv::Mat& bgr, int factor) {
  const cv::Size size(bgr.cols / factor / 2 * 2, bgr.rows / factor / 2 * 2);
  const cv::Rect whole_steps(0, 0, size.width * factor, size.height * factor);
  cv::Mat small;
  cv::resize(bgr(whole_steps), small, size, 0, 0, cv::INTER_AREA);
  cv::cvtColor(small, small, cv::COLOR_BGR2GRAY);
  cv::Mat grey;
  small.convertTo(grey, CV_32F);
  return grey;
}

/// Whether the shift holds for the picture at large, and is not that of somebody who walks past a
/// camera that stands still: blocks vote, each for what makes the frames more alike there.
bool is_of_camera(const cv::Mat& previous, const cv::Mat& current, cv::Point2d shift) {
  constexpr int kBlock = 10;                 // pixels of the small frames
  constexpr double kClearly = 0.9;           // a difference this much smaller is a vote
  constexpr double kLeastTurnout = 1.0 / 6;  // of the blocks, for the shift
  cv::Mat shifted;
  const cv::Matx23d by(1, 0, shift.x, 0, 1, shift.y);
  cv::warpAffine(previous, shifted, by, previous.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  int blocks = 0;
  int in_favour = 0;
  int against = 0;
  for (int y = 0; y + kBlock <= current.rows; y += kBlock) {
    for (int x = 0; x + kBlock <= current.cols; x += kBlock) {
      const cv::Rect block(x, y, kBlock, kBlock);
      const double if_still = cv::norm(current(block), previous(block), cv::NORM_L1);
      const double if_shifted = cv::norm(current(block), shifted(block), cv::NORM_L1);
      ++blocks;
      if (if_shifted < kClearly * if_still) ++in_favour;
      if (if_still < kClearly * if_shifted) ++against;
    }
  }
  return in_favour > against && in_favour >= kLeastTurnout * blocks;
}

}  // namespace

Affine CameraMotionEstimator::update(const cv::Mat& bgr) {
  constexpr int kLeastSide = 32;
  GONDOLA_EXPECTS(bgr.type() == CV_8UC3 && std::min(bgr.cols, bgr.rows) >= kLeastSide,
                  "CameraMotionEstimator: expected a BGR image of type CV_8UC3, at least ",
                  kLeastSide, " pixels a side, got type ", bgr.type(), " of ", bgr.cols, " x ",
                  bgr.rows);
  const int narrower = std::min(bgr.cols / kSmallWidth, bgr.rows / kLeastSide);
  const int factor = std::max(1, narrower);
  const cv::Mat previous = std::exchange(previous_, small_grey(bgr, factor));
  const bool is_first = std::exchange(size_, bgr.size()) != bgr.size();
  if (is_first) cv::createHanningWindow(window_, previous_.size(), CV_32F);
  // phaseCorrelate() would do this to the frames themselves, which are needed as they are.
  const cv::Mat previous_inner = std::exchange(inner_, previous_.mul(window_));
  if (is_first) return {};

  double in_common = 0;
  const cv::Point2d shift = cv::phaseCorrelate(previous_inner, inner_, {}, &in_common);
  if (!(in_common >= kLeastInCommon) || !is_of_camera(previous, previous_, shift)) return {};
  Affine motion;
  motion.tx = static_cast<float>(shift.x * factor);
  motion.ty = static_cast<float>(shift.y * factor);
  return motion;
}

}  // namespace gondola::media
