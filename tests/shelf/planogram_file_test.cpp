#include "planogram_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

constexpr char kYaml[] = R"(width: 100
height: 30
products:
  - {id: tea, name: Green tea, w: 10, h: 20}
fixtures:
  - {id: 1, x: 0, y: 0, w: 100, h: 30}
positions:
  - {id: 1, productId: tea, fixtureId: 1, x: 5, y: 10, facings: 3}
  - {id: 2, product: tea, fixture: 1, x: 50, y: 10}
)";

std::string failure(const std::string& text) {
  try {
    parse_planogram(text, "plan");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing thrown";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(PlanogramFile, ReadsYamlWithSynonyms) {
  const shelf::Planogram planogram = parse_planogram(kYaml, "plan");
  ASSERT_EQ(planogram.positions.size(), 2U);
  EXPECT_EQ(planogram.positions[0].facings, 3);
  EXPECT_EQ(planogram.positions[1].facings, 1);
  EXPECT_EQ(planogram.products[0].name, "Green tea");
}

TEST(PlanogramFile, ReadsJson) {
  const shelf::Planogram planogram = parse_planogram(
      "{\"width\": 3.5, \"height\": 2,\n\t\"products\": [{\"id\": 7, \"w\": 0.1, \"h\": 0.2}],\n"
      "\t\"fixtures\": [{\"id\": \"a\", \"x\": 0, \"y\": 0, \"w\": 3.5, \"h\": 2}],\n"
      "\t\"positions\": [{\"id\": 1, \"product\": 7, \"fixture\": \"a\", \"x\": 1e-1, \"y\": 0}]}",
      "plan.json");
  EXPECT_EQ(planogram.products[0].id, "7");
  EXPECT_EQ(planogram.positions[0].x, 0.1);
}

TEST(PlanogramFile, NamesFileAndLine) {
  EXPECT_EQ(failure(replaced(kYaml, "productId: tea", "productId: tee")),
            "plan:8: position '1' product = 'tee'; expected the id of a product (did you mean "
            "'tea'?)");
  EXPECT_EQ(failure(replaced(kYaml, "x: 50", "x: 30")),
            "plan:9: position '2' begins at x 30, before position '1' ends at 35 on the same "
            "fixture; expected no overlap");
  EXPECT_THAT(failure(replaced(kYaml, "w: 10,", "w: ten,")), testing::StartsWith("plan:4: "));
  EXPECT_THAT(failure(replaced(kYaml, "facings", "facing")),
              testing::AllOf(testing::StartsWith("plan:8: "), testing::HasSubstr("facings")));
  EXPECT_THAT(failure(replaced(kYaml, "productId: tea", "productId: tea, product: tea")),
              testing::HasSubstr("only one of product and productId"));
}

TEST(PlanogramFile, ReadsFilesAndSaysWhichIsMissing) {
  const gondola::test::TempDir dir;
  gondola::test::write_text(dir / "plan.yaml", kYaml);
  EXPECT_EQ(load_planogram(dir / "plan.yaml").fixtures.size(), 1U);
  EXPECT_THROW(load_planogram(dir / "none.yaml"), IoError);
}

}  // namespace
}  // namespace gondola::app
