#include "media/picture_files.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <jpeglib.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <png.h>

namespace gondola::test {
namespace {

void append(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

void append(Bytes& to, const std::string& text) { to.insert(to.end(), text.begin(), text.end()); }

void append_big_endian(Bytes& to, std::uint32_t value, int size) {
  for (int i = size - 1; i >= 0; --i) to.push_back(static_cast<unsigned char>(value >> (8 * i)));
}

void append_little_endian(Bytes& to, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) to.push_back(static_cast<unsigned char>(value >> (8 * i)));
}

/// CRC-32 of PNG chunks: polynomial 0xEDB88320, bit by bit.
std::uint32_t crc32_of(const unsigned char* bytes, std::size_t size) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1U ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
  }
  return ~crc;
}

Bytes png_chunk(const std::string& type, const Bytes& data) {
  Bytes chunk;
  append_big_endian(chunk, static_cast<std::uint32_t>(data.size()), 4);
  append(chunk, type);
  append(chunk, data);
  append_big_endian(chunk, crc32_of(chunk.data() + 4, chunk.size() - 4), 4);
  return chunk;
}

constexpr std::size_t kPngSignature = 8;
constexpr std::size_t kPngEndChunk = 12;

void append_png_output(png_structp png, png_bytep data, std::size_t size) {
  auto* bytes = static_cast<Bytes*>(png_get_io_ptr(png));
  bytes->insert(bytes->end(), data, data + size);
}

}  // namespace

cv::Mat make_picture(int width, int height) {
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.at<cv::Vec3b>(y, x) = {static_cast<unsigned char>(255 * x / width),
                                   static_cast<unsigned char>(255 * y / height),
                                   static_cast<unsigned char>((x / 5 + y / 3) % 2 == 0 ? 40 : 200)};
    }
  }
  image(cv::Rect(0, 0, width / 3, height / 4)).setTo(cv::Scalar(0, 0, 255));
  return image;
}

Bytes encode(const cv::Mat& image, const std::string& extension,
             const std::vector<int>& parameters) {
  Bytes bytes;
  if (!cv::imencode(extension, image, bytes, parameters))
    throw std::runtime_error("cannot encode " + extension);
  return bytes;
}

Bytes encode_cmyk_jpeg(const cv::Mat& cmyk, bool as_ycck) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &buffer, &size);
  codec.image_width = static_cast<JDIMENSION>(cmyk.cols);
  codec.image_height = static_cast<JDIMENSION>(cmyk.rows);
  codec.input_components = 4;
  codec.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&codec);
  jpeg_set_colorspace(&codec, as_ycck ? JCS_YCCK : JCS_CMYK);
  jpeg_set_quality(&codec, 100, TRUE);
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row = const_cast<unsigned char*>(cmyk.ptr(static_cast<int>(codec.next_scanline)));
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  const Bytes bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

