#include "gondola/pipeline/detection_sinks.hpp"

#include <array>
#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::Box;
using gondola::ClassNames;
using gondola::ConfigError;
using gondola::Detection;
using gondola::IoError;
using gondola::media::SourceKind;
using gondola::test::read_text;
using namespace gondola::pipeline;  // NOLINT(google-build-using-namespace): the factories
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const ClassNames kNames({"person", "bus, red"});

FrameDetections frame_of(const std::string& source, std::vector<Detection> detections,
                         cv::Size size = {200, 100}) {
  FrameDetections result;
  result.frame.image = cv::Mat(size, CV_8UC3, cv::Scalar::all(90));
  result.frame.source = source;
  result.detections = std::move(detections);
  return result;
}

FrameDetections video_frame(std::int64_t index, double time_s) {
  FrameDetections result = frame_of("clips/aisle.mp4", {{{10, 20, 30, 40}, 0.5F, 0}});
  result.frame.kind = SourceKind::kVideo;
  result.frame.index = index;
  result.frame.time_s = time_s;
  result.tracks = {42};
  return result;
}

class DetectionSinks : public testing::Test {
 protected:
  std::string text(const std::string& name) const { return read_text(dir_ / name); }

  std::vector<std::string> files(const std::filesystem::path& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  gondola::test::TempDir dir_;
};

void run(DetectionSink& sink, const std::vector<FrameDetections>& results) {
  for (const FrameDetections& result : results) sink.write(result);
  sink.finish();
}

TEST_F(DetectionSinks, WritesTheJsonDocumentOfTheDesign) {
  const auto sink = make_json_sink(dir_ / "out.json", "yolov8n", kNames);
  run(*sink, {frame_of("bus.jpg", {{{671.01465F, 378.5773F, 809.97876F, 877.90155F}, 0.9164669F, 0},
                                   {{0, 1.5F, 100, 50}, 0.25F, 1}}),
              frame_of("empty.jpg", {}), video_frame(12, 0.4)});
  EXPECT_EQ(
      text("out.json"),
      R"({"schema":"gondola.detections/1","model":"yolov8n","images":[)"
      "\n"
      R"({"source":"bus.jpg","frame":0,"time_s":0.0,"width":200,"height":100,"detections":[)"
      R"({"class":0,"label":"person","score":0.916467,"box":[671.015,378.577,809.979,877.902]},)"
      R"({"class":1,"label":"bus, red","score":0.25,"box":[0.0,1.5,100.0,50.0]}]},)"
      "\n"
      R"({"source":"empty.jpg","frame":0,"time_s":0.0,"width":200,"height":100,"detections":[]},)"
      "\n"
      R"({"source":"clips/aisle.mp4","frame":12,"time_s":0.4,"width":200,"height":100,)"
      R"("detections":[{"class":0,"label":"person","score":0.5,"box":[10.0,20.0,30.0,40.0],)"
      R"("track":42}]})"
      "\n]}\n");
  EXPECT_EQ(json::parse(text("out.json"))["images"].size(), 3U);
}

TEST_F(DetectionSinks, WritesValidJsonWithoutAnyFrame) {
  run(*make_json_sink(dir_ / "out.json", "m", kNames), {});
  EXPECT_THAT(json::parse(text("out.json"))["images"], testing::IsEmpty());
  run(*make_coco_sink(dir_ / "coco.json"), {});
  EXPECT_THAT(json::parse(text("coco.json")), testing::IsEmpty());
}

TEST_F(DetectionSinks, EscapesWhatJsonCannotHold) {
  const ClassNames names({"a\"b\\c\n\x01", "\xFF\xFE"});
  const std::string source = "dir/\xE4\"photo\".jpg";  // Latin-1, not UTF-8
  run(*make_json_sink(dir_ / "out.json", "m\"n", names),
      {frame_of(source, {{{0, 0, 1, 1}, 0.5F, 0}, {{0, 0, 1, 1}, 0.5F, 1}})});
  const json document = json::parse(text("out.json"));
  EXPECT_EQ(document["model"], "m\"n");
  const json& image = document["images"][0];
  EXPECT_EQ(image["source"], "dir/\xEF\xBF\xBD\"photo\".jpg");
  EXPECT_EQ(image["detections"][0]["label"], "a\"b\\c\n\x01");
  EXPECT_EQ(image["detections"][1]["label"], "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_F(DetectionSinks, WritesAJsonLinePerFrameAtOnce) {
  const auto sink = make_jsonl_sink(dir_ / "out.jsonl", "yolov8n", kNames);
  sink->write(frame_of("a.jpg", {{{1, 2, 3, 4}, 0.5F, 0}}));
  EXPECT_EQ(text("out.jsonl"),
            R"({"schema":"gondola.detections/1","model":"yolov8n","source":"a.jpg","frame":0,)"
            R"("time_s":0.0,"width":200,"height":100,"detections":[{"class":0,"label":"person",)"
            R"("score":0.5,"box":[1.0,2.0,3.0,4.0]}]})"
            "\n");
  sink->write(frame_of("b\n.jpg", {}));
  sink->finish();
  std::ifstream lines(dir_ / "out.jsonl");
  std::string line;
  std::vector<std::string> sources;
  while (std::getline(lines, line)) sources.push_back(json::parse(line)["source"]);
  EXPECT_THAT(sources, ElementsAre("a.jpg", "b\n.jpg"));
}

TEST_F(DetectionSinks, WritesCsvWithQuotedFields) {
  run(*make_csv_sink(dir_ / "out.csv", kNames),
      {frame_of("a,\"b\".jpg", {{{671.01465F, 1, 2, 3}, 0.9164669F, 1}}), frame_of("none.jpg", {}),
       frame_of("\xE4.jpg", {{{0, 0, 1, 1}, 1, 0}}), video_frame(12, 0.4)});
  EXPECT_EQ(text("out.csv"),
            "source,frame,time_s,class,label,score,x1,y1,x2,y2,track\n"
            "\"a,\"\"b\"\".jpg\",0,0,1,\"bus, red\",0.916467,671.015,1.000,2.000,3.000,\n"
            "\xEF\xBF\xBD.jpg,0,0,0,person,1.000000,0.000,0.000,1.000,1.000,\n"
            "clips/aisle.mp4,12,0.4,0,person,0.500000,10.000,20.000,30.000,40.000,42\n");
}

TEST_F(DetectionSinks, KeepsTimesOfLongVideosExactInCsv) {
  run(*make_csv_sink(dir_ / "out.csv", kNames), {video_frame(10'000'000, 400000.04)});
  EXPECT_THAT(text("out.csv"), HasSubstr("aisle.mp4,10000000,400000.04,0,"));
}

// 200 x 100 pixels: the box 20,10 to 60,40 is 40 x 30 around 40,25, or 0.2 x 0.3 around 0.2,0.25.
TEST_F(DetectionSinks, WritesYoloTextInFractionsOfTheImage) {
  run(*make_txt_sink(dir_ / "deep/labels"),
      {frame_of("in/a.jpg", {{{20, 10, 60, 40}, 0.875F, 1}, {{0, 0, 200, 100}, 0.5F, 0}}),
       frame_of("in/b.jpg", {})});
  EXPECT_EQ(text("deep/labels/a.txt"),
            "1 0.200000 0.250000 0.200000 0.300000 0.875000\n"
            "0 0.500000 0.500000 1.000000 1.000000 0.500000\n");
  EXPECT_EQ(text("deep/labels/b.txt"), "");
  EXPECT_THAT(files(dir_ / "deep/labels"), ElementsAre("a.txt", "b.txt"));
}

TEST_F(DetectionSinks, NumbersTextFilesOfTheSameName) {
  run(*make_txt_sink(dir_ / "labels"),
      {frame_of("a/1.jpg", {}), frame_of("b/1.jpg", {}), frame_of("b/1.png", {}),
       frame_of("c/1_2.jpg", {}), video_frame(0, 0), video_frame(12, 0.4)});
  EXPECT_THAT(files(dir_ / "labels"), ElementsAre("1.txt", "1_2.txt", "1_2_2.txt", "1_3.txt",
                                                  "aisle_000000.txt", "aisle_000012.txt"));
}

TEST_F(DetectionSinks, WritesCocoResults) {
  run(*make_coco_sink(dir_ / "coco.json"),
      {frame_of("val/000000000139.jpg", {{{10.5F, 20, 30.25F, 60}, 0.9164669F, 1}}),
       frame_of("shelf.jpg", {{{0, 0, 1, 2}, 0.5F, 0}}), video_frame(12, 0.4),
       frame_of("12345678901234567890.jpg", {{{0, 0, 1, 2}, 0.5F, 0}})});
  EXPECT_EQ(
      text("coco.json"),
      "[\n"
      R"({"image_id":139,"category_id":1,"bbox":[10.5,20.0,19.75,40.0],"score":0.916467},)"
      "\n"
      R"({"image_id":"shelf","category_id":0,"bbox":[0.0,0.0,1.0,2.0],"score":0.5},)"
      "\n"
      R"({"image_id":"aisle_000012","category_id":0,"bbox":[10.0,20.0,20.0,20.0],"score":0.5},)"
      "\n"
      R"({"image_id":"12345678901234567890","category_id":0,"bbox":[0.0,0.0,1.0,2.0],"score":0.5})"
      "\n]\n");
}

// COCO's own list of 91 has no 12, 26, 29, 30, 45, 66, 68, 69, 71, 83 and 91.
TEST(CocoCategories, AreNinetyOneLessTheElevenUnused) {
  std::vector<int> expected;
  for (int id = 1; id <= 91; ++id) {
    const std::array<int, 11> unused = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91};
    if (std::find(unused.begin(), unused.end(), id) == unused.end()) expected.push_back(id);
  }
  EXPECT_EQ(coco91_category_ids(), expected);
  EXPECT_EQ(coco91_category_ids().size(), 80U);
}

TEST(CocoCategories, AreUsedForExactlyTheEightyNames) {
  GONDOLA_REQUIRE_SHARED("golden/coco80_names.json");
  auto names = json::parse(read_text(gondola::test::shared_dir() / "golden/coco80_names.json"))
                   .get<std::vector<std::string>>();
  EXPECT_EQ(coco_options_for(ClassNames(names)).category_ids, coco91_category_ids());
  std::swap(names[0], names[1]);
  EXPECT_THAT(coco_options_for(ClassNames(names)).category_ids, testing::IsEmpty());
  EXPECT_THAT(coco_options_for(ClassNames()).category_ids, testing::IsEmpty());
}

TEST_F(DetectionSinks, MapsCocoCategories) {
  CocoOptions options;
  options.category_ids = {7, 90};
  const auto sink = make_coco_sink(dir_ / "coco.json", options);
  sink->write(frame_of("a.jpg", {{{0, 0, 1, 1}, 0.5F, 1}}));
  EXPECT_THROW(sink->write(frame_of("a.jpg", {{{0, 0, 1, 1}, 0.5F, 2}})),
               gondola::ContractViolation);
  sink->finish();
  EXPECT_EQ(json::parse(text("coco.json"))[0]["category_id"], 90);
}

TEST_F(DetectionSinks, LeavesOldFilesAloneUntilFinished) {
  gondola::test::write_text(dir_ / "out.json", "old");
  {
    const auto sink = make_json_sink(dir_ / "out.json", "m", kNames);
    sink->write(frame_of("a.jpg", {}));
  }
  EXPECT_EQ(text("out.json"), "old");
  EXPECT_THAT(files(dir_.path()), ElementsAre("out.json"));
}

TEST_F(DetectionSinks, WritesToStandardOutput) {
  testing::internal::CaptureStdout();
  run(*make_json_sink("-", "m", kNames), {frame_of("a.jpg", {})});
  EXPECT_EQ(json::parse(testing::internal::GetCapturedStdout())["images"].size(), 1U);
  testing::internal::CaptureStdout();
  run(*make_jsonl_sink("-", "m", kNames), {frame_of("a.jpg", {})});
  EXPECT_EQ(json::parse(testing::internal::GetCapturedStdout())["source"], "a.jpg");
  testing::internal::CaptureStdout();
  run(*make_csv_sink("-", kNames), {});
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("source,frame,"));
  testing::internal::CaptureStdout();
  run(*make_coco_sink("-"), {});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "[\n]\n");
}

