#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "gondola/data/dataset.hpp"
#include "support/shared_data.hpp"

// Pictures whose labels can be read off their pixels.
namespace gondola::test {

/// The colour of a class: the corners of the RGB cube but black and white. Six classes.
cv::Scalar rgb_of_class(int class_id);

/// The data set of `count` PNG files, of different shapes, with a few far-apart rectangles on
/// black, each of its class's colour, and every other thing that a label needs.
std::shared_ptr<const data::Dataset> make_rectangles(const TempDir& dir, int count);

/// PNG files of one colour each, all different, with one label that spans the picture.
std::shared_ptr<const data::Dataset> make_plain(const TempDir& dir, int count, Size size);

/// A patch of pixels of one class's colour.
struct Patch {
  int class_id = 0;
  Box box;
};

/// The patches of a picture (RGB), found by their colour alone; edges are where it is half mixed.
std::vector<Patch> find_patches(const cv::Mat& rgb);

/// The largest distance between two edges of the same side.
double edge_distance(const Box& a, const Box& b);

}  // namespace gondola::test
