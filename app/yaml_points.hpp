#pragma once

#include <vector>

#include "gondola/config/yaml.hpp"
#include "gondola/count/geometry.hpp"

namespace gondola::app {

/// [x, y]. Throws: ConfigError.
count::Point read_point(const config::Node& node);

/// [[x, y], ...]. Throws: ConfigError.
std::vector<count::Point> read_points(const config::Node& node);

}  // namespace gondola::app
