#include "gondola/data/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "data/made_pictures.hpp"
#include "gondola/core/error.hpp"

namespace gondola::data {
namespace {

using test::edge_distance;
using test::find_patches;
using test::make_plain;
using test::make_rectangles;
using test::Patch;
using test::TempDir;

using Images = std::shared_ptr<const Dataset>;

struct Made {
  cv::Mat rgb;
  std::vector<LabelledBox> labels;
};

SamplerOptions options_with(const AugmentOptions& augment, int side) {
  SamplerOptions options;
  options.augment = augment;
  options.image_size = side;
  options.cache_bytes = std::size_t{1} << 28U;
  options.seed = 11;
  return options;
}

Made make(const Sampler& sampler, const SampleKey& key, int side) {
  Made made{cv::Mat(side, side, CV_8UC3), {}};
  made.labels = sampler.make(key, made.rgb);
  return made;
}

bool touches_border(const Box& box, int side) {
  const auto end = static_cast<float>(side);
  return box.x1 <= 1 || box.y1 <= 1 || box.x2 >= end - 1 || box.y2 >= end - 1;
}

/// The nearest of boxes of one class.
template <typename Boxes>
double nearest_distance(const Box& box, int class_id, const Boxes& boxes) {
  double nearest = 1e9;
  for (const auto& other : boxes)
    if (other.class_id == class_id) nearest = std::min(nearest, edge_distance(box, other.box));
  return nearest;
}

/// Compares labels with what the pixels show. Thin shapes can fall apart when drawn, so that only
/// those of some size are compared.
///
/// @param at_border  tolerance for what the sample's border cuts off: a turned edge ends there at a
///                   slant, and the last pixel's centre is half a pixel inside
void expect_labels_fit_pixels(const Made& made, double tolerance, double at_border) {
  constexpr float kLeastSide = 6;
  const int side = made.rgb.cols;
  const std::vector<Patch> patches = find_patches(made.rgb);
  for (const LabelledBox& label : made.labels) {
    ASSERT_TRUE(is_valid(label.box));
    ASSERT_EQ(clip(label.box, {side, side}), label.box);
    if (label.box.width() < kLeastSide || label.box.height() < kLeastSide) continue;
    EXPECT_LE(nearest_distance(label.box, label.class_id, patches),
              touches_border(label.box, side) ? at_border : tolerance)
        << "label " << label.box << " of class " << label.class_id;
  }
  for (const Patch& patch : patches) {
    const bool small = patch.box.width() < kLeastSide || patch.box.height() < kLeastSide;
    if (small || touches_border(patch.box, side)) continue;  // may be too little to be labelled
    EXPECT_LE(nearest_distance(patch.box, patch.class_id, made.labels), tolerance)
        << "patch " << patch.box << " of class " << patch.class_id;
  }
}

/// Nothing but what moves things.
AugmentOptions geometry() {
  AugmentOptions options = no_augmentation();
  options.translate = 0.1;
  options.scale = 0.5;
  options.flip_horizontal = 0.5;
  options.flip_vertical = 0.5;
  return options;
}

void expect_all_fit(const AugmentOptions& augment, double tolerance, double at_border) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 10);
  constexpr int kSide = 320;
  const Sampler sampler(images, options_with(augment, kSide));
  std::size_t labels = 0;
  for (int epoch = 0; epoch < 6; ++epoch) {
    for (std::size_t image = 0; image < images->images.size(); ++image) {
      SCOPED_TRACE(concat("epoch ", epoch, ", image ", image));
      const Made made = make(sampler, {epoch, image}, kSide);
      labels += made.labels.size();
      expect_labels_fit_pixels(made, tolerance, at_border);
    }
  }
  EXPECT_GT(labels, 200U);
}

TEST(Sampler, LabelsFitThePixelsOfPlainPictures) { expect_all_fit(no_augmentation(), 1.0, 1.0); }

TEST(Sampler, LabelsFitThePixelsWhenMovedScaledAndFlipped) { expect_all_fit(geometry(), 1.5, 1.5); }

TEST(Sampler, LabelsFitThePixelsOfMosaics) {
  AugmentOptions augment = geometry();
  augment.mosaic = 1;
  expect_all_fit(augment, 1.5, 1.5);
}

TEST(Sampler, LabelsFitThePixelsWhenTurnedAndSheared) {
  AugmentOptions augment = geometry();
  augment.degrees = 30;
  augment.shear = 10;
  expect_all_fit(augment, 1.5, 4);
}

TEST(Sampler, LabelsFitThePixelsOfMosaicsInPerspective) {
  AugmentOptions augment = geometry();
  augment.mosaic = 1;
  augment.degrees = 180;
  augment.shear = 5;
  augment.perspective = 0.001;
  expect_all_fit(augment, 1.5, 4);
}

