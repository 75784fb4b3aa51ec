#include "gondola/shelf/audit.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::shelf {
namespace {

const std::vector<std::string> kClasses = {"tea", "jam", "gap"};

/// Upper row: tea tea jam, 40, 40 and 80 wide; lower row: tea, an empty place, jam with another on
/// top.
std::vector<Detection> small_shelf() {
  return {{{0, 0, 40, 80}, 0.9F, 0},     {{40, 0, 80, 80}, 0.9F, 0},
          {{80, 0, 160, 80}, 0.8F, 1},   {{0, 120, 40, 200}, 0.9F, 0},
          {{40, 120, 80, 200}, 0.6F, 2}, {{80, 160, 160, 200}, 0.9F, 1},
          {{80, 120, 160, 160}, 0.9F, 1}};
}

constexpr Size kImage{200, 220};

TEST(Audit, CountsByLabelAndRow) {
  const Audit result = audit(small_shelf(), kClasses, kImage);
  EXPECT_EQ(result.kpi.products, 6);
  EXPECT_EQ(result.kpi.facings, 5);
  EXPECT_EQ(result.kpi.gaps, 1);
  EXPECT_EQ(result.kpi.gap_facings, 1);
  EXPECT_DOUBLE_EQ(*result.kpi.on_shelf_availability, 5.0 / 6);
  ASSERT_EQ(result.totals.size(), 2U);
  const LabelCount& jam = result.totals[0];
  const LabelCount& tea = result.totals[1];
  EXPECT_EQ(jam.label, "jam");
  EXPECT_EQ(jam.products, 3);
  EXPECT_EQ(jam.facings, 2);
  EXPECT_EQ(tea.row_facings, (std::vector<int>{2, 1}));
  EXPECT_EQ(jam.row_facings, (std::vector<int>{1, 1}));
  EXPECT_DOUBLE_EQ(tea.facing_share, 3.0 / 5);
  // Widths: tea 3 * 40, jam 2 * 80.
  EXPECT_DOUBLE_EQ(tea.length_share, 120.0 / 280);
  EXPECT_DOUBLE_EQ(jam.length_share, 160.0 / 280);
  EXPECT_EQ(result.products[4].id, 5U) << "the empty place is no product";
}

TEST(Audit, FindsLowStockAlsoOfWhatIsGone) {
  AuditOptions options;
  options.low_stock = {{"honey", 1}, {"jam", 2}, {"tea", 4}};
  const Audit result = audit(small_shelf(), kClasses, kImage, nullptr, options);
  ASSERT_EQ(result.low_stock.size(), 2U);
  EXPECT_EQ(result.low_stock[0].label, "honey");
  EXPECT_EQ(result.low_stock[0].facings, 0);
  EXPECT_EQ(result.low_stock[1].label, "tea");
  EXPECT_EQ(result.low_stock[1].facings, 3);
  EXPECT_EQ(result.low_stock[1].threshold, 4);
}

TEST(Audit, CountsByZone) {
  AuditOptions options;
  // The left 45 % of the picture, 90 pixels; all of it, jam alone; the lower row.
  options.zones = {{"left", {{0, 0}, {0.45, 0}, {0.45, 1}, {0, 1}}, {}, 4},
                   {"jam", {{0, 0}, {1, 0}, {1, 1}, {0, 1}}, {"jam"}, 2},
                   {"below", {{0, 0.5}, {1, 0.5}, {1, 1}, {0, 1}}, {}, 3}};
  const Audit result = audit(small_shelf(), kClasses, kImage, nullptr, options);
  ASSERT_EQ(result.zones.size(), 3U);
  EXPECT_EQ(result.zones[0].facings, 3);
  EXPECT_EQ(result.zones[1].facings, 2);
  EXPECT_EQ(result.zones[1].products, 3);
  EXPECT_EQ(result.zones[2].facings, 2);
  EXPECT_EQ(result.zones[2].products, 3);
  ASSERT_EQ(result.low_stock.size(), 2U);
  EXPECT_EQ(result.low_stock[0].zone, "left");
  EXPECT_EQ(result.low_stock[0].label, "");
  EXPECT_EQ(result.low_stock[1].zone, "below");
  const nlohmann::json report = nlohmann::json::parse(to_json(result));
  EXPECT_EQ(report["zones"][1]["name"], "jam");
  EXPECT_EQ(report["zones"][1]["facings"], 2);
  EXPECT_EQ(report["low_stock"][1],
            nlohmann::json({{"zone", "below"}, {"facings", 2}, {"threshold", 3}}));
}

TEST(Audit, RefusesZonesThatCannotBe) {
  const std::vector<count::Point> square = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
  const auto message = [](const std::vector<Zone>& zones) -> std::string {
    try {
      validate(zones);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{"a", square, {}, 0}, {"b", square, {}, 5}}), "");
  EXPECT_NE(message({{"", square, {}, 0}}), "");
  EXPECT_NE(message({{"a", square, {}, 0}, {"a", square, {}, 0}}).find("'a'"), std::string::npos);
  EXPECT_NE(message({{"a", {{0, 0}, {1, 1}}, {}, 0}}).find("corners"), std::string::npos);
  EXPECT_NE(message({{"a", {{0, 0}, {1, 1}, {1, 0}, {0, 1}}, {}, 0}}).find("cross"),
            std::string::npos);
  EXPECT_NE(message({{"a", square, {}, -1}}).find("low = -1"), std::string::npos);
}

