#include "photo_crops.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/media/write_image.hpp"

namespace gondola::data::synth {
namespace {

namespace fs = std::filesystem;

constexpr int kLongestSide = 192;
constexpr int kSmallestSide = 30;  // pixels of the photo; smaller objects are blurs

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> pictures;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (media::is_writable_image(entry.path().string())) pictures.push_back(entry.path());
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

/// Pixel rectangles of a YOLO label file, inside the picture; none if there is no such file.
std::vector<cv::Rect> labelled_rects(const fs::path& file, cv::Size picture) {
  std::vector<cv::Rect> rects;
  std::ifstream labels(file);
  std::string line;
  while (std::getline(labels, line)) {
    std::istringstream fields(line);
    double class_id = 0, cx = 0, cy = 0, w = 0, h = 0;
    if (!(fields >> class_id >> cx >> cy >> w >> h)) continue;
    const cv::Rect2d box((cx - w / 2) * picture.width, (cy - h / 2) * picture.height,
                         w * picture.width, h * picture.height);
    rects.push_back(cv::Rect(box) & cv::Rect({}, picture));
  }
  return rects;
}

cv::Mat reduced(const cv::Mat& crop) {
  const double scale = static_cast<double>(kLongestSide) / std::max(crop.cols, crop.rows);
  if (scale >= 1) return crop.clone();
  cv::Mat small;
  cv::resize(crop, small, {}, scale, scale, cv::INTER_AREA);
  return small;
}

void add_crops_of(const fs::path& folder, std::vector<cv::Mat>& crops) {
  const bool is_dataset = fs::is_directory(folder / "images");
  for (const fs::path& path : pictures_in(is_dataset ? folder / "images" : folder)) {
    const cv::Mat photo = media::read_image(path.string());
    const std::vector<cv::Rect> rects =
        is_dataset ? labelled_rects(folder / "labels" / path.stem().concat(".txt"), photo.size())
                   : std::vector<cv::Rect>{cv::Rect({}, photo.size())};
    for (const cv::Rect& rect : rects) {
      if (std::min(rect.width, rect.height) >= kSmallestSide) crops.push_back(reduced(photo(rect)));
    }
  }
}

}  // namespace

PhotoCrops load_photo_crops(const std::vector<std::string>& folders) {
  PhotoCrops result;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) {
      throw IoError(
          concat("--textures ", folder,
                 ": no such folder; name one that holds images/ and labels/, or pictures"));
    }
    const std::size_t before = result.crops.size();
    add_crops_of(folder, result.crops);
    if (result.crops.size() == before) {
      throw IoError(concat("--textures ", folder, ": no picture with an object of at least ",
                           kSmallestSide, " pixels in it; leave it out or name another folder"));
    }
  }
  return result;
}

}  // namespace gondola::data::synth
