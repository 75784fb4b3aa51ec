#include "gondola/media/letterbox_image.hpp"

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

/// The padding of the Ultralytics family, in every channel.
constexpr int kPadding = 114;

}  // namespace

LetterboxTransform letterbox_image(const cv::Mat& bgr, Size input, cv::Mat& into) {
  GONDOLA_EXPECTS(!bgr.empty() && bgr.type() == CV_8UC3,
                  "letterbox_image: expected a BGR image of type CV_8UC3, got type ", bgr.type(),
                  " of ", bgr.cols, " x ", bgr.rows);
  const LetterboxTransform transform = plan_letterbox({bgr.cols, bgr.rows}, input);
  into.create(input.height, input.width, CV_8UC3);

  const cv::Rect inside(transform.pad_left, transform.pad_top, transform.resized.width,
                        transform.resized.height);
  // Only the padding is filled: four bands around the picture.
  const cv::Scalar padding = cv::Scalar::all(kPadding);
  into.rowRange(0, inside.y).setTo(padding);
  into.rowRange(inside.br().y, into.rows).setTo(padding);
  into(cv::Rect(0, inside.y, inside.x, inside.height)).setTo(padding);
  into(cv::Rect(inside.br().x, inside.y, into.cols - inside.br().x, inside.height)).setTo(padding);

  cv::Mat target = into(inside);
  if (bgr.size() == inside.size())
    bgr.copyTo(target);
  else
    cv::resize(bgr, target, inside.size(), 0, 0, cv::INTER_LINEAR);
  return transform;
}

Letterboxed letterbox_image(const cv::Mat& bgr, Size input) {
  Letterboxed result;
  result.transform = letterbox_image(bgr, input, result.image);
  return result;
}

}  // namespace gondola::media
