#include "shelf_truth.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "free_board.hpp"
#include "layout_plan.hpp"

namespace gondola::data::synth {
namespace {

struct Visible {
  int pixels = 0;
  int left = std::numeric_limits<int>::max();
  int top = std::numeric_limits<int>::max();
  int right = -1;
  int bottom = -1;

  Box box() const {
    return {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right + 1),
            static_cast<float>(bottom + 1)};
  }
};

std::vector<Visible> visible_pixels(const cv::Mat& owners, std::size_t count) {
  std::vector<Visible> visible(count);
  for (int y = 0; y < owners.rows; ++y) {
    const auto* row = owners.ptr<int>(y);
    for (int x = 0; x < owners.cols; ++x) {
      if (row[x] <= 0) continue;
      Visible& seen = visible[static_cast<std::size_t>(row[x] - 1)];
      ++seen.pixels;
      seen.left = std::min(seen.left, x);
      seen.right = std::max(seen.right, x);
      seen.top = std::min(seen.top, y);
      seen.bottom = std::max(seen.bottom, y);
    }
  }
  return visible;
}

bool is_labelled(const Visible& seen, const Coverage& coverage, const ShelfOptions& options) {
  if (seen.pixels == 0) return false;
  const Box box = seen.box();
  return std::min(box.width(), box.height()) >= options.min_side &&
         seen.pixels >= options.min_visible * coverage.drawn &&
         coverage.drawn >= options.min_inside * coverage.full_area;
}

bool is_gap(const ShelfFreeStretch& stretch, const ShelfOptions& options) {
  return stretch.holds_facing && stretch.is_seen() &&
         std::min(stretch.box.width(), stretch.box.height()) >= options.min_side;
}

/// Rows in the order of their bays, and where each of a bay's begins.
std::vector<ShelfRow> list_rows(const ShelfLayout& layout, std::vector<int>& first_row) {
  std::vector<ShelfRow> rows;
  for (std::size_t bay = 0; bay < layout.bays.size(); ++bay) {
    first_row.push_back(static_cast<int>(rows.size()));
    for (std::size_t level = 0; level < layout.bays[bay].rows.size(); ++level) {
      rows.push_back({static_cast<int>(bay), static_cast<int>(level), {}});
    }
  }
  return rows;
}

/// How far behind the front of the boards empty places are measured, where goods would stand.
constexpr double kSetback = -2;

/// How the front of a place on a shelf is seen.
struct Outline {
  Box box;             ///< clipped to the picture
  double inside = 0;   ///< share of it inside the picture
  double visible = 0;  ///< share of that with nothing before it
};

/// Nothing when part of it is behind the camera or all of it outside the picture.
///
/// @param z  of the place; goods stand a little behind the board's front
std::optional<Outline> outline_of(const cv::Rect2d& place, double z, const Camera& camera,
                                  double distortion, const cv::Mat& owners) {
  constexpr int kSteps = 12;
  const cv::Rect frame({}, owners.size());
  int inside = 0;
  int is_free = 0;
  cv::Point2d low(owners.cols, owners.rows);
  cv::Point2d high(0, 0);
  for (int i = 0; i <= kSteps; ++i) {
    for (int j = 0; j <= kSteps; ++j) {
      const Vec3 p = camera.project(
          {place.x + place.width * i / kSteps, place.y + place.height * j / kSteps, z});
      if (p[2] <= 0) return std::nullopt;
      const cv::Point2d at = distorted_point({p[0] / p[2], p[1] / p[2]}, owners.size(), distortion);
      low = {std::min(low.x, at.x), std::min(low.y, at.y)};
      high = {std::max(high.x, at.x), std::max(high.y, at.y)};
      const cv::Point pixel(static_cast<int>(std::floor(at.x)), static_cast<int>(std::floor(at.y)));
      if (!frame.contains(pixel)) continue;
      ++inside;
      if (owners.at<int>(pixel) == kBackdrop) ++is_free;
    }
  }
  if (inside == 0) return std::nullopt;
  constexpr double kSamples = (kSteps + 1) * (kSteps + 1);
  const Box box{static_cast<float>(low.x), static_cast<float>(low.y), static_cast<float>(high.x),
                static_cast<float>(high.y)};
  return Outline{clip(box, {owners.cols, owners.rows}), inside / kSamples,
                 static_cast<double>(is_free) / inside};
}

/// The facings that none of the objects belongs to.
std::vector<ShelfHiddenFacing> hidden_facings(const Scene& scene, const PlannedLayout& planned,
                                              const std::vector<int>& first_row,
                                              const std::vector<ShelfObject>& objects,
                                              double distortion, const cv::Mat& owners) {
  const Camera camera(scene.pose, scene.focal, scene.picture);
  std::set<std::pair<int, int>> seen;
  for (const ShelfObject& object : objects) seen.emplace(object.position, object.facing);
  std::vector<ShelfHiddenFacing> hidden;
  for (std::size_t b = 0; b < scene.layout.bays.size(); ++b) {
    for (std::size_t r = 0; r < scene.layout.bays[b].rows.size(); ++r) {
      const std::vector<Item>& items = scene.layout.bays[b].rows[r].items;
      for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        const PlannedPlace& place = planned.places[b][r][i];
        if (item.layer != 0 || item.level != 0) continue;
        if (seen.count({place.position, place.facing}) != 0) continue;
        const Extent& size = scene.layout.products[static_cast<std::size_t>(item.product)].extent;
        const auto outline = outline_of({item.x, item.y, size.width, size.height}, item.z, camera,
                                        distortion, owners);
        if (!outline || !is_valid(outline->box)) continue;
        hidden.push_back({outline->box, first_row[b] + static_cast<int>(r), place.position,
                          place.facing, outline->inside});
      }
    }
  }
  return hidden;
}

