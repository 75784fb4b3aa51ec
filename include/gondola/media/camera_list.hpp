#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// One way in which a camera can send pictures.
struct CameraFormat {
  std::string code;         ///< four letters, such as MJPG, for VideoOptions::format
  std::string description;  ///< the driver's, such as "Motion-JPEG"
  std::vector<Size> sizes;  ///< largest first; empty when the driver lists none
};

/// One device of the kernel's video interface.
struct CameraInfo {
  std::string path;     ///< such as /dev/video0
  std::string name;     ///< the driver's or the system's, such as "HD Webcam"; may be empty
  std::string problem;  ///< why it cannot be used, and the way out; empty when it can
  std::vector<CameraFormat> formats;

  bool is_usable() const { return problem.empty(); }
};

/// Where devices are; other places are for tests.
struct CameraPaths {
  std::filesystem::path devices = "/dev";
  std::filesystem::path names = "/sys/class/video4linux";
};

/// Looks at every /dev/video*, in the order of their numbers. Opens each for a moment; another
/// program that uses one is not disturbed. Empty when there is none.
std::vector<CameraInfo> list_cameras(const CameraPaths& paths = {});

/// Looks at one camera, by number ("0") or device ("/dev/video0"); one that is not there has that
/// as its problem.
CameraInfo look_at_camera(const std::string& location, const CameraPaths& paths = {});

}  // namespace gondola::media
