#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "synth/camera_effects.hpp"
#include "synth/canvas.hpp"

namespace gondola::data::synth {
namespace {

const cv::Size kPicture(100, 80);

/// Looks along -z from 100 cm with a focal length of 100 pixels: at z = 0 a centimetre is a pixel,
/// and the store's origin is the picture's middle (50, 40).
Camera frontal_camera() {
  Pose pose;
  pose.position = {0, 0, 100};
  return Camera(pose, 100, kPicture);
}

Paint painted_as(int owner) {
  Paint paint;
  paint.owner = owner;
  return paint;
}

cv::Rect owned_rect(Canvas& canvas, int owner) {
  return cv::boundingRect(canvas.owners() == owner);
}

int owned_pixels(Canvas& canvas, int owner) { return cv::countNonZero(canvas.owners() == owner); }

TEST(ShelfCamera, ScaleIsFocalLengthOverDistance) {
  const Camera camera = frontal_camera();
  EXPECT_DOUBLE_EQ(camera.scale_at({0, 0, 0}), 1);
  EXPECT_DOUBLE_EQ(camera.scale_at({30, 20, 50}), 2);  // 100 / (100 - 50)
  EXPECT_DOUBLE_EQ(camera.scale_at({0, 0, -100}), 0.5);
  EXPECT_DOUBLE_EQ(camera.scale_at({0, 0, 101}), 0);  // behind
}

TEST(ShelfCamera, TurnsToTheRightAndUpByYawAndPitch) {
  Pose pose;
  pose.position = {0, 0, 100};
  pose.yaw = CV_PI / 4;
  const Camera right(pose, 100, kPicture);
  // 45 degrees to the right of straight ahead is what the camera now looks at.
  const Vec3 ahead = right.project({100, 0, 0});
  EXPECT_NEAR(ahead[0] / ahead[2], 50, 1e-9);
  EXPECT_NEAR(ahead[1] / ahead[2], 40, 1e-9);
  pose.yaw = 0;
  pose.pitch = CV_PI / 4;
  const Vec3 above = Camera(pose, 100, kPicture).project({0, 100, 0});
  EXPECT_NEAR(above[0] / above[2], 50, 1e-9);
  EXPECT_NEAR(above[1] / above[2], 40, 1e-9);
}

TEST(ShelfCanvas, PaintsExactlyThePixelsOfAFrontalQuad) {
  Canvas canvas(frontal_camera(), 1);
  // 20 x 10 cm, left edge at x = -30, top edge at y = 15: pixels 20..40 and 25..35.
  canvas.paint(facing_quad(-30, 15, 20, 10, 0), solid_texture({10, 20, 30}), painted_as(1));
  EXPECT_EQ(owned_rect(canvas, 1), cv::Rect(20, 25, 20, 10));
  EXPECT_EQ(owned_pixels(canvas, 1), 200);
  EXPECT_EQ(canvas.coverage(1).drawn, 200);
  EXPECT_NEAR(canvas.coverage(1).full_area, 200, 1e-6);
  EXPECT_EQ(canvas.picture().at<cv::Vec3b>(30, 30), cv::Vec3b(10, 20, 30));
  EXPECT_EQ(canvas.picture().at<cv::Vec3b>(30, 45), cv::Vec3b(0, 0, 0));
}

TEST(ShelfCanvas, MixesAPixelByTheShareThatIsCovered) {
  Canvas canvas(frontal_camera(), 1);
  // The right edge is at x = 10.25 + 50: a quarter of pixel 60, which stays the backdrop's.
  canvas.paint(facing_quad(0, 10, 10.25, 10, 0), solid_texture({200, 200, 200}), painted_as(1));
  EXPECT_NEAR(canvas.picture().at<cv::Vec3b>(35, 60)[0], 50, 2);
  EXPECT_EQ(canvas.owners().at<int>(35, 60), kBackdrop);
}

TEST(ShelfCanvas, LaterQuadsHideEarlierOnesAndGlassHidesNothing) {
  Canvas canvas(frontal_camera(), 2);
  canvas.paint(facing_quad(-20, 20, 40, 40, 0), solid_texture({0, 0, 200}), painted_as(1));
  canvas.paint(facing_quad(0, 20, 40, 40, 0), solid_texture({0, 200, 0}), painted_as(2));
  canvas.paint(facing_quad(-50, 40, 100, 80, 0), solid_texture({255, 255, 255}, 51),
               painted_as(kSeeThrough));
  EXPECT_EQ(canvas.coverage(1).drawn, 1600);
  EXPECT_EQ(owned_pixels(canvas, 1), 800);
  EXPECT_EQ(owned_pixels(canvas, 2), 1600);
  // A fifth of white over red: 0.8 * 200 + 0.2 * 255 = 211.
  EXPECT_NEAR(canvas.picture().at<cv::Vec3b>(40, 35)[2], 211, 3);
}

TEST(ShelfCanvas, CountsTheAreaOutsideThePicture) {
  Canvas canvas(frontal_camera(), 1);
  canvas.paint(facing_quad(40, 5, 40, 10, 0), solid_texture({9, 9, 9}), painted_as(1));
  EXPECT_EQ(canvas.coverage(1).drawn, 100);  // columns 90..99
  EXPECT_NEAR(canvas.coverage(1).full_area, 400, 1e-6);
}

TEST(ShelfCanvas, CutsOffWhatIsBehindTheCamera) {
  Canvas canvas(frontal_camera(), 1);
  canvas.paint(facing_quad(-10, 10, 20, 20, 150), solid_texture({9, 9, 9}), painted_as(1));
  EXPECT_EQ(owned_pixels(canvas, 1), 0);
  // A floor 20 cm below that runs from behind the camera to 200 cm before it: at that distance its
  // far edge is 20 * 100 / 200 = 10 pixels below the middle.
  canvas.paint(level_quad(-1000, -20, 2000, -100, 400), solid_texture({9, 9, 9}), painted_as(1));
  EXPECT_EQ(owned_rect(canvas, 1), cv::Rect(0, 50, 100, 30));
}

TEST(ShelfCanvas, LightRunsFromTopToBottom) {
  Canvas canvas(frontal_camera(), 0);
  Paint paint;
  paint.light_top = 1;
  paint.light_bottom = 0;
  canvas.paint(facing_quad(-50, 40, 100, 80, 0), solid_texture({200, 200, 200}), paint);
  EXPECT_NEAR(canvas.picture().at<cv::Vec3b>(20, 50)[1], 200 * (1 - 20.5 / 80), 2);
  EXPECT_NEAR(canvas.picture().at<cv::Vec3b>(60, 50)[1], 200 * (1 - 60.5 / 80), 2);
}

TEST(ShelfCanvas, RefusesAnEmptyTexture) {
  Canvas canvas(frontal_camera(), 0);
  EXPECT_THROW(canvas.paint(facing_quad(0, 1, 1, 1, 0), Texture{}, Paint{}), ContractViolation);
}

TEST(ShelfLens, PutsPointsWhereItPutsPixels) {
  for (const double k1 : {-0.07, 0.05}) {
    cv::Mat picture(240, 320, CV_8UC1, cv::Scalar(0));
    const cv::Point2d dot(60.5, 200.5);
    cv::circle(picture, cv::Point(dot), 4, 255, cv::FILLED);
    const cv::Mat bent = distort(picture, k1, cv::INTER_LINEAR);
    const cv::Moments moments = cv::moments(bent);
    const cv::Point2d expected = distorted_point(dot, picture.size(), k1);
    EXPECT_NEAR(moments.m10 / moments.m00 + 0.5, expected.x, 0.15) << k1;
    EXPECT_NEAR(moments.m01 / moments.m00 + 0.5, expected.y, 0.15) << k1;
    EXPECT_GT(cv::norm(expected - dot), 1) << "the lens did nothing";
  }
}

}  // namespace
}  // namespace gondola::data::synth
