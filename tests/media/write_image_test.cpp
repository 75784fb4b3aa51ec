#include "gondola/media/write_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "media/picture_files.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::ConfigError;
using gondola::IoError;
using gondola::media::is_writable_image;
using gondola::media::read_image;
using gondola::media::write_image;
using gondola::test::make_picture;
using gondola::test::TempDir;

std::size_t files_in(const TempDir& dir) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir.path()),
                                                std::filesystem::directory_iterator()));
}

template <typename Expected>
std::string error_of(const std::string& path, const cv::Mat& image = make_picture(8, 8)) {
  try {
    write_image(path, image);
  } catch (const Expected& error) {
    return error.what();
  }
  return "no error";
}

TEST(WriteImage, KeepsEveryPixelInLosslessFormats) {
  const TempDir dir;
  const cv::Mat picture = make_picture(31, 17);
  for (const char* name : {"a.png", "a.BMP", "a.tif", "a.tiff", "a.ppm"}) {
    SCOPED_TRACE(name);
    write_image(dir / name, picture);
    EXPECT_EQ(cv::norm(read_image(dir / name), picture, cv::NORM_INF), 0);
  }
}

TEST(WriteImage, StaysNearInLossyFormatsAndObeysTheQuality) {
  const TempDir dir;
  cv::Mat picture;
  cv::GaussianBlur(make_picture(120, 90), picture, {}, 3);
  for (const std::string name : {"a.jpg", "a.jpeg", "a.webp"}) {
    SCOPED_TRACE(name);
    write_image(dir / name, picture);
    EXPECT_GT(cv::PSNR(read_image(dir / name), picture), 33);
    const auto usual = std::filesystem::file_size(dir / name);
    gondola::media::WriteOptions small;
    small.jpeg_quality = 30;
    write_image(dir / name, picture, small);
    EXPECT_LT(std::filesystem::file_size(dir / name), usual * 3 / 4);
  }
}

TEST(WriteImage, ReplacesAFileAndLeavesNothingElse) {
  const TempDir dir;
  write_image(dir / "a.png", make_picture(10, 10));
  write_image(dir / "a.png", make_picture(20, 10));
  EXPECT_EQ(read_image(dir / "a.png").cols, 20);
  EXPECT_EQ(files_in(dir), 1U);
}

TEST(WriteImage, NamesAMissingFolder) {
  const TempDir dir;
  const std::string message = error_of<IoError>(dir / "missing/a.png");
  EXPECT_THAT(message, testing::HasSubstr((dir / "missing").string()));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(WriteImage, NamesAnUnknownExtension) {
  const TempDir dir;
  EXPECT_EQ(error_of<ConfigError>(dir / "a.gif"),
            "cannot write picture '" + (dir / "a.gif").string() +
                "': unknown extension '.gif'; expected one of .jpg .jpeg .png .webp .bmp .tif "
                ".tiff .ppm");
  EXPECT_THAT(error_of<ConfigError>(dir / "picture"), testing::HasSubstr("it has no extension"));
  EXPECT_EQ(files_in(dir), 0U);
}

TEST(WriteImage, NamesPicturesThatAreTooLargeForTheFormat) {
  const TempDir dir;
  EXPECT_EQ(error_of<ConfigError>(dir / "a.jpg", cv::Mat(2, 65501, CV_8UC3, cv::Scalar())),
            "cannot write picture '" + (dir / "a.jpg").string() +
                "': 65501 x 2 pixels, and .jpg holds at most 65500 a side; use .png");
  EXPECT_EQ(error_of<ConfigError>(dir / "a.jpg", cv::Mat(2, 65500, CV_8UC3, cv::Scalar())),
            "no error");
  EXPECT_THAT(error_of<ConfigError>(dir / "a.webp", cv::Mat(16384, 2, CV_8UC3, cv::Scalar())),
              testing::HasSubstr("at most 16383 a side"));
  EXPECT_EQ(error_of<ConfigError>(dir / "a.webp", cv::Mat(16383, 2, CV_8UC3, cv::Scalar())),
            "no error");
}

TEST(WriteImage, KnowsWhatItCanWrite) {
  EXPECT_TRUE(is_writable_image("folder.d/a.JPG"));
  EXPECT_FALSE(is_writable_image("folder.jpg/a"));
  EXPECT_FALSE(is_writable_image("a.jp2"));
}

TEST(WriteImage, RefusesWhatIsNoBgrImage) {
  const TempDir dir;
  EXPECT_THROW(write_image(dir / "a.png", cv::Mat()), gondola::ContractViolation);
  EXPECT_THROW(write_image(dir / "a.png", cv::Mat(2, 2, CV_8UC1)), gondola::ContractViolation);
}

}  // namespace
