#include "gondola/media/picture_sequence.hpp"

#include <gtest/gtest.h>

#include "gondola/media/write_image.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::media::Frame;
using gondola::media::FrameError;
using gondola::media::PictureSequence;
using gondola::media::SequenceOptions;
using gondola::media::SourceKind;

TEST(PictureSequence, IsAVideoNamedLikeTheFolder) {
  const gondola::test::TempDir dir;
  for (const char* name : {"1.png", "3.png"})
    gondola::media::write_image(dir / name, cv::Mat(10, 20, CV_8UC3, cv::Scalar::all(7)));
  gondola::test::write_text(dir / "2.png", "no picture");
  SequenceOptions options;
  options.fps = 4;
  PictureSequence source({dir / "1.png", dir / "2.png", dir / "3.png"}, options);
  EXPECT_EQ(source.size_hint(), 3U);
  const std::optional<Frame> first = source.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->source, dir.path().string());
  EXPECT_EQ(first->kind, SourceKind::kVideo);
  EXPECT_EQ(first->index, 0);
  EXPECT_EQ(first->image.cols, 20);
  EXPECT_THROW(source.next(), FrameError);
  const std::optional<Frame> third = source.next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->index, 2);
  EXPECT_DOUBLE_EQ(third->time_s, 0.5);
  EXPECT_FALSE(source.next());
}

}  // namespace