/// Black squares of 90 pixels, picture i with a rectangle of class i in its own cell of 3 x 2.
Images make_cells(const TempDir& dir) {
  Dataset dataset = *make_plain(dir, 6, {90, 90});
  for (int i = 0; i < 6; ++i) {
    auto& image = dataset.images[static_cast<std::size_t>(i)];
    cv::Mat bgr(90, 90, CV_8UC3, cv::Scalar::all(0));
    const cv::Rect place(i % 3 * 30 + 5, i / 3 * 45 + 8, 20, 26);
    const cv::Scalar rgb = test::rgb_of_class(i);
    bgr(place).setTo(cv::Scalar(rgb[2], rgb[1], rgb[0]));
    cv::imwrite(image.path, bgr);
    image.labels[0].box = {static_cast<float>(place.x), static_cast<float>(place.y),
                           static_cast<float>(place.br().x), static_cast<float>(place.br().y)};
  }
  return std::make_shared<Dataset>(dataset);
}

// Half of a colour at full strength is between 76 and 178 (shares of 0.3 to 0.7).
TEST(Sampler, MixupShowsBothPicturesAndKeepsAllLabels) {
  const TempDir dir;
  const Images images = make_cells(dir);
  AugmentOptions augment = no_augmentation();
  augment.mixup = 1;
  const Sampler sampler(images, options_with(augment, 96));
  std::set<int> partners;
  for (int epoch = 0; epoch < 40; ++epoch) {
    Made made = make(sampler, {epoch, 0}, 96);
    ASSERT_EQ(made.labels.size(), 2U);
    EXPECT_EQ(made.labels[0].class_id, 0);
    partners.insert(made.labels[1].class_id);
    cv::threshold(made.rgb, made.rgb, 60, 255, cv::THRESH_BINARY);
    const std::vector<Patch> patches = find_patches(made.rgb);
    for (const LabelledBox& label : made.labels)
      EXPECT_LE(nearest_distance(label.box, label.class_id, patches), 1.5);
  }
  EXPECT_EQ(partners.size(), 6U);
}

TEST(Sampler, PastedBoxesShowWhatTheyAreLabelled) {
  const TempDir dir;
  const Images images = make_cells(dir);
  AugmentOptions augment = no_augmentation();
  augment.copy_paste = 1;
  augment.copy_paste_boxes = 1;
  const Sampler sampler(images, options_with(augment, 96));
  int pasted = 0;
  for (int epoch = 0; epoch < 60; ++epoch) {
    const Made made = make(sampler, {epoch, 0}, 96);
    ASSERT_LE(made.labels.size(), 2U);
    // One of its own class could melt into the first.
    if (made.labels.size() < 2 || made.labels[1].class_id == 0) continue;
    ++pasted;
    const LabelledBox& label = made.labels[1];
    EXPECT_LE(nearest_distance(label.box, label.class_id, find_patches(made.rgb)), 1.5);
    EXPECT_LE(area(intersection(label.box, made.labels[0].box)),
              0.3F * area(made.labels[0].box) + 30);
  }
  EXPECT_GT(pasted, 30);
}

TEST(Sampler, CutOutHidesPartsAndDropsWhatIsMostlyHidden) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 5);
  AugmentOptions augment = no_augmentation();
  const Sampler plain(images, options_with(augment, 320));
  augment.cutout = 1;
  augment.cutout_size = 0.5;
  const Sampler sampler(images, options_with(augment, 320));
  std::size_t dropped = 0;
  for (int epoch = 0; epoch < 40; ++epoch) {
    const SampleKey key{epoch, 0};
    const Made before = make(plain, key, 320);
    const Made after = make(sampler, key, 320);
    for (const LabelledBox& label : before.labels) {
      const cv::Rect place(cv::Point(cvRound(label.box.x1), cvRound(label.box.y1)),
                           cv::Point(cvRound(label.box.x2), cvRound(label.box.y2)));
      cv::Mat hidden;
      cv::inRange(after.rgb(place), cv::Scalar::all(114), cv::Scalar::all(114), hidden);
      const double share = cv::countNonZero(hidden) / static_cast<double>(place.area());
      const bool kept =
          std::find(after.labels.begin(), after.labels.end(), label) != after.labels.end();
      if (share > 0.65) {
        EXPECT_FALSE(kept);
      }
      // Holes that overlap hide less than the sum of their parts, so there is no sharper limit.
      if (share < 0.25) {
        EXPECT_TRUE(kept) << share;
      }
      if (!kept) ++dropped;
    }
  }
  EXPECT_GT(dropped, 0U);
}

