#include "data/made_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace gondola::test {
namespace {

constexpr int kClasses = 6;

data::LabelledImage write_image(const std::string& path, const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  if (!cv::imwrite(path, bgr)) throw std::runtime_error("cannot write " + path);
  return {path, {rgb.cols, rgb.rows}, "", {}};
}

data::LabelledImage write_rectangles(const std::string& path, cv::Size size, std::mt19937& random) {
  cv::Mat rgb(size, CV_8UC3, cv::Scalar::all(0));
  std::vector<LabelledBox> labels;
  // One rectangle in each cell of a grid, clear of the cell's border.
  constexpr int kCells = 3;
  const cv::Size cell(size.width / kCells, size.height / kCells);
  for (int i = 0; i < kCells * kCells; ++i) {
    const auto within = [&random](int side) {
      const int length = side / 3 + static_cast<int>(random() % static_cast<unsigned>(side / 3));
      const int room = side - length - 16;
      const int from =
          8 + (room > 0 ? static_cast<int>(random() % static_cast<unsigned>(room)) : 0);
      return std::pair(from, length);
    };
    const auto [x, width] = within(cell.width);
    const auto [y, height] = within(cell.height);
    const cv::Rect rectangle(i % kCells * cell.width + x, i / kCells * cell.height + y, width,
                             height);
    LabelledBox label;
    label.class_id = static_cast<int>(random() % kClasses);
    label.box = {static_cast<float>(rectangle.x), static_cast<float>(rectangle.y),
                 static_cast<float>(rectangle.br().x), static_cast<float>(rectangle.br().y)};
    rgb(rectangle).setTo(rgb_of_class(label.class_id));
    labels.push_back(label);
  }
  data::LabelledImage image = write_image(path, rgb);
  image.labels = std::move(labels);
  return image;
}

}  // namespace

cv::Scalar rgb_of_class(int class_id) {
  const int code = class_id + 1;  // 1..6 of the 3-bit numbers
  return cv::Scalar((code & 1) != 0 ? 255 : 0, (code & 2) != 0 ? 255 : 0,
                    (code & 4) != 0 ? 255 : 0);
}

std::shared_ptr<const data::Dataset> make_rectangles(const TempDir& dir, int count) {
  const std::vector<cv::Size> sizes = {{400, 400}, {640, 300}, {211, 377}, {160, 160}, {500, 333}};
  auto dataset = std::make_shared<data::Dataset>();
  dataset->names = ClassNames(std::vector<std::string>(kClasses, "colour"));
  std::mt19937 random(42);
  for (int i = 0; i < count; ++i) {
    const cv::Size size = sizes[static_cast<std::size_t>(i) % sizes.size()];
    dataset->images.push_back(
        write_rectangles(dir / ("rectangles" + std::to_string(i) + ".png"), size, random));
  }
  return dataset;
}

std::shared_ptr<const data::Dataset> make_plain(const TempDir& dir, int count, Size size) {
  auto dataset = std::make_shared<data::Dataset>();
  dataset->names = ClassNames(std::vector<std::string>(static_cast<std::size_t>(count), "plain"));
  for (int i = 0; i < count; ++i) {
    const cv::Scalar color(20 + i * 7 % 200, 20 + i * 31 % 200, 20 + i * 101 % 200);
    data::LabelledImage image = write_image(dir / ("plain" + std::to_string(i) + ".png"),
                                            cv::Mat(size.height, size.width, CV_8UC3, color));
    LabelledBox label;
    label.class_id = i;
    label.box = {0, 0, static_cast<float>(size.width), static_cast<float>(size.height)};
    image.labels = {label};
    dataset->images.push_back(std::move(image));
  }
  return dataset;
}

std::vector<Patch> find_patches(const cv::Mat& rgb) {
  std::vector<Patch> patches;
  for (int class_id = 0; class_id < kClasses; ++class_id) {
    cv::Mat mask(rgb.size(), CV_8UC1, cv::Scalar(255));
    const cv::Scalar color = rgb_of_class(class_id);
    for (int channel = 0; channel < 3; ++channel) {
      cv::Mat plane;
      cv::extractChannel(rgb, plane, channel);
      mask &= color[channel] > 0 ? plane >= 128 : plane < 128;
    }
    cv::Mat components;
    cv::Mat statistics;
    cv::Mat centroids;
    const int count = cv::connectedComponentsWithStats(mask, components, statistics, centroids, 4);
    for (int i = 1; i < count; ++i) {
      const auto at = [&](int column) { return static_cast<float>(statistics.at<int>(i, column)); };
      const float x = at(cv::CC_STAT_LEFT);
      const float y = at(cv::CC_STAT_TOP);
      patches.push_back({class_id, {x, y, x + at(cv::CC_STAT_WIDTH), y + at(cv::CC_STAT_HEIGHT)}});
    }
  }
  return patches;
}

double edge_distance(const Box& a, const Box& b) {
  return std::max(std::max(std::abs(a.x1 - b.x1), std::abs(a.y1 - b.y1)),
                  std::max(std::abs(a.x2 - b.x2), std::abs(a.y2 - b.y2)));
}

}  // namespace gondola::test