Bytes encode_png(PngKind kind) {
  constexpr int kWidth = 37;
  constexpr int kHeight = 21;
  Bytes bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append_png_output, nullptr);

  const bool is_palette = kind == PngKind::kPalette;
  const bool is_bilevel = kind == PngKind::kBilevel;
  png_set_IHDR(png, info, kWidth, kHeight,
               is_bilevel   ? 1
               : is_palette ? 4
                            : 8,
               is_bilevel   ? PNG_COLOR_TYPE_GRAY
               : is_palette ? PNG_COLOR_TYPE_PALETTE
                            : PNG_COLOR_TYPE_RGB,
               kind == PngKind::kInterlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_color palette[16];
  png_byte alpha[16];
  for (int i = 0; i < 16; ++i) {
    palette[i] = {static_cast<png_byte>(16 * i), static_cast<png_byte>(255 - 10 * i),
                  static_cast<png_byte>(7 * i)};
    alpha[i] = static_cast<png_byte>(17 * i);
  }
  if (is_palette) {
    png_set_PLTE(png, info, palette, 16);
    png_set_tRNS(png, info, alpha, 16, nullptr);
  }
  png_write_info(png, info);

  cv::Mat pixels = make_picture(kWidth, kHeight);
  if (is_palette || is_bilevel) {
    // Packed samples: two 4-bit indices or eight 1-bit samples a byte.
    pixels = cv::Mat(kHeight, (kWidth + 1) / 2, CV_8UC1);
    for (int i = 0; i < static_cast<int>(pixels.total()); ++i)
      pixels.data[i] = static_cast<unsigned char>(i * 37);
  }
  std::vector<png_bytep> rows;
  for (int y = 0; y < kHeight; ++y) rows.push_back(pixels.ptr(y));
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

Bytes make_exif(int orientation, bool big_endian) {
  const auto append_number = big_endian ? append_big_endian : append_little_endian;
  Bytes exif;
  append(exif, std::string("Exif\0\0", 6));
  append(exif, std::string(big_endian ? "MM" : "II"));
  append_number(exif, 42, 2);
  append_number(exif, 8, 4);       // offset of the first directory
  append_number(exif, 1, 2);       // one entry
  append_number(exif, 0x0112, 2);  // orientation
  append_number(exif, 3, 2);       // as 16-bit numbers
  append_number(exif, 1, 4);       // one of them
  append_number(exif, static_cast<std::uint32_t>(orientation), 2);
  append_number(exif, 0, 2);  // padding of the value
  append_number(exif, 0, 4);  // no further directory
  return exif;
}

Bytes with_exif_jpeg(const Bytes& jpeg, const Bytes& exif) {
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  append_big_endian(bytes, 0xFFE1, 2);
  append_big_endian(bytes, static_cast<std::uint32_t>(exif.size() + 2), 2);
  append(bytes, exif);
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

Bytes with_exif_png(const Bytes& png, const Bytes& exif) {
  const auto end_chunk = png.end() - kPngEndChunk;
  Bytes bytes(png.begin(), end_chunk);
  append(bytes, png_chunk("eXIf", Bytes(exif.begin() + 6, exif.end())));
  bytes.insert(bytes.end(), end_chunk, png.end());
  return bytes;
}

Bytes with_exif_webp(const Bytes& webp, const Bytes& exif, cv::Size size) {
  constexpr std::uint32_t kHasExif = 0x08;
  Bytes chunks;
  append(chunks, std::string("WEBPVP8X"));
  append_little_endian(chunks, 10, 4);
  append_little_endian(chunks, kHasExif, 4);
  append_little_endian(chunks, static_cast<std::uint32_t>(size.width - 1), 3);
  append_little_endian(chunks, static_cast<std::uint32_t>(size.height - 1), 3);
  chunks.insert(chunks.end(), webp.begin() + 12, webp.end());
  append(chunks, std::string("EXIF"));
  append_little_endian(chunks, static_cast<std::uint32_t>(exif.size()), 4);
  append(chunks, exif);
  if (exif.size() % 2 == 1) chunks.push_back(0);

  Bytes bytes;
  append(bytes, std::string("RIFF"));
  append_little_endian(bytes, static_cast<std::uint32_t>(chunks.size()), 4);
  append(bytes, chunks);
  return bytes;
}

Bytes png_header(std::uint32_t width, std::uint32_t height) {
  Bytes bytes;
  append(bytes, std::string("\x89PNG\r\n\x1A\n", kPngSignature));
  Bytes header;
  append_big_endian(header, width, 4);
  append_big_endian(header, height, 4);
  append(header, std::string("\x08\x02\x00\x00\x00", 5));  // 8 bits, RGB, not interlaced
  append(bytes, png_chunk("IHDR", header));
  append(bytes, png_chunk("IDAT", {}));
  append(bytes, png_chunk("IEND", {}));
  return bytes;
}

std::string to_string(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace gondola::test
