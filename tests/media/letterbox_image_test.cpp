#include "gondola/media/letterbox_image.hpp"

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "media/picture_files.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::LetterboxTransform;
using gondola::Size;
using gondola::media::letterbox_image;
using gondola::media::Letterboxed;
using gondola::test::make_picture;

bool is_same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(LetterboxImage, EqualsTheGoldenBytes) {
  GONDOLA_REQUIRE_SHARED("golden/letterbox_bus_640x640x3_bgr.u8.bin");
  const auto golden = gondola::test::read_binary<unsigned char>(
      gondola::test::shared_dir() / "golden/letterbox_bus_640x640x3_bgr.u8.bin");
  const Letterboxed boxed = letterbox_image(
      gondola::media::read_image(gondola::test::shared_dir() / "golden/bus.jpg"), {640, 640});
  ASSERT_TRUE(boxed.image.isContinuous());
  ASSERT_EQ(boxed.image.total() * boxed.image.elemSize(), golden.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    const int difference = std::abs(boxed.image.data[i] - golden[i]);
    ASSERT_LE(difference, 1) << "byte " << i;
    if (difference != 0) ++different;
  }
  EXPECT_LE(different, golden.size() / 1000);
}

// 100 x 50 into 64 x 64: gain 0.64, so 64 x 32 pixels with (64 - 32) / 2 = 16 above and below.
TEST(LetterboxImage, PadsAboveAndBelowAWidePicture) {
  const cv::Mat picture = make_picture(100, 50);
  const Letterboxed boxed = letterbox_image(picture, {64, 64});
  EXPECT_EQ(boxed.transform.resized, (Size{64, 32}));
  EXPECT_EQ(boxed.transform.pad_top, 16);
  const cv::Mat grey(16, 64, CV_8UC3, cv::Scalar::all(114));
  EXPECT_TRUE(is_same(boxed.image.rowRange(0, 16), grey));
  EXPECT_TRUE(is_same(boxed.image.rowRange(48, 64), grey));
  cv::Mat resized;
  cv::resize(picture, resized, {64, 32}, 0, 0, cv::INTER_LINEAR);
  EXPECT_TRUE(is_same(boxed.image.rowRange(16, 48), resized));
}

// 40 x 80 into 96 x 64: gain 0.8, so 32 x 64 pixels with (96 - 32) / 2 = 32 left and right.
TEST(LetterboxImage, PadsLeftAndRightOfATallPicture) {
  const Letterboxed boxed = letterbox_image(make_picture(40, 80), {96, 64});
  EXPECT_EQ(boxed.transform.pad_left, 32);
  const cv::Mat grey(64, 32, CV_8UC3, cv::Scalar::all(114));
  EXPECT_TRUE(is_same(boxed.image.colRange(0, 32), grey));
  EXPECT_TRUE(is_same(boxed.image.colRange(64, 96), grey));
}

TEST(LetterboxImage, CopiesAPictureThatFits) {
  const cv::Mat picture = make_picture(64, 64);
  EXPECT_TRUE(is_same(letterbox_image(picture, {64, 64}).image, picture));
  EXPECT_TRUE(is_same(letterbox_image(picture, {96, 64}).image.colRange(16, 80), picture));
}

TEST(LetterboxImage, EnlargesASmallPicture) {
  const Letterboxed boxed = letterbox_image(make_picture(10, 20), {64, 64});
  EXPECT_EQ(boxed.transform.resized, (Size{32, 64}));
}

TEST(LetterboxImage, TakesAViewOfALargerImageAsItIs) {
  const cv::Mat large = make_picture(300, 200);
  const cv::Mat view = large(cv::Rect(37, 21, 120, 90));
  ASSERT_FALSE(view.isContinuous());
  EXPECT_TRUE(is_same(letterbox_image(view, {64, 64}).image,
                      letterbox_image(view.clone(), {64, 64}).image));
}

TEST(LetterboxImage, ReusesABufferAndOverwritesAllOfIt) {
  cv::Mat buffer(64, 64, CV_8UC3, cv::Scalar::all(7));
  const unsigned char* const pixels = buffer.data;
  const cv::Mat picture = make_picture(100, 50);
  const LetterboxTransform transform = letterbox_image(picture, {64, 64}, buffer);
  EXPECT_EQ(buffer.data, pixels);
  EXPECT_EQ(transform.pad_top, 16);
  EXPECT_TRUE(is_same(buffer, letterbox_image(picture, {64, 64}).image));
}

TEST(LetterboxImage, RefusesWhatIsNoBgrImage) {
  EXPECT_THROW(letterbox_image(cv::Mat(), {64, 64}), gondola::ContractViolation);
  EXPECT_THROW(letterbox_image(cv::Mat(5, 5, CV_8UC1), {64, 64}), gondola::ContractViolation);
  EXPECT_THROW(letterbox_image(make_picture(5, 5), {0, 64}), gondola::ContractViolation);
}

}  // namespace
