#pragma once

#include <memory>

namespace cv {
class VideoCapture;
}  // namespace cv

namespace gondola::media {

/// A cv::VideoCapture of an OpenCV library that is loaded for the first one and not with the
/// program: videoio brings 230 further libraries and a quarter of a second, and only cameras and
/// GStreamer need it.
///
/// Throws: IoError when the library is not there.
class LateCapture {
 public:
  LateCapture();
  ~LateCapture();
  LateCapture(const LateCapture&) = delete;
  LateCapture& operator=(const LateCapture&) = delete;

  /// Its member functions that are virtual may be called, which are all but the constructors.
  cv::VideoCapture* operator->() const { return capture_; }

 private:
  std::unique_ptr<unsigned char[]> memory_;
  cv::VideoCapture* capture_ = nullptr;
};

}  // namespace gondola::media
