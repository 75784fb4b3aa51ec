#include "gondola/pipeline/result_names.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "support/shared_data.hpp"

namespace gondola::pipeline {
namespace {

TEST(ResultNames, AFileIsCalledByItsStemAndAFolderByItsName) {
  const test::TempDir dir;
  std::filesystem::create_directories(dir / "walk.2026-11-25");
  const std::string folder = (dir / "walk.2026-11-25").string();
  EXPECT_EQ(source_stem("videos/aisle.3.mp4"), "aisle.3");
  EXPECT_EQ(source_stem(folder), "walk.2026-11-25");
  EXPECT_EQ(source_stem(folder + "/"), "walk.2026-11-25");
  EXPECT_EQ(source_stem(folder + "/."), "walk.2026-11-25");
  EXPECT_EQ(source_stem("."), std::filesystem::current_path().filename().string());
  EXPECT_EQ(source_stem("/"), "frame");
  EXPECT_EQ(source_stem("rtsp://door/stream1"), "stream1");
  EXPECT_EQ(source_stem("http://door/"), "frame");
}

TEST(ResultNames, AreNeverGivenTwice) {
  ResultNames names;
  EXPECT_EQ(names.claim("a", ".jpg"), "a.jpg");
  EXPECT_EQ(names.claim("a", ".jpg"), "a_2.jpg");
  EXPECT_EQ(names.claim("a", ".json"), "a.json");
  media::Frame frame;
  frame.kind = media::SourceKind::kVideo;
  frame.source = "x/a.mp4";
  frame.index = 7;
  EXPECT_EQ(names.claim(frame, ".jpg"), "a_000007.jpg");
  frame.source = "y/a.mp4";
  EXPECT_EQ(names.claim(frame, ".jpg"), "a_2_000007.jpg");
}

}  // namespace
}  // namespace gondola::pipeline
