#pragma once

#include "canvas.hpp"
#include "gondola/data/random.hpp"
#include "lettering.hpp"
#include "scene.hpp"

namespace gondola::data::synth {

/// Paints what is behind and around the shelf: far wall, floor, ceiling, lamps, hanging signs.
void paint_room(const Scene& scene, const Lettering& lettering, Random& random, Canvas& canvas);

}  // namespace gondola::data::synth
