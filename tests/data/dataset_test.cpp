#include "gondola/data/dataset.hpp"

#include <cstdint>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::write_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A picture whose bytes depend on its size and grey level.
void write_picture(const fs::path& path, int width, int height, int grey = 100) {
  fs::create_directories(path.parent_path());
  ASSERT_TRUE(cv::imwrite(path, cv::Mat(height, width, CV_8UC3, cv::Scalar::all(grey))));
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  write_text(path, text);
}

/// images/a.png of 200 x 100 pixels with these labels, and classes cat and dog.
void write_yolo(const TempDir& dir, const std::string& labels) {
  write_picture(dir / "images/a.png", 200, 100);
  write_file(dir / "labels/a.txt", labels);
  write_file(dir / "classes.txt", "cat\ndog\n");
}

LabelledBox labelled(const Box& box, int class_id) {
  LabelledBox label;
  label.box = box;
  label.class_id = class_id;
  return label;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
    return error.what();
  }
  return "";
}

std::string load_error(const fs::path& where, const DatasetOptions& options = {}) {
  return message_of([&] { load_dataset(where, options); });
}

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const LabelledImage& image : dataset.images) names.push_back(image.name);
  return names;
}

std::size_t label_count(const Dataset& dataset) {
  std::size_t count = 0;
  for (const LabelledImage& image : dataset.images) count += image.labels.size();
  return count;
}

/// The one issue of a data set, its kind and message.
void expect_issue(const Dataset& dataset, IssueKind kind, const std::string& message) {
  ASSERT_EQ(dataset.issues.size(), 1U);
  EXPECT_EQ(dataset.issues[0].kind, kind) << to_string(dataset.issues[0].kind);
  EXPECT_EQ(dataset.issues[0].message, message);
}

// 0.25 +- 0.05 of 200 is 40..60; 0.5 +- 0.1 of 100 is 40..60.
TEST(Dataset, ReadsYoloLabelsAsPixels) {
  const TempDir dir;
  write_yolo(dir, "1 0.25 0.5 0.1 0.2\n\n  0\t0.5 0.5 1 1  \r\n");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_EQ(dataset.names, ClassNames({"cat", "dog"}));
  ASSERT_EQ(dataset.images.size(), 1U);
  const LabelledImage& image = dataset.images[0];
  EXPECT_EQ(image.path, (dir / "images/a.png").string());
  EXPECT_EQ(image.size, (Size{200, 100}));
  EXPECT_EQ(image.name, "a");
  EXPECT_THAT(image.labels,
              ElementsAre(labelled({40, 40, 60, 60}, 1), labelled({0, 0, 200, 100}, 0)));
  EXPECT_THAT(dataset.issues, IsEmpty());
  EXPECT_THAT(dataset.category_ids, IsEmpty());
}

TEST(Dataset, PolygonsBecomeTheBoxAroundThem) {
  const TempDir dir;
  write_yolo(dir, "0 0.5 0.1 0.9 0.5 0.1 0.3\n");
  EXPECT_THAT(load_dataset(dir.path()).images[0].labels,
              ElementsAre(labelled({20, 10, 180, 50}, 0)));
}

TEST(Dataset, ScoresBelowTheLimitDoNotCount) {
  const TempDir dir;
  write_yolo(dir, "0 .2 .5 .1 .1 0.39\n0 .4 .5 .1 .1 0.4\n0 .6 .5 .1 .1\n");
  EXPECT_EQ(load_dataset(dir.path()).images[0].labels.size(), 3U);
  DatasetOptions options;
  options.label_min_score = 0.4;
  const Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_EQ(dataset.images[0].labels.size(), 2U);
  EXPECT_THAT(dataset.issues, IsEmpty());
}

TEST(Dataset, BackgroundPicturesHaveNoLabels) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_picture(dir / "images/b.png", 50, 60);
  write_picture(dir / "images/c.png", 50, 61);
  write_file(dir / "labels/c.txt", "");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a", "b", "c"));
  EXPECT_THAT(dataset.images[1].labels, IsEmpty());
  EXPECT_THAT(dataset.issues, IsEmpty());
}

struct BadLabel {
  const char* line;
  IssueKind kind;
  const char* message;  ///< behind "labels/a.txt:2: "
};

