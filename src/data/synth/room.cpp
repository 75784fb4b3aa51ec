#include "room.hpp"

#include <algorithm>

#include "colors.hpp"
#include "price_tags.hpp"
#include "room_art.hpp"

namespace gondola::data::synth {
namespace {

void paint_lamps(const Surroundings& room, double far, double near, Random& random,
                 Canvas& canvas) {
  const Texture lamp = solid_texture({250, 252, 255});
  const double width = random.uniform(15, 60);
  const double length = random.uniform(60, 300);
  const bool along = random.chance(0.6);
  const double y = room.ceiling - random.uniform(1, 40);
  for (int i = 0; i < room.lamp_rows; ++i) {
    const double z = far + (near - far) * (i + 0.5) / room.lamp_rows;
    for (double x = -900 + random.uniform(0, 100); x < 900;
         x += length * random.uniform(1.2, 1.8)) {
      const double w = along ? length : width;
      const double d = along ? width : length;
      canvas.paint(level_quad(x, y, w, z, z + d), lamp, flat(kBackdrop, room.lamp_light));
    }
  }
}

void paint_hanging_sign(const Surroundings& room, const Lettering& lettering, Random& random,
                        Canvas& canvas) {
  const Color color = hsv(random.unit(), random.uniform(0, 0.9), random.uniform(0.2, 0.95));
  const Texture sign =
      make_texture(draw_sign({160, random.integer(40, 110)}, color, lettering, random));
  const double width = random.uniform(60, 160);
  const double height = width * sign.levels[0].rows / sign.levels[0].cols;
  const double top = std::min(room.ceiling - 5, 215 + height + random.uniform(0, 60));
  canvas.paint(facing_quad(random.uniform(-250, 250), top, width, height, -random.uniform(0, 250)),
               sign, flat(kBackdrop, 1));
}

}  // namespace

void paint_room(const Scene& scene, const Lettering& lettering, Random& random, Canvas& canvas) {
  const double near = scene.pose.position[2];
  const Surroundings& room = scene.room;
  const double far = -room.wall_distance;
  const double side = 1800;
  const double light = random.uniform(0.7, 1.15);
  canvas.paint(facing_quad(-side, room.ceiling, 2 * side, room.ceiling, far),
               make_texture(draw_far_wall(random)), flat(kBackdrop, light));
  const Texture floor = make_texture(draw_floor(random));
  const double tile = random.uniform(250, 450);
  for (double x = -900; x < 900; x += tile)
    for (double z = std::max(far, -200.0); z < near; z += tile)
      canvas.paint(level_quad(x, 0, tile, z, z + tile), floor, flat(kBackdrop, light * 0.9));
  const Texture ceiling = make_texture(draw_ceiling(random));
  for (double x = -900; x < 900; x += 300)
    for (double z = far; z < near; z += 300)
      canvas.paint(level_quad(x, room.ceiling, 300, z, z + 300), ceiling,
                   flat(kBackdrop, light * 0.85));
  paint_lamps(room, far, near, random, canvas);
  for (int i = 0; i < room.signs; ++i) paint_hanging_sign(room, lettering, random, canvas);
}

}  // namespace gondola::data::synth