TEST_F(DetectionSinks, TellsFramesOfSourcesOfTheSameNameApart) {
  FrameDetections other = video_frame(0, 0);
  other.frame.source = "more/aisle.mp4";
  FrameDetections other_next = video_frame(1, 0.04);
  other_next.frame.source = "more/aisle.mp4";
  run(*make_txt_sink(dir_ / "txt"), {video_frame(0, 0), other, video_frame(1, 0.04), other_next});
  EXPECT_THAT(files(dir_ / "txt"), ElementsAre("aisle_000000.txt", "aisle_000001.txt",
                                               "aisle_2_000000.txt", "aisle_2_000001.txt"));
}

TEST_F(DetectionSinks, WritesTracksAsMotChallengeResults) {
  FrameDetections second = video_frame(12, 0.4);
  second.detections = {{{1, 2, 11, 32}, 0.25F, 0}, {{0, 0, 5, 5}, 1, 1}};
  second.tracks = {7, 42};
  run(*make_mot_sink(dir_ / "tracks.txt"),
      {frame_of("untracked.jpg", {{{0, 0, 5, 5}, 0.5F, 0}}), video_frame(0, 0), second});
  EXPECT_EQ(text("tracks.txt"),
            "1,42,10.00,20.00,20.00,20.00,0.5000,-1,-1,-1\n"
            "13,7,1.00,2.00,10.00,30.00,0.2500,-1,-1,-1\n"
            "13,42,0.00,0.00,5.00,5.00,1.0000,-1,-1,-1\n");
}

