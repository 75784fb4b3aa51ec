#include "texture.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::data::synth {
namespace {

cv::Mat with_multiplied_alpha(const cv::Mat& picture) {
  cv::Mat result(picture.size(), CV_8UC4);
  for (int y = 0; y < picture.rows; ++y) {
    const auto* from = picture.ptr<cv::Vec4b>(y);
    auto* to = result.ptr<cv::Vec4b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const int alpha = from[x][3];
      for (int c = 0; c < 3; ++c) to[x][c] = static_cast<uchar>((from[x][c] * alpha + 127) / 255);
      to[x][3] = from[x][3];
    }
  }
  return result;
}

}  // namespace

Texture make_texture(const cv::Mat& picture) {
  GONDOLA_EXPECTS(!picture.empty() && (picture.type() == CV_8UC3 || picture.type() == CV_8UC4),
                  "make_texture: expected 8-bit BGR or BGRA, got type ", picture.type());
  Texture texture;
  cv::Mat level;
  if (picture.channels() == 3) {
    cv::cvtColor(picture, level, cv::COLOR_BGR2BGRA);
    texture.fill = 1;
  } else {
    level = with_multiplied_alpha(picture);
    texture.fill = cv::mean(level)[3] / 255;
  }
  texture.levels.push_back(level);
  while (std::max(level.cols, level.rows) > 2) {
    cv::Mat half;
    cv::resize(level, half, {(level.cols + 1) / 2, (level.rows + 1) / 2}, 0, 0, cv::INTER_AREA);
    texture.levels.push_back(half);
    level = half;
  }
  return texture;
}

Texture solid_texture(const cv::Vec3b& color, int alpha) {
  return make_texture(cv::Mat(1, 1, CV_8UC4, cv::Scalar(color[0], color[1], color[2], alpha)));
}

}  // namespace gondola::data::synth
