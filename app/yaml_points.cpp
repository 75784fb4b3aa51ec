#include "yaml_points.hpp"

#include "gondola/core/error.hpp"

namespace gondola::app {

count::Point read_point(const config::Node& node) {
  const std::vector<config::Node> numbers = node.items();
  if (numbers.size() != 2) {
    throw ConfigError(concat(node.where(), ": ", node.path(), " has ", numbers.size(),
                             " numbers; expected two, [x, y]"));
  }
  return {numbers[0].as_double(), numbers[1].as_double()};
}

std::vector<count::Point> read_points(const config::Node& node) {
  std::vector<count::Point> points;
  for (const config::Node& item : node.items()) points.push_back(read_point(item));
  return points;
}

}  // namespace gondola::app
