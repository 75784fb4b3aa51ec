#include "gondola/data/detection_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LabelledImage picture(const std::string& path, const std::string& name) {
  return {path, {640, 480}, name, {}};
}

class DetectionFiles : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    test::write_text(dir_ / name, text);
    return (dir_ / name).string();
  }

  DetectionFile read(const std::string& name, const std::string& text) {
    return read_detections(file(name, text));
  }

  /// The message that reading ends with, without the folder.
  template <typename Read>
  std::string message_of(const Read& read_it) {
    try {
      read_it();
    } catch (const Error& error) {
      std::string message = error.what();
      const std::string folder = dir_.path().string() + "/";
      for (auto at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
        message.erase(at, folder.size());
      }
      return message;
    }
    return "no exception";
  }

  std::string refusal(const std::string& name, const std::string& text) {
    return message_of([&] { read(name, text); });
  }

  std::string truth_refusal(const std::string& text) {
    return message_of([&] { read_truth_table(file("truth.csv", text)); });
  }

  const test::TempDir dir_;
};

TEST_F(DetectionFiles, ReadsCocoResults) {
  const DetectionFile found = read("coco.json", R"([
    {"image_id": 139, "category_id": 44, "bbox": [10, 20, 30.5, 40], "score": 0.75},
    {"image_id": "shelf", "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1},
    {"image_id": 139, "category_id": 1, "bbox": [1, 2, 0, 4], "score": 0.5}])");
  EXPECT_TRUE(found.ids_are_categories);
  EXPECT_THAT(found.classes, ElementsAre(FileClass{"", 44}, FileClass{"", 1}));
  ASSERT_EQ(found.images.size(), 2U);
  EXPECT_EQ(found.images[0].name, "139");
  EXPECT_THAT(found.images[0].detections, ElementsAre(Detection{{10, 20, 40.5F, 60}, 0.75F, 0},
                                                      Detection{{1, 2, 1, 6}, 0.5F, 1}));
  EXPECT_EQ(found.images[1].name, "shelf");
  EXPECT_THAT(read("none.json", " [] ").images, IsEmpty());
}

TEST_F(DetectionFiles, ReadsOurOwnJson) {
  const std::string image = R"("source":"a/1.jpg","frame":0,"detections":[)"
                            R"({"class":3,"label":"cup","score":0.5,"box":[1,2,3,4]}])";
  const std::string schema = R"({"schema":"gondola.detections/1","model":"m",)";
  const std::string empty = R"("source":"b.jpg","detections":[])";
  const auto check = [](const DetectionFile& found) {
    EXPECT_THAT(found.classes, ElementsAre(FileClass{"cup", 3}));
    ASSERT_EQ(found.images.size(), 2U);
    EXPECT_EQ(found.images[0].name, "a/1.jpg");
    EXPECT_THAT(found.images[0].detections, ElementsAre(Detection{{1, 2, 3, 4}, 0.5F, 0}));
    EXPECT_THAT(found.images[1].detections, IsEmpty());
  };
  check(read("one.json", schema + "\"images\":[\n{" + image + "},\n{" + empty + "}]}\n"));
  check(read("one_line.json", schema + "\"images\":[{" + image + "},{" + empty + "}]}"));
  check(read("lines.jsonl", schema + image + "}\n\n" + schema + empty + "}\n"));
}

TEST_F(DetectionFiles, ReadsTablesWithTheirColumnsInAnyOrder) {
  const DetectionFile fixture = read("fixture.csv",
                                     "image_name,x1,y1,x2,y2,class,score\r\n"
                                     "a.jpg,1,2,3,4,object,0.5\r\n"
                                     "\r\n"
                                     "\"b, c.jpg\",1e1,20,3e1,40,object,1\r\n");
  EXPECT_THAT(fixture.classes, ElementsAre(FileClass{"object", std::nullopt}));
  ASSERT_EQ(fixture.images.size(), 2U);
  EXPECT_EQ(fixture.images[1].name, "b, c.jpg");
  EXPECT_THAT(fixture.images[1].detections, ElementsAre(Detection{{10, 20, 30, 40}, 1, 0}));

  const DetectionFile ours = read("ours.csv",
                                  "source,frame,time_s,class,label,score,x1,y1,x2,y2,track\n"
                                  "a.jpg,0,0,7,\"cup \"\"big\"\"\",0.250000,1.5,2,3,4,\n");
  EXPECT_THAT(ours.classes, ElementsAre(FileClass{"cup \"big\"", 7}));
  EXPECT_THAT(ours.images[0].detections, ElementsAre(Detection{{1.5F, 2, 3, 4}, 0.25F, 0}));
}

