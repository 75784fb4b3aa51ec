#include "gondola/core/letterbox.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

void expect_plan(Size image, Size input, Size resized, int pad_left, int pad_top) {
  SCOPED_TRACE(::testing::Message() << image << " into " << input);
  const LetterboxTransform transform = plan_letterbox(image, input);
  EXPECT_EQ(transform.image, image);
  EXPECT_EQ(transform.input, input);
  EXPECT_EQ(transform.resized, resized);
  EXPECT_EQ(transform.pad_left, pad_left);
  EXPECT_EQ(transform.pad_top, pad_top);
}

TEST(Letterbox, CentersTheScaledImage) {
  // 810x1080: gain 640/1080, width 810 * 16/27 = 480, 160 over, 80 on each side.
  expect_plan({810, 1080}, {640, 640}, {480, 640}, 80, 0);
  // 1280x720: gain 1/2, height 360, 280 over.
  expect_plan({1280, 720}, {640, 640}, {640, 360}, 0, 140);
  // The same into an input that fits exactly, and into a wide one.
  expect_plan({1280, 720}, {640, 384}, {640, 360}, 0, 12);
  expect_plan({100, 100}, {640, 320}, {320, 320}, 160, 0);
}

TEST(Letterbox, EnlargesSmallImages) {
  expect_plan({320, 160}, {640, 640}, {640, 320}, 0, 160);
  expect_plan({1, 1}, {640, 640}, {640, 640}, 0, 0);
}

TEST(Letterbox, PutsTheOddPixelOfPaddingLast) {
  // 640x427: gain 1, 213 over; 106.5 - 0.1 rounds to 106 above, 107 remain below.
  expect_plan({640, 427}, {640, 640}, {640, 427}, 0, 106);
  // 639 high: 1 over; 0.5 - 0.1 rounds to 0.
  expect_plan({640, 639}, {640, 640}, {640, 639}, 0, 0);
  // 637 high: 3 over; 1.5 - 0.1 rounds to 1.
  expect_plan({640, 637}, {640, 640}, {640, 637}, 0, 1);
}

TEST(Letterbox, RoundsHalvesToEvenAsPythonDoes) {
  // Gain 1/2: 641 becomes 320.5, of which 320 is even; 643 becomes 321.5, of which 322 is.
  expect_plan({1280, 641}, {640, 640}, {640, 320}, 0, 160);
  expect_plan({1280, 643}, {640, 640}, {640, 322}, 0, 159);
}

TEST(Letterbox, KeepsAtLeastOnePixelOfAThread) {
  // 1 * 640 / 10000 = 0.064 would round to nothing; 639 over, 319.5 - 0.1 rounds to 319.
  expect_plan({1, 10000}, {640, 640}, {1, 640}, 319, 0);
  expect_plan({10000, 1}, {640, 640}, {640, 1}, 0, 319);
}

TEST(Letterbox, NeverLeavesTheInput) {
  for (int width = 1; width <= 700; width += 3) {
    for (int height = 1; height <= 700; height += 7) {
      for (const Size input : {Size{640, 640}, Size{32, 640}, Size{416, 256}, Size{1, 1}}) {
        const LetterboxTransform transform = plan_letterbox({width, height}, input);
        ASSERT_GE(transform.pad_left, 0);
        ASSERT_GE(transform.pad_top, 0);
        ASSERT_GE(transform.resized.width, 1);
        ASSERT_GE(transform.resized.height, 1);
        const int right = input.width - transform.pad_left - transform.resized.width;
        const int bottom = input.height - transform.pad_top - transform.resized.height;
        ASSERT_TRUE(right == transform.pad_left || right == transform.pad_left + 1);
        ASSERT_TRUE(bottom == transform.pad_top || bottom == transform.pad_top + 1);
      }
    }
  }
}

TEST(Letterbox, MapsBoxesByHand) {
  const LetterboxTransform transform = plan_letterbox({1280, 720}, {640, 640});
  // Half the size, 140 down.
  EXPECT_EQ(transform.to_input({100, 200, 300, 400}), (Box{50, 240, 150, 340}));
  EXPECT_EQ(transform.to_image({50, 240, 150, 340}), (Box{100, 200, 300, 400}));
}

TEST(Letterbox, ClipsBoxesToTheImageOnTheWayBack) {
  const LetterboxTransform transform = plan_letterbox({1280, 720}, {640, 640});
  EXPECT_EQ(transform.to_image({-10, 100, 700, 600}), (Box{0, 0, 1280, 720}));
  const Box in_padding = transform.to_image({10, 10, 20, 20});
  EXPECT_EQ(area(in_padding), 0.0F);
}

TEST(Letterbox, RoundTripIsExactToAThousandthOfAPixel) {
  const std::vector<Size> images = {{810, 1080},  {1280, 720}, {333, 777}, {17, 31},
                                    {4000, 3000}, {1, 1},      {1, 10000}, {8192, 5464}};
  for (const Size& image : images) {
    for (const Size& input : {Size{640, 640}, Size{1280, 1280}, Size{640, 384}}) {
      SCOPED_TRACE(::testing::Message() << image << " into " << input);
      const LetterboxTransform transform = plan_letterbox(image, input);
      const auto width = static_cast<float>(image.width);
      const auto height = static_cast<float>(image.height);
      for (int i = 0; i < 100; ++i) {
        const float t = static_cast<float>(i) / 100;
        const Box box{t * width, t * height, (t + 0.01F) * width, (t + 0.01F) * height};
        const Box back = transform.to_image(transform.to_input(box));
        ASSERT_NEAR(back.x1, box.x1, 1e-3);
        ASSERT_NEAR(back.y1, box.y1, 1e-3);
        ASSERT_NEAR(back.x2, box.x2, 1e-3);
        ASSERT_NEAR(back.y2, box.y2, 1e-3);
      }
    }
  }
}

TEST(Letterbox, RefusesEmptySizes) {
  EXPECT_THROW(plan_letterbox({0, 10}, {640, 640}), ContractViolation);
  EXPECT_THROW(plan_letterbox({10, -1}, {640, 640}), ContractViolation);
  EXPECT_THROW(plan_letterbox({10, 10}, {640, 0}), ContractViolation);
}

}  // namespace
}  // namespace gondola