// Every fault of a line, in a picture of 200 x 100, between two good lines.
TEST(Dataset, NamesTheLineAndTheFaultOfALabel) {
  const std::vector<BadLabel> cases = {
      {"0 .5 .5 .1", IssueKind::kBadLine,
       "'0 .5 .5 .1' has 4 columns; expected class cx cy w h, with a score as the sixth, or a "
       "class "
       "and the points of a polygon; label dropped"},
      {"0 .5 .5 .1 .1 .9 .9 .9", IssueKind::kBadLine,
       "'0 .5 .5 .1 .1 .9 .9 .9' has 8 columns; expected class cx cy w h, with a score as the "
       "sixth, "
       "or a class and the points of a polygon; label dropped"},
      {"0 .5 nan .1 .1", IssueKind::kBadLine,
       "'0 .5 nan .1 .1' is not made of finite numbers; label dropped"},
      {"0 .5 .5 1e999 .1", IssueKind::kBadLine,
       "'0 .5 .5 1e999 .1' is not made of finite numbers; label dropped"},
      {"cat .5 .5 .1 .1", IssueKind::kBadLine,
       "'cat .5 .5 .1 .1' is not made of finite numbers; label dropped"},
      {"2 .5 .5 .1 .1", IssueKind::kBadClass,
       "class 2; the data set has classes 0 to 1; label dropped"},
      {"-1 .5 .5 .1 .1", IssueKind::kBadClass,
       "class -1; the data set has classes 0 to 1; label dropped"},
      {"0.5 .5 .5 .1 .1", IssueKind::kBadClass,
       "class 0.5; the data set has classes 0 to 1; label dropped"},
      {"0 .5 .5 0 .1", IssueKind::kEmptyBox,
       "box [100, 45, 100, 55] has no width or no height; label dropped"},
      {"0 .5 .5 -.1 .1", IssueKind::kEmptyBox,
       "'0 .5 .5 -.1 .1' has a negative width or height; label dropped"},
      {"0 1.5 .5 .1 .1", IssueKind::kBoxOutside,
       "box [290, 45, 310, 55] lies outside the picture of 200x100; label dropped"},
      {"0 .3 .5 .1 .1", IssueKind::kDuplicateLabel,
       "class 0 with box [50, 45, 70, 55] is there already; label dropped"},
  };
  for (const BadLabel& bad : cases) {
    SCOPED_TRACE(bad.line);
    const TempDir dir;
    write_yolo(dir, concat("0 .3 .5 .1 .1\n", bad.line, "\n1 .7 .5 .1 .1\n"));
    const Dataset dataset = load_dataset(dir.path());
    expect_issue(dataset, bad.kind, concat((dir / "labels/a.txt").string(), ":2: ", bad.message));
    EXPECT_EQ(label_count(dataset), 2U);

    DatasetOptions strict;
    strict.strict = true;
    EXPECT_THROW(load_dataset(dir.path(), strict), ConfigError);
    EXPECT_EQ(load_error(dir.path(), strict), dataset.issues[0].message);
  }
}

// 0.95 +- 0.1 of 200 is 170..210, of which 10 pixels hang over.
TEST(Dataset, ClipsBoxesThatHangOver) {
  const TempDir dir;
  write_yolo(dir, "0 0.95 0.5 0.2 0.2\n");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_THAT(dataset.images[0].labels, ElementsAre(labelled({170, 40, 200, 60}, 0)));
  expect_issue(dataset, IssueKind::kBoxClipped,
               (dir / "labels/a.txt").string() +
                   ":1: box [170, 40, 210, 60] exceeds the picture of 200x100; clipped");
}

TEST(Dataset, ClipsAPixelOfRoundingInSilence) {
  const TempDir dir;
  write_yolo(dir, "0 0.904 0.5 0.2 0.2\n");  // to 200.8
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_EQ(dataset.images[0].labels[0].box.x2, 200);
  EXPECT_THAT(dataset.issues, IsEmpty());
}

TEST(Dataset, LeavesOutBrokenPictures) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_file(dir / "images/b.jpg", "no picture");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a"));
  expect_issue(dataset, IssueKind::kBrokenImage,
               "cannot read picture '" + (dir / "images/b.jpg").string() +
                   "': its content is no known picture format (JPEG, PNG, WebP, TIFF, BMP, PPM, "
                   "JPEG 2000), whatever its name says; left out");
}

TEST(Dataset, FindsDamageBehindTheHeaderWhenAskedToDecode) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  cv::Mat noise(80, 80, CV_8UC3);
  cv::randu(noise, 0, 256);
  cv::imwrite(dir / "images/b.jpg", noise);
  const std::string jpeg = test::read_text(dir / "images/b.jpg");
  write_text(dir / "images/b.jpg", jpeg.substr(0, jpeg.size() / 2));
  EXPECT_THAT(names_of(load_dataset(dir.path())), ElementsAre("a", "b"));
  DatasetOptions options;
  options.decode_images = true;
  const Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_THAT(names_of(dataset), ElementsAre("a"));
  ASSERT_EQ(dataset.issues.size(), 1U);
  EXPECT_THAT(dataset.issues[0].message, HasSubstr("damaged or truncated JPEG"));
}

TEST(Dataset, NamesLabelsWithoutPicture) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_file(dir / "labels/gone.txt", "0 .5 .5 .1 .1\n");
  expect_issue(load_dataset(dir.path()), IssueKind::kLabelsWithoutImage,
               (dir / "labels/gone.txt").string() + ": there is no picture of this name below '" +
                   (dir / "images").string() + "'; ignored");
}

