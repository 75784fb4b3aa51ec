#include "gondola/data/batch_loader.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "data/made_pictures.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/media/read_image.hpp"

namespace gondola::data {
namespace {

using test::make_plain;
using test::make_rectangles;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using train::Batch;

using Images = std::shared_ptr<const Dataset>;

LoaderOptions small(int workers) {
  LoaderOptions options;
  options.image_size = 64;
  options.batch_size = 4;
  options.workers = workers;
  options.seed = 5;
  return options;
}

/// A little of everything.
AugmentOptions rich() {
  AugmentOptions augment;
  augment.mosaic = augment.mixup = augment.copy_paste = 0.5;
  augment.blur = augment.noise = augment.jpeg = augment.cutout = 0.2;
  augment.degrees = 5;
  return augment;
}

std::vector<Batch> rest_of_epoch(BatchLoader& loader) {
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(*std::move(batch));
  return batches;
}

std::vector<Batch> epoch_of(BatchLoader& loader, int epoch, std::size_t first = 0) {
  loader.start_epoch(epoch, first);
  return rest_of_epoch(loader);
}

void expect_same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].size, b[i].size);
    EXPECT_EQ(a[i].sources, b[i].sources);
    EXPECT_EQ(a[i].labels, b[i].labels);
    EXPECT_TRUE(a[i].pixels == b[i].pixels) << "batch " << i;
  }
}

std::vector<std::string> sources_of(const std::vector<Batch>& batches) {
  std::vector<std::string> sources;
  for (const Batch& batch : batches)
    sources.insert(sources.end(), batch.sources.begin(), batch.sources.end());
  return sources;
}

TEST(BatchLoader, DeliversTheSameWhateverTheNumberOfWorkers) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 14);
  LoaderOptions options = small(0);
  options.multi_scale = 0.5;
  BatchLoader reference(images, options, rich());
  for (const int workers : {1, 2, 5}) {
    options.workers = workers;
    options.prefetch = static_cast<std::size_t>(workers);
    BatchLoader loader(images, options, rich());
    for (const int epoch : {0, 1, 7})
      expect_same(epoch_of(loader, epoch), epoch_of(reference, epoch));
  }
}

TEST(BatchLoader, PartsTogetherAreTheBatches) {
  const TempDir dir;
  // 13 pictures in batches of 6: the last has one picture, too few for three parts.
  const Images images = make_rectangles(dir, 13);
  LoaderOptions options = small(1);
  options.batch_size = 6;
  options.multi_scale = 0.5;
  BatchLoader whole(images, options, rich());
  const std::vector<Batch> expected = epoch_of(whole, 2);
  std::vector<Batch> joined(expected.size());
  options.parts = 3;
  for (options.part = 0; options.part < 3; ++options.part) {
    BatchLoader loader(images, options, rich());
    ASSERT_EQ(loader.batches_per_epoch(), expected.size());
    const std::vector<Batch> parts = epoch_of(loader, 2);
    ASSERT_EQ(parts.size(), expected.size());
    EXPECT_EQ(parts[0].count(), 2U);
    EXPECT_EQ(parts[2].count(), options.part == 2 ? 1U : 0U);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Batch& part = parts[i];
      joined[i].size = part.size;
      joined[i].pixels.insert(joined[i].pixels.end(), part.pixels.begin(), part.pixels.end());
      joined[i].labels.insert(joined[i].labels.end(), part.labels.begin(), part.labels.end());
      joined[i].sources.insert(joined[i].sources.end(), part.sources.begin(), part.sources.end());
    }
  }
  expect_same(joined, expected);
}

TEST(BatchLoader, BatchesKeepWhatTheyPromise) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 14);
  BatchLoader loader(images, small(2), rich());
  EXPECT_EQ(loader.batches_per_epoch(), 4U);
  const std::vector<Batch> batches = epoch_of(loader, 0);
  ASSERT_EQ(batches.size(), 4U);
  for (const Batch& batch : batches) EXPECT_NO_THROW(train::check_batch(batch, 6));
  EXPECT_EQ(batches[0].count(), 4U);
  EXPECT_EQ(batches[3].count(), 2U);
  EXPECT_EQ(loader.next(), std::nullopt);
}