TEST(Audit, OfNothingHasNoAvailability) {
  const Audit result = audit({}, kClasses, kImage);
  EXPECT_EQ(result.kpi.facings, 0);
  EXPECT_FALSE(result.kpi.on_shelf_availability);
  EXPECT_TRUE(result.totals.empty());
  const auto json = nlohmann::json::parse(to_json(result));
  EXPECT_TRUE(json["kpi"]["on_shelf_availability"].is_null());
}

TEST(Audit, MeasuresAvailabilityByThePlanogram) {
  test::MadeShelfOptions options;
  options.empty_share = 0.15;
  const test::MadeShelf shelf = test::make_shelf(options);
  std::vector<std::string> names;
  for (const PlannedProduct& product : shelf.planogram.products) names.push_back(product.id);
  const Audit result = audit(detections_of(shelf), names, shelf.image, &shelf.planogram);
  int empty = 0;
  int seen = 0;
  for (std::size_t p = 0; p < shelf.position_is_empty.size(); ++p) {
    seen += shelf.position_is_hidden[p] ? 0 : 1;
    empty += shelf.position_is_empty[p] && !shelf.position_is_hidden[p] ? 1 : 0;
  }
  ASSERT_GT(empty, 0);
  EXPECT_NEAR(*result.kpi.on_shelf_availability, 1 - static_cast<double>(empty) / seen, 1e-9);
}

TEST(Audit, WritesTheReport) {
  Audit result = audit(small_shelf(), kClasses, kImage);
  result.source = "shelf.jpg";
  result.taken_at = "2026-11-25T12:00:00Z";
  const std::string text = to_json(result);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["schema"], "gondola.audit/1");
  EXPECT_EQ(json["source"], "shelf.jpg");
  EXPECT_EQ(json["taken_at"], "2026-11-25T12:00:00Z");
  EXPECT_EQ(json["image"], (nlohmann::json{{"width", 200}, {"height", 220}}));
  EXPECT_EQ(json["products"][2], (nlohmann::json{{"id", 2},
                                                 {"label", "jam"},
                                                 {"score", 0.8},
                                                 {"box", {80.0, 0.0, 160.0, 80.0}},
                                                 {"row", 0},
                                                 {"facing", 2},
                                                 {"level", 0}}));
  EXPECT_EQ(json["rows"].size(), 2U);
  EXPECT_EQ(json["rows"][1]["facings"], 2);
  EXPECT_GE(json["rows"][1]["line"].size(), 2U);
  EXPECT_EQ(json["gaps"][0]["facings"], 1);
  EXPECT_EQ(json["gaps"][0]["row"], 1);
  EXPECT_EQ(json["totals"], (nlohmann::json{{"jam", 3}, {"tea", 3}}));
  EXPECT_EQ(json["kpi"]["share_of_shelf"]["tea"], 0.6);
  EXPECT_TRUE(json["kpi"]["planogram_compliance"].is_null());
  EXPECT_FALSE(json.contains("planogram"));
}

TEST(Audit, WritesThePositionsOfThePlanogram) {
  const test::MadeShelf shelf = test::make_shelf({});
  std::vector<std::string> names;
  for (const PlannedProduct& product : shelf.planogram.products) names.push_back(product.id);
  // An empty place first, so that detections and products are numbered differently.
  names.insert(names.begin(), "gap");
  std::vector<Detection> detections = {{{0, 0, 5, 5}, 0.9F, 0}};
  for (Detection detection : detections_of(shelf)) {
    ++detection.class_id;
    detections.push_back(detection);
  }
  const auto json =
      nlohmann::json::parse(to_json(audit(detections, names, shelf.image, &shelf.planogram)));
  EXPECT_EQ(json["planogram"]["registered"], true);
  EXPECT_EQ(json["kpi"]["planogram_compliance"], 1.0);
  const auto& positions = json["planogram"]["positions"];
  ASSERT_EQ(positions.size(), shelf.planogram.positions.size());
  EXPECT_EQ(positions[0]["status"], "correct");
  EXPECT_EQ(positions[0]["product"],
            shelf.planogram.products[shelf.planogram.positions[0].product].id);
  const auto detection = positions[0]["detection"].get<std::size_t>();
  EXPECT_EQ(shelf.products[detection - 1].position, 0);
}

TEST(Audit, KeepsReportsReadableWhateverTheLabels) {
  const std::string text = to_json(audit({{{0, 0, 9, 9}, 0.5F, 0}}, {"caf\xe9"}, kImage));
  EXPECT_NO_THROW(nlohmann::json::parse(text));
}

TEST(Audit, RefusesClassesWithoutAName) {
  EXPECT_THROW(audit({{{0, 0, 9, 9}, 0.5F, 3}}, kClasses, kImage), ContractViolation);
}

}  // namespace
}  // namespace gondola::shelf