TEST_F(DetectionFiles, NamesFileAndLineOfWhatIsWrongInATable) {
  const std::string header = "image_name,x1,y1,x2,y2,class,score\n";
  EXPECT_EQ(refusal("t.csv", header + "a,1,2,3,4,c,0.5\na,1,2,3,4,c,high\n"),
            "t.csv:3: score is 'high'; expected a number");
  EXPECT_EQ(refusal("t.csv", header + "a,1,2,nan,4,c,0.5\n"),
            "t.csv:2: x2 is 'nan'; expected a number");
  EXPECT_EQ(refusal("t.csv", header + "a,1,2,3,4,c,1.5\n"), "t.csv:2: score is 1.5; expected 0..1");
  EXPECT_THAT(refusal("t.csv", header + "a,5,2,3,4,c,0.5\n"),
              HasSubstr("ends before it begins; expected x1 <= x2, y1 <= y2"));
  EXPECT_EQ(refusal("t.csv", header + "a,1,2,3,4,c\n"),
            "t.csv:2: 6 fields, but the header has 7 (image_name,x1,y1,x2,y2,class,score)");
  EXPECT_EQ(refusal("t.csv", header + "\"a,1,2,3,4,c,0.5\n"),
            "t.csv:2: a quoted field does not end");
  EXPECT_EQ(refusal("t.csv", header + "\"a\"b,1,2,3,4,c,0.5\n"),
            "t.csv:2: unexpected 'b' after a quoted field; expected a comma");
  EXPECT_EQ(refusal("t.csv", "image_name,x1,y1,x2,y2,class\n"),
            "t.csv:1: there is no column score or confidence or conf among image_name, x1, y1, x2, "
            "y2, class");
  EXPECT_EQ(refusal("t.csv", "image_name,x1,y1,x2,y2,score\n"),
            "t.csv:1: there is no column class or label among image_name, x1, y1, x2, y2, score");
  EXPECT_EQ(refusal("t.csv", "\n  \n"), "t.csv: the file is empty");
}

TEST_F(DetectionFiles, NamesFileAndEntryOfWhatIsWrongInJson) {
  const std::string good = R"({"image_id":1,"category_id":1,"bbox":[1,2,3,4],"score":0.5})";
  const auto second = [&](const std::string& entry) {
    return refusal("r.json", "[" + good + ",\n" + entry + "]");
  };
  EXPECT_EQ(second(R"({"image_id":1,"category_id":1,"bbox":[1,2,3],"score":0.5})"),
            "r.json: entry 1: 'bbox' is [1,2,3]; expected a list of four numbers");
  EXPECT_EQ(
      second(R"({"image_id":1,"category_id":1,"bbox":[1,2,-3,4],"score":0.5})"),
      "r.json: entry 1: box [1, 2, -2, 6] ends before it begins; expected x1 <= x2, y1 <= y2");
  EXPECT_EQ(second(R"({"image_id":1,"category_id":1,"bbox":[1,2,1e39,4],"score":0.5})"),
            "r.json: entry 1: box [1, 2, inf, 6] has no end; expected x1 <= x2, y1 <= y2");
  EXPECT_EQ(second(R"({"image_id":1.5,"category_id":1,"bbox":[1,2,3,4],"score":0.5})"),
            "r.json: entry 1: 'image_id' is 1.5; expected a whole number or text");
  EXPECT_EQ(second(R"({"image_id":1,"category_id":"x","bbox":[1,2,3,4],"score":0.5})"),
            "r.json: entry 1: 'category_id' is \"x\"; expected a whole number");
  EXPECT_EQ(second(R"({"image_id":1,"category_id":1,"bbox":[1,2,3,4]})"),
            "r.json: entry 1: 'score' is missing");
  EXPECT_EQ(second("7"), "r.json: entry 1: is 7; expected an object");
  EXPECT_EQ(second("{"), "r.json:2: this is not JSON, or the file was cut off");
  EXPECT_EQ(second("1e400"), "r.json: holds a number that is too large for JSON");
  EXPECT_EQ(refusal("r.json", R"({"schema":"other/1"})"),
            "r.json:1: schema is 'other/1'; expected gondola.detections/1, a COCO results list, or "
            "a CSV table");
  EXPECT_EQ(refusal("r.json", R"({"schema":"gondola.detections/1","images":[{"source":"a",)"
                              R"("detections":[{"class":0,"score":0.5,"box":"x"}]}]})"),
            "r.json: image 0, detection 0: 'box' is \"x\"; expected a list of four numbers");
  EXPECT_EQ(refusal("r.jsonl",
                    "{\"schema\":\"gondola.detections/1\",\"source\":\"a\","
                    "\"detections\":[]}\n{\"schema\":"),
            "r.jsonl:2: this is not JSON, or the file was cut off");
}

