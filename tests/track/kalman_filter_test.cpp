#include "gondola/track/kalman_filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::track {
namespace {

using testing::HasSubstr;

/// The same model with whole matrices: state x, y, width, height, x speed, y speed.
class MatrixFilter {
 public:
  MatrixFilter(const Box& box, const MotionModel& model, double speed_deviation) : model_(model) {
    const std::array<double, 4> measured = measurement_of(box);
    std::copy(measured.begin(), measured.end(), state_.begin());
    for (int i = 0; i < 4; ++i) {
      covariance_[i][i] = std::pow(model.measurement * side(i), 2);
    }
    covariance_[4][4] = covariance_[5][5] = speed_deviation * speed_deviation;
  }

  void predict(double t) {
    Matrix transition = identity();
    transition[0][4] = transition[1][5] = t;
    Matrix noise{};
    for (int i = 0; i < 2; ++i) {
      const double q = std::pow(model_.acceleration * side(i), 2);
      noise[i][i] = q * t * t * t / 3;
      noise[i][i + 4] = noise[i + 4][i] = q * t * t / 2;
      noise[i + 4][i + 4] = q * t;
      noise[i + 2][i + 2] = std::pow(model_.resizing * side(i), 2) * t;
    }
    State moved{};
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) moved[i] += transition[i][j] * state_[j];
    }
    state_ = moved;
    covariance_ = sum(product(product(transition, covariance_), transposed(transition)), noise);
  }

  /// One coordinate after the other: with independent errors the same as all at once.
  void update(const Box& box) {
    const std::array<double, 4> measured = measurement_of(box);
    std::array<double, 4> variances{};
    for (int i = 0; i < 4; ++i) variances[i] = std::pow(model_.measurement * side(i), 2);
    for (int m = 0; m < 4; ++m) {
      const double total = covariance_[m][m] + variances[m];
      State gain{};
      for (int i = 0; i < 6; ++i) gain[i] = covariance_[i][m] / total;
      const double surprise = measured[m] - state_[m];
      Matrix next = covariance_;
      for (int i = 0; i < 6; ++i) {
        state_[i] += gain[i] * surprise;
        for (int j = 0; j < 6; ++j) next[i][j] -= gain[i] * covariance_[m][j];
      }
      covariance_ = next;
    }
  }

  Box box() const {
    return {float(state_[0] - state_[2] / 2), float(state_[1] - state_[3] / 2),
            float(state_[0] + state_[2] / 2), float(state_[1] + state_[3] / 2)};
  }

  Velocity velocity() const { return {state_[4], state_[5]}; }

 private:
  using State = std::array<double, 6>;
  using Matrix = std::array<State, 6>;

  static std::array<double, 4> measurement_of(const Box& box) {
    return {(double(box.x1) + box.x2) / 2, (double(box.y1) + box.y2) / 2, double(box.x2) - box.x1,
            double(box.y2) - box.y1};
  }

  static Matrix identity() {
    Matrix m{};
    for (int i = 0; i < 6; ++i) m[i][i] = 1;
    return m;
  }

  static Matrix product(const Matrix& a, const Matrix& b) {
    Matrix m{};
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) {
        for (int k = 0; k < 6; ++k) m[i][j] += a[i][k] * b[k][j];
      }
    }
    return m;
  }

  static Matrix transposed(const Matrix& a) {
    Matrix m{};
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) m[i][j] = a[j][i];
    }
    return m;
  }

  static Matrix sum(const Matrix& a, const Matrix& b) {
    Matrix m = a;
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) m[i][j] += b[i][j];
    }
    return m;
  }

  /// Of x and width, y and height.
  double side(int i) const { return state_[2 + i % 2]; }

  MotionModel model_;
  State state_{};
  Matrix covariance_{};
};

void expect_near(const Box& a, const Box& b, float tolerance) {
  EXPECT_NEAR(a.x1, b.x1, tolerance);
  EXPECT_NEAR(a.y1, b.y1, tolerance);
  EXPECT_NEAR(a.x2, b.x2, tolerance);
  EXPECT_NEAR(a.y2, b.y2, tolerance);
}

TEST(KalmanFilter, IsThatOfTheFullMatrices) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 3);
  std::uniform_real_distribution<> step(0.01, 0.5);
  const Box first{100, 200, 140, 290};
  KalmanFilter filter(first, {}, {80, 80}, {});
  MatrixFilter reference(first, {}, 80);
  Box box = first;
  for (int frame = 0; frame < 60; ++frame) {
    const double t = step(random);
    filter.predict(t);
    reference.predict(t);
    expect_near(filter.box(), reference.box(), 1e-3F);
    if (random() % 4 == 0) continue;  // not seen
    box = {box.x1 + 5 + noise(random), box.y1 + noise(random), box.x2 + 5 + noise(random),
           box.y2 + noise(random)};
    filter.update(box);
    reference.update(box);
    expect_near(filter.box(), reference.box(), 1e-3F);
    ASSERT_NEAR(filter.velocity().x, reference.velocity().x, 1e-6);
    ASSERT_NEAR(filter.velocity().y, reference.velocity().y, 1e-6);
  }
}

TEST(KalmanFilter, WeighsTwoEquallyCertainBoxesEqually) {
  // No time and no doubt about the speed in between: the mean of the two, then of three.
  KalmanFilter filter({0, 0, 100, 100}, {}, {}, {});
  filter.update({9, 0, 109, 100});
  expect_near(filter.box(), {4.5, 0, 104.5, 100}, 1e-4F);
  filter.update({0, 9, 100, 109});
  expect_near(filter.box(), {3, 3, 103, 103}, 1e-4F);
}

