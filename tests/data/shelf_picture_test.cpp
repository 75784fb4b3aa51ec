#include "gondola/data/shelf_picture.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ShelfOptions small_pictures() {
  ShelfOptions options;
  options.size = {320, 256};
  options.seed = 11;
  return options;
}

bool same_pixels(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) == 0; }

/// The smallest box around every object's pixels.
std::map<int, Box> boxes_of_pixels(const cv::Mat& owners) {
  std::map<int, Box> boxes;
  for (int y = 0; y < owners.rows; ++y) {
    for (int x = 0; x < owners.cols; ++x) {
      const int owner = owners.at<int>(y, x);
      if (owner < 0) continue;
      const Box pixel{static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + 1),
                      static_cast<float>(y + 1)};
      const auto [entry, is_new] = boxes.try_emplace(owner, pixel);
      if (!is_new) entry->second = hull(entry->second, pixel);
    }
  }
  return boxes;
}

TEST(ShelfArtist, DrawsAPictureTheSameWhateverWasDrawnBefore) {
  ShelfArtist first(small_pictures());
  ShelfArtist second(first);
  const ShelfPicture fresh = first.draw(3);
  second.draw(0);
  second.draw(7);
  const ShelfPicture later = second.draw(3);
  EXPECT_TRUE(same_pixels(fresh.picture, later.picture));
  EXPECT_TRUE(same_pixels(fresh.owners, later.owners));
  EXPECT_EQ(fresh.jpeg_quality, later.jpeg_quality);
  EXPECT_FALSE(same_pixels(fresh.picture, second.draw(4).picture));

  ShelfOptions other_seed = small_pictures();
  other_seed.seed = 12;
  EXPECT_FALSE(same_pixels(fresh.picture, ShelfArtist(other_seed).draw(3).picture));
}

TEST(ShelfArtist, BoxesEncloseExactlyTheVisiblePixels) {
  ShelfArtist artist(small_pictures());
  for (std::uint64_t number = 0; number < 12; ++number) {
    const ShelfPicture drawn = artist.draw(number);
    ASSERT_EQ(drawn.picture.size(), cv::Size(320, 256));
    ASSERT_EQ(drawn.owners.size(), drawn.picture.size());
    const std::map<int, Box> expected = boxes_of_pixels(drawn.owners);
    ASSERT_EQ(expected.size(), drawn.truth.objects.size()) << number;
    for (const auto& [index, box] : expected) {
      EXPECT_EQ(drawn.truth.objects.at(static_cast<std::size_t>(index)).box, box) << number;
    }
  }
}

TEST(ShelfArtist, LabelsWhatTheOptionsSay) {
  ShelfOptions options = small_pictures();
  options.min_visible = 0.6;
  options.min_side = 9;
  ShelfArtist artist(options);
  std::size_t objects = 0;
  std::size_t gaps = 0;
  for (std::uint64_t number = 0; number < 12; ++number) {
    const ShelfTruth truth = artist.draw(number).truth;
    objects += truth.objects.size();
    gaps += truth.gaps.size();
    for (const ShelfObject& object : truth.objects) {
      EXPECT_GE(object.visible, 0.6);
      EXPECT_LE(object.visible, 1);
      EXPECT_GE(std::min(object.box.width(), object.box.height()), 9);
    }
    for (const ShelfGap& gap : truth.gaps) {
      EXPECT_GE(std::min(gap.box.width(), gap.box.height()), 9);
      EXPECT_EQ(clip(gap.box, options.size), gap.box);
      EXPECT_GE(gap.facings, 1);
    }
  }
  EXPECT_GT(objects, 0U);
  EXPECT_GT(gaps, 0U);
  options.gaps = false;
  ShelfArtist without(options);
  for (std::uint64_t number = 0; number < 12; ++number) {
    EXPECT_TRUE(without.draw(number).truth.gaps.empty());
  }
}

TEST(ShelfArtist, RowsAndPlanogramReferToWhatThereIs) {
  ShelfArtist artist(small_pictures());
  for (std::uint64_t number = 0; number < 8; ++number) {
    const ShelfTruth truth = artist.draw(number).truth;
    std::vector<int> seen(truth.objects.size());
    for (std::size_t row = 0; row < truth.rows.size(); ++row) {
      for (const int index : truth.rows[row].objects) {
        const ShelfObject& object = truth.objects.at(static_cast<std::size_t>(index));
        EXPECT_EQ(object.row, static_cast<int>(row));
        EXPECT_LT(static_cast<std::size_t>(object.product), truth.products.size());
        ++seen[static_cast<std::size_t>(index)];
      }
    }
    EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));

    const ShelfPlanogram& plan = truth.planogram;
    ASSERT_EQ(plan.fixtures.size(), truth.rows.size());
    ASSERT_FALSE(plan.positions.empty());
    for (const ShelfPosition& position : plan.positions) {
      const ShelfFixture& fixture = plan.fixtures.at(static_cast<std::size_t>(position.fixture));
      const ShelfProduct& product = truth.products.at(static_cast<std::size_t>(position.product));
      EXPECT_GE(position.facings, 1);
      EXPECT_GE(position.x, fixture.x - 2);
      EXPECT_LE(position.x + position.facings * product.width,
                fixture.x + fixture.width + 2 + 0.1 * position.facings * product.width);
      // What stands on a board ends there; what hangs from a hook begins there.
      const double bottom = position.y + product.height;
      EXPECT_TRUE(std::abs(bottom - fixture.y - fixture.height) < 0.1 ||
                  std::abs(position.y - fixture.y) < 0.1)
          << number;
      EXPECT_GE(position.y, -0.01);
      EXPECT_LE(bottom, plan.height + 0.01);
    }
  }
}

