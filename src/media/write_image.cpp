#include "gondola/media/write_image.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <vector>

#include <opencv2/imgcodecs.hpp>

#include "encoders.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "late_opencv.hpp"

namespace gondola::media {
namespace {

constexpr std::array kWritable = {".jpg", ".jpeg", ".png",  ".webp",
                                  ".bmp", ".tif",  ".tiff", ".ppm"};

/// Longest side that a format can hold.
constexpr int kMaxJpegSide = 65500;
constexpr int kMaxWebpSide = 16383;

std::string extension_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_jpeg(const std::string& extension) { return extension == ".jpg" || extension == ".jpeg"; }

int max_side(const std::string& extension) {
  if (is_jpeg(extension)) return kMaxJpegSide;
  if (extension == ".webp") return kMaxWebpSide;
  return std::numeric_limits<int>::max();
}

std::vector<unsigned char> encode(const std::string& path, const std::string& extension,
                                  const cv::Mat& image, const WriteOptions& options) {
  if (is_jpeg(extension)) return encode_jpeg(image, options.jpeg_quality, path);
  if (extension == ".png") return encode_png(image, path);
  std::vector<int> parameters;
  if (extension == ".webp") parameters = {cv::IMWRITE_WEBP_QUALITY, options.jpeg_quality};
  std::vector<unsigned char> bytes;
  try {
    if (late_imencode(extension, image, bytes, parameters)) return bytes;
  } catch (const cv::Exception& error) {
    throw IoError(concat("cannot write picture '", path, "': ", error.err));
  }
  throw IoError(concat("cannot write picture '", path, "': encoding as ", extension, " failed"));
}

}  // namespace

bool is_writable_image(const std::string& path) {
  return std::find(kWritable.begin(), kWritable.end(), extension_of(path)) != kWritable.end();
}

void write_image(const std::string& path, const cv::Mat& image, const WriteOptions& options) {
  GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3,
                  "write_image: expected a BGR image of type CV_8UC3, got type ", image.type(),
                  " of ", image.cols, " x ", image.rows);
  const std::string extension = extension_of(path);
  if (!is_writable_image(path)) {
    std::string known;
    for (const char* one : kWritable) known += concat(known.empty() ? "" : " ", one);
    throw ConfigError(concat(
        "cannot write picture '", path, "': ",
        extension.empty() ? "it has no extension" : concat("unknown extension '", extension, "'"),
        "; expected one of ", known));
  }
  if (std::max(image.cols, image.rows) > max_side(extension)) {
    throw ConfigError(concat("cannot write picture '", path, "': ", image.cols, " x ", image.rows,
                             " pixels, and ", extension, " holds at most ", max_side(extension),
                             " a side; use .png"));
  }
  // Opened first: nobody should wait for the encoding only to learn that the folder is missing.
  AtomicFile file(path);
  const std::vector<unsigned char> bytes = encode(path, extension, image, options);
  file.stream().write(reinterpret_cast<const char*>(bytes.data()),
                      static_cast<std::streamsize>(bytes.size()));
  file.commit();
}

}  // namespace gondola::media
