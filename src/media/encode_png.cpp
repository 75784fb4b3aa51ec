#include <png.h>

#include "encoders.hpp"
#include "gondola/core/error.hpp"

namespace gondola::media {

std::vector<unsigned char> encode_png(const cv::Mat& bgr, const std::string& name) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(bgr.cols);
  header.height = static_cast<png_uint_32>(bgr.rows);
  header.format = PNG_FORMAT_BGR;
  header.flags = PNG_IMAGE_FLAG_FAST;
  const auto row_bytes = static_cast<png_int_32>(bgr.step[0]);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<unsigned char> bytes(size);
  constexpr int kEightBits = 0;
  if (png_image_write_to_memory(&header, bytes.data(), &size, kEightBits, bgr.ptr(), row_bytes,
                                /*colormap=*/nullptr) == 0) {
    throw IoError(concat("cannot write picture '", name, "': ", header.message));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace gondola::media
