#pragma once

#include <cstddef>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/track.hpp"
#include "gondola/count/class_filter.hpp"
#include "gondola/count/scene_options.hpp"

namespace gondola::count {

/// How long objects stayed in each cell of a grid over the picture, from their tracks.
///
/// Every object is taken to stay where it was seen until the next frame, so that the sum over all
/// cells is the time in objects times seconds, whatever the frame rate. Not thread-safe.
class HeatMap {
 public:
  /// @param max_gap_s  a longer pause between frames counts as this long, seconds, > 0
  /// Throws: ConfigError as validate().
  /// Requires: a picture with width and height > 0.
  HeatMap(HeatMapOptions options, ClassFilter filter, double max_gap_s, Size picture);

  /// Takes the tracks of one frame; times never fall. An anchor point outside the picture is taken
  /// to be at its border.
  void update(const std::vector<Track>& tracks, double time_s);

  /// Pictures have another size from now on; the grid lies over the whole of them.
  void set_picture_size(Size picture);

  int columns() const { return options_.columns; }
  int rows() const { return options_.rows; }

  /// Objects times seconds, row by row from the top left; with a half-life, what is left of them.
  std::vector<float> seconds() const;

 private:
  HeatMapOptions options_;
  ClassFilter filter_;
  double max_gap_s_;
  Size picture_;
  bool has_started_ = false;
  double time_s_ = 0;
  std::vector<double> cells_;
  std::vector<std::size_t> occupied_;  // cells of the objects of the last frame, with repetitions
};

}  // namespace gondola::count
