#include "gondola/count/unique_counter.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "count/made_tracks.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

using test::track_at;

TEST(UniqueCounter, CountsEachTrackOnceWithGapsInBetween) {
  UniqueCounter counter({}, 60);
  EXPECT_EQ(counter.update({track_at(1, 0, 0), track_at(2, 0, 0)}, 0).size(), 2U);
  EXPECT_TRUE(counter.update({}, 1).empty());
  EXPECT_TRUE(counter.update({track_at(2, 0, 0), track_at(1, 0, 0)}, 2).empty());
  EXPECT_EQ(counter.update({track_at(3, 0, 0)}, 3).size(), 1U);
  EXPECT_EQ(counter.total(), 3U);
}

TEST(UniqueCounter, MajorityOfFramesGivesTheClass) {
  UniqueCounter counter({}, 60);
  EXPECT_FALSE(counter.class_of(1));
  const auto see = [&](int class_id) { return counter.update({track_at(1, 0, 0, class_id)}, 0); };
  see(4);
  EXPECT_EQ(counter.class_of(1), 4);
  EXPECT_TRUE(see(7).empty());
  EXPECT_EQ(counter.class_of(1), 4) << "1 : 1, the first one stays";
  const std::vector<UniqueChange> change = see(7);
  ASSERT_EQ(change.size(), 1U);
  EXPECT_EQ(change[0].class_before, 4);
  EXPECT_EQ(change[0].class_id, 7);
  EXPECT_EQ(counter.counts_by_class().at(4), 0U);
  EXPECT_EQ(counter.counts_by_class().at(7), 1U);
  EXPECT_EQ(counter.total(), 1U);
}

TEST(UniqueCounter, CountsFromTheAskedNumberOfFrames) {
  UniqueOptions options;
  options.min_frames = 3;
  UniqueCounter counter(options, 60);
  EXPECT_TRUE(counter.update({track_at(1, 0, 0, 5)}, 0).empty());
  EXPECT_TRUE(counter.update({track_at(1, 0, 0, 6)}, 1).empty());
  EXPECT_EQ(counter.total(), 0U);
  const std::vector<UniqueChange> counted = counter.update({track_at(1, 0, 0, 6)}, 2);
  ASSERT_EQ(counted.size(), 1U);
  EXPECT_FALSE(counted[0].class_before);
  EXPECT_EQ(counted[0].class_id, 6);
  EXPECT_DOUBLE_EQ(counted[0].counted_s, 2);
}

TEST(UniqueCounter, AgreesWithVotesCountedAtTheEnd) {
  std::mt19937 random(9);
  UniqueCounter counter({}, 60);
  std::map<std::int64_t, std::map<int, int>> votes;
  for (int frame = 0; frame < 500; ++frame) {
    std::vector<Track> tracks;
    for (std::int64_t id = 0; id < 30; ++id) {
      if (random() % 3 == 0) continue;
      const int class_id = static_cast<int>(random() % 4);
      tracks.push_back(track_at(id, 0, 0, class_id));
      ++votes[id][class_id];
    }
    counter.update(tracks, frame / 30.0);
  }
  for (const auto& [id, by_class] : votes) {
    int most = 0;
    for (const auto& [class_id, count] : by_class) most = std::max(most, count);
    ASSERT_TRUE(counter.class_of(id));
    EXPECT_EQ(by_class.at(*counter.class_of(id)), most);
  }
  std::map<int, std::size_t> counts;
  for (const auto& [id, by_class] : votes) ++counts[*counter.class_of(id)];
  for (const auto& [class_id, count] : counts) {
    EXPECT_EQ(counter.counts_by_class().at(class_id), count);
  }
  EXPECT_EQ(counter.total(), 30U);
}

TEST(UniqueCounter, ForgetsTracksButNotTheirCount) {
  UniqueCounter counter({}, 2);
  std::size_t most = 0;
  for (int frame = 0; frame < 1000000; ++frame) {
    counter.update({track_at(frame / 10, 0, 0)}, frame / 10.0);
    most = std::max(most, counter.known_tracks());
  }
  EXPECT_EQ(counter.total(), 100000U);
  EXPECT_LE(most, 5U);
  EXPECT_FALSE(counter.class_of(0));
}

TEST(UniqueCounter, RefusesFewerThanOneFrame) {
  UniqueOptions options;
  options.min_frames = 0;
  EXPECT_THROW(UniqueCounter(options, 60), ConfigError);
}

}  // namespace
}  // namespace gondola::count
