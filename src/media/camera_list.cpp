#include "gondola/media/camera_list.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "video";

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path)
      : value_(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return value_ >= 0; }

  template <typename Argument>
  bool control(unsigned long request, Argument& argument) const {
    int status = 0;
    do {
      status = ::ioctl(value_, request, &argument);
    } while (status < 0 && errno == EINTR);
    return status >= 0;
  }

 private:
  int value_;
};

template <std::size_t Length>
std::string text_of(const unsigned char (&text)[Length]) {
  const char* start = reinterpret_cast<const char*>(text);
  return printable(std::string(start, strnlen(start, Length)));
}

std::string four_letters(std::uint32_t code) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8)
    text += static_cast<char>((code >> shift) & 0x7FU);
  return printable(text);
}

std::string open_problem(int error, const fs::path& path) {
  switch (error) {
    case ENOENT:
      return concat("there is no ", path.string(), "; `gondola cameras` lists what there is");
    case EACCES:
    case EPERM:
      return concat("no permission to use ", path.string(),
                    "; add yourself to the group video (sudo usermod -aG video $USER), then log in "
                    "again");
    case EBUSY:
      return concat(path.string(), " is busy: another program uses it");
    case ENODEV:
    case ENXIO:
      return concat(path.string(), " has no camera behind it; unplug it and plug it in again");
    default:
      return concat(path.string(), " cannot be opened: ", std::strerror(error));
  }
}

std::vector<Size> sizes_of(const Descriptor& device, std::uint32_t format) {
  std::vector<Size> sizes;
  v4l2_frmsizeenum entry{};
  entry.pixel_format = format;
  for (entry.index = 0; device.control(VIDIOC_ENUM_FRAMESIZES, entry); ++entry.index) {
    if (entry.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
      sizes.push_back(
          {static_cast<int>(entry.discrete.width), static_cast<int>(entry.discrete.height)});
      continue;
    }
    // Any size up to this one, in steps.
    sizes.push_back(
        {static_cast<int>(entry.stepwise.max_width), static_cast<int>(entry.stepwise.max_height)});
    break;
  }
  std::sort(sizes.begin(), sizes.end(), [](Size a, Size b) {
    return std::pair(a.width, a.height) > std::pair(b.width, b.height);
  });
  return sizes;
}

std::vector<CameraFormat> formats_of(const Descriptor& device) {
  std::vector<CameraFormat> formats;
  v4l2_fmtdesc entry{};
  entry.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  for (entry.index = 0; device.control(VIDIOC_ENUM_FMT, entry); ++entry.index) {
    formats.push_back({four_letters(entry.pixelformat), text_of(entry.description),
                       sizes_of(device, entry.pixelformat)});
  }
  return formats;
}

/// Whether another program has it: the driver gives the buffers to one only.
bool is_busy(const Descriptor& device) {
  v4l2_requestbuffers none{};
  none.count = 0;
  none.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  none.memory = V4L2_MEMORY_MMAP;
  return !device.control(VIDIOC_REQBUFS, none) && errno == EBUSY;
}

std::string system_name(const fs::path& path, const CameraPaths& paths) {
  std::ifstream file(paths.names / path.filename() / "name");
  std::string name;
  std::getline(file, name);
  return printable(trim(name));
}

std::optional<unsigned> number_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!starts_with(name, kPrefix)) return std::nullopt;
  return parse_number<unsigned>(std::string_view(name).substr(kPrefix.size()));
}

CameraInfo look_at(const fs::path& path, const CameraPaths& paths) {
  CameraInfo camera;
  camera.path = path.string();
  camera.name = system_name(path, paths);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    camera.problem = open_problem(errno, path);
    return camera;
  }
  if (!S_ISCHR(status.st_mode)) {
    camera.problem = concat(path.string(), " is no device");
    return camera;
  }
  const Descriptor device(path);
  if (!device.is_open()) {
    camera.problem = open_problem(errno, path);
    return camera;
  }
  v4l2_capability capability{};
  if (!device.control(VIDIOC_QUERYCAP, capability)) {
    camera.problem = concat(path.string(), " is no camera");
    return camera;
  }
  if (camera.name.empty()) camera.name = text_of(capability.card);
  // One camera may have several devices, of which the others carry data about the pictures.
  const bool says_per_device = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  const std::uint32_t can = says_per_device ? capability.device_caps : capability.capabilities;
  if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0) {
    camera.problem =
        concat(path.string(), " gives no pictures (it carries a camera's other data, or output)");
    return camera;
  }
  camera.formats = formats_of(device);
  if (is_busy(device)) camera.problem = open_problem(EBUSY, path);
  return camera;
}

}  // namespace

std::vector<CameraInfo> list_cameras(const CameraPaths& paths) {
  std::vector<fs::path> devices;
  std::error_code error;
  fs::directory_iterator entry(paths.devices, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error))
    if (number_of(entry->path())) devices.push_back(entry->path());
  std::sort(devices.begin(), devices.end(),
            [](const fs::path& a, const fs::path& b) { return number_of(a) < number_of(b); });
  std::vector<CameraInfo> cameras;
  cameras.reserve(devices.size());
  for (const fs::path& device : devices) cameras.push_back(look_at(device, paths));
  return cameras;
}

CameraInfo look_at_camera(const std::string& location, const CameraPaths& paths) {
  const bool is_number = parse_number<unsigned>(location).has_value();
  return look_at(is_number ? paths.devices / concat(kPrefix, location) : fs::path(location), paths);
}

}  // namespace gondola::media
