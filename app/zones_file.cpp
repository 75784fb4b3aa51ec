#include "zones_file.hpp"

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "yaml_points.hpp"

namespace gondola::app {

std::vector<shelf::Zone> read_zones_file(const std::filesystem::path& path) {
  const config::Node document = config::load_yaml_file(path);
  document.refuse_unknown_keys({"zones"});
  std::vector<shelf::Zone> zones;
  for (const config::Node& node : document.at("zones").items()) {
    node.refuse_unknown_keys({"name", "polygon", "classes", "low"});
    shelf::Zone zone;
    zone.name = node.at("name").as_string();
    zone.polygon = read_points(node.at("polygon"));
    if (const auto labels = node.find("classes"))
      for (const config::Node& label : labels->items()) zone.labels.push_back(label.as_string());
    if (const auto low = node.find("low")) zone.low_stock = low->as_int(0);
    zones.push_back(std::move(zone));
    try {
      shelf::validate(zones);
    } catch (const ConfigError& error) {
      throw ConfigError(node.where() + ": " + error.what());
    }
  }
  return zones;
}

}  // namespace gondola::app