TEST(Dataset, NamesLabelFilesThatCannotBeRead) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_picture(dir / "images/b.png", 50, 50);
  fs::create_directory(dir / "labels/b.txt");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a"));
  expect_issue(dataset, IssueKind::kBrokenLabels,
               "cannot read '" + (dir / "labels/b.txt").string() +
                   "': it is a folder; its picture is left out");
}

TEST(Dataset, NamesPicturesWithTheSameBytesAndKeepsThem) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_picture(dir / "images/b.png", 200, 100);
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_EQ(dataset.images.size(), 2U);
  expect_issue(dataset, IssueKind::kDuplicateImage,
               "picture '" + (dir / "images/b.png").string() + "' has the same bytes as '" +
                   (dir / "images/a.png").string() + "'; both are kept");
}

TEST(Dataset, ListsNameMissingAndRepeatedPicturesWithTheirLine) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_file(dir / "train.txt", "# ours\nimages/a.png\n\nimages/no.png\n./images/a.png\n");
  DatasetOptions options;
  options.split = "train";
  const Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_THAT(names_of(dataset), ElementsAre("a"));
  ASSERT_EQ(dataset.issues.size(), 2U);
  EXPECT_EQ(dataset.issues[0].kind, IssueKind::kMissingImage);
  EXPECT_EQ(dataset.issues[0].message, (dir / "train.txt").string() + ":4: there is no picture '" +
                                           (dir / "images/no.png").string() + "'; left out");
  EXPECT_EQ(dataset.issues[1].kind, IssueKind::kDuplicateImage);
  EXPECT_EQ(dataset.issues[1].message, (dir / "train.txt").string() + ":5: picture '" +
                                           (dir / "./images/a.png").string() +
                                           "' is listed already; left out this time");
}

TEST(Dataset, CountsIssuesByKind) {
  EXPECT_EQ(count_by_kind({}), "");
  EXPECT_EQ(count_by_kind({{IssueKind::kBoxClipped, "x"},
                           {IssueKind::kBadClass, "y"},
                           {IssueKind::kBoxClipped, "z"}}),
            "1 bad class, 2 box clipped");
}

TEST(Dataset, FoldersWithListsHaveTheirSplits) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_picture(dir / "images/b.png", 50, 50);
  write_file(dir / "train.txt", "images/a.png\n");
  write_file(dir / "val.txt", "images/b.png\n");
  write_file(dir / "labels/b.txt", "1 .5 .5 .1 .1\n");
  DatasetOptions options;
  EXPECT_THAT(names_of(load_dataset(dir.path(), options)), ElementsAre("a", "b"));
  options.split = "train";
  EXPECT_THAT(names_of(load_dataset(dir.path(), options)), ElementsAre("a"));
  options.split = "val";
  EXPECT_THAT(names_of(load_dataset(dir.path(), options)), ElementsAre("b"));
  options.split = "test";
  EXPECT_EQ(load_error(dir.path(), options),
            "data set '" + dir.path().string() + "' has no split 'test'; it has train, val");
  options.split = "dev";
  EXPECT_EQ(load_error(dir.path(), options),
            "split 'dev'; expected train, val, test, or none for all");
}

TEST(Dataset, SplitsMayBeFoldersOnEitherSideOfImages) {
  for (const bool split_first : {false, true}) {
    const TempDir dir;
    const auto place = [&](const std::string& kind, const std::string& split) {
      return split_first ? dir.path() / split / kind : dir.path() / kind / split;
    };
    write_picture(place("images", "train") / "a.png", 20, 20);
    write_file(place("labels", "train") / "a.txt", "0 .5 .5 .5 .5\n");
    write_picture(place("images", "valid") / "b.png", 20, 30);
    write_file(place("labels", "valid") / "b.txt", "1 .5 .5 .5 .5\n");
    DatasetOptions options;
    options.split = "val";
    const Dataset dataset = load_dataset(dir.path(), options);
    EXPECT_THAT(names_of(dataset), ElementsAre("b"));
    EXPECT_EQ(label_count(dataset), 1U);
    options.split = "";
    EXPECT_EQ(label_count(load_dataset(dir.path(), options)), 2U);
  }
}

// Of 400 pictures, a share of 0.25 makes 100 with a deviation of sqrt(400 * 0.25 * 0.75) = 8.7.
TEST(Dataset, ValShareSplitsWhatHasNoSplits) {
  const TempDir dir;
  for (int i = 0; i < 400; ++i) write_picture(dir / concat("images/", i, ".png"), 4, 4);
  write_file(dir / "labels/0.txt", "0 .5 .5 .5 .5\n");
  DatasetOptions options;
  options.allow_unlabelled = true;
  options.val_share = 0.25;
  options.split = "train";
  const std::vector<std::string> train = names_of(load_dataset(dir.path(), options));
  options.split = "val";
  const std::vector<std::string> val = names_of(load_dataset(dir.path(), options));
  EXPECT_EQ(train.size() + val.size(), 400U);
  EXPECT_NEAR(static_cast<double>(val.size()), 100, 35);
  for (const std::string& name : val) EXPECT_THAT(train, testing::Not(testing::Contains(name)));
  options.split = "";
  EXPECT_EQ(load_dataset(dir.path(), options).images.size(), 400U);
}

