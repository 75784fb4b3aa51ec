#include "department.hpp"

#include <algorithm>
#include <memory>

namespace gondola::data::synth {

const std::vector<Department>& departments() {
  static const std::vector<Department> all = {
      {"body care",
       1.8,
       {0.6, 1.0, 0.4, 0.06, 0.6},
       {{Shape::kFlask, 5, 14, 26},
        {Shape::kSprayCan, 2},
        {Shape::kTube, 1},
        {Shape::kBox, 1, 8, 18, 0.4, 1.6}}},
      {"deodorants",
       1,
       {0.65, 1.0, 0.35, 0.15, 0.6},
       {{Shape::kFlask, 3, 10, 16, 0.35, 0.55}, {Shape::kSprayCan, 4, 12, 20}, {Shape::kTube, 1}}},
      {"soft drinks",
       1.6,
       {0.0, 1.0, 0.05, 0.15, 0.95},
       {{Shape::kBottle, 5, 20, 33},
        {Shape::kCan, 2, 12, 17, 0.38, 0.55},
        {Shape::kMultipack, 2},
        {Shape::kBox, 2, 12, 26, 0.9, 1.6}}},
      {"juice and water",
       1,
       {0.15, 1.0, 0.15, 0.02, 0.85},
       {{Shape::kBottle, 5, 18, 33},
        {Shape::kBox, 2, 18, 26, 0.3, 0.5},
        {Shape::kJug, 1},
        {Shape::kMultipack, 1}}},
      {"energy drinks",
       0.8,
       {0.5, 1.0, 0.1, 0.4, 0.9},
       {{Shape::kCan, 6, 13, 18, 0.33, 0.42}, {Shape::kBottle, 2, 18, 26}}},
      {"wine and beer",
       0.8,
       {0.15, 0.6, 0.1, 0.4, 0.6},
       {{Shape::kBottle, 7, 26, 33, 0.24, 0.3},
        {Shape::kCan, 2, 12, 17, 0.4, 0.5},
        {Shape::kBox, 1, 20, 30, 0.6, 1.4}}},
      {"pads and diapers",
       2.5,
       {0.9, 0.35, 0.2, 0.06, 0.85},
       {{Shape::kSoftPack, 7, 8, 20},
        {Shape::kBox, 2, 8, 16, 0.6, 1.6},
        {Shape::kSoftPack, 1, 22, 34, 0.7, 1.2}}},
      {"coffee and tea",
       1.4,
       {0.06, 0.5, 0.15, 0.25, 0.7},
       {{Shape::kPouch, 5, 15, 26},
        {Shape::kJar, 2},
        {Shape::kCan, 1, 10, 17, 0.7, 1.0},
        {Shape::kBox, 3, 8, 18, 0.5, 1.5}}},
      {"cereals",
       1.5,
       {0.1, 1.0, 0.1, 0.03, 0.9},
       {{Shape::kBox, 8, 16, 32, 0.5, 0.85},
        {Shape::kPouch, 2},
        {Shape::kCan, 1, 14, 24, 0.5, 0.7}}},
      {"bars and biscuits",
       1.4,
       {0.1, 1.0, 0.1, 0.05, 0.9},
       {{Shape::kBox, 7, 9, 20, 0.7, 1.4},
        {Shape::kFlowPack, 3, 8, 22},
        {Shape::kPouch, 1, 14, 22}}},
      {"medicine",
       1.8,
       {0.6, 1.0, 0.55, 0.02, 0.75},
       {{Shape::kBox, 8, 5, 13, 0.5, 2.2},
        {Shape::kJar, 2, 8, 14, 0.45, 0.65},
        {Shape::kTube, 1, 11, 15}}},
      {"vitamins",
       1,
       {0.12, 1.0, 0.3, 0.03, 0.85},
       {{Shape::kJar, 6, 9, 16, 0.45, 0.7}, {Shape::kBox, 3, 8, 14, 0.5, 1.2}}},
      {"crisps",
       1,
       {0.05, 1.0, 0.05, 0.08, 1.0},
       {{Shape::kFlowPack, 8, 20, 36, 0.6, 0.85},
        {Shape::kCan, 2, 18, 25, 0.3, 0.36},
        {Shape::kHangBag, 2}}},
      {"tins and jars",
       1,
       {0.05, 0.8, 0.2, 0.05, 0.8},
       {{Shape::kCan, 5, 7, 13, 0.6, 1.0}, {Shape::kJar, 5}, {Shape::kBottle, 1, 16, 26}}},
      {"detergents",
       1,
       {0.5, 1.0, 0.15, 0.02, 0.95},
       {{Shape::kJug, 4},
        {Shape::kFlask, 4, 20, 32},
        {Shape::kPouch, 2},
        {Shape::kBox, 1, 14, 28, 0.6, 1.1},
        {Shape::kSprayCan, 1}}},
      {"razors and brushes",
       1,
       {0.65, 1.0, 0.3, 0.15, 0.7},
       {{Shape::kBlister, 8}, {Shape::kBox, 1, 10, 20, 0.5, 1.0}, {Shape::kSprayCan, 1, 12, 18}}},
      {"toothpaste",
       1.4,
       {0.9, 0.7, 0.3, 0.02, 0.9},
       {{Shape::kBox, 7, 3.6, 5.4, 3.2, 4.6},
        {Shape::kBlister, 2, 18, 26, 0.25, 0.4},
        {Shape::kTube, 1},
        {Shape::kFlask, 1, 16, 24}}},
      {"paper goods",
       1.3,
       {0.5, 1.0, 0.45, 0, 0.6},
       {{Shape::kRollPack, 5}, {Shape::kSoftPack, 4, 10, 22}, {Shape::kBox, 2, 8, 13, 1.2, 2.4}}},
      {"dairy",
       1,
       {0.55, 1.0, 0.5, 0, 0.7},
       {{Shape::kTub, 6},
        {Shape::kBox, 3, 18, 25, 0.3, 0.5},
        {Shape::kBottle, 1},
        {Shape::kTub, 2, 6, 9, 1.2, 2.0},
        {Shape::kEggCarton, 0.5}}},
      {"sweets",
       1,
       {0.95, 1.0, 0.1, 0.1, 0.95},
       {{Shape::kHangBag, 5, 12, 22},
        {Shape::kFlowPack, 3, 9, 18},
        {Shape::kBox, 3, 5, 14, 0.6, 2.6},
        {Shape::kPouch, 1}}},
      {"candles and fragrance",
       0.7,
       {0.8, 1.0, 0.3, 0.15, 0.45},
       {{Shape::kJar, 6, 7, 14, 0.7, 1.0},
        {Shape::kBox, 3, 8, 18, 0.4, 0.9},
        {Shape::kSprayCan, 1}}},
      {"pet food",
       1,
       {0.15, 1.0, 0.1, 0.1, 0.85},
       {{Shape::kCan, 4, 7, 12, 0.65, 1.0},
        {Shape::kPouch, 4, 16, 38},
        {Shape::kFlowPack, 2},
        {Shape::kBox, 2, 14, 26, 0.5, 0.9}}},
      {"fresh and ready",
       0.7,
       {0.25, 0.6, 0.25, 0.15, 0.7},
       {{Shape::kTray, 5},
        {Shape::kTub, 2},
        {Shape::kFlowPack, 2},
        {Shape::kEggCarton, 1},
        {Shape::kPouch, 1}}},
      {"bread",
       0.7,
       {0.09, 0.3, 0.2, 0, 0.6},
       {{Shape::kFlowPack, 7, 12, 28, 0.6, 2.0}, {Shape::kBox, 1, 10, 18, 0.6, 1.5}}},
  };
  return all;
}

const Department& random_department(Random& random) {
  std::vector<double> weights;
  for (const Department& department : departments()) weights.push_back(department.weight);
  return departments()[random.weighted(weights)];
}

namespace {

Extent extent_of(const Goods& goods, Random& random) {
  Extent extent = random_extent(goods.shape, random);
  const double depth_share = extent.depth / extent.width;
  const double aspect = goods.aspect_low > 0
                            ? random.log_uniform(goods.aspect_low, goods.aspect_high)
                            : extent.width / extent.height;
  if (goods.height_low > 0) extent.height = random.log_uniform(goods.height_low, goods.height_high);
  extent.width = extent.height * aspect;
  extent.depth = extent.width * depth_share;
  return extent;
}

}  // namespace

std::vector<Product> make_assortment(const Department& department, PackageArtist& artist, int count,
                                     double photo_share, bool ideograms, Random& random) {
  std::vector<double> weights;
  for (const Goods& goods : department.goods) weights.push_back(goods.weight);

  std::vector<Product> products;
  while (static_cast<int>(products.size()) < count) {
    // One line of a brand: the same body in several flavours.
    const std::size_t kind = random.weighted(weights);
    const Goods& goods = department.goods[kind];
    const std::shared_ptr<const Brand> brand =
        artist.make_brand(department.mood, ideograms, random);
    Extent extent = extent_of(goods, random);
    const int flavours = random.integer(1, 5);
    for (int i = 0; i < flavours && static_cast<int>(products.size()) < count; ++i) {
      Product product;
      product.name = brand->name + " " + std::to_string(i + 1);
      product.shape = goods.shape;
      if (random.chance(0.2)) extent = extent_of(goods, random);
      product.extent = extent;
      product.design = artist.make_design(brand, photo_share, random);
      product.kind = static_cast<int>(kind);
      products.push_back(std::move(product));
    }
  }
  return products;
}

}  // namespace gondola::data::synth
