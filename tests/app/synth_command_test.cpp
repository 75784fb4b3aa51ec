#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/command_line.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SynthCommand : public CommandLine {};

TEST_F(SynthCommand, WritesADatasetAndSaysWhatIsInIt) {
  const Outcome outcome =
      run({"synth", "--out", "set", "--count", "3", "--size", "128x96", "--seed", "1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("3 pictures with "));
  for (const char* name : {"images/shelf_0000002.jpg", "labels/shelf_0000002.txt",
                           "truth/shelf_0000002.json", "data.yaml"}) {
    EXPECT_TRUE(fs::exists(dir_ / "set" / name)) << name;
  }
}

TEST_F(SynthCommand, WritesAClipWithItsTruth) {
  const Outcome outcome = run({"synth", "--video", "clip.avi", "--motion", "restock", "--seconds",
                               "1", "--fps", "4", "--size", "128"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("clip.avi: 4 frames"));
  for (const char* name : {"clip.avi", "clip.truth.jsonl", "clip.gt.txt", "clip.events.json"}) {
    EXPECT_TRUE(fs::exists(dir_ / name)) << name;
  }
}

TEST_F(SynthCommand, RefusesWrongUsageInOneLine) {
  EXPECT_THAT(error_line({"synth"}, 2), HasSubstr("either --out DIR"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--video", "b.avi"}, 2),
              HasSubstr("either --out DIR"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--size", "large"}, 2),
              HasSubstr("--size large: expected pixels as N or WxH"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--size", "32"}, 2),
              HasSubstr("size = 32x32; expected 64..4096"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--classes", "gap"}, 2),
              HasSubstr("--classes gap: expected product, or product,gap"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--textures", "missing"}, 1),
              HasSubstr("missing: no such folder"));
  EXPECT_THAT(error_line({"synth", "--video", "clip.mov"}, 2), HasSubstr(".mp4 or .avi"));
  EXPECT_THAT(error_line({"synth", "--out", "a", "--count", "0"}, 2), HasSubstr("--count"));
}

}  // namespace
}  // namespace gondola::app