TEST(Dataset, TakesLabelsFromTheFolderAskedFor) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n");
  write_file(dir / "labels-other/a.txt", "1 .5 .5 .2 .2\n1 .2 .2 .2 .2\n");
  DatasetOptions options;
  options.labels = "labels-other";
  EXPECT_EQ(label_count(load_dataset(dir.path(), options)), 2U);
  options.labels = "labels-none";
  EXPECT_EQ(load_error(dir.path(), options),
            "data set '" + dir.path().string() +
                "' has no labels for any of its 1 pictures; expected for example '" +
                (dir / "labels-none/a.txt").string() + "'");
  options.allow_unlabelled = true;
  EXPECT_EQ(label_count(load_dataset(dir.path(), options)), 0U);
}

TEST(Dataset, WithoutNamesThereAreAsManyClassesAsIdsSeen) {
  const TempDir dir;
  write_yolo(dir, "3 .5 .5 .1 .1\n10000 .5 .5 .1 .1\n");
  fs::remove(dir / "classes.txt");
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_EQ(dataset.names.size(), 4U);
  expect_issue(dataset, IssueKind::kBadClass,
               (dir / "labels/a.txt").string() +
                   ":2: class 10000; expected a whole number from 0 to 9999; label dropped");
}

TEST(Dataset, SingleClassMakesEverythingOne) {
  const TempDir dir;
  write_yolo(dir, "0 .5 .5 .1 .1\n1 .3 .5 .1 .1\n7 .5 .5 .1 .1\n");
  DatasetOptions options;
  options.single_class = true;
  Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_EQ(dataset.names, ClassNames({"object"}));
  EXPECT_EQ(label_count(dataset), 2U);  // class 7 still is none of the data set's
  EXPECT_EQ(dataset.images[0].labels[1].class_id, 0);
  options.names = ClassNames({"product"});
  EXPECT_EQ(load_dataset(dir.path(), options).names, ClassNames({"product"}));
}

TEST(Dataset, NamesWhatIsNotThere) {
  const TempDir dir;
  EXPECT_EQ(load_error(dir / "nowhere"),
            "there is no data set '" + (dir / "nowhere").string() +
                "'; expected a data.yaml, a folder or a COCO JSON file");
  EXPECT_EQ(load_error(dir.path()), "data set '" + dir.path().string() +
                                        "' has no pictures that can be read; expected them in '" +
                                        dir.path().string() + "'");
  write_file(dir / "images/a.jpg", "x");
  EXPECT_THAT(load_error(dir.path()), HasSubstr("can be read (1 broken picture); expected"));
  DatasetOptions options;
  options.val_share = 2;
  EXPECT_EQ(load_error(dir.path(), options), "val_share = 2; expected a number from 0 to 1");
  options.val_share = 0;
  options.label_min_score = 1.5;
  EXPECT_EQ(load_error(dir.path(), options), "label_min_score = 1.5; expected a number up to 1");
}

TEST(Dataset, SizesAreThoseOfUprightPictures) {
  GONDOLA_REQUIRE_SHARED("data/coco128-val");
  const Dataset dataset = load_dataset(test::shared_dir() / "data/coco128-val");
  for (const LabelledImage& image : dataset.images) {
    const cv::Mat pixels = cv::imread(image.path);
    EXPECT_EQ(image.size, (Size{pixels.cols, pixels.rows})) << image.path;
  }
}

// The figures of shared/README.md and of the sets' own notes.
TEST(Dataset, LoadsTheRealOnes) {
  GONDOLA_REQUIRE_SHARED("data/bccd");
  struct Known {
    const char* folder;
    const char* split;
    const char* labels;
    std::size_t images;
    std::size_t boxes;
    std::size_t classes;
  };
  for (const Known& known :
       {Known{"bccd", "", "", 364, 4886, 3}, Known{"bccd", "train", "", 205, 0, 3},
        Known{"bccd", "val", "", 87, 0, 3}, Known{"bccd", "test", "", 72, 0, 3},
        Known{"beverages", "", "", 385, 0, 2}, Known{"snacks", "", "", 354, 0, 2},
        Known{"coco128-val", "", "", 128, 898, 78}, Known{"groceries25", "", "", 1996, 0, 25},
        Known{"shelf-photos", "", "labels-rows", 48, 0, 1},
        Known{"shelf-photos", "", "labels-products-pseudo", 48, 0, 1}}) {
    SCOPED_TRACE(concat(known.folder, ' ', known.split, ' ', known.labels));
    DatasetOptions options;
    options.split = known.split;
    options.labels = known.labels;
    const Dataset dataset = load_dataset(test::shared_dir() / "data" / known.folder, options);
    EXPECT_EQ(dataset.images.size(), known.images);
    if (known.boxes != 0) {
      EXPECT_EQ(label_count(dataset), known.boxes);
    }
    EXPECT_GT(label_count(dataset), 0U);
    EXPECT_EQ(dataset.names.size(), known.classes);
    EXPECT_EQ(count_by_kind(dataset.issues), "");
  }
}

