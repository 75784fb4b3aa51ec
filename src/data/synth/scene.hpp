#pragma once

#include <cstdint>
#include <vector>

#include "camera.hpp"
#include "fixture_art.hpp"
#include "gondola/data/random.hpp"
#include "price_tags.hpp"
#include "shelf_layout.hpp"

namespace gondola::data::synth {

/// What the shelf is made of.
struct FixtureLook {
  BackPanel back = BackPanel::kPlain;
  Color back_color;
  Color board;
  Color rail;
  Color upright;
  Color base;                 ///< kick plate below the lowest board
  double rail_height = 4;     ///< centimetres
  double wire_height = 0;     ///< of a wire front before the goods, centimetres; 0 = none
  double header_height = 0;   ///< of a sign above the shelf, centimetres; 0 = none
  bool side_panels = false;   ///< between the bays, as deep as the boards
  bool front_posts = false;   ///< slotted posts before the goods, as in warehouse racks
  bool wooden = false;        ///< header and door frames
  bool glass_doors = false;   ///< refrigerator
  bool strip_lights = false;  ///< lamps under the boards
  TagStyle tags;
};

/// How light falls into the shelf. All are factors on the goods' own brightness.
struct ShelfLight {
  double top = 1;             ///< at the highest row
  double bottom = 0.8;        ///< at the floor
  double depth_loss = 0.012;  ///< share lost per centimetre behind the front
  double board_shadow = 0.4;  ///< share lost right under a board
};

/// People and things before the shelf.
enum class OccluderKind { kCart, kBasket, kPerson };

struct Occluder {
  OccluderKind kind = OccluderKind::kCart;
  double x = 0;            ///< centre, centimetres
  double z = 0;            ///< before the shelf, centimetres
  std::uint64_t seed = 0;  ///< of its looks
};

/// What surrounds the shelf.
struct Surroundings {
  double ceiling = 320;        ///< height, centimetres
  double wall_distance = 300;  ///< of what is seen beyond the shelf, behind its front, centimetres
  int lamp_rows = 2;
  double lamp_light = 1.5;
  int signs = 0;  ///< hanging from the ceiling
};

/// A stretch of shelf, its room and the camera that looks at it: all that a picture shows.
struct Scene {
  ShelfLayout layout;
  FixtureLook look;
  ShelfLight light;
  Surroundings room;
  std::vector<Occluder> occluders;
  Pose pose;
  double focal = 640;  ///< pixels
  cv::Size picture;
  std::uint64_t art_seed =
      0;  ///< of all that is drawn but has no place here: stains, prices, signs
};

/// What a scene is made for.
struct SceneRequest {
  cv::Size picture;
  double photo_share = 0.25;  ///< of packages printed with a photo's crop, 0..1
  double travel = 0;          ///< centimetres that the camera will move along the shelf, half of it
                              ///< to each side; the run of bays reaches that far
  bool steady = false;        ///< for clips: looks almost straight at the shelf
};

/// Composes a random scene. The run of bays reaches past the picture's edges, or ends within it.
Scene compose_scene(const SceneRequest& request, PackageArtist& artist, Random& random);

}  // namespace gondola::data::synth