TEST(KalmanFilter, TakesTheSpeedFromTwoBoxesWhenItKnewNothingOfIt) {
  MotionModel model;
  model.acceleration = 1e-9;
  KalmanFilter filter({0, 0, 100, 50}, {}, {1e9, 1e9}, model);
  filter.predict(0.5);
  filter.update({30, -10, 130, 40});
  EXPECT_NEAR(filter.velocity().x, 60, 1e-3);
  EXPECT_NEAR(filter.velocity().y, -20, 1e-3);
  expect_near(filter.box(), {30, -10, 130, 40}, 1e-3F);
  filter.predict(2);
  expect_near(filter.box(), {150, -50, 250, 0}, 0.05F);
}

TEST(KalmanFilter, HasTheSteadyStateOfTheClosedForm) {
  // For white-noise acceleration of spectral density q, measurement variance r and step t, the
  // steady gains (a, b) of position and of speed times t satisfy b^2 / (1 - a) = q t^3 / r and
  // a = sqrt(2 b + b^2 / 12) - b / 2 (Bar-Shalom et al. 2001, section 6.5.3, continuous model).
  const double r = std::pow(0.07 * 100, 2);
  const double q = std::pow(0.7 * 100, 2);
  const double t = 0.1;
  double b = 0.1;
  for (int i = 0; i < 200; ++i) {
    const double a = std::sqrt(2 * b + b * b / 12) - b / 2;
    b = std::sqrt(q * t * t * t / r * (1 - a));
  }
  const double a = std::sqrt(2 * b + b * b / 12) - b / 2;
  KalmanFilter filter({0, 0, 100, 100}, {}, {100, 100}, {});
  for (int i = 0; i < 300; ++i) {
    filter.predict(t);
    filter.update({0, 0, 100, 100});
  }
  filter.predict(t);
  filter.update({10, 0, 110, 100});
  EXPECT_NEAR(filter.box().x1, 10 * a, 1e-3);
  EXPECT_NEAR(filter.velocity().x, 10 * b / t, 1e-3);
}

TEST(KalmanFilter, PredictsTheSameInOneStepAsInMany) {
  const auto begin = [] { return KalmanFilter({0, 0, 40, 80}, {25, -5}, {60, 60}, {}); };
  KalmanFilter once = begin();
  KalmanFilter often = begin();
  once.predict(1);
  for (int i = 0; i < 8; ++i) often.predict(0.125);
  // What it makes of a detection shows the covariances, too.
  once.update({60, 10, 110, 80});
  often.update({60, 10, 110, 80});
  expect_near(once.box(), often.box(), 1e-3F);
  EXPECT_NEAR(once.velocity().x, often.velocity().x, 1e-9);
}

TEST(KalmanFilter, MovesWithThePicture) {
  KalmanFilter filter({10, 20, 30, 60}, {100, 0}, {10, 10}, {});
  filter.transform({1, 0, 5, 0, 1, -7});
  expect_near(filter.box(), {15, 13, 35, 53}, 1e-4F);
  EXPECT_EQ(filter.velocity(), (Velocity{100, 0}));
  // Zoomed by 2: centre (25, 33) to (50, 66), sides 40 x 80.
  filter.transform({2, 0, 0, 0, 2, 0});
  expect_near(filter.box(), {30, 26, 70, 106}, 1e-4F);
  EXPECT_EQ(filter.velocity(), (Velocity{200, 0}));
  // A quarter turn, (x, y) -> (-y, x): the centre (50, 66) to (-66, 50), the speed downwards.
  filter.transform({0, -1, 0, 1, 0, 0});
  EXPECT_NEAR(filter.box().center_x(), -66, 1e-4);
  EXPECT_NEAR(filter.box().center_y(), 50, 1e-4);
  EXPECT_NEAR(filter.velocity().y, 200, 1e-9);
}

TEST(KalmanFilter, KeepsItsSpeedWhenShapedAnew) {
  KalmanFilter filter({0, 0, 10, 10}, {50, 0}, {10, 10}, {});
  filter.reshape({0, 0, 40, 10});
  expect_near(filter.box(), {0, 0, 40, 10}, 1e-5F);
  EXPECT_EQ(filter.velocity(), (Velocity{50, 0}));
  filter.shift(3, -2, {-10, 1});
  expect_near(filter.box(), {3, -2, 43, 8}, 1e-5F);
  EXPECT_EQ(filter.velocity(), (Velocity{40, 1}));
}

TEST(KalmanFilter, RefusesWhatMakesNoSense) {
  const auto message_of = [](const Box& box, Velocity deviation, const MotionModel& model) {
    try {
      KalmanFilter(box, {}, deviation, model);
    } catch (const ContractViolation& error) {
      return std::string(error.what());
    }
    return std::string("no exception");
  };
  EXPECT_THAT(message_of({5, 0, 5, 9}, {}, {}), HasSubstr("encloses nothing"));
  EXPECT_THAT(message_of({0, 0, 9, 9}, {-1, 0}, {}), HasSubstr("velocity_deviation = -1, 0"));
  EXPECT_THAT(message_of({0, 0, 9, 9}, {}, {0, 1, 1}), HasSubstr("measurement = 0"));
}

}  // namespace
}  // namespace gondola::track