// --- data.yaml

TEST(DataYaml, NamesPlacesAndClasses) {
  const TempDir dir;
  write_picture(dir / "set/images/train/a.png", 100, 100);
  write_file(dir / "set/boxes/train/a.txt", "1 .5 .5 .1 .1 .2\n1 .3 .5 .1 .1 .8\n");
  write_picture(dir / "set/images/more/b.png", 100, 90);
  write_file(dir / "set/boxes/more/b.txt", "0 .5 .5 .1 .1\n");
  write_file(dir / "set/val.txt", "images/more/b.png\n");
  write_file(dir / "data.yaml",
             "path: set\ntrain: [images/train, images/more]\nval: val.txt\n"
             "names: {1: dog, 0: cat}\nnc: 2\nlabels: boxes\nlabel_min_score: 0.5\n"
             "roboflow: {workspace: x}\n");
  DatasetOptions options;
  options.split = "train";
  Dataset dataset = load_dataset(dir / "data.yaml", options);
  EXPECT_EQ(dataset.names, ClassNames({"cat", "dog"}));
  EXPECT_THAT(names_of(dataset), ElementsAre("a", "b"));
  EXPECT_EQ(label_count(dataset), 2U);
  options.label_min_score = 0;
  EXPECT_EQ(label_count(load_dataset(dir / "data.yaml", options)), 3U);
  options.split = "val";
  EXPECT_THAT(names_of(load_dataset(dir.path(), options)), ElementsAre("b"));
  options.split = "test";
  EXPECT_EQ(load_error(dir / "data.yaml", options), "data set '" + (dir / "data.yaml").string() +
                                                        "' has no split 'test'; it has train, val");
}

TEST(DataYaml, FindsEntriesAsExportersWriteThem) {
  const TempDir dir;
  write_picture(dir / "train/images/a.png", 100, 100);
  write_file(dir / "train/labels/a.txt", "0 .5 .5 .1 .1\n");
  write_file(dir / "data.yaml", "train: ../train/images\nnames: ['a']\n");
  EXPECT_EQ(label_count(load_dataset(dir / "data.yaml")), 1U);
}

TEST(DataYaml, ValShareDividesTrainWhereThereIsNoVal) {
  const TempDir dir;
  for (int i = 0; i < 40; ++i) write_picture(dir / concat("images/", i, ".png"), 4, 4);
  write_file(dir / "labels/0.txt", "0 .5 .5 .5 .5\n");
  write_file(dir / "data.yaml", "train: images\nnc: 1\nval_share: 0.3\n");
  DatasetOptions options;
  options.allow_unlabelled = true;
  options.split = "train";
  const std::size_t train = load_dataset(dir.path(), options).images.size();
  options.split = "val";
  const std::size_t val = load_dataset(dir.path(), options).images.size();
  EXPECT_GT(val, 0U);
  EXPECT_EQ(train + val, 40U);
}

TEST(DataYaml, NamesItsOwnMistakes) {
  const TempDir dir;
  write_picture(dir / "images/a.png", 4, 4);
  const std::string file = dir / "data.yaml";
  const auto error_of = [&](const std::string& text) {
    write_text(file, text);
    return load_error(file);
  };
  EXPECT_EQ(error_of("names: [a]\n"),
            file +
                ": there is no train, val or test; expected at least one, a folder of pictures, "
                "a list of them (.txt) or a COCO JSON file");
  EXPECT_EQ(error_of("train: image\nnames: [a]\n"),
            file + ": train: there is no '" + (dir / "image").string() +
                "'; entries are relative to '" + dir.path().string() + "'");
  EXPECT_EQ(error_of("train: images\nnames: [a, b]\nnc: 3\n"),
            file + ":3: nc = 3, but there are 2 names; leave nc out or make them agree");
  EXPECT_EQ(error_of("train: images\nnames: {0: a, 2: b}\n"),
            file + ":2: names has a key '2'; expected each of 0 to 1 once");
  EXPECT_THAT(error_of("train: images\nname: [a]\n"), AllOf(HasSubstr(file), HasSubstr("names")));
}

// --- COCO

/// Two pictures, categories with gaps in their ids, out of order.
std::string coco_text(const std::string& annotations) {
  return concat(R"({"images":[{"id":7,"file_name":"a.png","width":200,"height":100},)",
                R"({"id":"x9","file_name":"b.png"}],)",
                R"("categories":[{"id":5,"name":"dog"},{"id":2,"name":"cat"}],"annotations":[)",
                annotations, "]}");
}

class Coco : public testing::Test {
 protected:
  Coco() {
    write_picture(dir_ / "images/a.png", 200, 100);
    write_picture(dir_ / "images/b.png", 50, 60);
  }

  std::string json() const { return dir_ / "boxes.json"; }

