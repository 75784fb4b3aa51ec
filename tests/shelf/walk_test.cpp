#include "gondola/shelf/walk.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola::shelf {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

constexpr Size kPicture{640, 480};

/// A shelf of two rows of equal products, seen by a camera whose corner goes from place to place.
class WalkTest : public testing::Test {
 protected:
  static constexpr float kWidth = 40;
  static constexpr float kPitch = 46;

  void fill_shelf(int columns) {
    for (int row = 0; row < 2; ++row) {
      for (int column = 0; column < columns; ++column) {
        const float x = 10 + kPitch * static_cast<float>(column);
        const float y = 60 + 200 * static_cast<float>(row);
        shelf_.push_back({x, y, x + kWidth, y + 120});
      }
    }
  }

  /// What a perfect tracker sees from there, less what `is_seen` leaves out.
  template <typename IsSeen>
  std::vector<Track> look(Point corner, IsSeen is_seen) const {
    std::vector<Track> tracks;
    for (std::size_t i = 0; i < shelf_.size(); ++i) {
      const Box& box = shelf_[i];
      const Box in_frame = clip(
          {box.x1 - corner.x, box.y1 - corner.y, box.x2 - corner.x, box.y2 - corner.y}, kPicture);
      if (in_frame.width() > 5 && in_frame.height() > 5 && is_seen(i))
        tracks.push_back({static_cast<std::int64_t>(i + 1), in_frame, 0.9F, 0, tracks.size()});
    }
    return tracks;
  }
  std::vector<Track> look(Point corner) const {
    return look(corner, [](std::size_t) { return true; });
  }

  std::vector<Box> shelf_;
};

TEST_F(WalkTest, PutsEveryProductAtItsPlaceOnce) {
  fill_shelf(60);
  Walk walk;
  Point corner;
  // Forwards with a step that changes, a stop, some way back, and up and down a little.
  for (int i = 0; i < 220; ++i) {
    if (i > 0) {
      corner.x += i < 100   ? 8.0F + static_cast<float>(i % 5)
                  : i < 120 ? 0.0F
                  : i < 140 ? -6.0F
                            : 11.0F;
      corner.y = 10 * std::sin(static_cast<float>(i) / 9);
    }
    const Point placed = walk.add(look(corner), kPicture);
    EXPECT_NEAR(placed.x, corner.x, 0.01) << i;
    EXPECT_NEAR(placed.y, corner.y, 0.01) << i;
  }
  std::size_t whole = 0;
  for (const Box& box : shelf_) whole += box.x2 < corner.x + 640 ? 1 : 0;
  const std::vector<WalkProduct> products = walk.products();
  ASSERT_THAT(products.size(), AllOf(Ge(whole), Le(whole + 2)));
  for (const WalkProduct& product : products) {
    const Box& box = product.detection.box;
    double best = 0;
    for (const Box& truth : shelf_) best = std::max<double>(best, iou(box, truth));
    EXPECT_GT(best, box.x2 < corner.x + 639 ? 0.99 : 0.4);
    EXPECT_NEAR(product.share, 1, 1e-9);
  }
}

TEST_F(WalkTest, CountsWhatWasLostAndFoundAgainOnce) {
  fill_shelf(40);
  Walk walk;
  // Every product has three identities, one after the other, with frames between them.
  for (int i = 0; i < 120; ++i) {
    std::vector<Track> tracks =
        look({10.0F * static_cast<float>(i), 0}, [&](std::size_t) { return true; });
    std::vector<Track> seen;
    for (Track& track : tracks) {
      const int phase = (i + static_cast<int>(track.id) * 7) % 20;
      if (phase == 0) continue;
      track.id = track.id * 1000 + (i + static_cast<int>(track.id) * 7) / 20;
      seen.push_back(track);
    }
    walk.add(seen, kPicture);
  }
  EXPECT_THAT(walk.products().size(), AllOf(Ge(78U), Le(80U)));
}

TEST_F(WalkTest, LeavesOutWhatFlickers) {
  fill_shelf(28);
  Walk walk;
  std::int64_t next_id = 10'000;
  for (int i = 0; i < 90; ++i) {
    std::vector<Track> tracks = look({8.0F * static_cast<float>(i), 0});
    // Something between the rows that is seen for a moment.
    if (i % 10 < 4) {
      if (i % 10 == 0) ++next_id;
      const float x = 300 - 8 * static_cast<float>(i % 10);
      tracks.push_back({next_id, {x, 190, x + 40, 240}, 0.4F, 0, tracks.size()});
    }
    walk.add(tracks, kPicture);
  }
  EXPECT_EQ(walk.products().size(), 56U);
}

TEST_F(WalkTest, GoesOnWhereNothingIsInSight) {
  fill_shelf(14);
  const std::size_t before = shelf_.size();
  for (std::size_t i = 0; i < before; ++i) {
    Box box = shelf_[i];
    box.x1 += 2000;
    box.x2 += 2000;
    shelf_.push_back(box);
  }
  Walk steady;
  Walk told;
  for (int i = 0; i < 210; ++i) {
    // The camera speeds up between the bays; only the one that is told can know.
    const float x =
        i < 100 ? 10.0F * static_cast<float>(i) : 1000 + 12 * static_cast<float>(i - 100);
    steady.add(look({10.0F * static_cast<float>(i), 0}), kPicture);
    Affine moved;
    moved.tx = i <= 100 ? -10 : -12;
    EXPECT_NEAR(told.add(look({x, 0}), kPicture, moved).x, x, 0.01) << i;
  }
  EXPECT_EQ(steady.products().size(), 56U);
  EXPECT_EQ(told.products().size(), 56U);
}

TEST_F(WalkTest, CountsHalfOfWhatTheLastFrameCuts) {
  fill_shelf(40);
  for (const float shown : {0.3F, 0.7F}) {
    Walk walk;
    // The last product of each row ends so that this share of it is in the last frame.
    const float end = 10 + kPitch * 20 + shown * kWidth;
    for (float x = 0; x < end - 640; x += 9) walk.add(look({x, 0}), kPicture);
    for (int i = 0; i < 5; ++i) walk.add(look({end - 640, 0}), kPicture);
    EXPECT_EQ(walk.products().size(), shown > 0.5F ? 42U : 40U) << shown;
  }
}

TEST_F(WalkTest, HasNothingOfNothing) {
  Walk walk;
  EXPECT_TRUE(walk.products().empty());
  walk.add({}, kPicture);
  EXPECT_TRUE(walk.products().empty());
  EXPECT_THROW(walk.add({}, Size{0, 5}), ContractViolation);
}

TEST_F(WalkTest, OneFrameIsAWalk) {
  fill_shelf(12);
  Walk walk;
  walk.add(look({0, 0}), kPicture);
  EXPECT_EQ(walk.products().size(), 24U);
}

}  // namespace
}  // namespace gondola::shelf
