#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "canvas.hpp"
#include "package_art.hpp"
#include "scene.hpp"

namespace gondola::data::synth {

/// Where a labelled package is in the layout.
struct ItemPlace {
  int bay = 0;
  int row = 0;
  int item = 0;
};

const Item& item_at(const ShelfLayout& layout, const ItemPlace& place);

/// A painted scene.
struct Rendering {
  cv::Mat picture;                ///< CV_8UC3
  cv::Mat owners;                 ///< CV_32SC1: index into places plus 1, or canvas.hpp's constants
  std::vector<ItemPlace> places;  ///< the foremost packages, whether visible or not
  std::vector<Coverage> coverage;  ///< per place
};

/// A scene's packages, printed once and painted often.
std::vector<Package> print_packages(const Scene& scene, const PackageArtist& artist);

/// Paints a scene, from the background to what stands before the shelf.
///
/// @param packages  print_packages() of a scene with the same products
Rendering render_scene(const Scene& scene, const std::vector<Package>& packages,
                       const Lettering& lettering);

}  // namespace gondola::data::synth
