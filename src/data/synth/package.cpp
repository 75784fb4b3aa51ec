#include "package.hpp"

#include <algorithm>
#include <cmath>

#include "fold.hpp"
#include "gondola/core/error.hpp"

namespace gondola::data::synth {
namespace {

struct Range {
  double low;
  double high;
  double draw(Random& random) const { return random.log_uniform(low, high); }
};

/// Heights in centimetres, width over height, depth over width.
struct ShapeSizes {
  Range height;
  Range aspect;
  Range depth;
};

ShapeSizes sizes_of(Shape shape) {
  switch (shape) {
    case Shape::kBox:
      return {{5, 32}, {0.35, 2.2}, {0.25, 0.8}};
    case Shape::kCan:
      return {{6, 17}, {0.38, 0.9}, {1, 1}};
    case Shape::kJar:
      return {{7, 18}, {0.5, 0.95}, {1, 1}};
    case Shape::kTub:
      return {{6, 16}, {0.7, 1.5}, {1, 1}};
    case Shape::kBottle:
      return {{14, 34}, {0.24, 0.42}, {1, 1}};
    case Shape::kFlask:
      return {{13, 30}, {0.26, 0.55}, {0.5, 1}};
    case Shape::kSprayCan:
      return {{12, 26}, {0.2, 0.36}, {1, 1}};
    case Shape::kJug:
      return {{22, 34}, {0.5, 0.85}, {0.5, 0.8}};
    case Shape::kTube:
      return {{11, 20}, {0.28, 0.42}, {0.6, 1}};
    case Shape::kFlowPack:
      return {{9, 36}, {0.55, 1.5}, {0.3, 0.5}};
    case Shape::kPouch:
      return {{14, 38}, {0.45, 0.75}, {0.4, 0.6}};
    case Shape::kSoftPack:
      return {{7, 26}, {0.7, 2.0}, {0.5, 0.9}};
    case Shape::kRollPack:
      return {{18, 36}, {0.7, 1.7}, {0.4, 0.8}};
    case Shape::kMultipack:
      return {{12, 32}, {0.7, 1.8}, {0.6, 1}};
    case Shape::kBlister:
      return {{10, 28}, {0.35, 0.8}, {0.15, 0.3}};
    case Shape::kHangBag:
      return {{12, 26}, {0.55, 0.85}, {0.15, 0.3}};
    case Shape::kEggCarton:
      return {{6, 8}, {1.5, 3.8}, {0.4, 0.9}};
    case Shape::kTray:
      return {{6, 14}, {1.2, 2.6}, {0.6, 0.9}};
  }
  return {{10, 10}, {1, 1}, {1, 1}};
}

cv::Size pixels_of(const Extent& extent, double pixels_per_cm) {
  return {std::max(kLeastSide, static_cast<int>(std::lround(extent.width * pixels_per_cm))),
          std::max(kLeastSide, static_cast<int>(std::lround(extent.height * pixels_per_cm)))};
}

using Fold = void (*)(const Sheet&, Package&);

Fold fold_of(Shape shape) {
  switch (shape) {
    case Shape::kBox:
      return fold_box;
    case Shape::kCan:
      return fold_can;
    case Shape::kJar:
      return fold_jar;
    case Shape::kTub:
      return fold_tub;
    case Shape::kBottle:
      return fold_bottle;
    case Shape::kFlask:
      return fold_flask;
    case Shape::kSprayCan:
      return fold_spray_can;
    case Shape::kJug:
      return fold_jug;
    case Shape::kTube:
      return fold_tube;
    case Shape::kFlowPack:
      return fold_flow_pack;
    case Shape::kPouch:
      return fold_pouch;
    case Shape::kSoftPack:
      return fold_soft_pack;
    case Shape::kRollPack:
      return fold_roll_pack;
    case Shape::kMultipack:
      return fold_multipack;
    case Shape::kBlister:
      return fold_blister;
    case Shape::kHangBag:
      return fold_hang_bag;
    case Shape::kEggCarton:
      return fold_egg_carton;
    case Shape::kTray:
      return fold_tray;
  }
  return fold_box;
}

}  // namespace

bool is_round(Shape shape) {
  switch (shape) {
    case Shape::kCan:
    case Shape::kJar:
    case Shape::kTub:
    case Shape::kBottle:
    case Shape::kFlask:
    case Shape::kSprayCan:
    case Shape::kJug:
      return true;
    default:
      return false;
  }
}

bool hangs(Shape shape) { return shape == Shape::kBlister || shape == Shape::kHangBag; }

bool can_stack(Shape shape) {
  switch (shape) {
    case Shape::kBox:
    case Shape::kCan:
    case Shape::kTub:
    case Shape::kSoftPack:
    case Shape::kRollPack:
    case Shape::kMultipack:
    case Shape::kEggCarton:
    case Shape::kTray:
      return true;
    default:
      return false;
  }
}

Extent random_extent(Shape shape, Random& random) {
  const ShapeSizes sizes = sizes_of(shape);
  Extent extent;
  extent.height = sizes.height.draw(random);
  extent.width = extent.height * sizes.aspect.draw(random);
  extent.depth = extent.width * sizes.depth.draw(random);
  return extent;
}

Package make_package(const PackageArtist& artist, const Design& design, Shape shape,
                     const Extent& extent, double pixels_per_cm, Random& random) {
  GONDOLA_EXPECTS(pixels_per_cm > 0, "make_package: pixels_per_cm = ", pixels_per_cm);
  Package package;
  package.shape = shape;
  package.extent = extent;
  fold_of(shape)({artist, design, pixels_of(extent, pixels_per_cm), random}, package);
  return package;
}

}  // namespace gondola::data::synth
