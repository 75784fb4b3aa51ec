#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include "gondola/core/error.hpp"
#include "gondola/media/write_image.hpp"
#include "jpeg_errors.hpp"

namespace gondola::media {
namespace {

/// One compression. libjpeg reports errors by calling a function that must not return, so write()
/// comes back with false after a longjmp and holds no object with a destructor.
class JpegWriter {
 public:
  JpegWriter() {
    codec_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = fail;
    errors_.base.output_message = print_nothing;
    errors_.message[0] = '\0';
    jpeg_create_compress(&codec_);
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&codec_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  bool write(const cv::Mat& bgr, int quality) {
    if (setjmp(errors_.on_error) != 0) return false;
    jpeg_mem_dest(&codec_, &bytes_, &size_);
    codec_.image_width = static_cast<JDIMENSION>(bgr.cols);
    codec_.image_height = static_cast<JDIMENSION>(bgr.rows);
    codec_.input_components = 3;
    codec_.in_color_space = JCS_EXT_BGR;
    jpeg_set_defaults(&codec_);
    jpeg_set_quality(&codec_, quality, TRUE);
    jpeg_start_compress(&codec_, TRUE);
    while (codec_.next_scanline < codec_.image_height) {
      auto* row = const_cast<JSAMPROW>(bgr.ptr(static_cast<int>(codec_.next_scanline)));
      jpeg_write_scanlines(&codec_, &row, 1);
    }
    jpeg_finish_compress(&codec_);
    return true;
  }

  std::vector<unsigned char> bytes() const { return {bytes_, bytes_ + size_}; }
  const char* message() const { return errors_.message; }

 private:
  jpeg_compress_struct codec_{};
  ErrorManager errors_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;  // NOLINT(google-runtime-int): libjpeg's type
};

}  // namespace

std::vector<unsigned char> encode_jpeg(const cv::Mat& bgr, int quality, const std::string& name) {
  JpegWriter writer;
  if (!writer.write(bgr, quality)) {
    throw IoError(concat("cannot write picture '", name, "': ", writer.message()));
  }
  return writer.bytes();
}

}  // namespace gondola::media