TEST_F(DetectionFiles, SaysWhatCannotBeOpened) {
  EXPECT_EQ(message_of([&] { read_detections(dir_ / "none.json"); }),
            "cannot read 'none.json': no such file");
  EXPECT_THAT(message_of([&] { read_detections(dir_.path()); }), HasSubstr("it is a folder"));
}

TEST_F(DetectionFiles, ReadsTruthFromATable) {
  const Dataset named = read_truth_table(file("truth.csv",
                                              "image_name,x1,y1,x2,y2,class\n"
                                              "s/a.jpg,1,2,3,4,tea\n"
                                              "b.jpg,1,2,3,4,milk\n"
                                              "s/a.jpg,5,6,7,8,milk\n"));
  EXPECT_THAT(named.names.names(), ElementsAre("tea", "milk"));
  ASSERT_EQ(named.images.size(), 2U);
  EXPECT_EQ(named.images[0].path, "s/a.jpg");
  EXPECT_EQ(named.images[0].name, "a");
  EXPECT_THAT(named.images[0].labels,
              ElementsAre(LabelledBox{{1, 2, 3, 4}, 0}, LabelledBox{{5, 6, 7, 8}, 1}));

  const Dataset numbered =
      read_truth_table(file("truth.csv", "image_name,x1,y1,x2,y2,class\na,1,2,3,4,5\n"));
  EXPECT_EQ(numbered.images[0].labels[0].class_id, 5);
  EXPECT_EQ(numbered.names.size(), 6U);
  EXPECT_FALSE(has_class_names(numbered));
  EXPECT_TRUE(has_class_names(named));
}

TEST_F(DetectionFiles, RefusesTruthThatIsNone) {
  const std::string header = "image_name,x1,y1,x2,y2,class\n";
  EXPECT_EQ(truth_refusal(header + "a,1,2,1,4,c\n"),
            "truth.csv:2: box [1, 2, 1, 4] encloses nothing; expected x1 < x2, y1 < y2");
  EXPECT_EQ(truth_refusal(header), "truth.csv: there are no boxes in the table");
}

class AssignDetections : public testing::Test {
 protected:
  static Dataset shop() {
    Dataset dataset;
    dataset.names = ClassNames({"tea", "milk"});
    dataset.images = {picture("/data/north/1.jpg", "1"), picture("/data/south/1.jpg", "1"),
                      picture("/data/000000000139.jpg", "000000000139"),
                      picture("/data/IMG.rf.7.png", "IMG.rf.7")};
    return dataset;
  }

  static DetectionFile found_in(const std::string& image, const FileClass& what) {
    return {"found.json", {what}, false, {{image, {{{1, 2, 3, 4}, 0.5F, 0}}}}};
  }

  static std::size_t place_of(const std::string& image) {
    const AssignedDetections result = assign_detections(found_in(image, {"milk", 0}), shop());
    for (std::size_t i = 0; i < result.per_image.size(); ++i) {
      if (result.per_image[i].empty()) continue;
      EXPECT_EQ(result.per_image[i].front().class_id, 1) << "labels come before numbers";
      return i;
    }
    return 99;
  }

