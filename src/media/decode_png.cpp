#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <png.h>

#include "decoders.hpp"
#include "exif_orientation.hpp"
#include "image_format.hpp"

namespace gondola::media {
namespace {

/// One decompression. As with libjpeg, the members that libpng may jump out of come back with
/// false and hold no object with a destructor across a call.
class PngReader {
 public:
  PngReader(const unsigned char* bytes, std::size_t size) : bytes_(bytes), left_(size) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, ignore_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw IoError("libpng cannot be started: out of memory");
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, read_bytes);
    // The number of pixels is checked by us; libpng's own limit is lower than needed for a strip.
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png_, info_);
    return true;
  }

  /// Into an image of 3 channels. Reads to the end of the file, where EXIF data may be.
  bool read_pixels(cv::Mat& into) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_strip_16(png_);
    png_set_palette_to_rgb(png_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    png_set_bgr(png_);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    for (int pass = 0; pass < passes; ++pass)
      for (int y = 0; y < into.rows; ++y) png_read_row(png_, into.ptr(y), nullptr);
    png_read_end(png_, info_);
    return true;
  }

  std::size_t width() const { return png_get_image_width(png_, info_); }
  std::size_t height() const { return png_get_image_height(png_, info_); }
  const char* message() const { return message_; }

  int orientation() const {
    png_uint_32 size = 0;
    png_bytep block = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &block) == 0) return 1;
    return exif_orientation(block, size);
  }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    png_longjmp(png, 1);
  }

  static void ignore_warning(png_structp, png_const_charp) {}

  static void read_bytes(png_structp png, png_bytep into, std::size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->left_) png_error(png, "the data ends too early");
    std::memcpy(into, self->bytes_, count);
    self->bytes_ += count;
    self->left_ -= count;
  }

  const unsigned char* bytes_;
  std::size_t left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = "";
};

std::uint32_t big_endian32(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24U | bytes[1] << 16U | bytes[2] << 8U | bytes[3];
}

}  // namespace

/// Walks the chunks, each a 32-bit length, a name of 4 letters, the data and a checksum, because
/// libpng reaches an orientation at the end only through all pixels.
std::optional<ImageHeader> read_png_header(const unsigned char* bytes, std::size_t size) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kAround = 12;  // length, name and checksum
  ImageHeader header;
  for (std::size_t at = kSignature; at + kAround <= size;) {
    const std::size_t length = big_endian32(bytes + at);
    const unsigned char* name = bytes + at + 4;
    const unsigned char* data = bytes + at + 8;
    if (length > size - at - kAround) break;
    if (at == kSignature) {
      if (length < 8 || std::memcmp(name, "IHDR", 4) != 0) return std::nullopt;
      const std::uint32_t width = big_endian32(data);
      const std::uint32_t height = big_endian32(data + 4);
      const auto possible = [](std::uint32_t side) { return side > 0 && side <= PNG_UINT_31_MAX; };
      if (!possible(width) || !possible(height)) return std::nullopt;
      header.size = {static_cast<int>(width), static_cast<int>(height)};
    } else if (std::memcmp(name, "eXIf", 4) == 0) {
      header.orientation = exif_orientation(data, length);
      break;
    }
    at += length + kAround;
  }
  if (header.size == Size{}) return std::nullopt;
  return header;
}

DecodedImage decode_png(const unsigned char* bytes, std::size_t size, const std::string& name) {
  PngReader reader(bytes, size);
  const auto damaged = [&] {
    return image_error(
        name, concat("damaged or truncated PNG (", reader.message(), "); copy or export it again"));
  };
  if (!reader.read_header()) throw damaged();
  check_image_size(reader.width(), reader.height(), name);

  DecodedImage image;
  image.pixels.create(static_cast<int>(reader.height()), static_cast<int>(reader.width()), CV_8UC3);
  if (!reader.read_pixels(image.pixels)) throw damaged();
  image.orientation = reader.orientation();
  return image;
}

}  // namespace gondola::media
