#include "shelf_map.hpp"

#include <algorithm>
#include <cmath>

#include "linear.hpp"

namespace gondola::shelf {
namespace {

Place apply(const std::array<double, 9>& h, const Place& p) {
  const double w = h[6] * p.x + h[7] * p.y + h[8];
  return {(h[0] * p.x + h[1] * p.y + h[2]) / w, (h[3] * p.x + h[4] * p.y + h[5]) / w};
}

double distance(const Place& a, const Place& b) { return std::hypot(a.x - b.x, a.y - b.y); }

/// Cauchy's weight; half at a deviation of 0.15 of the product's size.
double trust(double deviation) {
  const double scaled = deviation / 0.15;
  return 1 / (1 + scaled * scaled);
}

}  // namespace

ShelfMap::ShelfMap(Size image)
    : center_{image.width / 2.0, image.height / 2.0},
      scale_(std::max(1.0, std::hypot(image.width, image.height) / 2)) {}

ShelfMap::ShelfMap(Size image, const Affine& start, const BoardPerspective& perspective)
    : ShelfMap(image) {
  // Relative to the middle, the picture is the one with parallel boards over 1 + narrowing * x.
  const double narrowing = perspective.narrowing();
  const double x0 = start.x0 - center_.x;
  forward_ = {start.xx / scale_,    start.xy / scale_,    x0 / scale_,
              start.yx / scale_,    start.yy / scale_,    (start.y0 - center_.y) / scale_,
              narrowing * start.xx, narrowing * start.xy, 1 + narrowing * x0};
  invert();
}

Place ShelfMap::straightened(const Place& bent) const {
  const double r2 = bent.x * bent.x + bent.y * bent.y;
  return {bent.x * (1 + bend_ * r2), bent.y * (1 + bend_ * r2)};
}

Place ShelfMap::bent(const Place& straight) const {
  Place place = straight;
  for (int i = 0; i < 8; ++i) {
    const double r2 = std::min(2.0, place.x * place.x + place.y * place.y);
    const double factor = std::max(0.3, 1 + bend_ * r2);
    place = {straight.x / factor, straight.y / factor};
  }
  return place;
}

Place ShelfMap::to_picture(const Place& plan) const {
  const Place straight = apply(
      forward_, {(plan.x - plan_center_.x) / plan_scale_, (plan.y - plan_center_.y) / plan_scale_});
  const Place place = bent(straight);
  return {place.x * scale_ + center_.x, place.y * scale_ + center_.y};
}

Place ShelfMap::to_plan(const Place& picture) const {
  const Place straight =
      straightened({(picture.x - center_.x) / scale_, (picture.y - center_.y) / scale_});
  const Place plan = apply(backward_, straight);
  return {plan.x * plan_scale_ + plan_center_.x, plan.y * plan_scale_ + plan_center_.y};
}

bool ShelfMap::is_sound_at(const Place& plan) const {
  const double x = (plan.x - plan_center_.x) / plan_scale_;
  const double y = (plan.y - plan_center_.y) / plan_scale_;
  return forward_[6] * x + forward_[7] * y + forward_[8] > 0.1;
}

void ShelfMap::invert() {
  const std::array<double, 9>& h = forward_;
  backward_ = {h[4] * h[8] - h[5] * h[7], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4],
               h[5] * h[6] - h[3] * h[8], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5],
               h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]};
}

void ShelfMap::fit_homography(const std::vector<Pair>& pairs) {
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    LeastSquares<8> problem({1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 3e-3, 3e-3});
    for (const Pair& pair : pairs) {
      const double x = (pair.plan.x - plan_center_.x) / plan_scale_;
      const double y = (pair.plan.y - plan_center_.y) / plan_scale_;
      const Place to = straightened(
          {(pair.picture.x - center_.x) / scale_, (pair.picture.y - center_.y) / scale_});
      double weight = pair.weight * scale_ / std::max(1.0, pair.size);
      if (round > 0) weight *= trust(distance(to_picture(pair.plan), pair.picture) / pair.size);
      problem.add({x, y, 1, 0, 0, 0, -to.x * x, -to.x * y}, to.x, weight);
      problem.add({0, 0, 0, x, y, 1, -to.y * x, -to.y * y}, to.y, weight);
    }
    const Vector<8> h = problem.solve();
    std::copy(h.begin(), h.end(), forward_.begin());
    forward_[8] = 1;
    invert();
  }
}

double ShelfMap::deviation(const std::vector<Pair>& pairs) const {
  double sum = 0;
  for (const Pair& pair : pairs) {
    const double apart = distance(to_picture(pair.plan), pair.picture) / pair.size;
    sum += pair.weight * (1 - trust(apart));
  }
  return sum;
}

ShelfMap ShelfMap::fitted(const std::vector<Pair>& pairs) const {
  ShelfMap map = *this;
  double weight = 0;
  map.plan_center_ = {};
  for (const Pair& pair : pairs) {
    map.plan_center_.x += pair.plan.x;
    map.plan_center_.y += pair.plan.y;
    weight += 1;
  }
  map.plan_center_ = {map.plan_center_.x / weight, map.plan_center_.y / weight};
  double spread = 0;
  for (const Pair& pair : pairs) spread += distance(pair.plan, map.plan_center_);
  map.plan_scale_ = std::max(1e-9, spread / weight);

  // The bend by a search around the last one: every candidate has its own best homography.
  ShelfMap best = map;
  double lowest = -1;
  constexpr double kStep = 0.04;
  constexpr double kLimit = 0.5;
  // A few products say nothing about the lens.
  const int reach = pairs.size() >= 40 ? 1 : 0;
  for (int step = -reach; step <= reach; ++step) {
    ShelfMap candidate = map;
    candidate.bend_ = std::clamp(bend_ + step * kStep, -kLimit, kLimit);
    candidate.fit_homography(pairs);
    const double sum = candidate.deviation(pairs);
    if (lowest >= 0 && sum >= lowest) continue;
    lowest = sum;
    best = candidate;
  }
  return best;
}

}  // namespace gondola::shelf
