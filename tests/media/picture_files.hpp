#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

// Picture files for the tests, made rather than kept: each function returns the bytes of one.
namespace gondola::test {

using Bytes = std::vector<unsigned char>;

/// BGR picture without symmetry and with sharp and smooth parts.
cv::Mat make_picture(int width, int height);

/// Through cv::imencode.
Bytes encode(const cv::Mat& image, const std::string& extension,
             const std::vector<int>& parameters = {});

/// JPEG of four channels, inverted as Photoshop does, with its marker; `as_ycck` transforms the
/// inks as most programs do.
Bytes encode_cmyk_jpeg(const cv::Mat& cmyk, bool as_ycck);

enum class PngKind { kPalette, kInterlaced, kBilevel };

/// PNG variants that cv::imencode does not write.
Bytes encode_png(PngKind kind);

/// EXIF block with nothing but an orientation: "Exif\0\0", then a TIFF header and one entry.
Bytes make_exif(int orientation, bool big_endian);

/// With an EXIF segment behind the start marker.
Bytes with_exif_jpeg(const Bytes& jpeg, const Bytes& exif);

/// With an eXIf chunk before the end chunk, which is where OpenCV looks first.
Bytes with_exif_png(const Bytes& png, const Bytes& exif);

/// In the extended container with an EXIF chunk.
Bytes with_exif_webp(const Bytes& webp, const Bytes& exif, cv::Size size);

/// The header of a PNG file that claims a size, and no pixels.
Bytes png_header(std::uint32_t width, std::uint32_t height);

std::string to_string(const Bytes& bytes);

}  // namespace gondola::test
