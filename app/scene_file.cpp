#include "scene_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "yaml_points.hpp"

namespace gondola::app {
namespace {

using config::Node;

void read(const Node& node, std::string_view key, double& value) {
  if (const auto entry = node.find(key)) value = entry->as_double();
}

void read(const Node& node, std::string_view key, int& value) {
  if (const auto entry = node.find(key)) value = entry->as_int();
}

void read(const Node& node, std::string_view key, bool& value) {
  if (const auto entry = node.find(key)) value = entry->as_bool();
}

void read(const Node& node, std::string_view key, std::string& value) {
  if (const auto entry = node.find(key)) value = entry->as_string();
}

void read(const Node& node, std::string_view key, std::vector<std::string>& values) {
  const auto entry = node.find(key);
  if (!entry) return;
  const std::vector<Node> items = entry->items();
  if (items.empty()) entry->fail("at least one class, or no such line for all classes");
  for (const Node& item : items) values.push_back(item.as_string());
}

void read(const Node& node, std::string_view key, count::AnchorPoint& value) {
  const auto entry = node.find(key);
  if (!entry) return;
  const auto anchor = count::anchor_point_from_name(entry->as_string());
  if (!anchor) entry->fail("one of " + join(count::anchor_point_names(), ", "));
  value = *anchor;
}

/// Runs a check of options that know nothing of files, and adds the place to its message.
template <typename Check>
void check_at(const Node& node, Check check) {
  try {
    check();
  } catch (const ConfigError& error) {
    throw ConfigError(node.where() + ": " + error.what());
  }
}

count::PointUnits read_units(const Node& node) {
  const auto entry = node.find("units");
  if (!entry || entry->as_string() == "fraction") return count::PointUnits::kFraction;
  if (entry->as_string() == "pixels") return count::PointUnits::kPixels;
  entry->fail("fraction or pixels");
}

count::LineOptions read_line(const Node& node, count::PointUnits units) {
  node.refuse_unknown_keys({"name", "from", "to", "in", "out", "anchor", "classes", "band_box",
                            "band_pixels", "once_per_track"});
  count::LineOptions line;
  line.name = node.at("name").as_string();
  line.segment = {read_point(node.at("from")), read_point(node.at("to"))};
  read(node, "in", line.in_name);
  read(node, "out", line.out_name);
  read(node, "anchor", line.anchor);
  read(node, "classes", line.labels);
  read(node, "band_box", line.band_box);
  read(node, "band_pixels", line.band_pixels);
  read(node, "once_per_track", line.once_per_track);
  check_at(node, [&] { validate(line, units); });
  return line;
}

count::ZoneOptions read_zone(const Node& node, count::PointUnits units) {
  node.refuse_unknown_keys(
      {"name", "polygon", "anchor", "classes", "enter_after_s", "exit_after_s", "lost_after_s"});
  count::ZoneOptions zone;
  zone.name = node.at("name").as_string();
  zone.polygon = read_points(node.at("polygon"));
  read(node, "anchor", zone.anchor);
  read(node, "classes", zone.labels);
  read(node, "enter_after_s", zone.enter_after_s);
  read(node, "exit_after_s", zone.exit_after_s);
  read(node, "lost_after_s", zone.lost_after_s);
  check_at(node, [&] { validate(zone, units); });
  return zone;
}

count::HeatMapOptions read_heat_map(const Node& node) {
  node.refuse_unknown_keys({"columns", "rows", "anchor", "classes", "half_life_s"});
  count::HeatMapOptions heat_map;
  read(node, "columns", heat_map.columns);
  read(node, "rows", heat_map.rows);
  read(node, "anchor", heat_map.anchor);
  read(node, "classes", heat_map.labels);
  read(node, "half_life_s", heat_map.half_life_s);
  check_at(node, [&] { validate(heat_map); });
  return heat_map;
}

}  // namespace

count::SceneOptions read_scene(const Node& node) {
  node.refuse_unknown_keys(
      {"units", "lines", "zones", "heat_map", "unique", "intervals", "forget_after_s"});
  count::SceneOptions scene;
  scene.units = read_units(node);
  if (const auto lines = node.find("lines")) {
    for (const Node& line : lines->items()) scene.lines.push_back(read_line(line, scene.units));
  }
  if (const auto zones = node.find("zones")) {
    for (const Node& zone : zones->items()) scene.zones.push_back(read_zone(zone, scene.units));
  }
  if (const auto heat_map = node.find("heat_map")) scene.heat_map = read_heat_map(*heat_map);
  if (const auto unique = node.find("unique")) {
    unique->refuse_unknown_keys({"min_frames"});
    read(*unique, "min_frames", scene.unique.min_frames);
    check_at(*unique, [&] { validate(scene.unique); });
  }
  if (const auto intervals = node.find("intervals")) {
    intervals->refuse_unknown_keys({"interval_s", "max_gap_s"});
    read(*intervals, "interval_s", scene.intervals.interval_s);
    read(*intervals, "max_gap_s", scene.intervals.max_gap_s);
    check_at(*intervals, [&] { validate(scene.intervals); });
  }
  read(node, "forget_after_s", scene.forget_after_s);
  check_at(node, [&] { validate(scene); });
  return scene;
}

count::SceneOptions read_scene_file(const std::filesystem::path& path) {
  return read_scene(config::load_yaml_file(path));
}

}  // namespace gondola::app
