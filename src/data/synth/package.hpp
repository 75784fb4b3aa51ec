#pragma once

#include "gondola/data/random.hpp"
#include "package_art.hpp"
#include "texture.hpp"

namespace gondola::data::synth {

enum class Shape {
  kBox,        ///< carton, with its narrow side and top
  kCan,        ///< drinks or food can with metal ends
  kJar,        ///< glass or plastic with a wide lid
  kTub,        ///< wider at its lid: yoghurt, ice cream, margarine
  kBottle,     ///< PET or glass with neck and cap, contents visible
  kFlask,      ///< shampoo, cleaner: opaque, broad shoulders, cap or pump
  kSprayCan,   ///< straight with a domed cap
  kJug,        ///< large, with a handle: detergent, milk, juice
  kTube,       ///< stands on its cap, flat crimp on top
  kFlowPack,   ///< bag with crimped ends: crisps, sweets, biscuits
  kPouch,      ///< stand-up bag, folded or sealed top: coffee, rice, pet food
  kSoftPack,   ///< shrink-wrapped textile or paper goods, rounded corners
  kRollPack,   ///< rolls of paper in film
  kMultipack,  ///< bottles or cans under film or in a half carton
  kBlister,    ///< card with a clear bubble, hangs from a hole
  kHangBag,    ///< bag that hangs from a hole
  kEggCarton,
  kTray  ///< shelf-ready tray or bowl with loose goods under film
};
inline constexpr int kShapeCount = 18;

/// Whether packages of a shape are seen the same from all sides, and so are drawn turned to the
/// camera.
bool is_round(Shape shape);

/// Whether they hang from hooks.
bool hangs(Shape shape);

/// Whether they are put on top of each other.
bool can_stack(Shape shape);

/// Width, height and depth in centimetres.
struct Extent {
  double width = 0;
  double height = 0;
  double depth = 0;
};

/// A size as the shape comes in.
Extent random_extent(Shape shape, Random& random);

/// A product as it is to be drawn: its visible faces.
struct Package {
  Shape shape = Shape::kBox;
  Extent extent;
  Texture front;
  Texture side;             ///< boxes only, else empty
  Texture top;              ///< boxes: a rectangle; round ones: a disc; else empty
  double top_diameter = 0;  ///< centimetres, of the disc
};

/// Prints and folds a package.
///
/// @param pixels_per_cm  of its textures, > 0; about 1.5 times what the picture will show
Package make_package(const PackageArtist& artist, const Design& design, Shape shape,
                     const Extent& extent, double pixels_per_cm, Random& random);

}  // namespace gondola::data::synth
