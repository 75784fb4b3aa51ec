#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace cv::freetype {
class FreeType2;
}  // namespace cv::freetype

namespace gondola::media {

// Functions of OpenCV libraries that are loaded at the first call and not with the program: of the
// formats that need imgcodecs (WebP, TIFF, BMP, ...) most runs see none, and it brings 120 further
// libraries, half a second and 50 MB; freetype brings 50 ms. All throw IoError when the library is
// not there, and are thread-safe.

/// cv::imdecode().
cv::Mat late_imdecode(const cv::Mat& bytes, int flags);

/// cv::imencode().
bool late_imencode(const std::string& extension, const cv::Mat& image,
                   std::vector<unsigned char>& bytes, const std::vector<int>& parameters);

/// cv::freetype::createFreeType2().
cv::Ptr<cv::freetype::FreeType2> late_freetype();

}  // namespace gondola::media
