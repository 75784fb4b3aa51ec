#include "picture_store.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"

namespace gondola::data {
namespace {

/// The size of a picture whose longer side is `side` at most.
Size fit(Size image, int side) {
  const int longer = std::max(image.width, image.height);
  if (side == 0 || longer <= side) return image;
  const double gain = static_cast<double>(side) / longer;
  return {std::max(1, static_cast<int>(std::lround(image.width * gain))),
          std::max(1, static_cast<int>(std::lround(image.height * gain)))};
}

}  // namespace

PictureStore::PictureStore(std::shared_ptr<const Dataset> dataset, int side,
                           std::size_t cache_bytes)
    : dataset_(std::move(dataset)),
      side_(side),
      bytes_left_(cache_bytes),
      cached_(dataset_->images.size()),
      broken_(dataset_->images.size()) {}

Picture PictureStore::get(std::size_t image) {
  const std::size_t count = dataset_->images.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t candidate = (image + i) % count;
    if (auto rgb = try_get(candidate)) return {*std::move(rgb), candidate};
  }
  throw IoError(concat("not one of the ", count, " pictures can be read any more, such as '",
                       dataset_->images[image].path, "'; is the folder still there?"));
}

std::optional<cv::Mat> PictureStore::try_get(std::size_t image) {
  {
    const std::lock_guard lock(mutex_);
    if (broken_[image]) return std::nullopt;
    if (!cached_[image].empty()) return cached_[image];
  }
  try {
    cv::Mat rgb = load(dataset_->images[image]);
    const std::size_t bytes = rgb.total() * rgb.elemSize();
    const std::lock_guard lock(mutex_);
    if (cached_[image].empty() && bytes <= bytes_left_) {
      bytes_left_ -= bytes;
      cached_[image] = rgb;
    }
    return rgb;
  } catch (const IoError& error) {
    const std::lock_guard lock(mutex_);
    if (!broken_[image]) {
      broken_[image] = true;
      issues_.push_back({IssueKind::kBrokenImage, error.what()});
    }
    return std::nullopt;
  }
}

std::vector<Issue> PictureStore::take_issues() {
  const std::lock_guard lock(mutex_);
  return std::exchange(issues_, {});
}

cv::Mat PictureStore::load(const LabelledImage& image) const {
  const Size wanted = fit(image.size, side_);
  cv::Mat picture = media::read_image_reduced(image.path, wanted);
  const cv::Size size(wanted.width, wanted.height);
  if (picture.size() != size) {
    // Linear sampling skips pixels when it shrinks to less than half.
    const bool by_far = picture.cols > 2 * size.width || picture.rows > 2 * size.height;
    cv::Mat resized;
    cv::resize(picture, resized, size, 0, 0, by_far ? cv::INTER_AREA : cv::INTER_LINEAR);
    picture = std::move(resized);
  }
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
}

}  // namespace gondola::data
