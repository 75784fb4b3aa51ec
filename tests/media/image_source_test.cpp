#include "gondola/media/image_source.hpp"

#include <gtest/gtest.h>

#include "media/picture_files.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::media::Frame;
using gondola::media::FrameError;
using gondola::media::ImageSource;
using gondola::test::TempDir;

void write_png(const std::string& path, int width) {
  gondola::test::write_text(path, gondola::test::to_string(gondola::test::encode(
                                      gondola::test::make_picture(width, 10), ".png")));
}

TEST(ImageSource, DeliversPicturesInTheGivenOrder) {
  const TempDir dir;
  write_png(dir / "wide.png", 30);
  write_png(dir / "narrow.png", 20);
  ImageSource source({dir / "wide.png", dir / "narrow.png"});
  EXPECT_EQ(source.size_hint(), 2U);

  const std::optional<Frame> first = source.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->source, (dir / "wide.png").string());
  EXPECT_EQ(first->image.cols, 30);
  EXPECT_EQ(first->index, 0);
  EXPECT_EQ(first->time_s, 0);
  EXPECT_EQ(first->kind, gondola::media::SourceKind::kImage);
  EXPECT_EQ(source.next()->image.cols, 20);
  EXPECT_FALSE(source.next());
  EXPECT_FALSE(source.next());
  EXPECT_EQ(source.size_hint(), 2U);
}

TEST(ImageSource, GoesOnAfterABrokenPicture) {
  const TempDir dir;
  write_png(dir / "good.png", 20);
  gondola::test::write_text(dir / "broken.jpg", "no picture");
  ImageSource source({dir / "broken.jpg", dir / "good.png"});
  try {
    source.next();
    FAIL() << "the broken picture was read";
  } catch (const FrameError& error) {
    EXPECT_EQ(error.source(), (dir / "broken.jpg").string());
    EXPECT_NE(std::string(error.what()).find("broken.jpg': its content"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(source.next()->image.cols, 20);
  EXPECT_FALSE(source.next());
}

TEST(ImageSource, EndsAtOnceWithoutPictures) { EXPECT_FALSE(ImageSource({}).next()); }

}  // namespace
