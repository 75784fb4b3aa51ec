#include "gondola/shelf/audit.hpp"

#include <algorithm>
#include <set>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::shelf {
namespace {

void count_labels(Audit& audit) {
  std::map<std::string, LabelCount> counts;
  for (const AuditProduct& product : audit.products) {
    LabelCount& count = counts[product.label];
    ++count.products;
    count.row_facings.resize(audit.rows.size(), 0);
  }
  double length = 0;
  for (std::size_t r = 0; r < audit.rows.size(); ++r) {
    for (const Facing& facing : audit.rows[r].facings) {
      LabelCount& count = counts[audit.products[facing.boxes.front()].label];
      ++count.facings;
      ++count.row_facings[r];
      count.length_share += facing.base.width();
      length += facing.base.width();
      ++audit.kpi.facings;
    }
  }
  for (auto& [label, count] : counts) {
    count.label = label;
    if (audit.kpi.facings > 0) {
      count.facing_share = static_cast<double>(count.facings) / audit.kpi.facings;
      count.length_share /= length;
    }
    audit.totals.push_back(std::move(count));
  }
}

void find_low_stock(Audit& audit, const std::map<std::string, int>& thresholds) {
  for (const auto& [label, threshold] : thresholds) {
    const auto found =
        std::find_if(audit.totals.begin(), audit.totals.end(),
                     [&, &name = label](const LabelCount& count) { return count.label == name; });
    const int facings = found == audit.totals.end() ? 0 : found->facings;
    if (facings < threshold) audit.low_stock.push_back({label, "", facings, threshold});
  }
}

bool is_in(const Zone& zone, const std::string& label, const Box& box, Size image) {
  const bool counts = zone.labels.empty() ||
                      std::find(zone.labels.begin(), zone.labels.end(), label) != zone.labels.end();
  return counts &&
         count::encloses(zone.polygon, {box.center_x() / static_cast<double>(image.width),
                                        box.center_y() / static_cast<double>(image.height)});
}

void count_zones(Audit& audit, const std::vector<Zone>& zones) {
  for (const Zone& zone : zones) {
    ZoneCount count{zone.name, 0, 0};
    for (const AuditProduct& product : audit.products)
      count.products += is_in(zone, product.label, product.box, audit.image) ? 1 : 0;
    for (const Row& row : audit.rows) {
      for (const Facing& facing : row.facings) {
        const std::string& label = audit.products[facing.boxes.front()].label;
        count.facings += is_in(zone, label, facing.base, audit.image) ? 1 : 0;
      }
    }
    if (count.facings < zone.low_stock)
      audit.low_stock.push_back({"", zone.name, count.facings, zone.low_stock});
    audit.zones.push_back(std::move(count));
  }
}

std::optional<double> availability(const Audit& audit) {
  if (audit.comparison && audit.comparison->registered) {
    int seen = 0;
    int stocked = 0;
    for (const PositionResult& position : audit.comparison->positions) {
      if (position.status == PositionStatus::kHidden) continue;
      ++seen;
      stocked += position.correct > 0 ? 1 : 0;
    }
    if (seen > 0) return static_cast<double>(stocked) / seen;
    return std::nullopt;
  }
  const int room = audit.kpi.facings + audit.kpi.gap_facings;
  if (room == 0) return std::nullopt;
  return static_cast<double>(audit.kpi.facings) / room;
}

}  // namespace

void validate(const std::vector<Zone>& zones) {
  std::set<std::string_view> names;
  for (const Zone& zone : zones) {
    if (zone.name.empty()) throw ConfigError("a zone has no name; give it one");
    const std::string user = "zone '" + printable(zone.name) + "'";
    if (!names.insert(zone.name).second)
      throw ConfigError(user + ": there are two of this name; give each its own");
    if (zone.low_stock < 0)
      throw ConfigError(concat(user, ": low = ", zone.low_stock, "; expected a number >= 0"));
    if (!count::is_simple_polygon(zone.polygon))
      throw ConfigError(user + ": its polygon has fewer than three corners, or edges that cross");
  }
}

Audit audit(const std::vector<Detection>& detections, const std::vector<std::string>& class_names,
            Size image, const Planogram* planogram, const AuditOptions& options) {
  Audit result;
  result.image = image;
  std::vector<Detection> products;
  std::vector<Detection> empty_places;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const Detection& detection = detections[i];
    GONDOLA_EXPECTS(detection.class_id >= 0 &&
                        static_cast<std::size_t>(detection.class_id) < class_names.size(),
                    "audit: class ", detection.class_id, " of ", class_names.size(), " names");
    const std::string& label = class_names[static_cast<std::size_t>(detection.class_id)];
    if (label == options.gap_label) {
      empty_places.push_back(detection);
    } else {
      products.push_back(detection);
      result.products.push_back({i, label, detection.score, detection.box, {}});
    }
  }
  std::vector<Box> boxes;
  for (const Detection& product : products) boxes.push_back(product.box);
  ShelfReading reading = find_rows(boxes, options.rows);
  for (std::size_t i = 0; i < result.products.size(); ++i) {
    result.products[i].place = reading.placements[i];
  }
  const bool knows_gaps =
      std::find(class_names.begin(), class_names.end(), options.gap_label) != class_names.end();
  result.gaps = find_gaps(reading, empty_places, knows_gaps, image, options.gaps);
  if (planogram != nullptr) {
    // The class of empty places tells no products apart.
    std::vector<std::string> labels;
    std::vector<int> number(class_names.size(), 0);
    for (std::size_t c = 0; c < class_names.size(); ++c) {
      number[c] = static_cast<int>(labels.size());
      if (class_names[c] != options.gap_label) labels.push_back(class_names[c]);
    }
    for (Detection& product : products) {
      product.class_id = number[static_cast<std::size_t>(product.class_id)];
    }
    result.planogram = *planogram;
    result.comparison = compare(reading, products, labels, result.gaps, knows_gaps, *planogram,
                                image, options.compare);
  }
  result.rows = std::move(reading.rows);
  result.bays = reading.bays;
  result.kpi.products = static_cast<int>(products.size());
  result.kpi.gaps = static_cast<int>(result.gaps.size());
  for (const Gap& gap : result.gaps) result.kpi.gap_facings += gap.facings;
  count_labels(result);
  find_low_stock(result, options.low_stock);
  count_zones(result, options.zones);
  result.kpi.on_shelf_availability = availability(result);
  return result;
}

}  // namespace gondola::shelf
