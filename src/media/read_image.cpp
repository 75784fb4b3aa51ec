#include "gondola/media/read_image.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <sys/stat.h>

#include "decoders.hpp"
#include "exif_orientation.hpp"
#include "image_format.hpp"
#include "late_opencv.hpp"
#include "silence_cerr.hpp"

namespace gondola::media {
namespace {

/// The whole file in memory. Not mapped: another program that shortens a mapped file, such as a
/// camera rewriting its snapshot, would end this one with a bus error.
///
/// @param most  ends earlier, after this many bytes
std::vector<unsigned char> read_file(const std::string& path,
                                     std::size_t most = std::numeric_limits<std::size_t>::max()) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) throw image_error(path, std::strerror(errno));
  struct stat status {};
  if (fstat(fileno(file.get()), &status) != 0) throw image_error(path, std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw image_error(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) throw image_error(path, "it is not a regular file");
  if (status.st_size == 0)
    throw image_error(path, "the file is empty (0 bytes); copy or export it again");

  std::vector<unsigned char> bytes(std::min(most, static_cast<std::size_t>(status.st_size)));
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) throw image_error(path, std::strerror(errno));
  return bytes;
}

std::uint32_t little_endian32(const unsigned char* bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

/// The EXIF orientation of a WebP file, which OpenCV ignores: RIFF chunks of a 4-letter name, a
/// 32-bit length and data padded to an even size, after the 12 bytes of the RIFF header.
int webp_orientation(const unsigned char* bytes, std::size_t size) {
  for (std::size_t at = 12; at + 8 <= size;) {
    const std::size_t length = little_endian32(bytes + at + 4);
    if (length > size - at - 8) break;
    if (std::memcmp(bytes + at, "EXIF", 4) == 0) return exif_orientation(bytes + at + 8, length);
    at += 8 + length + length % 2;
  }
  return 1;
}

/// OpenCV turns TIFF files itself; the other formats here have no orientation but WebP.
DecodedImage decode_with_opencv(const unsigned char* bytes, std::size_t size, ImageFormat format,
                                const std::string& name) {
  if (size > std::numeric_limits<int>::max())
    throw image_error(name, concat(to_string(format), " of more than 2 GiB; convert it to JPEG"));
  const cv::Mat file(1, static_cast<int>(size), CV_8UC1, const_cast<unsigned char*>(bytes));
  DecodedImage image;
  try {
    const SilenceCerr silence;
    image.pixels = late_imdecode(file, cv::IMREAD_COLOR);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw;
    if (error.func == "validateInputImageSize")
      throw image_error(name, "it claims more than 2^30 pixels or 2^20 in a row; cut it");
    throw image_error(name, concat(to_string(format), " that OpenCV cannot decode (", error.err,
                                   "); convert it to PNG or JPEG"));
  }
  if (image.pixels.empty()) {
    throw image_error(name, concat("damaged or truncated ", to_string(format),
                                   ", or an unusual variant; convert it to PNG or JPEG"));
  }
  if (format == ImageFormat::kWebp) image.orientation = webp_orientation(bytes, size);
  return image;
}

DecodedImage decode_by_content(const unsigned char* bytes, std::size_t size,
                               const std::string& name, Size least) {
  const ImageFormat format = detect_format(bytes, size);
  switch (format) {
    case ImageFormat::kJpeg:
      return decode_jpeg(bytes, size, name, least);
    case ImageFormat::kPng:
      return decode_png(bytes, size, name);
    case ImageFormat::kBmp:
    case ImageFormat::kWebp:
    case ImageFormat::kTiff:
    case ImageFormat::kPnm:
    case ImageFormat::kJpeg2000:
      return decode_with_opencv(bytes, size, format, name);
    case ImageFormat::kGif:
    case ImageFormat::kHeic:
    case ImageFormat::kAvif:
    case ImageFormat::kJpegXl:
      throw image_error(name,
                        concat(to_string(format), " is not supported; convert it to JPEG or PNG"));
    case ImageFormat::kUnknown:
      break;
  }
  throw image_error(name,
                    "its content is no known picture format (JPEG, PNG, WebP, TIFF, BMP, PPM, "
                    "JPEG 2000), whatever its name says");
}

DecodedImage decode(const unsigned char* bytes, std::size_t size, const std::string& name,
                    Size least = {}) {
  try {
    return decode_by_content(bytes, size, name, least);
  } catch (const std::bad_alloc&) {
    throw image_error(name, "not enough memory for its pixels");
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem)
      throw image_error(name, "not enough memory for its pixels");
    throw image_error(name, concat("OpenCV: ", error.err));
  }
}

}  // namespace

cv::Mat decode_image(const unsigned char* bytes, std::size_t size, const std::string& name) {
  DecodedImage image = decode(bytes, size, name);
  apply_orientation(image.pixels, image.orientation);
  return image.pixels;
}

cv::Mat read_image(const std::string& path) { return read_image_reduced(path, {}); }

cv::Mat read_image_reduced(const std::string& path, Size least) {
  DecodedImage image;
  {
    // The file's bytes go before the picture is turned, which takes a second copy of the pixels.
    const std::vector<unsigned char> file = read_file(path);
    image = decode(file.data(), file.size(), path, least);
  }
  apply_orientation(image.pixels, image.orientation);
  return image.pixels;
}

Size read_image_size(const std::string& path) {
  constexpr std::size_t kMostHeaders = std::size_t{1} << 16U;
  std::vector<unsigned char> bytes = read_file(path, kMostHeaders);
  const ImageFormat format = detect_format(bytes.data(), bytes.size());
  std::optional<ImageHeader> header;
  if (format == ImageFormat::kJpeg) header = read_jpeg_header(bytes.data(), bytes.size());
  if (!header) {
    bytes = read_file(path);
    if (format == ImageFormat::kJpeg) header = read_jpeg_header(bytes.data(), bytes.size());
    if (format == ImageFormat::kPng) header = read_png_header(bytes.data(), bytes.size());
  }
  if (!header) {
    // Whatever is wrong with a header, decoding says it best.
    const cv::Mat image = decode_image(bytes.data(), bytes.size(), path);
    return {image.cols, image.rows};
  }
  check_image_size(static_cast<std::size_t>(header->size.width),
                   static_cast<std::size_t>(header->size.height), path);
  if (header->orientation >= 5) std::swap(header->size.width, header->size.height);
  return header->size;
}

}  // namespace gondola::media
