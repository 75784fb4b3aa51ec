#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/shelf/catalog.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class CatalogCommand : public CommandLine {
 protected:
  /// A picture of one product, which its colour and its number tell apart.
  void write_crop(const std::string& name, const cv::Scalar& color, int number) {
    cv::Mat image(120, 60, CV_8UC3, color);
    image.rowRange(40, 60 + 5 * number).setTo(cv::Scalar(230, 230, 230));
    cv::imwrite(file(name), image);
  }

  void write_crops() {
    for (int i = 0; i < 3; ++i) {
      write_crop("red" + std::to_string(i) + ".png", cv::Scalar(40, 40, 200), i);
      write_crop("green" + std::to_string(i) + ".png", cv::Scalar(60, 170, 50), i);
    }
  }

  shelf::Catalog catalog(const std::string& name = "gondola-catalog.json") {
    return shelf::load_catalog(dir_ / name);
  }
};

TEST_F(CatalogCommand, KeepsListsAndForgetsProducts) {
  write_crops();
  Outcome outcome = run({"catalog", "add", "red tea", "red0.png", "red1.png", "red2.png"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("red tea: 3 pictures added; 1 product in"));
  outcome = run({"catalog", "add", "red tea", "red1.png"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("0 pictures added, 1 there already"));
  ASSERT_EQ(run({"catalog", "add", "green tea", "green*.png"}).exit_code, 0);

  const shelf::Catalog kept = catalog();
  ASSERT_EQ(kept.products().size(), 2U);
  EXPECT_EQ(kept.products()[0].name, "green tea");
  EXPECT_EQ(kept.products()[0].examples.size(), 3U);
  EXPECT_EQ(kept.products()[1].examples[1].origin, "red1.png");
  EXPECT_THAT(kept.embedder(), HasSubstr("shelf-n"));

  outcome = run({"catalog", "list"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("green tea"), HasSubstr("red0.png")));
  ASSERT_EQ(run({"catalog", "remove", "red tea"}).exit_code, 0);
  EXPECT_EQ(catalog().products().size(), 1U);
  EXPECT_THAT(error_line({"catalog", "remove", "gren tea"}, 2),
              HasSubstr("did you mean 'green tea'?"));
}

TEST_F(CatalogCommand, CutsBoxesOutOfAShelf) {
  write_crops();
  cv::Mat shelf(300, 400, CV_8UC3, cv::Scalar(120, 120, 120));
  media::read_image(file("red0.png")).copyTo(shelf(cv::Rect(50, 60, 60, 120)));
  media::read_image(file("red1.png")).copyTo(shelf(cv::Rect(120, 60, 60, 120)));
  cv::imwrite(file("shelf.png"), shelf);
  const Outcome outcome = run({"catalog", "add", "red", "--catalog", "c.json", "--box",
                               "50,60,110,180", "--box", "120,60,180,180", "shelf.png"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const shelf::Catalog kept = catalog("c.json");
  ASSERT_EQ(kept.products()[0].examples.size(), 2U);
  EXPECT_EQ(kept.products()[0].examples[1].origin, "shelf.png at 120,60,180,180");
  // The same product cut out before has the same vector.
  ASSERT_EQ(run({"catalog", "add", "red", "--catalog", "d.json", "red0.png"}).exit_code, 0);
  EXPECT_THAT(
      catalog("d.json").products()[0].examples[0].embedding,
      testing::Pointwise(testing::FloatNear(1e-4F), kept.products()[0].examples[0].embedding));
}

TEST_F(CatalogCommand, LetsCountNameProducts) {
  ASSERT_EQ(run({"synth", "--out", "drawn", "--count", "1", "--seed", "5", "--size", "640",
                 "--val-share", "0"})
                .exit_code,
            0);
  const std::string picture = file("drawn/images/shelf_0000000.jpg");
  const json truth = json::parse(test::read_text(dir_ / "drawn/truth/shelf_0000000.json"));
  // The product of which there is most, by five of its facings.
  std::map<std::string, std::vector<std::string>> boxes;
  for (const json& object : truth["objects"]) {
    const auto box = object["box"].get<std::vector<double>>();
    const std::string product = object["product"].is_string()
                                    ? object["product"].get<std::string>()
                                    : std::to_string(object["product"].get<int>());
    std::string text;
    for (const double side : box) text += (text.empty() ? "" : ",") + std::to_string(side);
    boxes[product].push_back(text);
  }
  const auto most = std::max_element(boxes.begin(), boxes.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  });
  ASSERT_GT(most->second.size(), 7U);
  std::vector<std::string> add = {"catalog", "add", "cola", picture};
  for (std::size_t i = 0; i < 5; ++i) {
    add.push_back("--box");
    add.push_back(most->second[i]);
  }
  Outcome outcome = run(add);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;

  outcome = run({"count", picture, "--no-save", "--json", "-", "--low", "cola=999", "--catalog",
                 "gondola-catalog.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json audit = json::parse(outcome.out);
  const int named = audit["totals"].value("cola", 0);
  EXPECT_GT(named, 4);
  EXPECT_LT(named, static_cast<int>(audit["products"].size()));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("cola " + std::to_string(named)), HasSubstr("ms name"),
                                 HasSubstr("low: cola")));
  // Without the catalogue there is no such label.
  outcome = run({"count", picture, "--no-save", "--json", "-"});
  EXPECT_FALSE(json::parse(outcome.out)["totals"].contains("cola"));
}

TEST_F(CatalogCommand, NamesWhatIsWrong) {
  write_crops();
  write_picture("other.jpg");
  EXPECT_THAT(error_line({"catalog", "add", "tea"}, 2), HasSubstr("catalog add NAME CROP"));
  EXPECT_THAT(error_line({"catalog", "paint", "tea"}, 2), HasSubstr("paint"));
  EXPECT_THAT(error_line({"catalog", "list"}, 1), HasSubstr("gondola-catalog.json"));
  EXPECT_THAT(error_line({"catalog", "remove"}, 2), HasSubstr("remove takes one name"));
  EXPECT_THAT(error_line({"catalog", "add", "gap", "red0.png"}, 2), HasSubstr("empty places"));
  EXPECT_THAT(error_line({"catalog", "add", "tea", "gone.png"}, 1), HasSubstr("gone.png"));
  EXPECT_THAT(error_line({"catalog", "add", "tea", "red0.png", "--box", "1,2,3"}, 2),
              HasSubstr("--box 1,2,3: expected the left"));
  EXPECT_THAT(error_line({"catalog", "add", "tea", "red0.png", "--box", "100,2,130,50"}, 2),
              HasSubstr("less than 4 pixels a side of a picture of 60x120"));
  EXPECT_THAT(error_line({"catalog", "add", "tea", "red*.png", "--box", "1,2,30,40"}, 2),
              HasSubstr("3 pictures are named"));
  // None of these left a catalogue behind.
  EXPECT_FALSE(std::filesystem::exists(dir_ / "gondola-catalog.json"));

  ASSERT_EQ(run({"catalog", "add", "tea", "red0.png"}).exit_code, 0);
  EXPECT_THAT(error_line({"catalog", "add", "coffee", "red0.png"}, 2),
              HasSubstr("has this picture as 'tea' already"));
  EXPECT_THAT(error_line({"count", "other.jpg", "--catalog", "gone.json"}, 1),
              HasSubstr("gone.json"));
  EXPECT_THAT(error_line({"count", "other.jpg", "--no-save", "--model", "shelf-n-int8", "--catalog",
                          "gondola-catalog.json"},
                         2),
              AllOf(HasSubstr("cannot be compared"), HasSubstr("--model")));
  ASSERT_EQ(run({"catalog", "remove", "tea"}).exit_code, 0);
  EXPECT_THAT(error_line({"count", "other.jpg", "--catalog", "gondola-catalog.json"}, 2),
              HasSubstr("has no products"));
  test::write_text(dir_ / "cut.json", R"({"schema":"gondola.catalog/1","embedd)");
  EXPECT_THAT(error_line({"count", "other.jpg", "--catalog", "cut.json"}, 2),
              HasSubstr("cut.json: no JSON from line 1 on"));
}

}  // namespace
}  // namespace gondola::app
