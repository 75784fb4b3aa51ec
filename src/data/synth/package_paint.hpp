#pragma once

#include "canvas.hpp"
#include "package.hpp"
#include "shelf_layout.hpp"
#include "shelf_light.hpp"

namespace gondola::data::synth {

/// Paints one package where it stands: the faces that the camera sees, the nearest last.
void paint_package(const Package& package, const Item& item, int owner, const RowLight& light,
                   Canvas& canvas);

}  // namespace gondola::data::synth
