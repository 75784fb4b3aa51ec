#include "gondola/count/scene_options.hpp"

#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::count {
namespace {

// A polygon is checked edge by edge, and asked about for every object in every frame.
constexpr std::size_t kMostCorners = 1000;

constexpr int kSecondsOfAYear = 366 * 24 * 3600;

std::string in_quotes(const std::string& name) { return "'" + printable(name) + "'"; }

void check_number(const std::string& user, std::string_view name, double value, double least,
                  int most) {
  if (value >= least && value <= most) return;
  throw ConfigError(
      concat(user, ": ", name, " = ", value, "; expected a number from ", least, " to ", most));
}

void check_seconds(const std::string& user, std::string_view name, double value) {
  check_number(user, name, value, 0, kSecondsOfAYear);
}

/// "line" and "zone" are called by name from here on, so they must have one.
std::string user_of(std::string_view kind, const std::string& name) {
  if (trim(name).empty()) throw ConfigError(concat(kind, ": has no name; give it one"));
  return concat(kind, " ", in_quotes(name));
}

void check_point(const std::string& user, const Point& point, PointUnits units) {
  const auto is_fraction = [](double value) { return value >= 0 && value <= 1; };
  if (units == PointUnits::kFraction && !(is_fraction(point.x) && is_fraction(point.y))) {
    throw ConfigError(concat(user, ": point ", point.x, ", ", point.y,
                             "; expected fractions of the picture, 0 to 1, or units: pixels"));
  }
  if (units == PointUnits::kPixels &&
      !(point.x >= 0 && point.y >= 0 && std::isfinite(point.x) && std::isfinite(point.y))) {
    throw ConfigError(concat(user, ": point ", point.x, ", ", point.y,
                             "; expected pixels from the picture's top left corner, >= 0"));
  }
}

void check_labels(const std::string& user, const std::vector<std::string>& labels) {
  std::set<std::string_view> seen;
  for (const std::string& label : labels) {
    if (label.empty()) throw ConfigError(user + ": an empty class name; leave it out");
    if (!seen.insert(label).second) {
      throw ConfigError(concat(user, ": class ", in_quotes(label), " is listed twice"));
    }
  }
}

void scale_point(const std::string& user, Point& point, Size picture) {
  if (point.x > picture.width || point.y > picture.height) {
    throw ConfigError(concat(user, ": point ", point.x, ", ", point.y,
                             " lies outside the picture of ", picture.width, "x", picture.height,
                             "; expected pixels of this picture, or units: fraction"));
  }
  point = {point.x / picture.width, point.y / picture.height};
}

}  // namespace

void validate(const LineOptions& options, PointUnits units) {
  const std::string user = user_of("line", options.name);
  check_point(user, options.segment.from, units);
  check_point(user, options.segment.to, units);
  if (options.segment.from == options.segment.to) {
    throw ConfigError(concat(user, ": begins and ends at ", options.segment.from.x, ", ",
                             options.segment.from.y, "; expected two different points"));
  }
  if (options.in_name.empty() || options.out_name.empty() || options.in_name == options.out_name) {
    throw ConfigError(concat(user, ": its directions are called ", in_quotes(options.in_name),
                             " and ", in_quotes(options.out_name),
                             "; expected two different names"));
  }
  check_labels(user, options.labels);
  check_number(user, "band_box", options.band_box, 0, 10);
  check_number(user, "band_pixels", options.band_pixels, 0, 100000);
}

void validate(const ZoneOptions& options, PointUnits units) {
  const std::string user = user_of("zone", options.name);
  if (options.polygon.size() < 3 || options.polygon.size() > kMostCorners) {
    throw ConfigError(
        concat(user, ": ", options.polygon.size(), " corners; expected 3 to ", kMostCorners));
  }
  for (const Point& corner : options.polygon) check_point(user, corner, units);
  if (!is_simple_polygon(options.polygon)) {
    throw ConfigError(user +
                      ": its edges cross or touch each other; list the corners in the order in "
                      "which one walks around the zone, each once");
  }
  check_labels(user, options.labels);
  check_seconds(user, "enter_after_s", options.enter_after_s);
  check_seconds(user, "exit_after_s", options.exit_after_s);
  check_seconds(user, "lost_after_s", options.lost_after_s);
}

void validate(const HeatMapOptions& options) {
  const std::string user = "heat_map";
  check_number(user, "columns", options.columns, 1, 4096);
  check_number(user, "rows", options.rows, 1, 4096);
  check_labels(user, options.labels);
  check_seconds(user, "half_life_s", options.half_life_s);
}

void validate(const UniqueOptions& options) {
  check_number("unique", "min_frames", options.min_frames, 1, 1000000);
}

void validate(const IntervalOptions& options) {
  check_number("intervals", "interval_s", options.interval_s, 0.1, kSecondsOfAYear);
  check_number("intervals", "max_gap_s", options.max_gap_s, 0.001, 3600);
}

void validate(const SceneOptions& options) {
  std::set<std::string_view> names;
  const auto check_name = [&names](const std::string& name) {
    if (!names.insert(name).second) {
      throw ConfigError(concat("scene: two lines or zones are called ", in_quotes(name),
                               "; give each its own name"));
    }
  };
  for (const LineOptions& line : options.lines) {
    validate(line, options.units);
    check_name(line.name);
  }
  for (const ZoneOptions& zone : options.zones) {
    validate(zone, options.units);
    check_name(zone.name);
  }
  if (options.heat_map) validate(*options.heat_map);
  validate(options.unique);
  validate(options.intervals);
  check_number("scene", "forget_after_s", options.forget_after_s, 0.1, kSecondsOfAYear);
}

SceneOptions to_fractions(SceneOptions options, Size picture) {
  GONDOLA_EXPECTS(picture.width > 0 && picture.height > 0, "to_fractions: a picture of ",
                  picture.width, "x", picture.height);
  if (options.units == PointUnits::kFraction) return options;
  for (LineOptions& line : options.lines) {
    const std::string user = user_of("line", line.name);
    scale_point(user, line.segment.from, picture);
    scale_point(user, line.segment.to, picture);
  }
  for (ZoneOptions& zone : options.zones) {
    const std::string user = user_of("zone", zone.name);
    for (Point& corner : zone.polygon) scale_point(user, corner, picture);
  }
  options.units = PointUnits::kFraction;
  return options;
}

}  // namespace gondola::count
