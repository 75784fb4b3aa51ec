#include <algorithm>
#include <filesystem>
#include <set>
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
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--low", "produkt=4"}, 2),
              testing::AllOf(HasSubstr("--low produkt=4"), HasSubstr("did you mean 'product'")));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--window", "4"}, 2), HasSubstr("--window"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--planogram", "gone.yaml"}, 1),
              HasSubstr("gone.yaml"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--out", "."}, 2), HasSubstr("shelf.jpg"));
  test::write_text(dir_ / "no.db", "this is no database, but it is long enough to look at it");
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--store", "no.db"}, 1), HasSubstr("no.db"));
  EXPECT_THAT(error_line({"count", "0"}, 2), HasSubstr("--watch"));
  EXPECT_THAT(error_line({"count", "0", "--walk"}, 2), HasSubstr("use --watch"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--watch"}, 2), HasSubstr("pictures"));
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--events", "e.jsonl"}, 2), HasSubstr("--watch"));
  test::write_text(dir_ / "zones.yaml", "zones:\n  - name: top\n    polygon: [[0, 0], [1, 1]]\n");
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--zones", "zones.yaml"}, 2),
              testing::AllOf(HasSubstr("zones.yaml:2"), HasSubstr("'top'"), HasSubstr("corners")));
  test::write_text(dir_ / "zones.yaml", "zones:\n  - name: top\n    poligon: []\n");
  EXPECT_THAT(error_line({"count", "shelf.jpg", "--zones", "zones.yaml"}, 2),
              testing::AllOf(HasSubstr("zones.yaml:3"), HasSubstr("polygon")));
}

TEST_F(CountCommand, CountsByZone) {
  draw_shelves(1);
  test::write_text(dir_ / "zones.yaml", R"(zones:
  - {name: all, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], low: 9999}
  - {name: left half, polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}
)");
  const Outcome outcome =
      run({"count", pictures_[0], "--no-save", "--json", "-", "--zones", "zones.yaml"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json audit = json::parse(outcome.out);
  EXPECT_EQ(audit["zones"][0]["facings"], audit["kpi"]["facings"]);
  EXPECT_LT(audit["zones"][1]["facings"], audit["zones"][0]["facings"]);
  EXPECT_GT(audit["zones"][1]["facings"], 0);
  EXPECT_EQ(audit["low_stock"][0]["zone"], "all");
  EXPECT_THAT(outcome.err, HasSubstr("low: all "));
}

class CountOfVideos : public CountCommand {
 protected:
  void draw_clip(const std::string& name, const std::string& motion, int seconds) {
    const Outcome outcome = run({"synth", "--video", name, "--motion", motion, "--seconds",
                                 std::to_string(seconds), "--seed", "3", "--size", "640x360"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  std::vector<json> lines_of(const std::string& name) {
    std::vector<json> lines;
    std::istringstream text(test::read_text(dir_ / name));
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

TEST_F(CountOfVideos, AWalkIsOnePictureWithEveryProductOnce) {
  draw_clip("aisle.mp4", "pan", 5);
  std::set<int> identities;
  std::size_t most_at_once = 0;
  for (const json& frame : lines_of("aisle.truth.jsonl")) {
    for (const json& object : frame["objects"]) identities.insert(object["identity"].get<int>());
    most_at_once = std::max(most_at_once, frame["objects"].size());
  }
  ASSERT_GT(identities.size(), most_at_once * 4 / 3) << "the camera must see more on its way";

  const std::vector<std::string> count = {"count", "aisle.mp4", "--walk",  "--json", "audit.json",
                                          "--out", "out",       "--store", "s.db"};
  const Outcome outcome = run(count);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json audit = json::parse(test::read_text(dir_ / "audit.json"));
  const auto products = audit["kpi"]["products"].get<double>();
  EXPECT_NEAR(products / static_cast<double>(identities.size()), 1, 0.15);
  EXPECT_GT(audit["image"]["width"].get<int>(), 700);
  const cv::Mat drawn = media::read_image(file("out/aisle.jpg"));
  EXPECT_EQ(drawn.cols, audit["image"]["width"].get<int>());

  EXPECT_THAT(run(count).err, HasSubstr("in the store already"));
  const auto audits = store::open_store(file("s.db"))->audits({}, true);
  ASSERT_EQ(audits.size(), 1U);
  EXPECT_EQ(audits[0].detections.size(), audit["products"].size());
  EXPECT_EQ(media::read_image(audits[0].picture).cols, drawn.cols);
}

TEST_F(CountOfVideos, AWatchedShelfTellsWhatChanges) {
  draw_clip("shelf.mp4", "restock", 25);
  const std::vector<std::string> count = {"count",        "shelf.mp4", "--watch",     "--events",
                                          "events.jsonl", "--out",     "out",         "--store",
                                          "s.db",         "--json",    "audits.json", "--interval",
                                          "10",           "--low",     "product=9999"};
  const Outcome outcome = run(count);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;

  const std::vector<json> events = lines_of("events.jsonl");
  ASSERT_FALSE(events.empty());
  for (const json& event : events) {
    EXPECT_EQ(event["source"], "shelf.mp4");
    EXPECT_LE(event["before_s"], event["time_s"]);
    EXPECT_LE(event["time_s"], event["reported_s"]);
    const cv::Mat evidence = media::read_image(file(event["picture"].get<std::string>()));
    EXPECT_GT(evidence.cols, 900);
  }

  const json audits = json::parse(test::read_text(dir_ / "audits.json"));
  EXPECT_EQ(audits["schema"], "gondola.audits/1");
  ASSERT_EQ(audits["audits"].size(), 3U) << "at 6 s, 16 s, and the end";
  for (const json& audit : audits["audits"]) EXPECT_GT(audit["kpi"]["facings"].get<int>(), 10);

  // The same video again is the same events, and the same audits.
  ASSERT_EQ(run(count).exit_code, 0);
  const auto kept = store::open_store(file("s.db"));
  EXPECT_EQ(kept->events({}).size(), events.size());
  EXPECT_EQ(kept->audits({}, false).size(), 3U);
  for (const store::EventRecord& event : kept->events({}))
    EXPECT_FALSE(media::read_image(event.picture).empty());
}

TEST_F(CountOfVideos, AWatchThatIsTooShortSaysSoAndKeepsNothing) {
  draw_clip("shelf.mp4", "restock", 1);
  const Outcome outcome = run({"count", "shelf.mp4", "--watch", "--store", "s.db", "--csv", "-"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("too short"));
  EXPECT_EQ(outcome.out, "source,taken_at,row,label,facings,products,gaps,gap_facings\n");
  EXPECT_TRUE(store::open_store(file("s.db"))->audits({}, false).empty());
}

TEST_F(CountOfVideos, AFolderOfFramesIsAWalkToo) {
  // One shelf seen twice, a little aside.
  draw_shelves(1);
  const cv::Mat shelf = media::read_image(pictures_[0]);
  for (const char* aisle : {"a.1", "b"}) {
    std::filesystem::create_directory(dir_ / aisle);
    for (int i = 0; i < 6; ++i) {
      const cv::Mat part = shelf(cv::Rect(10 * i, 0, 580, 640));
      cv::imwrite(file(std::string(aisle) + "/" + std::to_string(i) + ".png"), part);
    }
  }
  const Outcome outcome = run({"count", "a.1", "b", "--walk", "--json", "-", "--out", "out"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json audits = json::parse(outcome.out)["audits"];
  ASSERT_EQ(audits.size(), 2U);
  EXPECT_NEAR(audits[0]["image"]["width"].get<int>(), 630, 3);
  EXPECT_EQ(audits[0]["products"], audits[1]["products"]);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "out/a.1.jpg"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "out/b.jpg"));

  cv::imwrite(file("b/6.png"), shelf);
  EXPECT_THAT(run({"count", "b", "--walk", "--no-save"}).err,
              testing::AllOf(HasSubstr("580x640"), HasSubstr("640x640")));
}

TEST_F(CountOfVideos, SaysThatItMustKnowWhetherTheCameraMoves) {
  draw_clip("shelf.mp4", "pan", 1);
  EXPECT_THAT(error_line({"count", "shelf.mp4"}, 2),
              testing::AllOf(HasSubstr("--walk"), HasSubstr("--watch")));
  EXPECT_THAT(error_line({"count", "shelf.mp4", "--watch", "--low", "cola=2"}, 2),
              HasSubstr("'cola'"));
}

}  // namespace
}  // namespace gondola::app
