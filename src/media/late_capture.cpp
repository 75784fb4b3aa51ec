#include "late_capture.hpp"

#include <opencv2/videoio.hpp>

#include "late_library.hpp"
#include "opencv_libraries.hpp"

namespace gondola::media {

LateCapture::LateCapture() : memory_(new unsigned char[sizeof(cv::VideoCapture)]) {
  static_assert(alignof(cv::VideoCapture) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  static const auto construct = load<void(void*)>(kVideoioLibrary, "_ZN2cv12VideoCaptureC1Ev");
  construct(memory_.get());
  capture_ = reinterpret_cast<cv::VideoCapture*>(memory_.get());
}

LateCapture::~LateCapture() { capture_->~VideoCapture(); }

}  // namespace gondola::media
