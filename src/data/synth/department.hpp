#pragma once

#include <string>
#include <vector>

#include "gondola/data/random.hpp"
#include "package.hpp"
#include "package_art.hpp"

namespace gondola::data::synth {

/// A product of the assortment: what it is called, how it is printed, how large it is.
struct Product {
  std::string name;
  Shape shape = Shape::kBox;
  Extent extent;
  Design design;
  int kind = 0;  ///< products of one kind (the same goods of a department) stand together
};

/// A kind of goods within a department.
struct Goods {
  Shape shape = Shape::kBox;
  double weight = 1;      ///< how often, relative to the others of the department
  double height_low = 0;  ///< centimetres; 0 = as the shape usually comes
  double height_high = 0;
  double aspect_low = 0;  ///< width over height; 0 = as the shape usually comes
  double aspect_high = 0;
};

/// What is sold together, and so looks alike.
struct Department {
  std::string name;
  double weight = 1;  ///< how often, relative to the others
  ColorMood mood;
  std::vector<Goods> goods;
};

/// Cosmetics, soft drinks, hygiene, coffee, cereals, medicine and so on.
const std::vector<Department>& departments();

/// One of them, in proportion to their weights.
const Department& random_department(Random& random);

/// Invents the products of a department.
///
/// @param photo_share  how often a package is printed with a photo's crop, 0..1
std::vector<Product> make_assortment(const Department& department, PackageArtist& artist, int count,
                                     double photo_share, bool ideograms, Random& random);

}  // namespace gondola::data::synth