TEST(ShelfArtist, SaysWhichPlannedFacingEveryPackageIsOf) {
  ShelfArtist artist(small_pictures());
  std::size_t hidden = 0;
  for (std::uint64_t number = 0; number < 8; ++number) {
    const ShelfTruth truth = artist.draw(number).truth;
    std::set<std::pair<int, int>> seen;
    for (const ShelfObject& object : truth.objects) {
      const ShelfPosition& position =
          truth.planogram.positions.at(static_cast<std::size_t>(object.position));
      EXPECT_EQ(position.product, object.product);
      EXPECT_EQ(position.fixture, object.row);
      EXPECT_GE(object.facing, 0);
      EXPECT_LT(object.facing, position.facings);
      EXPECT_GT(object.inside, 0);
      EXPECT_LE(object.inside, 1);
      seen.emplace(object.position, object.facing);
    }
    // Every planned facing whose place the picture shows is either seen or said to be hidden.
    for (const ShelfHiddenFacing& facing : truth.hidden) {
      EXPECT_EQ(seen.count({facing.position, facing.facing}), 0U);
      EXPECT_EQ(truth.planogram.positions.at(static_cast<std::size_t>(facing.position)).fixture,
                facing.row);
      EXPECT_EQ(clip(facing.box, {320, 256}), facing.box);
    }
    hidden += truth.hidden.size();
  }
  EXPECT_GT(hidden, 0U);
}

TEST(ShelfArtist, LabelsAllFreeBoardThatIsSeenAndHoldsAFacing) {
  const ShelfOptions options = small_pictures();
  ShelfArtist artist(options);
  std::size_t unlabelled = 0;
  std::size_t gaps = 0;
  for (std::uint64_t number = 0; number < 24; ++number) {
    const ShelfTruth truth = artist.draw(number).truth;
    std::vector<Box> expected;
    for (const ShelfFreeStretch& stretch : truth.free) {
      EXPECT_EQ(clip(stretch.box, {320, 256}), stretch.box);
      EXPECT_TRUE(stretch.holds_facing || stretch.room < 1);
      const bool large_enough =
          std::min(stretch.box.width(), stretch.box.height()) >= options.min_side;
      if (stretch.holds_facing && stretch.is_seen() && large_enough) {
        expected.push_back(stretch.box);
      } else {
        ++unlabelled;
      }
    }
    std::vector<Box> labelled;
    for (const ShelfGap& gap : truth.gaps) labelled.push_back(gap.box);
    EXPECT_EQ(labelled, expected) << number;
    gaps += labelled.size();
  }
  EXPECT_GT(gaps, 0U);
  EXPECT_GT(unlabelled, 0U);
}

TEST(ShelfArtist, PicturesResembleStorePhotosInNumbers) {
  // Store photos have 80 to 220 products, mean 133, of which the middle half is 15 to 30 pixels
  // wide and 24 to 47 high where the photo's longer side is 640. Square pictures hold about a
  // third more than upright ones.
  ShelfOptions options;
  options.seed = 2;
  ShelfArtist artist(options);
  std::vector<float> widths;
  std::vector<float> heights;
  constexpr int kPictures = 24;
  for (int number = 0; number < kPictures; ++number) {
    for (const ShelfObject& object :
         artist.draw(static_cast<std::uint64_t>(number)).truth.objects) {
      widths.push_back(object.box.width());
      heights.push_back(object.box.height());
    }
  }
  const auto median = [](std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  const double mean_count = static_cast<double>(widths.size()) / kPictures;
  EXPECT_GT(mean_count, 90);
  EXPECT_LT(mean_count, 300);
  EXPECT_GT(median(widths), 13);
  EXPECT_LT(median(widths), 32);
  EXPECT_GT(median(heights), 20);
  EXPECT_LT(median(heights), 50);
}

TEST(ShelfArtist, PrintsPhotosOnPackages) {
  GONDOLA_REQUIRE_SHARED("data/snacks/images");
  ShelfOptions plain = small_pictures();
  ShelfOptions printed = plain;
  printed.textures = {(test::shared_dir() / "data/snacks").string()};
  printed.texture_share = 1;
  EXPECT_FALSE(
      same_pixels(ShelfArtist(plain).draw(0).picture, ShelfArtist(printed).draw(0).picture));
}

template <typename Error>
std::string error_of(const ShelfOptions& options) {
  try {
    ShelfArtist artist(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ShelfArtist, RefusesOptionsOutOfRangeAllAtOnce) {
  ShelfOptions options;
  options.size = {640, 32};
  options.min_visible = 1.5;
  options.min_side = 0;
  options.texture_share = -1;
  EXPECT_THAT(error_of<ConfigError>(options),
              AllOf(HasSubstr("size = 640x32; expected 64..4096"), HasSubstr("min_visible = 1.5"),
                    HasSubstr("min_side = 0"), HasSubstr("texture_share = -1")));
}

TEST(ShelfArtist, NamesTextureFoldersItCannotUse) {
  const test::TempDir dir;
  ShelfOptions options;
  options.textures = {(dir / "missing").string()};
  EXPECT_THAT(error_of<IoError>(options),
              AllOf(HasSubstr((dir / "missing").string()), HasSubstr("no such folder")));
  options.textures = {dir.path().string()};
  EXPECT_THAT(error_of<IoError>(options), HasSubstr("no picture"));
}

}  // namespace
}  // namespace gondola::data