TEST(BatchLoader, GoesOnInMidEpochAsIfItHadNeverStopped) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 14);
  BatchLoader whole(images, small(1), rich());
  std::vector<Batch> expected = epoch_of(whole, 3);
  expected.erase(expected.begin(), expected.begin() + 2);

  BatchLoader jumped(images, small(2), rich());
  expect_same(epoch_of(jumped, 3, 2), expected);
  jumped.start_epoch(1);
  jumped.next();
  expect_same(epoch_of(jumped, 3, 2), expected);
  EXPECT_TRUE(epoch_of(jumped, 3, 4).empty());
}

TEST(BatchLoader, ShowsEveryPictureOnceAnEpochInANewOrder) {
  const TempDir dir;
  const Images images = make_plain(dir, 10, {20, 20});
  BatchLoader loader(images, small(1), no_augmentation());
  std::set<std::vector<std::string>> orders;
  for (int epoch = 0; epoch < 5; ++epoch) {
    const std::vector<std::string> order = sources_of(epoch_of(loader, epoch));
    EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 10U);
    EXPECT_EQ(order.size(), 10U);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 5U);
}

TEST(BatchLoader, ClosesTheMosaicForTheLastEpochs) {
  const TempDir dir;
  const Images images = make_plain(dir, 8, {64, 64});
  LoaderOptions options = small(1);
  options.epochs = 5;
  AugmentOptions augment = no_augmentation();
  augment.mosaic = 1;
  augment.close_mosaic = 2;
  BatchLoader loader(images, options, augment);
  for (int epoch = 0; epoch < 5; ++epoch) {
    std::size_t labels = 0;
    for (const Batch& batch : epoch_of(loader, epoch))
      for (const auto& of_picture : batch.labels) labels += of_picture.size();
    if (epoch < 3) {
      EXPECT_GT(labels, 16U) << epoch;
    } else {
      EXPECT_EQ(labels, 8U) << epoch;
    }
  }
}

TEST(BatchLoader, DrawsSizesInSteps) {
  const TempDir dir;
  const Images images = make_plain(dir, 4, {20, 20});
  LoaderOptions options = small(1);
  options.image_size = 320;
  options.multi_scale = 0.25;
  BatchLoader loader(images, options, no_augmentation());
  std::set<int> sides;
  for (int epoch = 0; epoch < 60; ++epoch)
    for (const Batch& batch : epoch_of(loader, epoch)) {
      EXPECT_EQ(batch.size.width, batch.size.height);
      sides.insert(batch.size.width);
    }
  // 320 * 0.75 = 240 is no multiple of 32, nor is 320 * 1.25 = 400.
  EXPECT_THAT(sides, ElementsAre(256, 288, 320, 352, 384));
}

TEST(BatchLoader, ValidationShowsPicturesAsDetectDoesAndInOrder) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 6);
  BatchLoader loader(images, small(2));
  const std::vector<Batch> batches = epoch_of(loader, 0);
  expect_same(batches, epoch_of(loader, 4));
  for (std::size_t i = 0; i < images->images.size(); ++i) {
    const LabelledImage& image = images->images[i];
    const Batch& batch = batches[i / 4];
    EXPECT_EQ(batch.sources[i % 4], image.path);
    media::Letterboxed expected = media::letterbox_image(media::read_image(image.path), {64, 64});
    cv::cvtColor(expected.image, expected.image, cv::COLOR_BGR2RGB);
    EXPECT_TRUE(
        std::equal(expected.image.datastart, expected.image.dataend,
                   batch.pixels.begin() + static_cast<std::ptrdiff_t>(i % 4 * 64 * 64 * 3)));
    const std::vector<LabelledBox>& labels = batch.labels[i % 4];
    ASSERT_EQ(labels.size(), image.labels.size());
    for (std::size_t k = 0; k < labels.size(); ++k) {
      EXPECT_EQ(labels[k].class_id, image.labels[k].class_id);
      EXPECT_LT(
          test::edge_distance(loader.letterbox_of(i).to_image(labels[k].box), image.labels[k].box),
          1e-3);
    }
  }
}

