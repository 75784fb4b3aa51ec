#include "bystanders.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "colors.hpp"

namespace gondola::data::synth {

cv::Mat draw_cart(Random& random) {
  cv::Mat cart(220, 240, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color metal = random.chance(0.7) ? hsv(0.6, 0.05, random.uniform(0.35, 0.75))
                                         : hsv(random.unit(), 0.8, 0.6);
  const Color plastic = hsv(random.pick(std::vector<double>{0.0, 0.6, 0.33, 0.08}), 0.9, 0.7);
  const cv::Point top_left(30, 40), top_right(225, 60), bottom_right(195, 140),
      bottom_left(60, 135);
  const int steps = random.integer(9, 16);
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    cv::line(cart, cv::Point2d(top_left) * (1 - t) + cv::Point2d(top_right) * t,
             cv::Point2d(bottom_left) * (1 - t) + cv::Point2d(bottom_right) * t, opaque(metal), 2,
             cv::LINE_AA);
  }
  for (int i = 0; i <= 6; ++i) {
    const double t = i / 6.0;
    cv::line(cart, cv::Point2d(top_left) * (1 - t) + cv::Point2d(bottom_left) * t,
             cv::Point2d(top_right) * (1 - t) + cv::Point2d(bottom_right) * t,
             opaque(scaled(metal, 1.1)), 2, cv::LINE_AA);
  }
  cv::line(cart, {60, 135}, {45, 190}, opaque(metal), 4, cv::LINE_AA);
  cv::line(cart, {45, 190}, {200, 195}, opaque(metal), 5, cv::LINE_AA);
  cv::line(cart, {195, 140}, {200, 195}, opaque(metal), 3, cv::LINE_AA);
  for (const cv::Point& wheel : {cv::Point(55, 205), cv::Point(195, 208)})
    cv::circle(cart, wheel, 10, {30, 30, 30, 255}, cv::FILLED, cv::LINE_AA);
  cv::line(cart, {8, 30}, {40, 42}, opaque(plastic), 9, cv::LINE_AA);
  if (random.chance(0.5))
    cv::rectangle(cart, cv::Rect(95, 70, 70, 30), opaque(plastic), cv::FILLED);
  if (random.chance(0.5)) cv::flip(cart, cart, 1);
  return cart;
}

cv::Mat draw_basket(Random& random) {
  cv::Mat basket(110, 160, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color color =
      hsv(random.pick(std::vector<double>{0.0, 0.6, 0.33, 0.08}), 0.85, random.uniform(0.4, 0.8));
  cv::fillConvexPoly(basket, std::vector<cv::Point>{{5, 30}, {155, 30}, {138, 105}, {22, 105}},
                     opaque(color), cv::LINE_AA);
  for (int i = 1; i < 12; ++i)
    for (int j = 0; j < 3; ++j)
      cv::rectangle(basket, cv::Rect(14 + i * 11, 40 + j * 20, 6, 13), opaque(scaled(color, 0.45)),
                    cv::FILLED);
  cv::ellipse(basket, {80, 32}, {62, 28}, 0, 180, 360, {40, 40, 40, 255}, 5, cv::LINE_AA);
  return basket;
}

cv::Mat draw_person(Random& random) {
  cv::Mat person(320, 110, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color skin =
      hsv(random.uniform(0.03, 0.09), random.uniform(0.25, 0.65), random.uniform(0.3, 0.95));
  const Color hair =
      hsv(random.uniform(0.02, 0.12), random.uniform(0.1, 0.7), random.uniform(0.05, 0.6));
  const Color coat = hsv(random.unit(), random.uniform(0, 0.8), random.uniform(0.1, 0.85));
  const Color trousers =
      hsv(random.uniform(0.5, 0.7), random.uniform(0, 0.6), random.uniform(0.08, 0.5));
  const auto limb = [&](cv::Point from, cv::Point to, int width, const Color& color) {
    cv::line(person, from, to, opaque(color), width, cv::LINE_AA);
  };
  const int stride = random.integer(0, 14);
  limb({48, 180}, {44 - stride, 300}, 24, trousers);
  limb({64, 180}, {66 + stride, 300}, 24, scaled(trousers, 0.85));
  limb({44 - stride, 306}, {36 - stride, 308}, 14, {30, 30, 30});
  limb({66 + stride, 306}, {76 + stride, 308}, 14, {30, 30, 30});
  cv::fillConvexPoly(person, std::vector<cv::Point>{{34, 70}, {78, 70}, {84, 195}, {30, 195}},
                     opaque(coat), cv::LINE_AA);
  const int reach = random.integer(-30, 30);
  limb({34, 78}, {22, 130}, 17, scaled(coat, 0.9));
  limb({22, 130}, {24 + reach / 3, 180 - std::abs(reach)}, 14, scaled(coat, 0.85));
  limb({78, 78}, {90, 130}, 17, scaled(coat, 1.05));
  limb({90, 130}, {88, 178}, 14, coat);
  cv::circle(person, {88, 184}, 8, opaque(skin), cv::FILLED, cv::LINE_AA);
  limb({56, 50}, {56, 66}, 18, skin);
  cv::ellipse(person, {56, 34}, {19, 25}, 0, 0, 360, opaque(skin), cv::FILLED, cv::LINE_AA);
  cv::ellipse(person, {56, 28}, {21, 24}, 0, random.chance(0.5) ? 0 : 170, 370, opaque(hair),
              cv::FILLED, cv::LINE_AA);
  cv::GaussianBlur(person, person, {0, 0}, 1.2);
  if (random.chance(0.5)) cv::flip(person, person, 1);
  return person;
}

}  // namespace gondola::data::synth
