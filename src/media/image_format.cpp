#include "image_format.hpp"

#include <algorithm>
#include <string_view>

#include "gondola/core/text.hpp"

namespace gondola::media {
namespace {

/// Long enough for any path worth reading in a message.
constexpr std::size_t kMaxNameLength = 300;

/// The brand of an ISO media file (HEIC, AVIF): 4 bytes after the box size and "ftyp".
ImageFormat format_of_brand(std::string_view brand) {
  if (brand == "avif" || brand == "avis") return ImageFormat::kAvif;
  for (const std::string_view heif : {"heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"}) {
    if (brand == heif) return ImageFormat::kHeic;
  }
  return ImageFormat::kUnknown;
}

}  // namespace

ImageFormat detect_format(const unsigned char* bytes, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(bytes),
                              std::min<std::size_t>(size, 16));
  const auto starts_with = [head](std::string_view magic) {
    return head.substr(0, magic.size()) == magic;
  };
  using namespace std::string_view_literals;
  if (starts_with("\xFF\xD8\xFF"sv)) return ImageFormat::kJpeg;
  if (starts_with("\x89PNG\r\n\x1A\n"sv)) return ImageFormat::kPng;
  if (starts_with("BM"sv)) return ImageFormat::kBmp;
  if (starts_with("RIFF"sv) && head.size() >= 12 && head.substr(8, 4) == "WEBP")
    return ImageFormat::kWebp;
  if (starts_with("II*\0"sv) || starts_with("MM\0*"sv) || starts_with("II+\0"sv) ||
      starts_with("MM\0+"sv))
    return ImageFormat::kTiff;
  if (head.size() >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' &&
      (head[2] == ' ' || (head[2] >= '\t' && head[2] <= '\r')))
    return ImageFormat::kPnm;
  if (starts_with("\0\0\0\x0CjP  \r\n\x87\n"sv) || starts_with("\xFF\x4F\xFF\x51"sv))
    return ImageFormat::kJpeg2000;
  if (starts_with("GIF8"sv)) return ImageFormat::kGif;
  if (starts_with("\0\0\0\x0CJXL \r\n\x87\n"sv) || starts_with("\xFF\x0A"sv))
    return ImageFormat::kJpegXl;
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp") return format_of_brand(head.substr(8, 4));
  return ImageFormat::kUnknown;
}

const char* to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kPnm:
      return "PPM/PGM/PBM";
    case ImageFormat::kJpeg2000:
      return "JPEG 2000";
    case ImageFormat::kGif:
      return "GIF";
    case ImageFormat::kHeic:
      return "HEIC";
    case ImageFormat::kAvif:
      return "AVIF";
    case ImageFormat::kJpegXl:
      return "JPEG XL";
    case ImageFormat::kUnknown:
      break;
  }
  return "unknown";
}

IoError image_error(const std::string& name, const std::string& reason) {
  return IoError(concat("cannot read picture '", printable(name, kMaxNameLength), "': ", reason));
}

void check_image_size(std::size_t width, std::size_t height, const std::string& name) {
  if (width == 0 || height == 0)
    throw image_error(name, concat("it claims ", width, " x ", height, " pixels"));
  if (height > kMaxPixels / width) {
    throw image_error(name,
                      concat("it claims ", width, " x ", height,
                             " pixels, more than the limit of 2^30; scale it down or cut it"));
  }
}

}  // namespace gondola::media
