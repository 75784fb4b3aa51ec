#include "gondola/media/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::ConfigError;
using gondola::IoError;
using gondola::media::is_gstreamer_pipeline;
using gondola::media::open_sources;
using gondola::media::resolve_sources;
using gondola::media::SourceItem;
using gondola::media::SourceKind;
using gondola::media::SourceList;
using gondola::media::without_password;
using testing::ElementsAre;
using testing::StartsWith;

/// A folder with files of the given names.
class Sources : public testing::Test {
 protected:
  std::string add(const std::string& name, const std::string& text = "x") const {
    std::filesystem::create_directories((dir_ / name).parent_path());
    gondola::test::write_text(dir_ / name, text);
    return dir_ / name;
  }

  /// Names of the pictures in the list, relative to the folder.
  std::vector<std::string> names(const SourceList& list) const {
    std::vector<std::string> relative;
    for (const SourceItem& item : list.items)
      relative.push_back(std::filesystem::path(item.location).lexically_relative(dir_.path()));
    return relative;
  }

  gondola::test::TempDir dir_;
};

template <typename Expected>
std::string error_of(const std::vector<std::string>& arguments) {
  try {
    resolve_sources(arguments);
  } catch (const Expected& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "no error";
}

std::vector<SourceKind> kinds_of(const std::vector<std::string>& arguments) {
  std::vector<SourceKind> kinds;
  for (const SourceItem& item : resolve_sources(arguments).items) kinds.push_back(item.kind);
  return kinds;
}

TEST_F(Sources, KeepsTheOrderOfTheArguments) {
  const std::string b = add("b.jpg");
  const std::string a = add("a.png");
  EXPECT_THAT(names(resolve_sources({b, a, b})), ElementsAre("b.jpg", "a.png", "b.jpg"));
}

TEST_F(Sources, TellsKindsApart) {
  const std::string clip = add("clip.MP4");
  const std::string photo = add("photo.jpg");
  const std::string no_extension = add("snapshot");
  EXPECT_THAT(kinds_of({clip, photo, no_extension}),
              ElementsAre(SourceKind::kVideo, SourceKind::kImage, SourceKind::kImage));
  EXPECT_THAT(kinds_of({"0", "12", "/dev/video1"}), testing::Each(SourceKind::kCamera));
  EXPECT_THAT(kinds_of({"rtsp://camera/1", "RTSP://camera/1", "http://host/a.jpg", "https://host/x",
                        "rtmp://host/live", "udp://@:1234"}),
              testing::Each(SourceKind::kStream));
}

TEST_F(Sources, ReadsAFolderInNaturalOrderAndCountsTheRest) {
  for (const char* name : {"img10.jpg", "img2.JPG", "img1.png", "img02.webp", "img.bmp", "notes.md",
                           "clip.mp4", "inner/deep.jpg"})
    add(name);
  const SourceList list = resolve_sources({dir_.path()});
  EXPECT_THAT(names(list),
              ElementsAre("img.bmp", "img1.png", "img2.JPG", "img02.webp", "img10.jpg"));
  EXPECT_EQ(list.skipped, 2U);  // the notes and the clip; the folder is no file
}

TEST_F(Sources, OrdersLongNumbersAndLeadingZeros) {
  for (const char* name : {"18446744073709551617.jpg", "18446744073709551616.jpg", "7.jpg",
                           "007.jpg", "0.jpg", "a1b10.jpg", "a1b9.jpg", "a01b1.jpg"})
    add(name);
  EXPECT_THAT(names(resolve_sources({dir_.path()})),
              ElementsAre("0.jpg", "007.jpg", "7.jpg", "18446744073709551616.jpg",
                          "18446744073709551617.jpg", "a01b1.jpg", "a1b9.jpg", "a1b10.jpg"));
}

TEST_F(Sources, ExpandsGlobsThatTheShellLeftAlone) {
  for (const char* name : {"a10.jpg", "a9.jpg", "b1.jpg", "a.txt", "a.mp4", "sub/a1.jpg"})
    add(name);
  const SourceList list = resolve_sources({dir_ / "a*"});
  EXPECT_THAT(names(list), ElementsAre("a.mp4", "a9.jpg", "a10.jpg"));
  EXPECT_EQ(list.items.front().kind, SourceKind::kVideo);
  EXPECT_EQ(list.skipped, 1U);
  EXPECT_THAT(names(resolve_sources({dir_ / "*/a?.jpg"})), ElementsAre("sub/a1.jpg"));
  EXPECT_THAT(names(resolve_sources({dir_ / "[b-z]1.jpg"})), ElementsAre("b1.jpg"));
}

TEST_F(Sources, PrefersAFileThatIsNamedLikeAGlob) {
  add("a1.jpg");
  EXPECT_THAT(names(resolve_sources({add("a[1].jpg")})), ElementsAre("a[1].jpg"));
}

TEST_F(Sources, ReadsListsRelativeToTheirFolder) {
  add("set/one.jpg");
  add("two.jpg");
  const std::string three = add("three.jpg");
  const std::string list =
      add("set/list.txt", "\xEF\xBB\xBF# photos of May\r\none.jpg\r\n\r\n../two.jpg  \n" + three +
                              "\nrtsp://camera/1");
  const SourceList found = resolve_sources({list});
  ASSERT_EQ(found.items.size(), 4U);
  EXPECT_EQ(found.items[0].location, (dir_ / "set/one.jpg").string());
  EXPECT_TRUE(std::filesystem::equivalent(found.items[1].location, dir_ / "two.jpg"));
  EXPECT_EQ(found.items[2].location, three);
  EXPECT_EQ(found.items[3], (SourceItem{SourceKind::kStream, "rtsp://camera/1"}));
}

TEST_F(Sources, NamesWhatIsWrongWithALine) {
  add("photo.jpg");
  const std::string list = add("list.txt", "photo.jpg\nphoti.jpg\n");
  EXPECT_EQ(error_of<IoError>({list}), list + ":2: no such file or folder '" +
                                           (dir_ / "photi.jpg").string() + "' (did you mean '" +
                                           (dir_ / "photo.jpg").string() + "'?)");
  const std::string nested = add("nested.txt", ".\n");
  EXPECT_EQ(error_of<IoError>({nested}), nested + ":1: '" + (dir_ / ".").string() +
                                             "' is a folder; a list holds files and addresses");
  const std::string empty = add("empty.txt", "# nothing\n\n");
  EXPECT_EQ(error_of<IoError>({empty}), "list '" + empty + "' is empty; expected one path a line");
}

TEST_F(Sources, NamesAMissingFileAndTheNearestOne) {
  add("shelf_1.jpg");
  EXPECT_EQ(error_of<IoError>({dir_ / "shelf1.jpg"}),
            "no such file or folder '" + (dir_ / "shelf1.jpg").string() + "' (did you mean '" +
                (dir_ / "shelf_1.jpg").string() + "'?)");
  EXPECT_EQ(error_of<IoError>({dir_ / "completely_different.png"}),
            "no such file or folder '" + (dir_ / "completely_different.png").string() + "'");
  EXPECT_EQ(error_of<IoError>({dir_ / "nowhere/a.jpg"}),
            "no such file or folder '" + (dir_ / "nowhere/a.jpg").string() + "': the folder '" +
                (dir_ / "nowhere").string() + "' does not exist");
}

TEST_F(Sources, NamesAFolderOrGlobWithoutPictures) {
  EXPECT_EQ(error_of<IoError>({dir_.path()}),
            "folder '" + dir_.path().string() +
                "' holds no pictures (.jpg .jpeg .jpe .jfif .png .webp .bmp .dib .tif .tiff .ppm "
                ".pgm .pbm .pnm .jp2); folders inside it are not searched");
  EXPECT_EQ(error_of<IoError>({dir_ / "*.jpg"}),
            "no file matches '" + (dir_ / "*.jpg").string() + "'");
  add("notes.md");
  EXPECT_EQ(error_of<IoError>({dir_ / "*"}),
            "nothing that '" + (dir_ / "*").string() +
                "' matches is a picture or video; name such a file in full, or its folder, to read "
                "it all the same");
}

TEST_F(Sources, NamesAnUnreadableFolder) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::none);
  EXPECT_EQ(error_of<IoError>({dir_.path()}),
            "cannot read folder '" + dir_.path().string() + "': Permission denied");
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::owner_all);
}

