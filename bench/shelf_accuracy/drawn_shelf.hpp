#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/data/shelf_picture.hpp"

/// Synthetic shelves with exact truth, and what a detector may see of them.
namespace gondola::bench {

/// A picture's truth. Its objects are all packages of which a pixel is seen.
struct DrawnShelf {
  std::uint64_t number = 0;
  Size size;
  data::ShelfTruth truth;
  std::vector<Detection> found;  ///< by a model, if one was asked: 0 product, 1 gap
};

/// Options whose pictures tell of all packages that are seen at all.
data::ShelfOptions picture_options(std::uint64_t seed, int side);

/// Whether a package is labelled in data sets, as ShelfOptions says by default.
bool is_labelled(const data::ShelfObject& object);

/// A product as a detector sees it.
struct SeenProduct {
  std::size_t object = 0;  ///< index into the truth
  Box box;
};

/// What a detector misses and how rough its boxes are.
struct Imperfection {
  double missing = 0;  ///< share of the products, and of the gaps
  double jitter = 0;   ///< deviation of every side, share of the box
};

/// The labelled products, less those that are missed.
std::vector<SeenProduct> see_products(const DrawnShelf& shelf, const Imperfection& imperfection);

/// Boxes of gaps, less those that are missed.
std::vector<Box> see_gaps(const DrawnShelf& shelf, const std::vector<Box>& gaps,
                          const Imperfection& imperfection);

std::vector<Box> labelled_gaps(const data::ShelfTruth& truth);

}  // namespace gondola::bench