/// Canvas numbers become object numbers; whatever is not labelled belongs to nobody.
void renumber(cv::Mat& owners, const std::vector<int>& object_of_place) {
  for (int y = 0; y < owners.rows; ++y) {
    auto* row = owners.ptr<int>(y);
    for (int x = 0; x < owners.cols; ++x) {
      row[x] = row[x] > 0 ? object_of_place[static_cast<std::size_t>(row[x] - 1)] : -1;
    }
  }
}

}  // namespace

std::vector<VisibleItem> find_visible_items(const Rendering& rendering, const cv::Mat& owners,
                                            const ShelfOptions& options) {
  const std::vector<Visible> visible = visible_pixels(owners, rendering.places.size());
  std::vector<VisibleItem> items;
  for (std::size_t i = 0; i < visible.size(); ++i) {
    const Coverage& coverage = rendering.coverage[i];
    if (!is_labelled(visible[i], coverage, options)) continue;
    const double share = visible[i].pixels / static_cast<double>(std::max(1, coverage.drawn));
    const double inside = coverage.drawn / std::max(1.0, static_cast<double>(coverage.full_area));
    items.push_back({i, visible[i].box(), std::min(1.0, share), std::min(1.0, inside)});
  }
  return items;
}

ShelfTruth find_truth(const Scene& scene, const Rendering& rendering, double distortion,
                      const ShelfOptions& options, cv::Mat& owners) {
  const ShelfLayout& layout = scene.layout;
  ShelfTruth truth;
  for (const Product& product : layout.products) {
    truth.products.push_back({product.name, product.extent.width, product.extent.height});
  }
  std::vector<int> first_row;
  truth.rows = list_rows(layout, first_row);
  PlannedLayout planned = plan_layout(layout);
  truth.planogram = std::move(planned.planogram);

  std::vector<int> object_of_place(rendering.places.size(), -1);
  for (const VisibleItem& seen : find_visible_items(rendering, owners, options)) {
    const ItemPlace& place = rendering.places[seen.place];
    const Item& item = item_at(layout, place);
    const int row = first_row[static_cast<std::size_t>(place.bay)] + place.row;
    const int object = static_cast<int>(truth.objects.size());
    object_of_place[seen.place] = object;
    truth.rows[static_cast<std::size_t>(row)].objects.push_back(object);
    const PlannedPlace& plan = planned.place_of(place);
    truth.objects.push_back({seen.box, item.product, row, item.level, seen.visible, seen.inside,
                             plan.position, plan.facing});
  }

  const Camera camera(scene.pose, scene.focal, scene.picture);
  const FixtureLook& look = scene.look;
  const bool boards_go_on = !look.side_panels && !look.front_posts && !look.glass_doors;
  for (const FreeStretch& stretch : find_free_stretches(layout, boards_go_on)) {
    const auto seen = outline_of(stretch.place, kSetback, camera, distortion, owners);
    if (!seen || !is_valid(seen->box)) continue;
    const int row = first_row[static_cast<std::size_t>(stretch.bay)] + stretch.row;
    truth.free.push_back(
        {seen->box, row, stretch.room, stretch.holds_facing, seen->inside, seen->visible});
    if (options.gaps && is_gap(truth.free.back(), options)) {
      truth.gaps.push_back({seen->box, row, std::max(1, static_cast<int>(stretch.room))});
    }
  }
  truth.hidden = hidden_facings(scene, planned, first_row, truth.objects, distortion, owners);
  renumber(owners, object_of_place);
  return truth;
}