// A box of which a quarter is inside: kept at a limit of 0.2, dropped at 0.3.
TEST(Sampler, DropsBoxesThatAreMostlyOutOrTooSmall) {
  const TempDir dir;
  Dataset dataset = *make_plain(dir, 1, {100, 100});
  dataset.images[0].labels[0].box = {40, 40, 60, 41.5F};
  const Images images = std::make_shared<Dataset>(dataset);
  AugmentOptions augment = no_augmentation();
  Made made = make(Sampler(images, options_with(augment, 64)), {0, 0}, 64);
  EXPECT_TRUE(made.labels.empty());  // 12.8 x 0.96 pixels, of which 2 are asked
  augment.min_box_side = 0.5;
  made = make(Sampler(images, options_with(augment, 64)), {0, 0}, 64);
  ASSERT_EQ(made.labels.size(), 1U);
  EXPECT_NEAR(made.labels[0].box.height(), 0.96, 1e-4);

  dataset.images[0].labels[0].box = {0, 0, 100, 100};
  const Images whole = std::make_shared<Dataset>(dataset);
  augment.translate = 1;
  int kept = 0;
  for (int epoch = 0; epoch < 200; ++epoch) {
    augment.min_box_visible = 0;
    const Made all = make(Sampler(whole, options_with(augment, 64)), {epoch, 0}, 64);
    if (all.labels.empty()) continue;
    const double visible = area(all.labels[0].box) / (64.0 * 64.0);
    augment.min_box_visible = 0.4;
    const Made some = make(Sampler(whole, options_with(augment, 64)), {epoch, 0}, 64);
    EXPECT_EQ(!some.labels.empty(), visible >= 0.4) << visible;
    if (!some.labels.empty()) ++kept;
  }
  EXPECT_GT(kept, 20);
}

TEST(Sampler, DependsOnSeedEpochAndImageAlone) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 7);
  AugmentOptions augment;
  for (double AugmentOptions::*probability :
       {&AugmentOptions::mosaic, &AugmentOptions::mixup, &AugmentOptions::copy_paste,
        &AugmentOptions::blur, &AugmentOptions::noise, &AugmentOptions::jpeg,
        &AugmentOptions::cutout, &AugmentOptions::grey})
    augment.*probability = 0.5;
  SamplerOptions options = options_with(augment, 160);
  const Sampler cached(images, options);
  options.cache_bytes = 0;
  const Sampler uncached(images, options);
  options.seed = 12;
  const Sampler other(images, options);
  const auto same = [](const Made& a, const Made& b) {
    return a.labels == b.labels && cv::norm(a.rgb, b.rgb, cv::NORM_INF) == 0;
  };
  for (std::size_t i = 0; i < 20; ++i) {
    const SampleKey key{static_cast<int>(i) % 3, (i * 5) % 7};
    const Made made = make(cached, key, 160);
    EXPECT_TRUE(same(made, make(cached, key, 160)));
    EXPECT_TRUE(same(made, make(uncached, key, 160)));
    EXPECT_FALSE(same(made, make(other, key, 160)));
    EXPECT_FALSE(same(made, make(cached, {key.epoch + 10, key.image}, 160)));
  }
}

TEST(Sampler, OneOptionLeavesTheOthersAlone) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 7);
  AugmentOptions augment;
  const Made made = make(Sampler(images, options_with(augment, 160)), {1, 2}, 160);
  augment.saturation = 0.1;
  augment.grey = 1;
  EXPECT_EQ(make(Sampler(images, options_with(augment, 160)), {1, 2}, 160).labels, made.labels);
}

/// In how many of 1000 samples something holds, with limits of 4.5 deviations.
void expect_share(const Images& images, const AugmentOptions& augment, double expected,
                  const std::function<bool(const cv::Mat& rgb, const cv::Mat& plain)>& holds) {
  constexpr int kSide = 32;
  constexpr int kCount = 1000;
  const Sampler sampler(images, options_with(augment, kSide));
  const Sampler plain(images, options_with(no_augmentation(), kSide));
  int count = 0;
  for (int i = 0; i < kCount; ++i) {
    const SampleKey key{i, static_cast<std::size_t>(i) % images->images.size()};
    if (holds(make(sampler, key, kSide).rgb, make(plain, key, kSide).rgb)) ++count;
  }
  EXPECT_NEAR(count, kCount * expected, 4.5 * std::sqrt(kCount * expected * (1 - expected)) + 15);
}

bool differ(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) > 0; }

