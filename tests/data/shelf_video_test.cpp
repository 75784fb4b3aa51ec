#include "gondola/data/shelf_video.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using testing::AllOf;
using testing::HasSubstr;

ShelfVideoOptions small_clip(ShelfVideoKind kind) {
  ShelfVideoOptions options;
  options.shelf.size = {320, 256};
  options.shelf.seed = 21;
  options.kind = kind;
  options.seconds = 3;
  options.fps = 8;
  options.event_interval = 0.3;
  options.people_interval = 2;
  return options;
}

std::vector<ShelfVideoFrame> all_frames(const ShelfVideoOptions& options) {
  ShelfVideo video(options);
  std::vector<ShelfVideoFrame> frames;
  while (auto frame = video.next()) frames.push_back(std::move(*frame));
  EXPECT_EQ(frames.size(), video.frame_count());
  return frames;
}

TEST(ShelfVideo, PanKeepsIdentitiesWhileTheyMoveAgainstTheCamera) {
  const ShelfVideoOptions options = small_clip(ShelfVideoKind::kPan);
  const std::vector<ShelfVideoFrame> frames = all_frames(options);
  ASSERT_EQ(frames.size(), 24U);  // 3 s at 8 frames a second
  std::map<int, int> product_of;
  std::map<int, float> last_seen_at;
  int moved_left = 0;
  int compared = 0;
  for (const ShelfVideoFrame& frame : frames) {
    EXPECT_DOUBLE_EQ(frame.time_s, frame.number / 8.0);
    EXPECT_TRUE(frame.events.empty());
    std::set<int> in_frame;
    std::map<int, float> now_at;
    for (const ShelfVideoObject& object : frame.objects) {
      EXPECT_TRUE(in_frame.insert(object.identity).second) << "one package, two boxes";
      const auto [known, is_new] = product_of.try_emplace(object.identity, object.product);
      EXPECT_EQ(known->second, object.product);
      now_at[object.identity] = object.box.center_x();
      const auto before = last_seen_at.find(object.identity);
      if (before == last_seen_at.end()) continue;
      ++compared;
      if (object.box.center_x() <= before->second) ++moved_left;
      // 40 cm/s are 5 cm a frame, of at most some 5 pixels each.
      EXPECT_LT(std::abs(object.box.center_x() - before->second), 60);
    }
    last_seen_at = now_at;
  }
  EXPECT_GT(compared, 100);
  EXPECT_GT(moved_left, 0.9 * compared);
}

TEST(ShelfVideo, TakenPackagesAreGoneAndNewOnesComeInTheirPlace) {
  const std::vector<ShelfVideoFrame> frames = all_frames(small_clip(ShelfVideoKind::kRestock));
  std::set<int> gone;
  std::set<int> put;
  std::set<int> seen;
  for (const ShelfVideoFrame& frame : frames) {
    for (const ShelfVideoEvent& event : frame.events) {
      EXPECT_DOUBLE_EQ(event.time_s, frame.time_s);
      if (event.taken) {
        EXPECT_EQ(seen.count(event.identity), 1U) << "took what nobody saw";
        EXPECT_TRUE(gone.insert(event.identity).second) << "taken twice";
      } else {
        EXPECT_EQ(seen.count(event.identity), 0U) << "a new package has a new identity";
        EXPECT_TRUE(put.insert(event.identity).second);
      }
    }
    for (const ShelfVideoObject& object : frame.objects) {
      EXPECT_EQ(gone.count(object.identity), 0U) << frame.number;
      seen.insert(object.identity);
    }
  }
  EXPECT_GT(gone.size(), 2U);
  EXPECT_GT(put.size(), 0U);
  EXPECT_LE(put.size(), gone.size());
}

TEST(ShelfVideo, EventsSayWhatACameraCountsBeforeAndAfter) {
  ShelfVideoOptions options = small_clip(ShelfVideoKind::kRestock);
  options.seconds = 6;
  options.people_interval = 3600;  // nobody passes
  int changed = 0;
  int behind = 0;
  int count = -1;
  for (const ShelfVideoFrame& frame : all_frames(options)) {
    for (const ShelfVideoEvent& event : frame.events) {
      EXPECT_EQ(event.visible_before, count) << frame.number;
      EXPECT_EQ(event.facing_changed(), event.visible_before != event.visible_after);
      count = event.visible_after;
      ++(event.facing_changed() ? changed : behind);
    }
    if (count >= 0) {
      EXPECT_EQ(static_cast<int>(frame.objects.size()), count) << frame.number;
    }
    count = static_cast<int>(frame.objects.size());
  }
  EXPECT_GT(changed, 0);
  EXPECT_GT(behind, 0) << "where another one stands behind, nothing is missed";
}

