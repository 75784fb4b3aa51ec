#include "gondola/train/ciou.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"

namespace gondola::train {
namespace {

using Corners = std::array<double, 4>;

constexpr double kPi = 3.14159265358979323846;

double aspect_penalty(const Corners& p, const Corners& t) {
  const double angle =
      std::atan((t[2] - t[0]) / (t[3] - t[1])) - std::atan((p[2] - p[0]) / (p[3] - p[1]));
  return 4 / (kPi * kPi) * angle * angle;
}

double overlap(const Corners& p, const Corners& t) {
  const double w = std::max(0.0, std::min(p[2], t[2]) - std::max(p[0], t[0]));
  const double h = std::max(0.0, std::min(p[3], t[3]) - std::max(p[1], t[1]));
  return w * h / ((p[2] - p[0]) * (p[3] - p[1]) + (t[2] - t[0]) * (t[3] - t[1]) - w * h);
}

// CIoU in double with alpha given, so that it can be held constant.
double reference(const Corners& p, const Corners& t, double alpha) {
  const double cx = (p[0] + p[2] - t[0] - t[2]) / 2;
  const double cy = (p[1] + p[3] - t[1] - t[3]) / 2;
  const double hull_w = std::max(p[2], t[2]) - std::min(p[0], t[0]);
  const double hull_h = std::max(p[3], t[3]) - std::min(p[1], t[1]);
  return overlap(p, t) - (cx * cx + cy * cy) / (hull_w * hull_w + hull_h * hull_h) -
         alpha * aspect_penalty(p, t);
}

Box box(const Corners& c) {
  return {static_cast<float>(c[0]), static_cast<float>(c[1]), static_cast<float>(c[2]),
          static_cast<float>(c[3])};
}

TEST(CiouGradient, MatchesDifferencesOfTheFormulaInEveryConstellation) {
  const Corners target = {10, 20, 50, 90};
  const std::array<Corners, 7> predictions = {{
      {12, 25, 47, 80},     // inside
      {5, 10, 60, 100},     // around
      {20, 40, 80, 120},    // lower right
      {-10, 0, 30, 60},     // upper left
      {100, 25, 140, 60},   // apart in x
      {60, 200, 90, 300},   // apart in both
      {11, 19, 300, 21.5},  // very flat
  }};
  for (const Corners& prediction : predictions) {
    const double v = aspect_penalty(prediction, target);
    const double alpha = v / (1 - overlap(prediction, target) + v);
    const CiouGradient result = ciou_with_gradient(box(prediction), box(target));
    EXPECT_NEAR(result.value, reference(prediction, target, alpha), 1e-5);
    for (std::size_t i = 0; i < 4; ++i) {
      Corners higher = prediction;
      Corners lower = prediction;
      higher[i] += 1e-4;
      lower[i] -= 1e-4;
      const double slope =
          (reference(higher, target, alpha) - reference(lower, target, alpha)) / 2e-4;
      EXPECT_NEAR(result.gradient[i], slope, 1e-5) << "corner " << i << " of " << box(prediction);
    }
  }
}

TEST(CiouGradient, HasTheValueThatNmsAndEvaluationUse) {
  const Box a{3, 4, 30, 44};
  const Box b{10, 2, 41, 39};
  EXPECT_FLOAT_EQ(ciou_with_gradient(a, b).value, ciou(a, b));
}

TEST(CiouGradient, IsOneForEqualBoxes) {
  const Box a{3, 4, 30, 44};
  const CiouGradient result = ciou_with_gradient(a, a);
  EXPECT_FLOAT_EQ(result.value, 1);
  for (const float slope : result.gradient) EXPECT_TRUE(std::isfinite(slope));
}

TEST(CiouGradient, PullsASmallBoxApartFromTheTargetTowardsIt) {
  // The target is to the right: a step along the gradient must move both x corners right.
  const CiouGradient result = ciou_with_gradient({0, 0, 10, 10}, {50, 0, 60, 10});
  EXPECT_GT(result.gradient[0] + result.gradient[2], 0);
}

}  // namespace
}  // namespace gondola::train