TEST(Sampler, ThingsHappenAsOftenAsAskedFor) {
  const TempDir dir;
  const Images images = make_plain(dir, 30, {32, 32});
  const std::vector<double AugmentOptions::*> probabilities = {
      &AugmentOptions::mosaic, &AugmentOptions::mixup, &AugmentOptions::noise,
      &AugmentOptions::cutout, &AugmentOptions::grey};
  for (double AugmentOptions::*probability : probabilities) {
    AugmentOptions augment = no_augmentation();
    augment.*probability = 0.3;
    expect_share(images, augment, 0.3, differ);
  }
}

TEST(Sampler, FlipsAndCameraEffectsHappenAsOftenAsAskedFor) {
  const TempDir dir;
  const Images images = make_rectangles(dir, 4);
  for (double AugmentOptions::*probability :
       {&AugmentOptions::flip_horizontal, &AugmentOptions::flip_vertical, &AugmentOptions::blur,
        &AugmentOptions::jpeg}) {
    AugmentOptions augment = no_augmentation();
    augment.*probability = 0.3;
    expect_share(images, augment, 0.3, differ);
  }
}

// Every value within 1 -+ 0.4 of what it was, both ends approached, and the mean near 1.
TEST(Sampler, BrightnessVariesWithinItsRange) {
  const TempDir dir;
  Dataset dataset = *make_plain(dir, 1, {32, 32});
  cv::imwrite(dataset.images[0].path, cv::Mat(32, 32, CV_8UC3, cv::Scalar::all(100)));
  AugmentOptions augment = no_augmentation();
  augment.value = 0.4;
  const Sampler sampler(std::make_shared<Dataset>(dataset), options_with(augment, 32));
  double least = 255;
  double most = 0;
  double sum = 0;
  for (int epoch = 0; epoch < 500; ++epoch) {
    const double value = make(sampler, {epoch, 0}, 32).rgb.at<cv::Vec3b>(5, 5)[0];
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
  }
  EXPECT_GE(least, 59);
  EXPECT_LE(least, 63);
  EXPECT_GE(most, 137);
  EXPECT_LE(most, 141);
  EXPECT_NEAR(sum / 500, 100, 5);  // deviation of the mean: 80 / sqrt(12 * 500) = 1.03
}

TEST(Sampler, CompositionCanBeClosed) {
  const TempDir dir;
  const Images images = make_plain(dir, 10, {32, 32});
  AugmentOptions augment = no_augmentation();
  augment.mosaic = augment.mixup = augment.copy_paste = 1;
  const Sampler sampler(images, options_with(augment, 32));
  for (std::size_t i = 0; i < 10; ++i) {
    const Made made = make(sampler, {0, i, false}, 32);
    ASSERT_EQ(made.labels.size(), 1U);
    EXPECT_EQ(made.labels[0].class_id, static_cast<int>(i));
    EXPECT_EQ(
        cv::norm(made.rgb, cv::Mat(32, 32, CV_8UC3, made.rgb.at<cv::Vec3b>(0, 0)), cv::NORM_INF),
        0);
  }
}

TEST(Sampler, ReplacesPicturesThatCannotBeReadAndReportsEachOnce) {
  const TempDir dir;
  const Images images = make_plain(dir, 3, {32, 32});
  test::write_text(images->images[1].path, "broken");
  const Sampler sampler(images, options_with(no_augmentation(), 32));
  for (int epoch = 0; epoch < 3; ++epoch) {
    const Made made = make(sampler, {epoch, 1}, 32);
    ASSERT_EQ(made.labels.size(), 1U);
    EXPECT_EQ(made.labels[0].class_id, 2);
  }
  const std::vector<Issue> issues = sampler.take_issues();
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].kind, IssueKind::kBrokenImage);
  EXPECT_THAT(issues[0].message,
              testing::HasSubstr("cannot read picture '" + images->images[1].path + "': "));
  EXPECT_TRUE(sampler.take_issues().empty());
}

TEST(Sampler, FailsWhenNoPictureIsLeft) {
  const TempDir dir;
  const Images images = make_plain(dir, 2, {32, 32});
  for (const LabelledImage& image : images->images) std::filesystem::remove(image.path);
  const Sampler sampler(images, options_with(no_augmentation(), 32));
  try {
    make(sampler, {0, 1}, 32);
    FAIL();
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(), "not one of the 2 pictures can be read any more, such as '" +
                                images->images[1].path + "'; is the folder still there?");
  }
}

TEST(Sampler, RefusesSamplesItCannotDrawInto) {
  const TempDir dir;
  const Sampler sampler(make_plain(dir, 1, {32, 32}), options_with({}, 32));
  cv::Mat wide(32, 64, CV_8UC3);
  EXPECT_THROW(sampler.make({}, wide), ContractViolation);
  cv::Mat grey(32, 32, CV_8UC1);
  EXPECT_THROW(sampler.make({}, grey), ContractViolation);
}

}  // namespace
}  // namespace gondola::data