  Dataset load(const std::string& annotations, const DatasetOptions& options = {}) const {
    write_text(json(), coco_text(annotations));
    return load_dataset(json(), options);
  }

  TempDir dir_;
};

TEST_F(Coco, ReadsBoxesCrowdsAndAreas) {
  const Dataset dataset =
      load(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40],"area":900.5},)"
           R"({"image_id":"x9","category_id":2,"bbox":[1.5,2,3,4],"iscrowd":1})");
  EXPECT_EQ(dataset.names, ClassNames({"cat", "dog"}));
  EXPECT_THAT(dataset.category_ids, ElementsAre(2, 5));
  EXPECT_THAT(names_of(dataset), ElementsAre("7", "x9"));
  EXPECT_THAT(dataset.images[0].labels,
              ElementsAre(LabelledBox{{10, 20, 40, 60}, 1, false, 900.5F}));
  EXPECT_THAT(dataset.images[1].labels, ElementsAre(LabelledBox{{1.5F, 2, 4.5F, 6}, 0, true, 0}));
  EXPECT_EQ(dataset.images[1].size, (Size{50, 60}));
  EXPECT_THAT(dataset.issues, IsEmpty());
}

TEST_F(Coco, LooksClassesUpByNameWhenNamesAreGiven) {
  DatasetOptions options;
  options.names = ClassNames({"dog", "bird"});
  const Dataset dataset = load(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40]},)"
                               R"({"image_id":7,"category_id":2,"bbox":[10,20,30,40]})",
                               options);
  EXPECT_THAT(dataset.images[0].labels, ElementsAre(labelled({10, 20, 40, 60}, 0)));
  EXPECT_THAT(dataset.category_ids, ElementsAre(5, -1));
  expect_issue(dataset, IssueKind::kBadClass,
               json() + ": annotations[1]: category_id 2 is not wanted; label dropped");
}

TEST_F(Coco, NamesThePlaceAndTheFaultOfAnAnnotation) {
  const std::vector<BadLabel> cases = {
      {R"({"image_id":7,"category_id":3,"bbox":[1,2,3,4]})", IssueKind::kBadClass,
       "category_id 3 is none of the categories; label dropped"},
      {R"({"image_id":8,"category_id":2,"bbox":[1,2,3,4]})", IssueKind::kLabelsWithoutImage,
       "image_id '8' is none of the images; ignored"},
      {R"({"image_id":7,"category_id":2,"bbox":[1,2,3]})", IssueKind::kBadLine,
       "bbox is not [x, y, width, height]; label dropped"},
      {R"({"image_id":7,"category_id":2})", IssueKind::kBadLine,
       "bbox is not [x, y, width, height]; label dropped"},
      {R"({"image_id":7,"category_id":2,"bbox":[1,2,3,0]})", IssueKind::kEmptyBox,
       "box [1, 2, 4, 2] has no width or no height; label dropped"},
      {R"({"image_id":7,"category_id":2,"bbox":[300,2,3,3]})", IssueKind::kBoxOutside,
       "box [300, 2, 303, 5] lies outside the picture of 200x100; label dropped"},
  };
  for (const BadLabel& bad : cases) {
    SCOPED_TRACE(bad.line);
    const Dataset dataset =
        load(std::string(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40]},)") + bad.line);
    expect_issue(dataset, bad.kind, json() + ": annotations[1]: " + bad.message);
    EXPECT_EQ(label_count(dataset), 1U);
  }
}

TEST_F(Coco, NamesPicturesThatAreNotThereOrOfAnotherSize) {
  fs::remove(dir_ / "images/b.png");
  write_picture(dir_ / "images/a.png", 100, 200);
  const Dataset dataset = load(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40]})");
  EXPECT_THAT(names_of(dataset), ElementsAre("7"));
  ASSERT_EQ(dataset.issues.size(), 2U);
  EXPECT_EQ(dataset.issues[0].message, json() + ": images[0]: it says 200x100, the picture '" +
                                           (dir_ / "images/a.png").string() +
                                           "' has 100x200; labels taken as pixels of the picture");
  EXPECT_EQ(dataset.issues[1].kind, IssueKind::kMissingImage);
  EXPECT_THAT(dataset.issues[1].message, HasSubstr("images[1]: there is no picture '"));
}

TEST_F(Coco, FindsPicturesUnderTheRoot) {
  fs::rename(dir_ / "images", dir_ / "elsewhere");
  DatasetOptions options;
  EXPECT_THROW(load("", options), ConfigError);
  options.image_root = dir_ / "elsewhere";
  EXPECT_EQ(load("", options).images.size(), 2U);
}

TEST_F(Coco, MayStandInADataYaml) {
  write_text(json(), coco_text(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40]})"));
  write_text(dir_ / "data.yaml", "train: boxes.json\nval: boxes.json\nnames: [dog, cat]\n");
  DatasetOptions options;
  options.split = "val";
  const Dataset dataset = load_dataset(dir_.path(), options);
  EXPECT_EQ(dataset.images[0].labels[0].class_id, 0);
  EXPECT_THAT(dataset.category_ids, ElementsAre(5, 2));
}