  static std::string refusal(const DetectionFile& file, const Dataset& dataset) {
    try {
      assign_detections(file, dataset);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no exception";
  }
};

TEST_F(AssignDetections, FindsPicturesByWhatFilesCallThem) {
  EXPECT_EQ(place_of("139"), 2U);
  EXPECT_EQ(place_of("000000000139"), 2U);
  EXPECT_EQ(place_of("elsewhere/000000000139.png"), 2U);
  EXPECT_EQ(place_of("IMG.rf.7"), 3U);
  EXPECT_EQ(place_of("IMG.rf.7.jpg"), 3U);
  EXPECT_EQ(place_of("north/1.jpg"), 0U);
  EXPECT_EQ(place_of("../data/south/1.jpg"), 1U);
}

TEST_F(AssignDetections, PrefersAnIdToAFileNameForWhatLooksLikeAnId) {
  Dataset coco = shop();
  coco.images = {picture("/data/8.jpg", "7"), picture("/data/7.jpg", "8")};
  const auto place = [&](const std::string& name) {
    return assign_detections(found_in(name, {"milk", 0}), coco).per_image[0].empty() ? 1 : 0;
  };
  EXPECT_EQ(place("7"), 0);
  EXPECT_EQ(place("7.jpg"), 1);
}

TEST_F(AssignDetections, RefusesToGuessBetweenPictures) {
  EXPECT_EQ(refusal(found_in("1", {"milk", 0}), shop()),
            "found.json: picture '1' may be /data/north/1.jpg or /data/south/1.jpg; name pictures "
            "by their paths");
}

TEST_F(AssignDetections, FindsClassesByLabelByPlaceAndByCategory) {
  const auto class_of = [](const FileClass& what, const Dataset& dataset, bool categories) {
    DetectionFile file = found_in("139", what);
    file.ids_are_categories = categories;
    return assign_detections(file, dataset).per_image[2].at(0).class_id;
  };
  Dataset dataset = shop();
  EXPECT_EQ(class_of({"milk", 7}, dataset, false), 1);
  EXPECT_EQ(class_of({"", 1}, dataset, false), 1);
  EXPECT_EQ(class_of({"", 1}, dataset, true), 1) << "no category ids are known";
  dataset.category_ids = {1, 44};
  EXPECT_EQ(class_of({"", 1}, dataset, true), 0);
  EXPECT_EQ(class_of({"", 44}, dataset, true), 1);
  dataset.names = ClassNames({"5", "7"});
  EXPECT_EQ(class_of({"", 7}, dataset, false), 1) << "names that are numbers";
}

TEST_F(AssignDetections, GoesByNumbersWhereLabelsHaveNoNames) {
  Dataset dataset = shop();
  dataset.names = ClassNames({"", ""});
  const AssignedDetections result = assign_detections(found_in("139", {"milk", 1}), dataset);
  EXPECT_EQ(result.per_image[2].at(0).class_id, 1);
  EXPECT_EQ(refusal(found_in("139", {"milk", 2}), dataset),
            "found.json: the data set has none of the classes (milk); it has numbers 0 to 1");
}

TEST_F(AssignDetections, ReportsWhatTheDataSetDoesNotHave) {
  DetectionFile file = found_in("139", {"milk", std::nullopt});
  file.classes.push_back({"beer", std::nullopt});
  file.images[0].detections.push_back({{1, 2, 3, 4}, 0.5F, 1});
  file.images.push_back({"other.jpg", {{{1, 2, 3, 4}, 0.5F, 0}}});
  const AssignedDetections result = assign_detections(file, shop());
  EXPECT_EQ(result.per_image[2].size(), 1U);
  EXPECT_THAT(result.unknown_classes, ElementsAre("beer"));
  EXPECT_THAT(result.unknown_images, ElementsAre("other.jpg"));
  EXPECT_EQ(result.dropped, 2U);
}

TEST_F(AssignDetections, RefusesAFileThatBelongsToAnotherDataSet) {
  EXPECT_EQ(refusal(found_in("other.jpg", {"milk", 0}), shop()),
            "found.json: the data set has none of its 1 pictures, such as 'other.jpg'; it has such "
            "as '/data/north/1.jpg'");
  EXPECT_EQ(refusal(found_in("139", {"beer", 0}), shop()),
            "found.json: the data set has none of the classes (beer); it has tea, milk");
}

TEST_F(AssignDetections, TakesAnEmptyFileForNothingFound) {
  const AssignedDetections result = assign_detections({"none.json", {}, true, {}}, shop());
  EXPECT_THAT(result.per_image, ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty()));
}

TEST(DetectionFixtures, AreReadWhole) {
  GONDOLA_REQUIRE_SHARED("data/box-fixtures");
  const auto folder = test::shared_dir() / "data/box-fixtures";
  const Dataset truth = read_truth_table(folder / "Holoselecta_coco_gt_object.csv");
  const DetectionFile found =
      read_detections(folder / "Holoselecta_coco_pred_object_Holoselecta.csv");
  const AssignedDetections assigned = assign_detections(found, truth);
  std::size_t objects = 0;
  std::size_t detections = 0;
  for (const LabelledImage& image : truth.images) objects += image.labels.size();
  for (const auto& image : assigned.per_image) detections += image.size();
  EXPECT_EQ(objects, 10036U);  // lines of the files less the header
  EXPECT_EQ(detections, 10163U);
  EXPECT_THAT(assigned.unknown_images, IsEmpty());
}

}  // namespace
}  // namespace gondola::data
