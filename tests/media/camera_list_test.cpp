#include "gondola/media/camera_list.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/media/video_source.hpp"
#include "support/shared_data.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

/// A folder of devices and one of their names, as Linux has them.
class FakeSystem {
 public:
  FakeSystem() {
    fs::create_directory(dir_ / "dev");
    fs::create_directory(dir_ / "names");
  }

  CameraPaths paths() const { return {dir_ / "dev", dir_ / "names"}; }
  fs::path device(const std::string& name) const { return dir_ / "dev" / name; }

  void name(const std::string& device, const std::string& text) const {
    fs::create_directory(dir_ / "names" / device);
    test::write_text(dir_ / "names" / device / "name", text);
  }

 private:
  TempDir dir_;
};

TEST(CameraList, IsEmptyWithoutDevices) {
  const FakeSystem system;
  test::write_text(system.device("videocard"), "");
  test::write_text(system.device("null"), "");
  EXPECT_TRUE(list_cameras(system.paths()).empty());
  EXPECT_TRUE(list_cameras({"/nonexistent", "/nonexistent"}).empty());
}

TEST(CameraList, IsInTheOrderOfTheNumbersWithNames) {
  const FakeSystem system;
  for (const char* name : {"video10", "video2", "video0"})
    test::write_text(system.device(name), "");
  system.name("video2", "HD Webcam: HD Webcam\n");
  const std::vector<CameraInfo> cameras = list_cameras(system.paths());
  ASSERT_EQ(cameras.size(), 3u);
  EXPECT_EQ(cameras[0].path, system.device("video0").string());
  EXPECT_EQ(cameras[1].path, system.device("video2").string());
  EXPECT_EQ(cameras[1].name, "HD Webcam: HD Webcam");
  EXPECT_EQ(cameras[2].path, system.device("video10").string());
  EXPECT_FALSE(cameras[0].is_usable());
  EXPECT_EQ(cameras[0].problem, system.device("video0").string() + " is no device");
}

TEST(CameraList, SaysThatADeviceIsNoCamera) {
  const FakeSystem system;
  // A link, as udev makes them, to a device that is always there.
  fs::create_symlink("/dev/null", system.device("video3"));
  const CameraInfo camera = look_at_camera("3", system.paths());
  EXPECT_EQ(camera.problem, system.device("video3").string() + " is no camera");
}

TEST(CameraList, SaysThatThereIsNoSuchDevice) {
  const FakeSystem system;
  EXPECT_EQ(look_at_camera("7", system.paths()).problem,
            "there is no " + system.device("video7").string() +
                "; `gondola cameras` lists what there is");
}

TEST(CameraList, SaysHowToGetThePermission) {
  const FakeSystem system;
  const fs::path device = system.device("video0");
  if (::mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0)
    GTEST_SKIP() << "devices can be made by root only";
  ::chmod(device.parent_path().parent_path().c_str(), 0755);
  if (::seteuid(65534) != 0) GTEST_SKIP() << "cannot become another user";
  const CameraInfo camera = look_at_camera("0", system.paths());
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(camera.problem, "no permission to use " + device.string() +
                                "; add yourself to the group video (sudo usermod -aG video $USER), "
                                "then log in again");
}

TEST(Camera, IsRefusedWithTheReason) {
  try {
    open_camera("/dev/video987654");
    FAIL() << "opened a camera that is not there";
  } catch (const IoError& error) {
    EXPECT_STREQ(error.what(),
                 "camera '/dev/video987654': there is no /dev/video987654; `gondola cameras` lists "
                 "what there is");
  }
}

TEST(Camera, RefusesWishesThatNoneCanMeet) {
  const auto failure = [](const VideoOptions& options) -> std::string {
    try {
      open_camera("0", options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  VideoOptions options;
  options.format = "JPEG2";
  EXPECT_EQ(failure(options),
            "camera '0': the format 'JPEG2' is not one of four letters, such as MJPG or YUYV");
  options = {};
  options.size = {640, 0};
  EXPECT_EQ(failure(options), "camera '0': no picture has the size 640 x 0");
  options = {};
  options.fps = -5;
  EXPECT_EQ(failure(options), "camera '0': -5 pictures a second cannot be had; expected 0 or more");
}

}  // namespace
}  // namespace gondola::media
