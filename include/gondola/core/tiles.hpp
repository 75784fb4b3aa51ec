#pragma once

#include <iosfwd>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"

namespace gondola {

/// Part of an image, in whole image pixels.
struct Tile {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  constexpr Box box() const {
    return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width),
            static_cast<float>(y + height)};
  }

  friend constexpr bool operator==(const Tile& a, const Tile& b) {
    return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
  }
  friend constexpr bool operator!=(const Tile& a, const Tile& b) { return !(a == b); }
};

std::ostream& operator<<(std::ostream& out, const Tile& tile);

struct TileOptions {
  /// Side of the square tiles in image pixels; 0 turns tiling off: one tile, the whole image.
  int size = 0;

  /// 0..0.9, share of a tile's side that neighbours have in common at least. Choose it so that the
  /// common strip is wider than most objects: those are then seen whole by one tile. Raising it
  /// costs more tiles.
  float overlap = 0.2F;
};

/// Covers an image with tiles, row by row from the top left.
///
/// Every tile is size x size, or as long as the image where that is shorter, and lies inside the
/// image. There are as few as the overlap allows, evenly spread, so most overlaps are a little more
/// than asked for.
///
/// Requires: every side of the image > 0, size >= 0, overlap in 0..0.9 (ContractViolation
/// otherwise).
std::vector<Tile> plan_tiles(Size image, const TileOptions& options);

/// What was found in one tile.
struct TileDetections {
  Tile tile;
  std::vector<Detection> detections;  ///< after NMS, boxes in pixels of the whole image
};

struct TileMergeOptions {
  /// > 0, up to 1. Two detections are the same object when their boxes, cut to the area both tiles
  /// see, have at least this IoU. Lowering it joins sloppier boxes and, in the end, neighbours.
  float match_iou = 0.4F;

  /// 0..0.5, share of a tile's side. A side of a box this close to the border of its tile, unless
  /// that is the image's, counts as cut. Generous, since a whole box taken for a cut one does no
  /// harm, while a cut one taken for whole may be preferred to a better one.
  float cut_margin = 0.02F;

  /// Whether detections of different classes may be the same object; the best score then names it.
  bool class_agnostic = false;
};

/// Joins what the tiles of one image found into one list, each object once, best score first.
///
/// Two tiles that overlap show the same picture where they do, so the same object looks the same
/// there, however much of it either tile cuts off, and neighbours, however alike, do not. Pairs of
/// detections from two tiles are therefore compared inside the common area, matched best first, and
/// joined into groups with at most one detection of each tile, which keeps a chain of overlaps from
/// swallowing a row of touching products. Each group becomes one detection with the highest score
/// of its members and the class of that member. Its box is
///  - the best complete one, if there is one: not cut by its tile. The one from the smallest tile
///    wins, since it was seen at the highest resolution, then the highest score;
///  - otherwise the hull of all members.
///
/// What was cut by its tile, matched nothing, and lies for 80 % or more in a larger complete box of
/// its class is a piece of that one and dropped.
///
/// The whole image may be added as one more tile (usually looked at in a lower resolution): nothing
/// is cut there, so objects larger than a tile get their box from it, while all others keep the
/// sharper one of their tile.
///
/// Tiles that only touch have nothing in common to compare: objects on their seam stay in two
/// parts. Detections of one tile are never joined with each other: that is NMS's work. Detections
/// whose box is not valid or whose score is not finite are dropped; boxes are clipped to the image.
///
/// Requires: every side of the image > 0, options in range (ContractViolation otherwise).
/// Thread-safe: no state.
std::vector<Detection> merge_tiles(const std::vector<TileDetections>& tiles, Size image,
                                   const TileMergeOptions& options = {});

}  // namespace gondola