TEST_F(Sources, RefusesNothingAndUnknownSchemes) {
  EXPECT_EQ(error_of<ConfigError>({}),
            "no source given; expected a file, folder, glob, camera or address");
  EXPECT_EQ(error_of<ConfigError>({""}),
            "a source is empty; expected a file, folder, glob, camera or address");
  EXPECT_EQ(error_of<ConfigError>({"ftp://host/a.jpg"}),
            "source 'ftp://host/a.jpg': unknown scheme 'ftp://'; expected rtsp, rtsps, rtmp, udp, "
            "http or https, or a path");
}

TEST_F(Sources, OpensPicturesOnly) {
  const std::string photo = add("photo.jpg");
  EXPECT_EQ(open_sources(resolve_sources({photo, photo}))->size_hint(), 2U);
  const auto open_error = [](const std::string& argument) -> std::string {
    try {
      open_sources(resolve_sources({argument}));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string clip = add("clip.mp4");
  EXPECT_EQ(open_error(clip), "source '" + clip + "' is a video; here only pictures are read");
  EXPECT_EQ(open_error("0"), "source '0' is a camera; here only pictures are read");
  EXPECT_EQ(open_error("rtsp://a/b"),
            "source 'rtsp://a/b' is a stream; here only pictures are read");
}

TEST_F(Sources, KnowsAPipelineOfGStreamer) {
  const std::string pipeline = "rtspsrc location=rtsp://a/b ! decodebin ! videoconvert ! appsink";
  EXPECT_EQ(resolve_sources({pipeline}).items,
            (std::vector<SourceItem>{{SourceKind::kStream, pipeline}}));
  EXPECT_FALSE(is_gstreamer_pipeline("http://a/b!c"));
}

TEST(Addresses, AreToldWithoutTheirPasswords) {
  EXPECT_EQ(without_password("rtsp://me:secret@door:554/1?a=b@c"),
            "rtsp://me:***@door:554/1?a=b@c");
  EXPECT_EQ(without_password("rtsp://me:p@ss:word@door/1"), "rtsp://me:***@door/1");
  EXPECT_EQ(without_password("rtsp://me@door:554/1"), "rtsp://me@door:554/1");
  EXPECT_EQ(without_password("http://door:8080/a:b@c"), "http://door:8080/a:b@c");
  EXPECT_EQ(without_password("/dev/video0"), "/dev/video0");
}

TEST_F(Sources, RefusesToWriteWhereThePicturesAre) {
  const SourceList list = resolve_sources({add("in/a.jpg"), add("in/b.jpg")});
  EXPECT_NO_THROW(check_output_folder(list, dir_ / "out"));
  EXPECT_NO_THROW(check_output_folder(list, dir_.path()));
  try {
    check_output_folder(list, dir_ / "in/../in");
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), StartsWith("output folder '"));
    EXPECT_THAT(error.what(), testing::HasSubstr("in/a.jpg', which the result would replace"));
  }
}

}  // namespace