TEST_F(DetectionSinks, DrawsPicturesNamedLikeTheirSources) {
  const std::vector<Detection> one = {{{20, 30, 150, 90}, 0.9F, 0}};
  AnnotationOptions options;
  options.draw.labels = gondola::media::LabelMode::kNever;
  options.draw.legend = false;
  options.draw.line_width = 2;
  const FrameDetections original = frame_of("x/b.png", one);
  run(*make_picture_sink(dir_ / "out", std::make_shared<Annotator>(kNames, options)),
      {frame_of("a.jpg", one), original, frame_of("y/b.png", one), frame_of("c.jp2", one),
       frame_of("no_extension", one), video_frame(12, 0)});
  EXPECT_THAT(files(dir_ / "out"),
              ElementsAre("a.jpg", "b.png", "b_2.png", "c.jpg", "no_extension.jpg"));
  const cv::Mat drawn = gondola::media::read_image(dir_ / "out/b.png");
  const cv::Scalar color = gondola::media::class_color(0);
  EXPECT_EQ(cv::Scalar(drawn.at<cv::Vec3b>(30, 20)), color);
  EXPECT_EQ(original.frame.image.at<cv::Vec3b>(30, 20), cv::Vec3b(90, 90, 90));
}

TEST_F(DetectionSinks, RefusesToReplaceThePictureItself) {
  gondola::test::write_text(dir_ / "a.png", "the original");
  const auto sink = make_picture_sink(dir_.path(), std::make_shared<Annotator>(kNames));
  try {
    sink->write(frame_of(dir_ / "a.png", {}));
    FAIL() << "overwritten";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()), "the annotated picture would replace the picture '" +
                                             (dir_ / "a.png").string() +
                                             "' itself; name another output folder");
  }
  EXPECT_EQ(text("a.png"), "the original");
}