TEST_F(Coco, NamesWhatIsNoCocoFile) {
  const auto error_of = [&](const std::string& text) {
    write_text(json(), text);
    return load_error(json());
  };
  EXPECT_THAT(error_of("{"), HasSubstr(json() + ": not valid JSON: "));
  EXPECT_EQ(error_of("[]"),
            json() +
                ": there is no list 'images'; expected a COCO file with images, annotations "
                "and categories");
  EXPECT_THAT(
      error_of(R"({"images":[],"annotations":[],"categories":[{"id":1}]})"),
      HasSubstr("categories[0] is no category; expected an id from 0 to 1000000 and a name"));
  EXPECT_THAT(error_of(R"({"images":[],"annotations":[],
                           "categories":[{"id":1,"name":"a"},{"id":1,"name":"b"}]})"),
              HasSubstr("categories 'a' and 'b' have the same id 1"));
}

// --- Pascal VOC

std::string voc_text(const std::string& objects) {
  return concat("<annotation>\n<filename>a.png</filename>\n",
                "<size><width>200</width><height>100</height></size>\n", objects,
                "</annotation>\n");
}

std::string voc_object(const std::string& name, const std::string& bounds) {
  std::string text = concat("<object><name>", name, "</name><difficult>0</difficult><bndbox>");
  const char* keys[] = {"xmin", "ymin", "xmax", "ymax"};
  std::istringstream values(bounds);
  std::string value;
  for (const char* key : keys) {
    values >> value;
    text += concat('<', key, '>', value, "</", key, '>');
  }
  return text + "</bndbox></object>\n";
}

// Pixels 11 to 20, counted from 1 and both included, span 10 to 20.
TEST(Voc, ReadsBoxesAndNamesInAlphabeticalOrder) {
  const TempDir dir;
  write_picture(dir / "JPEGImages/a.png", 200, 100);
  write_picture(dir / "JPEGImages/b.png", 20, 20);
  write_file(dir / "Annotations/a.xml", voc_text(voc_object("dog", "11 21 20 40")));
  write_file(dir / "Annotations/b.xml",
             "<annotation><object><name>cat</name><difficult>1</difficult><bndbox><xmin>1</xmin>"
             "<ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object></annotation>");
  write_file(dir / "ImageSets/Main/train.txt", "a\n");
  write_file(dir / "ImageSets/Main/val.txt", "b  1\n");
  DatasetOptions options;
  Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_EQ(dataset.names, ClassNames({"cat", "dog"}));
  EXPECT_THAT(names_of(dataset), ElementsAre("a", "b"));
  EXPECT_THAT(dataset.images[0].labels, ElementsAre(labelled({10, 20, 20, 40}, 1)));
  EXPECT_TRUE(dataset.images[1].labels.at(0).crowd);
  EXPECT_THAT(dataset.issues, IsEmpty());
  options.split = "val";
  dataset = load_dataset(dir.path(), options);
  EXPECT_THAT(names_of(dataset), ElementsAre("b"));
  EXPECT_EQ(dataset.names.size(), 2U);  // both splits agree on the classes
}

TEST(Voc, NamesTheLineAndTheFault) {
  const TempDir dir;
  write_picture(dir / "a.png", 200, 100);
  write_file(dir / "a.xml",
             voc_text(voc_object("dog", "11 21 20 40") + voc_object("cow", "1 2 3 4") +
                      voc_object("dog", "x 21 20 40") + voc_object("dog", "150 21 250 40")));
  DatasetOptions options;
  options.names = ClassNames({"dog"});
  const Dataset dataset = load_dataset(dir.path(), options);
  EXPECT_EQ(label_count(dataset), 2U);
  ASSERT_EQ(dataset.issues.size(), 3U);
  EXPECT_EQ(
      dataset.issues[0].message,
      (dir / "a.xml").string() +
          ":5: class 'cow'; the data set has classes 0 to 0, none of this name; label dropped");
  EXPECT_EQ(dataset.issues[1].message,
            (dir / "a.xml").string() +
                ":6: box [nan, 20, 20, 40] is not made of finite numbers; label dropped");
  EXPECT_EQ(dataset.issues[2].message,
            (dir / "a.xml").string() +
                ":7: box [149, 20, 250, 40] exceeds the picture of 200x100; clipped");
}

