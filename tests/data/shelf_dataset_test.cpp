#include "gondola/data/shelf_dataset.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "gondola/data/dataset.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using testing::HasSubstr;

ShelfDatasetOptions small_dataset(const fs::path& folder, std::size_t count) {
  ShelfDatasetOptions options;
  options.shelf.size = {256, 192};
  options.shelf.seed = 4;
  options.folder = folder.string();
  options.count = count;
  options.val_share = 0.25;
  return options;
}

std::map<std::string, std::string> all_files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = test::read_text(entry.path());
    }
  }
  return files;
}

TEST(ShelfDataset, IsTheSameBytesWithAnyNumberOfThreads) {
  const TempDir dir;
  ShelfDatasetOptions one = small_dataset(dir / "one", 7);
  ShelfDatasetOptions three = small_dataset(dir / "three", 7);
  three.threads = 3;
  cv::setNumThreads(1);
  write_shelf_dataset(one);
  cv::setNumThreads(4);
  write_shelf_dataset(three);
  const auto files = all_files(dir / "one");
  EXPECT_EQ(files.size(), 7U * 3 + 3);
  EXPECT_EQ(files, all_files(dir / "three"));
}

TEST(ShelfDataset, TruthAndLabelsTellTheSame) {
  const TempDir dir;
  const ShelfDatasetSummary summary = write_shelf_dataset(small_dataset(dir / "set", 6));
  std::size_t products = 0;
  std::size_t gaps = 0;
  for (const auto& entry : fs::directory_iterator(dir / "set/truth")) {
    const auto truth = nlohmann::json::parse(test::read_text(entry.path()));
    EXPECT_EQ(truth["schema"], "gondola.shelf-truth/1");
    const std::string labels =
        test::read_text(dir / "set/labels" / entry.path().stem().concat(".txt"));
    const auto lines = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), '\n'));
    EXPECT_EQ(lines, truth["objects"].size() + truth["gaps"].size());
    std::size_t in_rows = 0;
    for (const auto& row : truth["rows"]) in_rows += row["objects"].size();
    EXPECT_EQ(in_rows, truth["objects"].size());
    for (const char* key : {"width", "height", "products", "fixtures", "positions"}) {
      EXPECT_TRUE(truth["planogram"].contains(key)) << key;
    }
    for (const auto& object : truth["objects"]) {
      const auto& position =
          truth["planogram"]["positions"].at(object["position"].get<std::size_t>());
      EXPECT_EQ(position["product"], object["product"]);
      EXPECT_LT(object["facing"], position["facings"]);
    }
    for (const char* key : {"free", "hidden"}) EXPECT_TRUE(truth[key].is_array()) << key;
    products += truth["objects"].size();
    gaps += truth["gaps"].size();
  }
  EXPECT_EQ(summary.pictures, 6U);
  EXPECT_EQ(summary.objects, products);
  EXPECT_EQ(summary.gaps, gaps);
  EXPECT_GT(products, 0U);
}

TEST(ShelfDataset, IsReadBackAsADataset) {
  const TempDir dir;
  write_shelf_dataset(small_dataset(dir / "set", 8));
  DatasetOptions options;
  options.split = "val";
  const Dataset val = load_dataset((dir / "set/data.yaml").string(), options);
  EXPECT_EQ(val.images.size(), 2U);  // a quarter of 8
  options.split = "train";
  const Dataset train = load_dataset((dir / "set/data.yaml").string(), options);
  EXPECT_EQ(train.images.size(), 6U);
  EXPECT_EQ(train.names.names(), (std::vector<std::string>{"product", "gap"}));
}

TEST(ShelfDataset, WithoutGapsHasOneClass) {
  const TempDir dir;
  ShelfDatasetOptions options = small_dataset(dir / "set", 4);
  options.shelf.gaps = false;
  EXPECT_EQ(write_shelf_dataset(options).gaps, 0U);
  EXPECT_THAT(test::read_text(dir / "set/data.yaml"), HasSubstr("names: [product]"));
  for (const auto& entry : fs::directory_iterator(dir / "set/labels")) {
    EXPECT_THAT(test::read_text(entry.path()), testing::Not(HasSubstr("\n1 ")));
  }
}

TEST(ShelfDataset, ListsWhatWasDrawnWhenStopped) {
  const TempDir dir;
  std::size_t pictures = 0;
  ShelfDatasetCallbacks callbacks;
  callbacks.on_progress = [&](std::size_t done) { pictures = done; };
  callbacks.stop_requested = [&] { return pictures == 3; };
  const ShelfDatasetSummary summary =
      write_shelf_dataset(small_dataset(dir / "set", 20), callbacks);
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.pictures, 3U);
  const std::string lists =
      test::read_text(dir / "set/train.txt") + test::read_text(dir / "set/val.txt");
  EXPECT_EQ(std::count(lists.begin(), lists.end(), '\n'), 3);
}

std::string config_error(ShelfDatasetOptions options) {
  try {
    write_shelf_dataset(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ShelfDataset, RefusesOptionsOutOfRange) {
  const TempDir dir;
  ShelfDatasetOptions options = small_dataset(dir / "set", 1);
  options.count = 0;
  EXPECT_THAT(config_error(options), HasSubstr("count = 0; expected 1..9999999"));
  options = small_dataset(dir / "set", 1);
  options.val_share = 2;
  EXPECT_THAT(config_error(options), HasSubstr("val_share = 2; expected 0..1"));
  options = small_dataset(dir / "set", 1);
  options.threads = 0;
  EXPECT_THAT(config_error(options), HasSubstr("threads = 0; expected 1..1024"));
  EXPECT_THAT(config_error(small_dataset("", 1)), HasSubstr("no folder"));
  EXPECT_FALSE(fs::exists(dir / "set")) << "nothing is written before the options are checked";
}

TEST(ShelfDataset, SaysWhichFolderCannotBeMade) {
  const TempDir dir;
  test::write_text(dir / "file", "in the way");
  try {
    write_shelf_dataset(small_dataset(dir / "file", 1));
    FAIL() << "wrote into a file";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr((dir / "file").string()));
  }
}

}  // namespace
}  // namespace gondola::data
