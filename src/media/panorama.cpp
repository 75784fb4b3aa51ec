#include "gondola/media/panorama.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

/// The part of a frame that is nearer to its middle than to that of the frame before, and what lies
/// beyond it in the direction of the step.
cv::Rect new_part(cv::Size frame, cv::Point step) {
  const bool sideways = std::abs(step.x) >= std::abs(step.y);
  const int side = sideways ? frame.width : frame.height;
  const int by = sideways ? step.x : step.y;
  // One pixel more on the near side: steps are rounded.
  const int behind = std::clamp(side / 2 - std::abs(by) - 1, 0, side);
  const int from = by > 0 ? behind : 0;
  const int length = side - behind;
  return sideways ? cv::Rect(from, 0, length, frame.height)
                  : cv::Rect(0, from, frame.width, length);
}

}  // namespace

Panorama::Panorama(int longest_side) : longest_side_(longest_side) {
  GONDOLA_EXPECTS(longest_side >= 64, "Panorama: longest side ", longest_side);
}

cv::Rect Panorama::placed(cv::Point2f corner, cv::Size frame) const {
  return {cv::Point(static_cast<int>(std::lround((corner.x - origin_.x) * scale_)),
                    static_cast<int>(std::lround((corner.y - origin_.y) * scale_))),
          frame};
}

void Panorama::paint(const cv::Mat& frame, cv::Point2f corner) {
  GONDOLA_EXPECTS(!frame.empty() && frame.type() == CV_8UC3,
                  "Panorama: expected a BGR image of type CV_8UC3");
  const bool is_first = canvas_.empty();
  if (is_first) origin_ = corner;
  const auto scaled_size = [&] {
    return cv::Size(std::max(1, static_cast<int>(std::lround(frame.cols * scale_))),
                    std::max(1, static_cast<int>(std::lround(frame.rows * scale_))));
  };
  cv::Rect place = placed(corner, scaled_size());
  if (!is_first && place.tl() == last_.tl()) return;
  for (cv::Rect all = painted_ | place;
       std::max(all.width, all.height) > longest_side_ && !is_first; all = painted_ | place) {
    halve();
    place = placed(corner, scaled_size());
  }
  make_room(place);
  place = placed(corner, place.size());

  cv::Mat pixels = frame;
  if (pixels.size() != place.size()) cv::resize(frame, pixels, place.size(), 0, 0, cv::INTER_AREA);
  const cv::Rect part =
      is_first ? cv::Rect({}, place.size()) : new_part(place.size(), place.tl() - last_.tl());
  pixels(part).copyTo(canvas_(part + place.tl()));
  painted_ |= place;
  last_ = place;
}

/// Enlarges the canvas to hold a place on it, by more than is needed now.
void Panorama::make_room(const cv::Rect& place) {
  const cv::Rect canvas({}, canvas_.size());
  if ((canvas & place) == place) return;
  cv::Rect larger = canvas | place;
  if (!canvas_.empty()) {
    const int more_x = larger.width - canvas.width > 0 ? larger.width / 2 : 0;
    const int more_y = larger.height - canvas.height > 0 ? larger.height / 4 : 0;
    if (place.x < 0) larger.x -= more_x;
    if (place.y < 0) larger.y -= more_y;
    larger.width += more_x;
    larger.height += more_y;
  }
  cv::Mat grown(larger.size(), CV_8UC3, cv::Scalar::all(0));
  if (!canvas_.empty()) canvas_.copyTo(grown(cv::Rect(-larger.tl(), canvas_.size())));
  canvas_ = grown;
  origin_ +=
      cv::Point2f(static_cast<float>(larger.x / scale_), static_cast<float>(larger.y / scale_));
  painted_ -= larger.tl();
  last_ -= larger.tl();
}

void Panorama::halve() {
  cv::Mat half;
  cv::resize(canvas_, half, {}, 0.5, 0.5, cv::INTER_AREA);
  canvas_ = half;
  scale_ /= 2;
  const cv::Rect canvas({}, canvas_.size());
  painted_ =
      cv::Rect(painted_.x / 2, painted_.y / 2, painted_.width / 2, painted_.height / 2) & canvas;
  last_ = cv::Rect(last_.x / 2, last_.y / 2, last_.width / 2, last_.height / 2);
}

cv::Mat Panorama::picture() const {
  return canvas_.empty() ? cv::Mat() : canvas_(painted_).clone();
}

Affine Panorama::to_picture() const {
  const auto scale = static_cast<float>(scale_);
  return {scale, 0,     -origin_.x * scale - static_cast<float>(painted_.x),
          0,     scale, -origin_.y * scale - static_cast<float>(painted_.y)};
}

}  // namespace gondola::media