TEST(Voc, NamesBrokenFilesAndThoseWithoutPicture) {
  const TempDir dir;
  write_picture(dir / "a.png", 200, 100);
  write_picture(dir / "b.png", 200, 101);
  write_picture(dir / "c.png", 200, 102);
  write_file(dir / "a.xml", voc_text(voc_object("dog", "11 21 20 40")));
  write_file(dir / "b.xml", "<annotation>\n<object></annotation>");
  write_file(dir / "c.xml", "<svg/>");
  write_file(dir / "d.xml", voc_text(""));
  const Dataset dataset = load_dataset(dir.path());
  EXPECT_THAT(names_of(dataset), ElementsAre("a"));
  ASSERT_EQ(dataset.issues.size(), 3U);
  EXPECT_EQ(dataset.issues[0].message,
            (dir / "b.xml").string() +
                ":2: not valid XML: Start-end tags mismatch; its picture "
                "is left out");
  EXPECT_EQ(dataset.issues[1].message,
            (dir / "c.xml").string() +
                ":1: there is no <annotation>; expected Pascal VOC XML; its picture is left out");
  EXPECT_EQ(dataset.issues[2].message, (dir / "d.xml").string() +
                                           ": there is no picture of this name in '" +
                                           dir.path().string() + "'; ignored");
}

// --- hostile files

/// Loads what may be anything: either it throws one of ours, or all it returns is valid.
void expect_valid_or_refused(const fs::path& where, const DatasetOptions& options) {
  try {
    const Dataset dataset = load_dataset(where, options);
    for (const LabelledImage& image : dataset.images) {
      for (const LabelledBox& label : image.labels) {
        ASSERT_TRUE(is_valid(label.box)) << label.box;
        ASSERT_EQ(clip(label.box, image.size), label.box);
        ASSERT_GE(label.class_id, 0);
        ASSERT_LT(static_cast<std::size_t>(label.class_id), dataset.names.size());
      }
    }
    for (const Issue& issue : dataset.issues)
      ASSERT_EQ(issue.message.find('\n'), std::string::npos) << issue.message;
  } catch (const Error&) {
    // What a damaged data set may give.
  }
}

/// A few bytes changed, dropped or doubled.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::string kLoaded(
      "\0\n -+.,eEnN/<>{}[]\"\xFF\x80"
      "0199",
      25);
  for (unsigned i = 1 + random() % 4; i > 0 && !text.empty(); --i) {
    const std::size_t at = random() % text.size();
    const std::size_t length = 1 + random() % std::min<std::size_t>(20, text.size() - at);
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = kLoaded[random() % kLoaded.size()];
        break;
      case 2:
        text.erase(at, length);
        break;
      default:
        text.insert(at, text.substr(at, length));
    }
  }
  return text;
}

TEST(DatasetFuzz, SurvivesMutatedFilesOfEveryFormat) {
  const TempDir dir;
  write_picture(dir / "yolo/images/a.png", 40, 30);
  write_picture(dir / "voc/a.png", 40, 30);
  write_picture(dir / "coco/a.png", 40, 30);
  write_picture(dir / "coco/b.png", 40, 30);
  const std::string yolo = "0 0.5 0.5 0.25 0.25\n1 0.1 0.1 0.1 0.1 0.9\n0 .1 .1 .2 .2 .3 .1\n";
  const std::string coco =
      coco_text(R"({"image_id":7,"category_id":5,"bbox":[10,20,30,40],"area":9,"iscrowd":0})");
  const std::string voc = voc_text(voc_object("dog", "11 21 20 40"));
  const std::string yaml = "train: yolo/images\nnames: [a, b]\nnc: 2\nlabel_min_score: 0.5\n";
  std::mt19937 random(1);
  DatasetOptions options;
  options.allow_unlabelled = true;
  fs::create_directories(dir / "yolo/labels");
  for (int i = 0; i < 400; ++i) {
    write_text(dir / "yolo/labels/a.txt", mutated(yolo, random));
    write_text(dir / "coco/boxes.json", mutated(coco, random));
    write_text(dir / "voc/a.xml", mutated(voc, random));
    write_text(dir / "some.yaml", mutated(yaml, random));
    expect_valid_or_refused(dir / "yolo", options);
    expect_valid_or_refused(dir / "coco/boxes.json", options);
    expect_valid_or_refused(dir / "voc", options);
    expect_valid_or_refused(dir / "some.yaml", options);
  }
}

TEST(DatasetFuzz, SurvivesDeepNesting) {
  const TempDir dir;
  write_picture(dir / "a.png", 40, 30);
  DatasetOptions options;
  options.allow_unlabelled = true;
  constexpr int kDepth = 200000;
  std::string xml = "<annotation>";
  for (int i = 0; i < kDepth; ++i) xml += "<object>";
  write_text(dir / "a.xml", xml);
  expect_valid_or_refused(dir.path(), options);
  for (int i = 0; i < kDepth; ++i) xml += "</object>";
  write_text(dir / "a.xml", xml + "</annotation>");
  expect_valid_or_refused(dir.path(), options);
  write_text(dir / "b.json", std::string(kDepth, '[') + std::string(kDepth, ']'));
  expect_valid_or_refused(dir / "b.json", options);
  write_text(dir / "b.json", coco_text(concat(R"({"image_id":)", std::string(kDepth, '['),
                                              std::string(kDepth, ']'), '}')));
  expect_valid_or_refused(dir / "b.json", options);
}

}  // namespace
}  // namespace gondola::data
