#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CountCommand : public CommandLine {
 protected:
  /// A shelf that synth drew: its truth is known.
  void draw_shelves(int count) {
    const Outcome outcome = run({"synth", "--out", "drawn", "--count", std::to_string(count),
                                 "--seed", "5", "--size", "640", "--val-share", "0"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "drawn/images"))
      pictures_.push_back(entry.path().string());
    std::sort(pictures_.begin(), pictures_.end());
    ASSERT_EQ(pictures_.size(), static_cast<std::size_t>(count));
  }

  std::vector<std::string> pictures_;
};

TEST_F(CountCommand, AuditsAPictureAndDrawsIt) {
  draw_shelves(1);
  const Outcome outcome = run({"count", pictures_[0], "--out", "out", "--json", "audit.json",
                               "--csv", "-", "--low", "product=9999"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json audit = json::parse(test::read_text(dir_ / "audit.json"));
  EXPECT_EQ(audit["schema"], "gondola.audit/1");
  EXPECT_EQ(audit["source"], pictures_[0]);
  const auto facings = audit["kpi"]["facings"].get<int>();
  EXPECT_GT(facings, 10);
  EXPECT_GE(audit["rows"].size(), 2U);
  int in_rows = 0;
  for (const json& product : audit["products"]) in_rows += product["level"] == 0 ? 1 : 0;
  EXPECT_EQ(in_rows, facings);
  EXPECT_THAT(outcome.err, HasSubstr("low: product " + std::to_string(facings) + " of 9999"));

  // The last line of the table is the whole picture.
  EXPECT_THAT(outcome.out, HasSubstr("source,taken_at,row,label,facings,products,gaps,"));
  EXPECT_THAT(outcome.out, HasSubstr(",,," + std::to_string(facings) + ','));

  const std::string stem = std::filesystem::path(pictures_[0]).stem().string();
  EXPECT_EQ(json::parse(test::read_text(dir_ / "out" / (stem + ".json"))), audit);
  const cv::Mat drawn = media::read_image(file("out/" + stem + ".jpg"));
  EXPECT_EQ(drawn.cols, 640);
  EXPECT_GT(drawn.rows, 640);  // the summary is below
}

TEST_F(CountCommand, KeepsEachPictureOnceUnlessAsked) {
  draw_shelves(2);
  std::vector<std::string> count = {"count",      pictures_[0],      pictures_[1], "--no-save",
                                    "--store",    "audits.db",       "--shop",     "Görlitz",
                                    "--taken-at", "2026-11-01 08:00"};
  ASSERT_EQ(run(count).exit_code, 0);
  EXPECT_THAT(run(count).err, HasSubstr("in the store already"));
  EXPECT_EQ(store::open_store(file("audits.db"))->audits({}, false).size(), 2U);
  count.push_back("--again");
  ASSERT_EQ(run(count).exit_code, 0);
  const auto audits = store::open_store(file("audits.db"))->audits({}, true);
  ASSERT_EQ(audits.size(), 4U);
  EXPECT_EQ(audits[0].store, "Görlitz");
  EXPECT_GT(audits[0].facings, 5);
  EXPECT_FALSE(audits[0].detections.empty());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "gondola-count"));
}

TEST_F(CountCommand, ComparesWithTheDrawnPlanogram) {
  test::write_text(dir_ / "plan.json",
                   R"({"width":100,"height":100,"products":[{"id":"a","name":"A","w":10,"h":20}],
"fixtures":[{"id":"f","x":0,"y":0,"w":100,"h":30}],
"positions":[{"id":"p","product":"b","fixture":"f","x":0,"y":0,"facings":3}]})");
  write_picture("shelf.jpg");
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--planogram", "plan.json"}, 2),
              testing::AllOf(HasSubstr("plan.json:3"), HasSubstr("'b'")));
}

TEST_F(CountCommand, NamesWhatIsWrong) {
  write_picture("shelf.jpg");
  EXPECT_THAT(error_line({"count"}, 2), HasSubstr("no SOURCE given"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--low", "cola"}, 2), HasSubstr("--low cola"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--shop", "x"}, 2), HasSubstr("--store FILE"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--taken-at", "soon"}, 2), HasSubstr("soon"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--planogram", "gone.yaml"}, 1),
              HasSubstr("gone.yaml"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--out", "."}, 2), HasSubstr("shelf.jpg"));
  test::write_text(dir_ / "no.db", "this is no database, but it is long enough to look at it");
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--store", "no.db"}, 1), HasSubstr("no.db"));
  EXPECT_THAT(error_line({"count", "0"}, 2), HasSubstr("gondola track"));
}

}  // namespace
}  // namespace gondola::app