TEST(BatchLoader, ValidationShowsBrokenPicturesAsGreyWithoutLabels) {
  const TempDir dir;
  const Images images = make_plain(dir, 3, {20, 20});
  test::write_text(images->images[1].path, "broken");
  BatchLoader loader(images, small(1));
  const std::vector<Batch> batches = epoch_of(loader, 0);
  ASSERT_EQ(batches.at(0).count(), 3U);
  EXPECT_EQ(batches[0].labels[0].size(), 1U);
  EXPECT_TRUE(batches[0].labels[1].empty());
  const auto begin = batches[0].pixels.begin() + 64 * 64 * 3;
  EXPECT_EQ(std::count(begin, begin + 64 * 64 * 3, 114), 64 * 64 * 3);
  const std::vector<Issue> issues = loader.take_issues();
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_THAT(issues[0].message, HasSubstr(images->images[1].path));
}

TEST(BatchLoader, PassesOnWhatAWorkerThrowsAndCanBeUsedAfterwards) {
  const TempDir dir;
  const Images images = make_plain(dir, 8, {20, 20});
  for (const LabelledImage& image : images->images) std::filesystem::remove(image.path);
  for (const int workers : {0, 2}) {
    BatchLoader loader(images, small(workers), no_augmentation());
    loader.start_epoch(0);
    EXPECT_THROW(loader.next(), IoError);
    EXPECT_THROW(loader.next(), IoError);
    EXPECT_EQ(loader.next(), std::nullopt);
    loader.start_epoch(1);
    EXPECT_THROW(loader.next(), IoError);
    EXPECT_EQ(loader.take_issues().size(), 8U);
  }
}

TEST(BatchLoader, CanBeDestroyedInAnyState) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 20);
  for (const int workers : {1, 3}) {
    for (int taken = -1; taken <= 5; ++taken) {
      BatchLoader loader(images, small(workers), rich());
      if (taken >= 0) loader.start_epoch(0);
      for (int i = 0; i < taken; ++i) EXPECT_TRUE(loader.next());
    }
    BatchLoader restless(images, small(workers), rich());
    for (int i = 0; i < 50; ++i) restless.start_epoch(i, static_cast<std::size_t>(i) % 6);
  }
}

TEST(BatchLoader, NamesOptionsOutOfRange) {
  const auto error_of = [](const std::function<void(LoaderOptions&)>& change) -> std::string {
    LoaderOptions options;
    change(options);
    try {
      validate(options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of([](LoaderOptions&) {}), "");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.image_size = 100; }),
            "image_size = 100; expected a multiple of 32 from 32 to 8192");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.batch_size = 0; }),
            "batch_size = 0; expected a whole number from 1 to 65536");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.part = 1; }),
            "part = 1; expected a whole number from 0 to parts - 1");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.workers = -1; }),
            "workers = -1; expected a whole number from 0 to 1024");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.prefetch = 0; }),
            "prefetch = 0; expected a whole number from 1 to 1024");
  EXPECT_EQ(error_of([](LoaderOptions& o) { o.multi_scale = 0.7; }),
            "multi_scale = 0.7; expected a number from 0 to 0.5");
  const auto none = std::make_shared<const Dataset>();
  EXPECT_THROW(BatchLoader(none, small(1)), ConfigError);
}

TEST(BatchLoader, RefusesBatchesThatDoNotExist) {
  const TempDir dir;
  BatchLoader loader(make_plain(dir, 3, {20, 20}), small(1));
  EXPECT_THROW(loader.next(), ContractViolation);
  EXPECT_THROW(loader.start_epoch(0, 2), ContractViolation);
  EXPECT_THROW(loader.start_epoch(-1), ContractViolation);
  EXPECT_THROW(loader.letterbox_of(3), ContractViolation);
}

}  // namespace
}  // namespace gondola::data