TEST_F(DetectionSinks, NamesAnOutputThatCannotBeOpened) {
  const std::string nowhere = dir_ / "nowhere/out";
  const auto error_of = [](const auto& make) -> std::string {
    try {
      make();
    } catch (const IoError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of([&] { make_json_sink(nowhere, "m", kNames); }), HasSubstr(nowhere));
  EXPECT_EQ(error_of([&] { make_jsonl_sink(nowhere, "m", kNames); }),
            "cannot write '" + nowhere + "': No such file or directory");
  EXPECT_THAT(error_of([&] { make_csv_sink(nowhere, kNames); }), HasSubstr(nowhere));
  EXPECT_THAT(error_of([&] { make_coco_sink(nowhere); }), HasSubstr(nowhere));

  const std::string file = dir_ / "file";
  gondola::test::write_text(file, "x");
  EXPECT_EQ(error_of([&] { make_txt_sink(file); }),
            "cannot make folder '" + file + "': Not a directory");
  EXPECT_EQ(error_of([&] { make_picture_sink(file + "/out", nullptr); }),
            "cannot make folder '" + file + "/out': Not a directory");
}

TEST_F(DetectionSinks, NamesAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  const auto sink = make_jsonl_sink("/dev/full", "m", kNames);
  try {
    sink->write(frame_of("a.jpg", {}));
    FAIL() << "written";
  } catch (const IoError& error) {
    EXPECT_EQ(std::string(error.what()), "cannot write '/dev/full': No space left on device");
  }
}

TEST_F(DetectionSinks, NamesAFolderItMayNotWrite) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everything";
  const std::string locked = dir_ / "locked";
  std::filesystem::create_directory(locked);
  std::filesystem::permissions(locked, std::filesystem::perms::owner_read);
  try {
    make_txt_sink(locked);
    FAIL() << "accepted";
  } catch (const IoError& error) {
    EXPECT_EQ(std::string(error.what()),
              "cannot write into folder '" + locked + "': Permission denied");
  }
}

// Whatever is on its way to the disk before finish() does not pile up in memory.
TEST_F(DetectionSinks, WritesResultsToTheDiskAsTheyCome) {
  const FrameDetections frame =
      frame_of("a.jpg", std::vector<Detection>(500, {{1.5F, 2.5F, 3.5F, 4.5F}, 0.123456F, 0}));
  const auto sink = make_json_sink(dir_ / "out.json", "m", kNames);
  for (int i = 0; i < 100; ++i) sink->write(frame);
  std::uintmax_t on_disk = 0;
  for (const std::string& name : files(dir_.path()))
    on_disk += std::filesystem::file_size(dir_ / name);
  sink->finish();
  const std::uintmax_t whole = std::filesystem::file_size(dir_ / "out.json");
  EXPECT_GT(whole, 3'000'000U);
  EXPECT_LT(whole - on_disk, 200'000U);
}

}  // namespace
