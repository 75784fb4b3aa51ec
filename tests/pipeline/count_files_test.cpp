#include "gondola/pipeline/count_files.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::ClassNames;
using gondola::count::CountRow;
using gondola::count::SceneEvent;
using gondola::count::SceneEventKind;
using gondola::count::ScopeKind;
using gondola::count::StockEvent;
using gondola::count::StockEventKind;
using gondola::media::Frame;
using gondola::pipeline::EventFile;
using gondola::pipeline::make_count_file;
using gondola::pipeline::StockEventFile;
using gondola::test::read_text;
using testing::HasSubstr;

class CountFiles : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  gondola::test::TempDir dir_;
};

Frame file_frame() {
  Frame frame;
  frame.source = "aisle, 3.mp4";
  frame.index = 250;
  frame.time_s = 10;
  return frame;
}

/// Frame at 100 s of a stream, taken at 2026-11-25 12:00:00.5 UTC.
Frame live_frame() {
  Frame frame;
  frame.source = "rtsp://door";
  frame.index = 2500;
  frame.time_s = 100;
  frame.taken_at =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'795'608'000'500));
  return frame;
}

CountRow line_row() {
  CountRow row;
  row.start_s = 0;
  row.end_s = 10;
  row.watched_s = 9.96;
  row.scope = ScopeKind::kLine;
  row.name = "door";
  row.label = "person";
  row.in = 3;
  row.out = 1;
  return row;
}

CountRow zone_row() {
  CountRow row;
  row.start_s = 40;
  row.end_s = 100;
  row.watched_s = 60;
  row.scope = ScopeKind::kZone;
  row.name = "queue";
  row.entries = 4;
  row.exits = 2;
  row.lost = 1;
  row.occupancy_mean = 1.23456;
  row.occupancy_max = 3;
  row.occupancy_last = 1;
  row.dwell_mean_s = 7.5;
  row.dwell_max_s = 9;
  return row;
}

TEST_F(CountFiles, TableGrowsLineByLine) {
  const auto file = make_count_file(path("counts.csv"));
  file->write(file_frame(), line_row());
  const std::string head =
      "source,start_s,end_s,start_at,watched_s,scope,name,label,in,out,entries,exits,lost,"
      "occupancy_mean,occupancy_max,occupancy_last,dwell_mean_s,dwell_max_s\n";
  const std::string first =
      "\"aisle, 3.mp4\",0.0,10.0,,9.96,line,door,person,3,1,0,0,0,0.0,0,0,0.0,0.0\n";
  EXPECT_EQ(read_text(path("counts.csv")), head + first);
  file->write(live_frame(), zone_row());
  file->finish();
  // 40 s is a minute before the frame.
  EXPECT_EQ(read_text(path("counts.csv")),
            head + first +
                "rtsp://door,40.0,100.0,2026-11-25T11:59:00.500Z,60.0,zone,queue,,0,0,4,2,1,1.235,"
                "3,1,7.5,9.0\n");
}

TEST_F(CountFiles, DocumentHasTheFieldsOfEachScope) {
  const auto file = make_count_file(path("counts.json"));
  file->write(file_frame(), line_row());
  file->write(live_frame(), zone_row());
  EXPECT_FALSE(std::filesystem::exists(path("counts.json")));
  file->finish();
  const auto document = nlohmann::json::parse(read_text(path("counts.json")));
  EXPECT_EQ(document["schema"], "gondola.counts/1");
  ASSERT_EQ(document["counts"].size(), 2U);
  EXPECT_EQ(document["counts"][0],
            nlohmann::json::parse(R"({"source":"aisle, 3.mp4","start_s":0,"end_s":10,
              "watched_s":9.96,"scope":"line","name":"door","label":"person","in":3,"out":1})"));
  EXPECT_EQ(document["counts"][1]["start_at"], "2026-11-25T11:59:00.500Z");
  EXPECT_EQ(document["counts"][1]["occupancy_mean"], 1.235);
  EXPECT_FALSE(document["counts"][1].contains("label"));
}

TEST_F(CountFiles, EventsAreOneFlushedObjectALine) {
  EventFile file(path("events.jsonl"), ClassNames({"person"}));
  SceneEvent event;
  event.time_s = 99.5;
  event.kind = SceneEventKind::kLeft;
  event.name = "queue";
  event.track_id = 7;
  event.class_id = 0;
  event.dwell_s = 12.3456;
  file.write(live_frame(), event);
  EXPECT_EQ(read_text(path("events.jsonl")),
            R"({"source":"rtsp://door","frame":2500,"time_s":99.5,"at":"2026-11-25T12:00:00.000Z",)"
            R"("event":"left","name":"queue","label":"person","track":7,"dwell_s":12.346})"
            "\n");
  file.finish();
}

TEST_F(CountFiles, StockEventsAreOneFlushedObjectALine) {
  StockEventFile file(path("stock.jsonl"), ClassNames({"person", "cola"}));
  StockEvent event;
  event.kind = StockEventKind::kLow;
  event.time_s = 99.5;
  event.before_s = 99.25;
  event.reported_s = 101.5;
  event.box = {1, 2.04F, 3, 4};
  event.class_id = 1;
  event.area = "top";
  event.count_before = 5;
  event.count_after = 4;
  file.write(live_frame(), event, "events/1.jpg");
  event.kind = StockEventKind::kTaken;
  event.area.clear();
  file.write(file_frame(), event, "");
  EXPECT_EQ(read_text(path("stock.jsonl")),
            R"({"source":"rtsp://door","frame":2500,"time_s":99.5,"at":"2026-11-25T12:00:00.000Z",)"
            R"("event":"low","label":"cola","area":"top","box":[1.0,2.0,3.0,4.0],"before_s":99.25,)"
            R"("reported_s":101.5,"facings":[5,4],"picture":"events/1.jpg"})"
            "\n"
            R"({"source":"aisle, 3.mp4","frame":250,"time_s":99.5,"event":"taken","label":"cola",)"
            R"("box":[1.0,2.0,3.0,4.0],"before_s":99.25,"reported_s":101.5,"facings":[5,4]})"
            "\n");
  file.finish();
}

TEST_F(CountFiles, NamesAPathThatCannotBeWritten) {
  for (const char* name : {"none/counts.csv", "none/counts.json"}) {
    try {
      make_count_file(path(name));
      FAIL() << "no exception";
    } catch (const gondola::IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path(name)));
    }
  }
}

}  // namespace
