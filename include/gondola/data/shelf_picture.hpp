#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"

namespace gondola::data {

/// How synthetic shelves are drawn and labelled.
struct ShelfOptions {
  Size size{640, 640};     ///< of the pictures, 64..4096 pixels a side
  std::uint64_t seed = 0;  ///< picture i of a seed is the same whatever was drawn before

  /// Folders whose pictures are printed on some of the packages: YOLO data sets, of which the
  /// labelled objects are cut out, or plain pictures. Empty = all packages are invented.
  std::vector<std::string> textures;
  double texture_share = 0.25;  ///< of the packages that are printed with one, 0..1

  bool gaps = true;  ///< empty facings are labelled, as a class of their own

  double min_visible = 0.35;  ///< a package hidden more than this leaves is not labelled, 0..1
  double min_inside = 0.15;   ///< nor one of which less lies inside the picture, 0..1
  double min_side = 5;        ///< nor one with a narrower or lower box, pixels, >= 1
};

/// Throws ConfigError naming every option out of range.
void validate(const ShelfOptions& options);

/// One labelled package: the foremost of its facing, or one that is stacked on it.
///
/// Its box encloses its visible pixels exactly, as an annotator would draw it: whole pixels, left
/// and top edge included, right and bottom edge just past the last pixel.
struct ShelfObject {
  Box box;
  int product = 0;     ///< index into ShelfTruth::products
  int row = 0;         ///< index into ShelfTruth::rows
  int level = 0;       ///< 0 = stands on the board, 1 = on top of that, ...
  double visible = 1;  ///< share of its pixels inside the picture that nothing hides
  double inside = 1;   ///< share of it inside the picture
  int position = 0;    ///< index into ShelfPlanogram::positions
  int facing = 0;      ///< of that position, from the left; what is stacked shares it
};

/// A free stretch (see ShelfFreeStretch) in which at least one facing would fit and that the picture
/// shows to be free. Its box is the outline of the goods that would stand there, clipped to the
/// picture. What training labels call a gap.
struct ShelfGap {
  Box box;
  int row = 0;
  int facings = 1;  ///< that would fit
};

/// A stretch of board on which nothing stands, at least half as wide as a facing there, whether a
/// gap was meant or goods just stand loosely, and whether the picture shows it or not. It may go on
/// in the next bay.
struct ShelfFreeStretch {
  Box box;          ///< outline of the goods that would stand there, clipped to the picture
  int row = 0;      ///< that its middle belongs to
  double room = 0;  ///< its width over the median width of the six nearest facings of the board
  bool holds_facing = true;  ///< has room for one of the goods beside it, or of that median width
  double inside = 1;         ///< share of the outline inside the picture, above 0
  double visible = 1;        ///< share of that which no goods, tags or people hide

  /// Whether it can be told to be free.
  bool is_seen() const { return inside >= 0.4 && visible >= 0.6; }
};

/// A facing of which no package is labelled, as others, tags or people stand before it.
struct ShelfHiddenFacing {
  Box box;            ///< outline of the front one on the board, clipped to the picture
  int row = 0;        ///< index into ShelfTruth::rows
  int position = 0;   ///< index into ShelfPlanogram::positions
  int facing = 0;     ///< of that position, from the left
  double inside = 1;  ///< share of it inside the picture, above 0
};

/// One board of one bay, or one line of hooks.
struct ShelfRow {
  int bay = 0;               ///< from the left, the first one drawn is 0
  int level = 0;             ///< from the floor
  std::vector<int> objects;  ///< indices, left to right, stacked ones upwards
};

struct ShelfProduct {
  std::string name;
  double width = 0;  ///< centimetres
  double height = 0;
};

/// A shelf board of the planogram, centimetres from the run's top left corner. Fixtures are the
/// rows in their order.
struct ShelfFixture {
  int row = 0;
  double x = 0, y = 0, width = 0, height = 0;
};

/// Equal facings side by side, each within half its width of where they are if they touch. Goods
/// that stand more loosely are several positions.
struct ShelfPosition {
  int product = 0;
  int fixture = 0;
  double x = 0, y = 0;  ///< top left corner, centimetres from the run's top left corner
  int facings = 1;
};

/// What was drawn beyond the picture's edges too.
struct ShelfPlanogram {
  double width = 0, height = 0;  ///< centimetres
  std::vector<ShelfFixture> fixtures;
  std::vector<ShelfPosition> positions;
};

struct ShelfTruth {
  std::vector<ShelfObject> objects;
  std::vector<ShelfGap> gaps;  ///< of the free stretches, those that can be seen to hold a facing
  std::vector<ShelfFreeStretch> free;
  std::vector<ShelfHiddenFacing> hidden;
  std::vector<ShelfRow> rows;
  std::vector<ShelfProduct> products;
  ShelfPlanogram planogram;
};

struct ShelfPicture {
  cv::Mat picture;  ///< CV_8UC3, BGR
  cv::Mat owners;   ///< CV_32SC1: index of the object a pixel belongs to, -1 for none
  ShelfTruth truth;
  int jpeg_quality = 90;  ///< that suits the picture's camera
};

/// Draws shelves. One per thread; they share the textures when copied from each other.
class ShelfArtist {
 public:
  /// Throws: ConfigError as validate(); IoError when a texture folder cannot be used.
  explicit ShelfArtist(const ShelfOptions& options);
  ~ShelfArtist();

  /// Another artist of the same style, for another thread.
  ShelfArtist(const ShelfArtist& other);
  ShelfArtist& operator=(const ShelfArtist&) = delete;

  /// The picture of that number, from 0. It depends on the options and the fonts that are
  /// installed, and on nothing else.
  ShelfPicture draw(std::uint64_t number);

 private:
  struct Studio;
  std::unique_ptr<Studio> studio_;
};

}  // namespace gondola::data
