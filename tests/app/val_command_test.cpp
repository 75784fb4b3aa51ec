#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// Measures detections from files: no model, no pictures.
class ValOfDetections : public CommandLine {
 protected:
  // Two products in a.jpg, both found, one of them a little off (IoU 0.9), and one in b.jpg that is
  // found with a lower score than what is imagined there.
  void SetUp() override {
    test::write_text(dir_ / "truth.csv",
                     "image_name,x1,y1,x2,y2,class\n"
                     "a.jpg,0,0,100,100,product\n"
                     "a.jpg,200,0,300,100,product\n"
                     "b.jpg,0,0,100,100,product\n");
    test::write_text(dir_ / "found.csv",
                     "image_name,x1,y1,x2,y2,class,score\n"
                     "a.jpg,0,0,100,100,product,0.9\n"
                     "a.jpg,200,0,300,90,product,0.8\n"
                     "b.jpg,500,0,600,100,product,0.7\n"
                     "b.jpg,0,0,100,100,product,0.6\n");
  }

  nlohmann::json measure(std::vector<std::string> options) {
    std::vector<std::string> arguments = {"val", "--gt", "truth.csv", "--json", "-"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
};

TEST_F(ValOfDetections, PrintsTables) {
  const Outcome outcome = run({"val", "--gt", "truth.csv", "--detections", "found.csv"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  // Precision when an object is found: 1, 1, 3/4. 67 recalls with 1, 34 with 3/4: 0.916.
  EXPECT_THAT(outcome.out, HasSubstr("class    images  objects      P      R     F1   AP50"));
  EXPECT_THAT(outcome.out, HasSubstr("all           2        3  0.750  1.000  0.857  0.916"));
  EXPECT_THAT(outcome.out, HasSubstr("product       2        3  0.750"));
  EXPECT_THAT(outcome.out, HasSubstr("counted at   confidence  mean count   MAE  MAE %"));
  // Two counted in each picture, one too many in b.jpg.
  EXPECT_THAT(outcome.out,
              HasSubstr("conf in use       0.250        1.50  0.50  33.3%  0.71  +0.50"));
  EXPECT_THAT(outcome.out,
              HasSubstr("best conf         0.650        1.50  0.00   0.0%  0.00  +0.00"));
}

TEST_F(ValOfDetections, WritesEverythingAsJson) {
  const nlohmann::json json = measure({"--detections", "found.csv"});
  EXPECT_EQ(json["schema"], "gondola.eval/1");
  EXPECT_EQ(json["images"], 2);
  EXPECT_EQ(json["objects"], 3);
  EXPECT_NEAR(json["by_size"]["all"]["ap50"], (67 + 34 * 0.75) / 101, 1e-6);
  // At IoU 0.95 the second detection is wrong: found with precision 1 and 2/4.
  EXPECT_NEAR(json["by_size"]["all"]["ap_per_iou"][9], (34 + 33 * 0.5) / 101, 1e-6);
  EXPECT_TRUE(json["by_size"]["small"].is_null());
  EXPECT_EQ(json["classes"][0]["name"], "product");
  EXPECT_EQ(json["confusion"], nlohmann::json::parse("[[3,0],[1,0]]"));
  EXPECT_EQ(json["curves"]["f1"].size(), 1000U);
  EXPECT_NEAR(json["counting"]["best"]["confidence"], 0.65, 1e-6);
}

TEST_F(ValOfDetections, TakesLimitsAndThresholds) {
  const auto detections = [&](const std::vector<std::string>& options) {
    std::vector<std::string> all = {"--detections", "found.csv"};
    all.insert(all.end(), options.begin(), options.end());
    return measure(all)["detections"].get<int>();
  };
  EXPECT_EQ(detections({}), 4);
  EXPECT_EQ(detections({"--max-det", "1"}), 2);
  EXPECT_EQ(detections({"--conf", "0.65"}), 3);
  EXPECT_NEAR(
      measure({"--detections", "found.csv", "--count-conf", "0.65"})["counting"]["asked"]["mae"], 0,
      1e-9);
}

TEST_F(ValOfDetections, MeasuresWhatOtherFormatsHold) {
  test::write_text(dir_ / "coco.json",
                   R"([{"image_id":"a","category_id":0,"bbox":[0,0,100,100],"score":0.9}])");
  EXPECT_NEAR(measure({"--detections", "coco.json"})["by_size"]["all"]["ar"], 1.0 / 3, 1e-6);
  test::write_text(dir_ / "ours.json",
                   R"({"schema":"gondola.detections/1","images":[{"source":"x/b.jpg","detections":)"
                   R"([{"class":3,"label":"product","score":0.9,"box":[0,0,100,100]}]}]})");
  EXPECT_NEAR(measure({"--detections", "ours.json"})["by_size"]["all"]["ar"], 1.0 / 3, 1e-6);
}

TEST_F(ValOfDetections, CanLeaveTheClassesOutOfIt) {
  test::write_text(dir_ / "named.csv",
                   "image_name,x1,y1,x2,y2,class,score\n"
                   "a.jpg,0,0,100,100,tea,0.9\n"
                   "a.jpg,200,0,300,100,milk,0.8\n");
  EXPECT_THAT(error_line({"val", "--gt", "truth.csv", "--detections", "named.csv"}, 2),
              HasSubstr("the data set has none of the classes (tea, milk); it has product"));
  EXPECT_NEAR(measure({"--detections", "named.csv", "--single-class"})["by_size"]["all"]["ar"],
              2.0 / 3, 1e-6);
}

TEST_F(ValOfDetections, WarnsOfWhatTheLabelsDoNotKnow) {
  test::write_text(dir_ / "more.csv",
                   "image_name,x1,y1,x2,y2,class,score\n"
                   "a.jpg,0,0,100,100,product,0.9\n"
                   "a.jpg,0,0,100,100,gap,0.9\n"
                   "z.jpg,0,0,100,100,product,0.9\n");
  const Outcome outcome = run({"val", "--gt", "truth.csv", "--detections", "more.csv"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("1 pictures are not in the data set, such as z.jpg"));
  EXPECT_THAT(outcome.err, HasSubstr("do not know these classes, which are left out: gap"));
}

TEST_F(ValOfDetections, DrawsPlots) {
  EXPECT_EQ(
      run({"val", "--gt", "truth.csv", "--detections", "found.csv", "--plots", "p/q"}).exit_code,
      0);
  for (const char* name : {"precision_recall.png", "f1.png", "precision.png", "recall.png",
                           "confusion.png", "count_error.png"}) {
    EXPECT_FALSE(cv::imread(file("p/q/" + std::string(name))).empty()) << name;
  }
}

TEST_F(ValOfDetections, SaysWhatIsWrong) {
  EXPECT_THAT(error_line({"val"}, 2), HasSubstr("no data set given; name it with --data or --gt"));
  EXPECT_THAT(error_line({"val", "--gt", "truth.csv", "--detections", "none.csv"}, 1),
              HasSubstr("cannot read 'none.csv': no such file"));
  test::write_text(dir_ / "bad.csv",
                   "image_name,x1,y1,x2,y2,class,score\na.jpg,0,0,x,100,product,0.9\n");
  EXPECT_THAT(error_line({"val", "--gt", "truth.csv", "--detections", "bad.csv"}, 1),
              HasSubstr("bad.csv:2: x2 is 'x'; expected a number"));
  EXPECT_THAT(error_line({"val", "--data", "truth.csv"}, 2),
              HasSubstr("holds boxes but no pictures to look at"));
  EXPECT_THAT(
      error_line({"val", "--gt", "truth.csv", "--detections", "found.csv", "--store-conf"}, 2),
      HasSubstr("--store-conf: detections from a file have no weights to store it in"));
  EXPECT_THAT(
      error_line({"val", "--gt", "truth.csv", "--detections", "found.csv", "--classes", "produkt"},
                 2),
      HasSubstr("truth.csv has no such class; did you mean 'product'?"));
  EXPECT_THAT(error_line({"val", "--gt", "truth.csv", "--detections", "found.csv", "--json",
                          "no/such/folder.json"},
                         1),
              HasSubstr("no/such"));
}

/// Measures tracks from files.
class ValOfTracks : public CommandLine {
 protected:
  // One object for four frames; its identity changes in the last one. Something else, to be
  // ignored, is found once.
  void SetUp() override {
    test::write_text(dir_ / "gt.txt",
                     "1,7,0,0,50,50,1,1,1\n2,7,0,0,50,50,1,1,1\n3,7,0,0,50,50,1,1,1\n"
                     "4,7,0,0,50,50,1,1,1\n2,8,200,0,50,50,0,3,1\n");
    test::write_text(dir_ / "tracks.txt",
                     "1,1,0,0,50,50,0.9,-1,-1,-1\n2,1,0,0,50,50,0.9,-1,-1,-1\n"
                     "3,1,0,0,50,50,0.9,-1,-1,-1\n4,2,0,0,50,50,0.9,-1,-1,-1\n"
                     "2,5,200,0,50,50,0.9,-1,-1,-1\n");
  }
};

TEST_F(ValOfTracks, PrintsTables) {
  const Outcome outcome = run({"val", "--tracks", "gt.txt", "tracks.txt"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  // AssA: three TPs of 3/4 and one of 1/4: 0.625, of which HOTA is the root; MOTA 1 - 1/4; IDF1
  // 2 * 3 / 8.
  EXPECT_THAT(outcome.out, HasSubstr(" HOTA   DetA   AssA   LocA   MOTA   MOTP   IDF1"));
  EXPECT_THAT(outcome.out, HasSubstr("0.791  1.000  0.625  1.000  0.750  1.000  0.750"));
  EXPECT_THAT(outcome.out, HasSubstr("frames  objects  tracks  boxes  TP  FP  FN  switches"));
  EXPECT_THAT(outcome.out, HasSubstr("     4        1       2      4   4   0   0         1"));
}

TEST_F(ValOfTracks, WritesEverythingAsJson) {
  const Outcome outcome = run({"val", "--tracks", "gt.txt", "tracks.txt", "--json", "-"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "gondola.tracking/1");
  EXPECT_EQ(json["truth_file"], "gt.txt");
  EXPECT_EQ(json["clear"]["switches"], 1);
  EXPECT_NEAR(json["clear"]["mota"], 0.75, 1e-9);
  EXPECT_NEAR(json["identity"]["idf1"], 0.75, 1e-9);
  EXPECT_NEAR(json["hota"]["ass_a"], 0.625, 1e-9);
  EXPECT_EQ(json["hota"]["by_threshold"].size(), 19U);
  EXPECT_EQ(run({"val", "--tracks", "gt.txt", "tracks.txt", "--json", "t.json"}).exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(test::read_text(dir_ / "t.json")), json);
}

TEST_F(ValOfTracks, SaysWhatIsWrong) {
  EXPECT_THAT(error_line({"val", "--tracks", "gt.txt"}, 2), HasSubstr("--tracks"));
  EXPECT_THAT(error_line({"val", "--tracks", "gt.txt", "none.txt"}, 1),
              HasSubstr("cannot read 'none.txt': no such file"));
  EXPECT_THAT(error_line({"val", "--tracks", "gt.txt", "tracks.txt", "--gt", "x.csv"}, 2),
              HasSubstr("--tracks names truth and results itself"));
  EXPECT_THAT(error_line({"val", "--tracks", "gt.txt", "tracks.txt", "--store-conf"}, 2),
              HasSubstr("no confidence to store"));
  test::write_text(dir_ / "bad.txt", "1,1,0,0,50,x\n");
  EXPECT_THAT(error_line({"val", "--tracks", "gt.txt", "bad.txt"}, 1),
              HasSubstr("bad.txt:1: height is 'x'; expected a number"));
  test::write_text(dir_ / "empty.txt", "");
  EXPECT_THAT(error_line({"val", "--tracks", "empty.txt", "tracks.txt"}, 2),
              HasSubstr("empty.txt: there is no box in the truth"));
}

/// A model on a data set of one picture, whose labels are the reference's detections.
class ValOfModel : public CommandLine {
 protected:
  void SetUp() override {
    GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
    fs::create_directories(dir_ / "set/images");
    fs::create_directories(dir_ / "set/labels");
    fs::copy(test::shared_dir() / "golden/bus.jpg", dir_ / "set/images/bus.jpg");
    // What the reference finds above 0.25: four persons and the bus.
    test::write_text(dir_ / "set/labels/bus.txt",
                     "0 0.9142 0.5817 0.1716 0.4623\n"
                     "0 0.3506 0.5843 0.1490 0.4184\n"
                     "0 0.1817 0.6030 0.2384 0.4701\n"
                     "5 0.5114 0.4626 0.9448 0.4978\n"
                     "0 0.0353 0.6572 0.0702 0.2946\n");
    fs::copy(test::shared_dir() / "weights/yolov8n.safetensors", dir_ / "model.safetensors");
    fs::permissions(dir_ / "model.safetensors", fs::perms::owner_write, fs::perm_options::add);
  }

  std::vector<std::string> val(const std::vector<std::string>& options) {
    std::vector<std::string> all = {"val", "--model", "model.safetensors", "--data", "set"};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }
};

TEST_F(ValOfModel, LooksAtThePicturesOfADataSet) {
  const Outcome outcome = run(val({"--json", "-"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["images"], 1);
  EXPECT_EQ(json["objects"], 5);
  EXPECT_GT(json["by_size"]["all"]["ap50"].get<double>(), 0.8);
  EXPECT_EQ(json["classes"].size(), 80U);
  EXPECT_EQ(json["model"], "yolov8n");
}

TEST_F(ValOfModel, MeasuresSomeClassesOnly) {
  const Outcome outcome = run(val({"--json", "-", "--classes", "5"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["objects"], 1);
  EXPECT_EQ(json["classes"][0]["detections"], 0);
}

TEST_F(ValOfModel, StoresTheConfidenceThatCountsBest) {
  const Outcome outcome = run(val({"--json", "-", "--store-conf"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("gondola.conf is now"));
  const double best = nlohmann::json::parse(outcome.out)["counting"]["best"]["confidence"];
  const Outcome info = run({"info", "model.safetensors", "--json"});
  ASSERT_EQ(info.exit_code, 0) << info.err;
  EXPECT_NEAR(nlohmann::json::parse(info.out)["conf"], best, 1e-5);
  // The next run counts with it.
  const Outcome again = run(val({"--json", "-"}));
  EXPECT_NEAR(nlohmann::json::parse(again.out)["counting"]["asked"]["mae"], 0, 1e-9);
}

TEST_F(ValOfModel, LeavesABrokenPictureOutAndSaysSo) {
  const std::string bytes = test::read_text(dir_ / "set/images/bus.jpg");
  test::write_text(dir_ / "set/images/half.jpg", bytes.substr(0, bytes.size() / 2));
  test::write_text(dir_ / "set/labels/half.txt", "5 0.5 0.5 0.5 0.5\n");
  const Outcome outcome = run(val({"--json", "-"}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("half.jpg"));
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["images"], 1);
}

TEST_F(ValOfModel, RefusesLabelsThatItCannotMean) {
  test::write_text(dir_ / "set/classes.txt", "tea\nmilk\na\nb\nc\nsoap\n");
  test::write_text(dir_ / "names.yaml", "[tea, milk]\n");
  // yolov8n.pt knows its classes by name.
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const std::string named = (test::shared_dir() / "weights/yolov8n.pt").string();
  EXPECT_THAT(error_line({"val", "--model", named, "--data", "set"}, 2),
              HasSubstr("measure finding alone (--single-class)"));
  EXPECT_THAT(error_line({"val", "--model", named, "--data", "set", "--store-conf"}, 2),
              HasSubstr("is not .safetensors; convert it first"));
}

class ValOnCoco : public CommandLine {};

TEST_F(ValOnCoco, ReproducesTheReference) {
  GONDOLA_REQUIRE_SHARED("data/coco128-val");
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  const std::string shared = test::shared_dir().string();
  const Outcome outcome = run({"val", "--model", shared + "/weights/yolov8n.safetensors", "--data",
                               shared + "/data/coco128-val", "--imgsz", "640", "--conf", "0.001",
                               "--iou", "0.7", "--max-det", "300", "--json", "-"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json all = nlohmann::json::parse(outcome.out)["by_size"]["all"];
  EXPECT_NEAR(all["ap"], 0.4201, 0.004);
  EXPECT_NEAR(all["ap50"], 0.5813, 0.004);
  EXPECT_NEAR(all["ap75"], 0.4632, 0.004);
}

}  // namespace
}  // namespace gondola::app
