#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/count/geometry.hpp"
#include "gondola/shelf/compare.hpp"
#include "gondola/shelf/gaps.hpp"
#include "gondola/shelf/planogram.hpp"
#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

/// A part of the picture that is counted by itself.
struct Zone {
  std::string name;                   ///< no other zone has it
  std::vector<count::Point> polygon;  ///< corners as fractions of the picture, at least three
  std::vector<std::string> labels;    ///< that count; none for all
  int low_stock = 0;                  ///< fewest facings, >= 0; with fewer the zone is low
};

/// Throws ConfigError for zones without a name or of the same name, polygons with fewer than three
/// corners or edges that cross, and a negative low_stock.
void validate(const std::vector<Zone>& zones);

struct AuditOptions {
  RowOptions rows;
  GapOptions gaps;
  CompareOptions compare;

  /// The class whose detections are empty places and no products; a model without it knows none.
  std::string gap_label = "gap";

  /// Fewest facings by label, >= 0. A label below its own is low, also when it was not found.
  std::map<std::string, int> low_stock;

  std::vector<Zone> zones;
};

/// One product that was found, as a line of the report.
struct AuditProduct {
  std::size_t id = 0;  ///< place among the detections
  std::string label;
  float score = 0;
  Box box;
  Placement place;
};

/// How much there is of one label. A facing, with all that is stacked on it, has the label of the
/// product on the board.
struct LabelCount {
  std::string label;
  int products = 0;              ///< detections
  int facings = 0;               ///< columns of them
  double facing_share = 0;       ///< of all facings, 0..1
  double length_share = 0;       ///< of the summed widths of all facings in the picture, 0..1
  std::vector<int> row_facings;  ///< by row
};

/// What a zone holds: what has its middle inside. A facing's middle is that of the product on the
/// board.
struct ZoneCount {
  std::string name;
  int products = 0;
  int facings = 0;
};

struct LowStock {
  std::string label;  ///< empty for a zone
  std::string zone;   ///< empty for a label
  int facings = 0;
  int threshold = 0;
};

/// The numbers of one picture.
struct Kpi {
  int products = 0;     ///< detections that are no empty places
  int facings = 0;      ///< columns of products, over all rows
  int gaps = 0;         ///< empty places
  int gap_facings = 0;  ///< facings that would fit into them

  /// With a planogram that was found in the picture: the share of its positions, less the hidden
  /// ones, on which its product stands at least once. Otherwise facings / (facings + gap_facings).
  /// Nothing when there is nothing to divide by.
  std::optional<double> on_shelf_availability;
};

/// What one picture of a shelf shows, with everything traced to boxes: the report
/// gondola.audit/1.
struct Audit {
  std::string source;    ///< set by the caller: file, camera or frame
  std::string taken_at;  ///< set by the caller: UTC, ISO 8601, or empty
  Size image;
  std::vector<AuditProduct> products;
  std::vector<Row> rows;  ///< their boxes are places among the products
  int bays = 0;
  std::vector<Gap> gaps;
  std::vector<LabelCount> totals;   ///< by label, in the order of the alphabet
  std::vector<ZoneCount> zones;     ///< in the order of the options
  std::vector<LowStock> low_stock;  ///< labels in the order of the alphabet, then zones
  Kpi kpi;
  std::optional<Planogram> planogram;
  std::optional<Comparison> comparison;  ///< detections are places among the products
};

/// Reads a shelf: rows, facings, gaps, counts, and the comparison with a planogram where there is
/// one.
///
/// @param detections  of products and, if a class of that name exists, of empty places
/// @param class_names  labels by class id
///
/// Requires: class ids with a name, options in their ranges, valid zones (ContractViolation).
/// Thread-safe: no state.
Audit audit(const std::vector<Detection>& detections, const std::vector<std::string>& class_names,
            Size image, const Planogram* planogram = nullptr, const AuditOptions& options = {});

/// One line of JSON, schema gondola.audit/1, as docs/shelf.md describes it. Boxes in tenths of a
/// pixel; labels that are not UTF-8 have their broken bytes replaced.
std::string to_json(const Audit& audit);

}  // namespace gondola::shelf