namespace {

nlohmann::ordered_json rounded_box(const Box& box) {
  const auto round = [](float value) { return std::round(value * 10.0) / 10.0; };
  return {round(box.x1), round(box.y1), round(box.x2), round(box.y2)};
}

double rounded(double value) { return std::round(value * 100) / 100; }

nlohmann::ordered_json planogram_json(const ShelfTruth& truth) {
  const ShelfPlanogram& planogram = truth.planogram;
  nlohmann::ordered_json products = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < truth.products.size(); ++i) {
    const ShelfProduct& product = truth.products[i];
    products.push_back({{"id", i},
                        {"name", product.name},
                        {"w", rounded(product.width)},
                        {"h", rounded(product.height)}});
  }
  nlohmann::ordered_json fixtures = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < planogram.fixtures.size(); ++i) {
    const ShelfFixture& fixture = planogram.fixtures[i];
    fixtures.push_back({{"id", i},
                        {"x", rounded(fixture.x)},
                        {"y", rounded(fixture.y)},
                        {"w", rounded(fixture.width)},
                        {"h", rounded(fixture.height)}});
  }
  nlohmann::ordered_json positions = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < planogram.positions.size(); ++i) {
    const ShelfPosition& position = planogram.positions[i];
    positions.push_back({{"id", i},
                         {"product", position.product},
                         {"fixture", position.fixture},
                         {"x", rounded(position.x)},
                         {"y", rounded(position.y)},
                         {"facings", position.facings}});
  }
  return {{"width", rounded(planogram.width)},
          {"height", rounded(planogram.height)},
          {"products", products},
          {"fixtures", fixtures},
          {"positions", positions}};
}

}  // namespace

std::string truth_json(const ShelfTruth& truth, const std::string& image, Size size) {
  nlohmann::ordered_json objects = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < truth.objects.size(); ++i) {
    const ShelfObject& object = truth.objects[i];
    objects.push_back({{"id", i},
                       {"product", object.product},
                       {"row", object.row},
                       {"level", object.level},
                       {"visible", rounded(object.visible)},
                       {"inside", rounded(object.inside)},
                       {"position", object.position},
                       {"facing", object.facing},
                       {"box", rounded_box(object.box)}});
  }
  nlohmann::ordered_json gaps = nlohmann::ordered_json::array();
  for (const ShelfGap& gap : truth.gaps) {
    gaps.push_back({{"row", gap.row}, {"facings", gap.facings}, {"box", rounded_box(gap.box)}});
  }
  nlohmann::ordered_json stretches = nlohmann::ordered_json::array();
  for (const ShelfFreeStretch& stretch : truth.free) {
    stretches.push_back({{"row", stretch.row},
                         {"room", rounded(stretch.room)},
                         {"holds_facing", stretch.holds_facing},
                         {"inside", rounded(stretch.inside)},
                         {"visible", rounded(stretch.visible)},
                         {"seen", stretch.is_seen()},
                         {"box", rounded_box(stretch.box)}});
  }
  nlohmann::ordered_json hidden = nlohmann::ordered_json::array();
  for (const ShelfHiddenFacing& facing : truth.hidden) {
    hidden.push_back({{"row", facing.row},
                      {"position", facing.position},
                      {"facing", facing.facing},
                      {"inside", rounded(facing.inside)},
                      {"box", rounded_box(facing.box)}});
  }
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < truth.rows.size(); ++i) {
    const ShelfRow& row = truth.rows[i];
    rows.push_back(
        {{"index", i}, {"bay", row.bay}, {"level", row.level}, {"objects", row.objects}});
  }
  const nlohmann::ordered_json document = {
      {"schema", "gondola.shelf-truth/1"},
      {"image", {{"file", image}, {"width", size.width}, {"height", size.height}}},
      {"objects", objects},
      {"gaps", gaps},
      {"free", stretches},
      {"hidden", hidden},
      {"rows", rows},
      {"planogram", planogram_json(truth)}};
  return document.dump() + "\n";
}

std::string yolo_lines(const ShelfTruth& truth, Size size) {
  std::string lines;
  const auto add = [&](int class_id, const Box& box) {
    const CxCyWh b = xyxy_to_cxcywh(box);
    char line[96];
    std::snprintf(line, sizeof line, "%d %.6f %.6f %.6f %.6f\n", class_id, b.cx / size.width,
                  b.cy / size.height, b.w / size.width, b.h / size.height);
    lines += line;
  };
  for (const ShelfObject& object : truth.objects) add(0, object.box);
  for (const ShelfGap& gap : truth.gaps) add(1, gap.box);
  return lines;
}

}  // namespace gondola::data::synth