TEST(ShelfVideo, IsTheSameEveryTime) {
  const ShelfVideoOptions options = small_clip(ShelfVideoKind::kRestock);
  const std::vector<ShelfVideoFrame> first = all_frames(options);
  const std::vector<ShelfVideoFrame> second = all_frames(options);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(cv::norm(first[i].picture, second[i].picture, cv::NORM_INF), 0) << i;
    EXPECT_EQ(first[i].objects.size(), second[i].objects.size()) << i;
  }
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(ShelfVideoFiles, TellTheSameInAllFormats) {
  const TempDir dir;
  const std::string path = (dir / "clip.avi").string();
  const ShelfVideoSummary summary = write_shelf_video(small_clip(ShelfVideoKind::kRestock), path);
  EXPECT_EQ(summary.frames, 24U);
  EXPECT_FALSE(summary.stopped);

  cv::VideoCapture clip(path);
  cv::Mat picture;
  std::size_t frames = 0;
  while (clip.read(picture)) ++frames;
  EXPECT_EQ(frames, 24U);

  std::istringstream truth(test::read_text(dir / "clip.truth.jsonl"));
  std::string line;
  std::size_t objects = 0;
  std::set<int> identities;
  while (std::getline(truth, line)) {
    const auto frame = nlohmann::json::parse(line);
    objects += frame["objects"].size();
    for (const auto& object : frame["objects"]) identities.insert(object["identity"].get<int>());
  }
  EXPECT_EQ(count_lines(test::read_text(dir / "clip.gt.txt")), objects);
  EXPECT_EQ(summary.identities, identities.size());

  const auto events = nlohmann::json::parse(test::read_text(dir / "clip.events.json"));
  EXPECT_EQ(events["schema"], "gondola.shelf-video/1");
  EXPECT_EQ(events["identities"], identities.size());
  EXPECT_EQ(events["taken"], summary.taken);
  EXPECT_EQ(events["restocked"], summary.restocked);
  EXPECT_EQ(events["events"].size(), summary.taken + summary.restocked);
  for (const auto& event : events["events"]) {
    EXPECT_EQ(event["facing_changed"].get<bool>(),
              event["visible_before"].get<int>() != event["visible_after"].get<int>());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 4)
      << "temporary files were left behind";
}

TEST(ShelfVideoFiles, HoldWhatWasDrawnWhenStopped) {
  const TempDir dir;
  std::size_t frames = 0;
  ShelfVideoCallbacks callbacks;
  callbacks.on_progress = [&](std::size_t done) { frames = done; };
  callbacks.stop_requested = [&] { return frames == 5; };
  const ShelfVideoSummary summary =
      write_shelf_video(small_clip(ShelfVideoKind::kPan), (dir / "clip.avi").string(), callbacks);
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.frames, 5U);
  EXPECT_EQ(count_lines(test::read_text(dir / "clip.truth.jsonl")), 5U);
}

template <typename Error>
std::string error_of(const ShelfVideoOptions& options, const std::string& path) {
  try {
    write_shelf_video(options, path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ShelfVideoFiles, RefuseWhatCannotBeWritten) {
  const TempDir dir;
  const ShelfVideoOptions options = small_clip(ShelfVideoKind::kPan);
  EXPECT_THAT(error_of<ConfigError>(options, (dir / "clip.mov").string()),
              HasSubstr("a video's name ends in .mp4 or .avi"));
  EXPECT_THAT(error_of<IoError>(options, (dir / "missing/clip.avi").string()),
              HasSubstr("missing/clip.truth.jsonl: No such file"));
  ShelfVideoOptions wrong = options;
  wrong.fps = 0.5;
  wrong.seconds = 4000;
  EXPECT_THAT(error_of<ConfigError>(wrong, (dir / "clip.avi").string()),
              AllOf(HasSubstr("fps = 0.5; expected 1..60"), HasSubstr("seconds = 4000")));
}

}  // namespace
}  // namespace gondola::data
