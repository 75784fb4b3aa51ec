#include "late_opencv.hpp"

#include <opencv2/freetype.hpp>
#include <opencv2/imgcodecs.hpp>

#include "late_library.hpp"
#include "opencv_libraries.hpp"

namespace gondola::media {

cv::Mat late_imdecode(const cv::Mat& bytes, int flags) {
  static const auto imdecode =
      load<cv::Mat(cv::InputArray, int)>(kImgcodecsLibrary, "_ZN2cv8imdecodeERKNS_11_InputArrayEi");
  return imdecode(bytes, flags);
}

bool late_imencode(const std::string& extension, const cv::Mat& image,
                   std::vector<unsigned char>& bytes, const std::vector<int>& parameters) {
  static const auto imencode = load<bool(const std::string&, cv::InputArray,
                                         std::vector<unsigned char>&, const std::vector<int>&)>(
      kImgcodecsLibrary,
      "_ZN2cv8imencodeERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKNS_11_InputArrayERSt"
      "6vectorIhSaIhEERKSB_IiSaIiEE");
  return imencode(extension, image, bytes, parameters);
}

cv::Ptr<cv::freetype::FreeType2> late_freetype() {
  static const auto create = load<cv::Ptr<cv::freetype::FreeType2>()>(
      kFreetypeLibrary, "_ZN2cv8freetype15createFreeType2Ev");
  return create();
}

}  // namespace gondola::media
