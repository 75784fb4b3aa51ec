#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "camera_effects.hpp"
#include "gondola/data/shelf_picture.hpp"
#include "scene_render.hpp"

namespace gondola::data::synth {

/// A package that is visible enough to be labelled.
struct VisibleItem {
  std::size_t place = 0;  ///< index into Rendering::places
  Box box;                ///< around its visible pixels
  double visible = 1;     ///< share of its pixels inside the picture that nothing hides
  double inside = 1;      ///< share of it inside the picture
};

/// @param owners  the rendering's owners as the lens bent them
std::vector<VisibleItem> find_visible_items(const Rendering& rendering, const cv::Mat& owners,
                                            const ShelfOptions& options);

/// What a picture shows, from what was painted.
///
/// @param owners  the rendering's owners as the lens bent them; becomes ShelfPicture::owners
ShelfTruth find_truth(const Scene& scene, const Rendering& rendering, double distortion,
                      const ShelfOptions& options, cv::Mat& owners);

/// gondola.shelf-truth/1 as a JSON document.
std::string truth_json(const ShelfTruth& truth, const std::string& image, Size size);

/// YOLO lines: class, centre, width and height as shares of the picture. Objects first.
std::string yolo_lines(const ShelfTruth& truth, Size size);

}  // namespace gondola::data::synth
