#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <string_view>
#include <utility>

#include "decoders.hpp"

// jerror.h lists its codes by the switches that jpeglib.h brings.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "exif_orientation.hpp"
#include "image_format.hpp"
#include "jpeg_errors.hpp"

namespace gondola::media {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;

/// Whether a warning of libjpeg means that pixels are being made up.
bool is_damage(const jpeg_decompress_struct& codec, int warning) {
  switch (warning) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      return true;
    case JWRN_JPEG_EOF:
      // With one scan, missing data shows as JWRN_HIT_MARKER and a lone missing end marker costs
      // nothing; with several, whole scans may be gone.
      return codec.comps_in_scan < codec.num_components || codec.progressive_mode;
    default:
      return false;
  }
}

void on_message(j_common_ptr codec, int level) {
  if (level < 0 &&
      is_damage(*reinterpret_cast<jpeg_decompress_struct*>(codec), codec->err->msg_code))
    fail(codec);
}

/// One decompression. libjpeg reports errors by calling a function that must not return, so the
/// members that call it come back with false after a longjmp; none of them holds an object with a
/// destructor across such a call.
class JpegReader {
 public:
  JpegReader() {
    codec_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = fail;
    errors_.base.emit_message = on_message;
    errors_.base.output_message = print_nothing;
    errors_.message[0] = '\0';
    jpeg_create_decompress(&codec_);
  }
  ~JpegReader() { jpeg_destroy_decompress(&codec_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header(const unsigned char* bytes, std::size_t size) {
    if (setjmp(errors_.on_error) != 0) return false;
    jpeg_mem_src(&codec_, bytes, size);
    jpeg_save_markers(&codec_, kExifMarker, 0xFFFF);
    jpeg_read_header(&codec_, TRUE);
    codec_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_EXT_BGR;
    return true;
  }

  /// From now on the picture is decoded reduced by `divisor`: 1, 2, 4 or 8.
  void reduce(unsigned divisor) {
    codec_.scale_num = 1;
    codec_.scale_denom = divisor;
  }

  /// Into an image of 3 channels, or 4 for is_cmyk(), its sides those of the (reduced) picture
  /// rounded up.
  bool read_pixels(cv::Mat& into) {
    if (setjmp(errors_.on_error) != 0) return false;
    jpeg_start_decompress(&codec_);
    while (codec_.output_scanline < codec_.output_height) {
      JSAMPROW row = into.ptr(static_cast<int>(codec_.output_scanline));
      jpeg_read_scanlines(&codec_, &row, 1);
    }
    jpeg_finish_decompress(&codec_);
    return true;
  }

  std::size_t width() const { return codec_.image_width; }
  std::size_t height() const { return codec_.image_height; }
  bool is_cmyk() const {
    return codec_.jpeg_color_space == JCS_CMYK || codec_.jpeg_color_space == JCS_YCCK;
  }
  const char* message() const { return errors_.message; }

  /// To be asked before read_pixels(), at whose end libjpeg forgets the markers.
  int orientation() const {
    for (auto* marker = codec_.marker_list; marker != nullptr; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == kExifMarker && data.substr(0, kExifPrefix.size()) == kExifPrefix)
        return exif_orientation(marker->data, marker->data_length);
    }
    return 1;
  }

 private:
  jpeg_decompress_struct codec_{};
  ErrorManager errors_{};
};

/// Photoshop, and with it everybody, stores CMYK inverted: 255 means no ink. Without a profile the
/// colour is ink times black, in the fixed-point form that keeps pixels equal to OpenCV's.
cv::Mat cmyk_to_bgr(const cv::Mat& cmyk) {
  cv::Mat bgr(cmyk.size(), CV_8UC3);
  for (int y = 0; y < cmyk.rows; ++y) {
    const unsigned char* from = cmyk.ptr(y);
    unsigned char* to = bgr.ptr(y);
    for (int x = 0; x < cmyk.cols; ++x, from += 4, to += 3) {
      const int black = from[3];
      for (int ink = 0; ink < 3; ++ink)
        to[2 - ink] = static_cast<unsigned char>(black - ((255 - from[ink]) * black >> 8));
    }
  }
  return bgr;
}

int rounded_share(std::size_t side, int divisor) {
  return (static_cast<int>(side) + divisor / 2) / divisor;
}

int divisor_for(const JpegReader& reader, Size least) {
  if (least == Size{}) return 1;
  if (reader.orientation() >= 5) std::swap(least.width, least.height);
  for (const int divisor : {8, 4, 2}) {
    if (rounded_share(reader.width(), divisor) >= std::max(1, least.width) &&
        rounded_share(reader.height(), divisor) >= std::max(1, least.height))
      return divisor;
  }
  return 1;
}

int rounded_up_share(std::size_t side, int divisor) {
  return (static_cast<int>(side) + divisor - 1) / divisor;
}

}  // namespace

std::optional<ImageHeader> read_jpeg_header(const unsigned char* bytes, std::size_t size) {
  JpegReader reader;
  if (!reader.read_header(bytes, size)) return std::nullopt;
  return ImageHeader{{static_cast<int>(reader.width()), static_cast<int>(reader.height())},
                     reader.orientation()};
}

DecodedImage decode_jpeg(const unsigned char* bytes, std::size_t size, const std::string& name,
                         Size least) {
  JpegReader reader;
  const auto damaged = [&] {
    return image_error(name, concat("damaged or truncated JPEG (", reader.message(),
                                    "); copy or export it again"));
  };
  if (!reader.read_header(bytes, size)) throw damaged();
  check_image_size(reader.width(), reader.height(), name);

  DecodedImage image;
  const int divisor = divisor_for(reader, least);
  reader.reduce(static_cast<unsigned>(divisor));
  image.pixels.create(rounded_up_share(reader.height(), divisor),
                      rounded_up_share(reader.width(), divisor),
                      reader.is_cmyk() ? CV_8UC4 : CV_8UC3);
  image.orientation = reader.orientation();
  if (!reader.read_pixels(image.pixels)) throw damaged();
  if (reader.is_cmyk()) image.pixels = cmyk_to_bgr(image.pixels);
  // A last column that stands for less than half of what the others do would shift everything.
  const cv::Rect share(0, 0, rounded_share(reader.width(), divisor),
                       rounded_share(reader.height(), divisor));
  if (share.size() != image.pixels.size()) image.pixels = image.pixels(share).clone();
  return image;
}

}  // namespace gondola::media
