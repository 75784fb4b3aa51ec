#pragma once

#include <string>

#include "camera_effects.hpp"
#include "gondola/data/shelf_picture.hpp"
#include "scene_render.hpp"

namespace gondola::data::synth {

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
