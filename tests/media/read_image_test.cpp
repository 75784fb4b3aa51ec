#include "gondola/media/read_image.hpp"

#include <array>
#include <atomic>
#include <iostream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "media/picture_files.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::IoError;
using gondola::media::decode_image;
using gondola::media::read_image;
using gondola::media::read_image_reduced;
using gondola::media::read_image_size;
using gondola::test::Bytes;
using gondola::test::encode;
using gondola::test::make_picture;
using gondola::test::TempDir;
using gondola::test::with_exif_jpeg;
using gondola::test::with_exif_png;
using gondola::test::with_exif_webp;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

cv::Mat decode(const Bytes& bytes) { return decode_image(bytes.data(), bytes.size(), "a picture"); }

cv::Mat opencv_decode(const Bytes& bytes) { return cv::imdecode(bytes, cv::IMREAD_COLOR); }

void expect_same(const cv::Mat& actual, const cv::Mat& expected) {
  ASSERT_EQ(actual.type(), CV_8UC3);
  ASSERT_EQ(actual.size(), expected.size());
  EXPECT_EQ(cv::norm(actual, expected, cv::NORM_INF), 0);
}

/// The message of the IoError that decoding throws, "" when it throws none; and nothing may be
/// printed meanwhile.
std::string decode_error(const Bytes& bytes) {
  testing::internal::CaptureStderr();
  std::string message;
  try {
    decode(bytes);
  } catch (const IoError& error) {
    message = error.what();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  return message;
}

std::string read_error(const std::string& path) {
  try {
    read_image(path);
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

Bytes truncated(const Bytes& bytes, double share) {
  const auto size = static_cast<std::ptrdiff_t>(share * static_cast<double>(bytes.size()));
  return {bytes.begin(), bytes.begin() + size};
}

TEST(ReadImage, EqualsOpenCvOnRealPhotos) {
  GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
  std::vector<std::filesystem::path> photos = {gondola::test::shared_dir() / "golden/bus.jpg"};
  for (const char* folder : {"data/coco128-val/images", "data/unlabelled-shelves"}) {
    if (!std::filesystem::exists(gondola::test::shared_dir() / folder)) continue;
    for (const auto& entry :
         std::filesystem::directory_iterator(gondola::test::shared_dir() / folder))
      if (entry.path().extension() == ".jpg") photos.push_back(entry.path());
  }
  for (const auto& photo : photos) {
    SCOPED_TRACE(photo);
    expect_same(read_image(photo), cv::imread(photo, cv::IMREAD_COLOR));
  }
}

TEST(ReadImage, EqualsOpenCvForEveryKindOfJpeg) {
  const cv::Mat picture = make_picture(101, 67);
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  for (const Bytes& jpeg : {encode(picture, ".jpg"), encode(grey, ".jpg"),
                            encode(picture, ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1}),
                            encode(picture, ".jpg", {cv::IMWRITE_JPEG_RST_INTERVAL, 3}),
                            encode(picture, ".jpg", {cv::IMWRITE_JPEG_QUALITY, 30}),
                            encode(picture.col(0), ".jpg"), encode(picture.row(0), ".jpg")})
    expect_same(decode(jpeg), opencv_decode(jpeg));
}

TEST(ReadImage, EqualsOpenCvForCmykAndYcck) {
  cv::Mat cmyk(40, 60, CV_8UC4);
  cv::randu(cmyk, 0, 256);
  for (const bool as_ycck : {false, true}) {
    const Bytes jpeg = gondola::test::encode_cmyk_jpeg(cmyk, as_ycck);
    expect_same(decode(jpeg), opencv_decode(jpeg));
  }
}

// Inverted inks: 255 is no ink, so (0, 255, 255, 255) is full cyan, which leaves green and blue;
// and black ink at 0 is black whatever the other inks.
TEST(ReadImage, ConvertsCmykInksToColours) {
  cv::Mat cmyk(16, 48, CV_8UC4, cv::Scalar(0, 255, 255, 255));
  cmyk.colRange(16, 32).setTo(cv::Scalar(255, 255, 255, 255));
  cmyk.colRange(32, 48).setTo(cv::Scalar(255, 255, 255, 0));
  for (const bool as_ycck : {false, true}) {
    const cv::Mat bgr = decode(gondola::test::encode_cmyk_jpeg(cmyk, as_ycck));
    const std::array<cv::Vec3b, 3> expected = {cv::Vec3b(255, 255, 0), cv::Vec3b(255, 255, 255),
                                               cv::Vec3b(0, 0, 0)};
    for (int i = 0; i < 3; ++i)
      EXPECT_LE(cv::norm(bgr.at<cv::Vec3b>(8, 16 * i + 8), expected[i], cv::NORM_INF), 2) << i;
  }
}

TEST(ReadImage, EqualsOpenCvForEveryOtherFormat) {
  const cv::Mat picture = make_picture(53, 38);
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  cv::Mat deep;
  picture.convertTo(deep, CV_16UC3, 257, 3);
  cv::Mat deep_grey;
  grey.convertTo(deep_grey, CV_16UC1, 257, 3);
  cv::Mat with_alpha;
  cv::cvtColor(picture, with_alpha, cv::COLOR_BGR2BGRA);
  with_alpha.colRange(0, 20) = cv::Scalar(10, 200, 30, 0);
  for (const std::string extension : {".png", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"}) {
    SCOPED_TRACE(extension);
    expect_same(decode(encode(picture, extension)), opencv_decode(encode(picture, extension)));
  }
  for (const std::string extension : {".png", ".tiff", ".pgm", ".jp2"}) {
    SCOPED_TRACE(extension + " grey");
    expect_same(decode(encode(grey, extension)), opencv_decode(encode(grey, extension)));
    expect_same(decode(encode(deep_grey, extension)), opencv_decode(encode(deep_grey, extension)));
  }
  for (const std::string extension : {".png", ".tiff", ".ppm"}) {
    SCOPED_TRACE(extension + " 16 bit");
    expect_same(decode(encode(deep, extension)), opencv_decode(encode(deep, extension)));
  }
  for (const std::string extension : {".png", ".webp", ".bmp", ".tiff"}) {
    SCOPED_TRACE(extension + " with alpha");
    expect_same(decode(encode(with_alpha, extension)),
                opencv_decode(encode(with_alpha, extension)));
  }
}

TEST(ReadImage, EqualsOpenCvForPaletteInterlacedAndBilevelPng) {
  using gondola::test::PngKind;
  for (const PngKind kind : {PngKind::kPalette, PngKind::kInterlaced, PngKind::kBilevel}) {
    const Bytes png = gondola::test::encode_png(kind);
    expect_same(decode(png), opencv_decode(png));
  }
}

TEST(ReadImage, DropsAlphaWithoutBlending) {
  const cv::Mat transparent(4, 6, CV_8UC4, cv::Scalar(10, 20, 30, 0));
  expect_same(decode(encode(transparent, ".png")), cv::Mat(4, 6, CV_8UC3, cv::Scalar(10, 20, 30)));
}

// 0x12FF keeps its high byte: OpenCV does not round.
TEST(ReadImage, KeepsTheHighByteOf16Bits) {
  const cv::Mat deep(4, 6, CV_16UC3, cv::Scalar::all(0x12FF));
  expect_same(decode(encode(deep, ".png")), cv::Mat(4, 6, CV_8UC3, cv::Scalar::all(0x12)));
}

enum Corner { kTopLeft, kTopRight, kBottomLeft, kBottomRight };

/// Where the corners of the stored picture belong, from the table of the EXIF specification: the
/// visual side that row 0 and column 0 are on.
struct Turned {
  int orientation;
  Corner stored_top_left;
  Corner stored_top_right;
};
constexpr std::array<Turned, 8> kTurned = {
    Turned{1, kTopLeft, kTopRight},        // row 0 top, column 0 left
    Turned{2, kTopRight, kTopLeft},        // row 0 top, column 0 right
    Turned{3, kBottomRight, kBottomLeft},  // row 0 bottom, column 0 right
    Turned{4, kBottomLeft, kBottomRight},  // row 0 bottom, column 0 left
    Turned{5, kTopLeft, kBottomLeft},      // row 0 left, column 0 top
    Turned{6, kTopRight, kBottomRight},    // row 0 right, column 0 top
    Turned{7, kBottomRight, kTopRight},    // row 0 right, column 0 bottom
    Turned{8, kBottomLeft, kTopLeft},      // row 0 left, column 0 bottom
};

cv::Vec3b at_corner(const cv::Mat& image, Corner corner) {
  const bool right = corner == kTopRight || corner == kBottomRight;
  const bool bottom = corner == kBottomLeft || corner == kBottomRight;
  return image.at<cv::Vec3b>(bottom ? image.rows - 3 : 2, right ? image.cols - 3 : 2);
}

/// White with a red top left and a blue top right corner.
cv::Mat corner_picture() {
  cv::Mat picture(32, 64, CV_8UC3, cv::Scalar::all(255));
  picture(cv::Rect(0, 0, 16, 16)).setTo(cv::Scalar(0, 0, 255));
  picture(cv::Rect(48, 0, 16, 16)).setTo(cv::Scalar(255, 0, 0));
  return picture;
}

void expect_upright(const cv::Mat& image, const Turned& turned) {
  ASSERT_EQ(image.size(), turned.orientation >= 5 ? cv::Size(32, 64) : cv::Size(64, 32));
  const cv::Vec3b red = at_corner(image, turned.stored_top_left);
  const cv::Vec3b blue = at_corner(image, turned.stored_top_right);
  EXPECT_LE(cv::norm(red, cv::Vec3b(0, 0, 255), cv::NORM_INF), 6);
  EXPECT_LE(cv::norm(blue, cv::Vec3b(255, 0, 0), cv::NORM_INF), 6);
}

TEST(ReadImage, TurnsJpegUpright) {
  const Bytes jpeg = encode(corner_picture(), ".jpg");
  for (const bool big_endian : {false, true}) {
    for (const Turned& turned : kTurned) {
      SCOPED_TRACE(turned.orientation);
      const Bytes bytes =
          with_exif_jpeg(jpeg, gondola::test::make_exif(turned.orientation, big_endian));
      expect_upright(decode(bytes), turned);
      expect_same(decode(bytes), opencv_decode(bytes));
    }
  }
}

TEST(ReadImage, TurnsPngUpright) {
  const Bytes png = encode(corner_picture(), ".png");
  for (const Turned& turned : kTurned) {
    SCOPED_TRACE(turned.orientation);
    const Bytes bytes = with_exif_png(png, gondola::test::make_exif(turned.orientation, true));
    expect_upright(decode(bytes), turned);
    expect_same(decode(bytes), opencv_decode(bytes));
  }
}

TEST(ReadImage, TurnsWebpUpright) {
  const Bytes webp = encode(corner_picture(), ".webp", {cv::IMWRITE_WEBP_QUALITY, 101});
  for (const Turned& turned : kTurned) {
    SCOPED_TRACE(turned.orientation);
    expect_upright(decode(with_exif_webp(webp, gondola::test::make_exif(turned.orientation, false),
                                         corner_picture().size())),
                   turned);
  }
}

TEST(ReadImage, IgnoresOrientationsThatDoNotExistAndBrokenExif) {
  const Bytes jpeg = encode(corner_picture(), ".jpg");
  const Bytes cut = truncated(gondola::test::make_exif(6, true), 0.5);
  for (const Bytes& exif :
       {gondola::test::make_exif(0, true), gondola::test::make_exif(9, true), cut}) {
    expect_same(decode(with_exif_jpeg(jpeg, exif)), decode(jpeg));
  }
}

TEST(ReadImage, RefusesTruncatedJpeg) {
  const cv::Mat picture = make_picture(200, 150);
  const Bytes progressive = encode(picture, ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  for (const double share : {0.001, 0.02, 0.2, 0.5, 0.9, 0.98}) {
    EXPECT_NE(decode_error(truncated(progressive, share)), "") << share;
    EXPECT_NE(decode_error(truncated(encode(picture, ".jpg"), share)), "") << share;
  }
  EXPECT_EQ(decode_error(truncated(encode(picture, ".jpg"), 0.5)),
            "cannot read picture 'a picture': damaged or truncated JPEG (Corrupt JPEG data: "
            "premature end of data segment); copy or export it again");
}

TEST(ReadImage, RefusesCorruptJpeg) {
  Bytes jpeg = encode(make_picture(200, 150), ".jpg");
  for (std::size_t i = jpeg.size() / 2; i < jpeg.size() * 3 / 4; i += 3) jpeg[i] ^= 0x55;
  EXPECT_THAT(decode_error(jpeg), HasSubstr("damaged or truncated JPEG"));
}

// Cameras forget the end marker or leave bytes behind the data; no pixel suffers.
TEST(ReadImage, AcceptsHarmlessOdditiesOfJpeg) {
  const Bytes jpeg = encode(make_picture(90, 70), ".jpg");
  const Bytes without_end(jpeg.begin(), jpeg.end() - 2);
  expect_same(decode(without_end), decode(jpeg));

  Bytes with_stray = without_end;
  for (const unsigned char byte : {0x00, 0x11, 0x22, 0xFF, 0xD9}) with_stray.push_back(byte);
  for (int i = 0; i < 100; ++i) with_stray.push_back(0xAB);
  testing::internal::CaptureStderr();
  expect_same(decode(with_stray), decode(jpeg));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ReadImage, RefusesTruncatedFilesOfEveryFormatInSilence) {
  const cv::Mat picture = make_picture(200, 150);
  for (const std::string extension : {".png", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"}) {
    SCOPED_TRACE(extension);
    for (const double share : {0.01, 0.5, 0.9}) {
      EXPECT_THAT(decode_error(truncated(encode(picture, extension), share)),
                  HasSubstr("cannot read picture 'a picture': "))
          << share;
    }
  }
  EXPECT_EQ(decode_error(truncated(encode(picture, ".png"), 0.5)),
            "cannot read picture 'a picture': damaged or truncated PNG (the data ends too early); "
            "copy or export it again");
  EXPECT_EQ(decode_error(truncated(encode(picture, ".bmp"), 0.5)),
            "cannot read picture 'a picture': damaged or truncated BMP, or an unusual variant; "
            "convert it to PNG or JPEG");
}

TEST(ReadImage, LeavesWhatOtherThreadsPrintAlone) {
  const Bytes broken = truncated(encode(make_picture(20, 10), ".bmp"), 0.5);
  constexpr int kLines = 300;
  testing::internal::CaptureStderr();
  std::atomic<bool> done{false};
  std::thread decoding([&] {
    while (!done) EXPECT_THROW(decode(broken), IoError);
  });
  for (int i = 0; i < kLines; ++i) std::cerr << "x";
  done = true;
  decoding.join();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), std::string(kLines, 'x'));
}

TEST(ReadImage, RefusesPicturesThatClaimToBeHuge) {
  EXPECT_EQ(decode_error(gondola::test::png_header(100000, 100000)),
            "cannot read picture 'a picture': it claims 100000 x 100000 pixels, more than the "
            "limit of 2^30; scale it down or cut it");
  EXPECT_THAT(decode_error(gondola::test::png_header(0x7FFFFFFF, 0x7FFFFFFF)),
              HasSubstr("more than the limit"));

  Bytes jpeg = encode(make_picture(64, 64), ".jpg");
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] != 0xFF || jpeg[i + 1] != 0xC0) continue;
    for (const std::size_t at : {5U, 6U, 7U, 8U}) jpeg[i + at] = 0xFD;  // height, then width
    break;
  }
  EXPECT_THAT(decode_error(jpeg), HasSubstr("it claims 65021 x 65021 pixels"));

  Bytes bmp = encode(make_picture(64, 64), ".bmp");
  bmp[20] = bmp[24] = 0x10;  // third byte of the 32-bit width and height: about 2^20 each
  EXPECT_EQ(decode_error(bmp),
            "cannot read picture 'a picture': it claims more than 2^30 pixels or 2^20 in a row; "
            "cut it");
}

TEST(ReadImage, NamesFormatsItCannotRead) {
  const auto error_of = [](const std::string& head) {
    return decode_error(Bytes(head.begin(), head.end()));
  };
  using namespace std::string_literals;
  EXPECT_EQ(error_of("GIF89a\x10\0\x10\0\0\0\0"s),
            "cannot read picture 'a picture': GIF is not supported; convert it to JPEG or PNG");
  EXPECT_THAT(error_of("\0\0\0\x18"
                       "ftypheic\0\0\0\0mif1"s),
              HasSubstr("HEIC is not supported"));
  EXPECT_THAT(error_of("\0\0\0\x18"
                       "ftypavif\0\0\0\0mif1"s),
              HasSubstr("AVIF is not supported"));
  EXPECT_THAT(error_of("\xFF\x0A\x7F\x01"s), HasSubstr("JPEG XL is not supported"));
  EXPECT_EQ(error_of("just some text"),
            "cannot read picture 'a picture': its content is no known picture format (JPEG, PNG, "
            "WebP, TIFF, BMP, PPM, JPEG 2000), whatever its name says");
  EXPECT_THAT(error_of("\0\0\0\x18"
                       "ftypisom\0\0\0\0mp41"s),
              HasSubstr("no known picture format"));
  EXPECT_THAT(error_of(""), HasSubstr("no known picture format"));
}

TEST(ReadImage, NamesFilesItCannotOpen) {
  const TempDir dir;
  const std::string missing = dir / "missing.jpg";
  EXPECT_EQ(read_error(missing),
            "cannot read picture '" + missing + "': No such file or directory");

  const std::string empty = dir / "empty.jpg";
  gondola::test::write_text(empty, "");
  EXPECT_EQ(read_error(empty), "cannot read picture '" + empty +
                                   "': the file is empty (0 bytes); copy or export it again");

  const std::string folder = dir / "folder.jpg";
  std::filesystem::create_directory(folder);
  EXPECT_EQ(read_error(folder), "cannot read picture '" + folder + "': it is a folder");

  EXPECT_EQ(read_error("/dev/null"), "cannot read picture '/dev/null': it is not a regular file");
}

TEST(ReadImage, NamesFilesItMayNotOpen) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TempDir dir;
  const std::string path = dir / "locked.jpg";
  gondola::test::write_text(path, "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_EQ(read_error(path), "cannot read picture '" + path + "': Permission denied");
}

TEST(ReadImage, KeepsMessagesOnOneLine) {
  const TempDir dir;
  const std::string path = dir / "two\nlines.jpg";
  gondola::test::write_text(path, "text");
  EXPECT_THAT(read_error(path), AllOf(HasSubstr("two?lines.jpg"), Not(HasSubstr("\n"))));
}

TEST(ReadImage, ReadsFilesByContentNotByName) {
  const TempDir dir;
  const cv::Mat picture = make_picture(30, 20);
  gondola::test::write_text(dir / "really_png.jpg",
                            gondola::test::to_string(encode(picture, ".png")));
  expect_same(read_image(dir / "really_png.jpg"), picture);
}

void write_bytes(const std::string& path, const Bytes& bytes) {
  gondola::test::write_text(path, gondola::test::to_string(bytes));
}

void expect_size_of_pixels(const std::string& path) {
  const cv::Mat pixels = read_image(path);
  EXPECT_EQ(read_image_size(path), (gondola::Size{pixels.cols, pixels.rows}));
}

TEST(ReadImageSize, IsThatOfThePictureInEveryFormatAndOrientation) {
  const TempDir dir;
  const cv::Mat picture = make_picture(53, 38);
  for (const std::string extension : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm"}) {
    SCOPED_TRACE(extension);
    write_bytes(dir / "picture", encode(picture, extension));
    expect_size_of_pixels(dir / "picture");
  }
  for (const Turned& turned : kTurned) {
    SCOPED_TRACE(turned.orientation);
    const Bytes exif = gondola::test::make_exif(turned.orientation, true);
    for (const Bytes& bytes : {with_exif_jpeg(encode(picture, ".jpg"), exif),
                               with_exif_png(encode(picture, ".png"), exif),
                               with_exif_webp(encode(picture, ".webp"), exif, picture.size())}) {
      write_bytes(dir / "picture", bytes);
      expect_size_of_pixels(dir / "picture");
    }
  }
}

// Three segments of 60000 bytes, such as colour profiles, push the size beyond the first 64 KiB.
TEST(ReadImageSize, FindsAJpegHeaderBehindLongSegments) {
  const TempDir dir;
  Bytes jpeg = encode(make_picture(53, 38), ".jpg");
  Bytes segment = {0xFF, 0xE2, 60002 >> 8, 60002 & 0xFF};
  segment.resize(60004, 'x');
  for (int i = 0; i < 3; ++i) jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  write_bytes(dir / "picture.jpg", jpeg);
  EXPECT_EQ(read_image_size(dir / "picture.jpg"), (gondola::Size{53, 38}));
}

TEST(ReadImageSize, NeedsNoPixelsOfJpegAndPng) {
  const TempDir dir;
  for (const std::string extension : {".jpg", ".png"}) {
    write_bytes(dir / "picture", truncated(encode(make_picture(200, 150), extension), 0.6));
    EXPECT_EQ(read_image_size(dir / "picture"), (gondola::Size{200, 150})) << extension;
  }
}

TEST(ReadImageSize, FailsAsReadingThePictureDoes) {
  const TempDir dir;
  const auto size_error = [](const std::string& path) -> std::string {
    try {
      read_image_size(path);
    } catch (const IoError& error) {
      return error.what();
    }
    return "";
  };
  const std::vector<Bytes> broken = {{},
                                     {'x', 'y', 'z'},
                                     truncated(encode(make_picture(90, 70), ".jpg"), 0.01),
                                     truncated(encode(make_picture(90, 70), ".png"), 0.001),
                                     gondola::test::png_header(0, 5),
                                     gondola::test::png_header(100000, 100000)};
  for (const Bytes& bytes : broken) {
    write_bytes(dir / "picture", bytes);
    EXPECT_NE(size_error(dir / "picture"), "");
    EXPECT_EQ(size_error(dir / "picture"), read_error(dir / "picture"));
  }
  EXPECT_EQ(size_error(dir / "missing"), read_error(dir / "missing"));
}

// 203 / 4 = 50.75 and 155 / 4 = 38.75: 51 x 39. An eighth would be 25 x 19.
TEST(ReadImageReduced, ReducesJpegByTheMostThatLeavesEnough) {
  const TempDir dir;
  const std::string path = dir / "picture.jpg";
  write_bytes(path, encode(make_picture(203, 155), ".jpg"));
  const auto size_for = [&](gondola::Size least) { return read_image_reduced(path, least).size(); };
  EXPECT_EQ(size_for({26, 19}), cv::Size(51, 39));
  EXPECT_EQ(size_for({25, 19}), cv::Size(25, 19));
  EXPECT_EQ(size_for({51, 40}), cv::Size(102, 78));
  EXPECT_EQ(size_for({103, 1}), cv::Size(203, 155));
  EXPECT_EQ(size_for({1000, 1000}), cv::Size(203, 155));
  expect_same(read_image_reduced(path, {203, 155}), read_image(path));
}

// Without the finest detail, of which the two leave different amounts.
TEST(ReadImageReduced, ShowsTheSamePictureAsAveragingThePixels) {
  const TempDir dir;
  cv::Mat picture = make_picture(320, 240);
  cv::GaussianBlur(picture, picture, {}, 3);
  const std::string path = dir / "picture.jpg";
  for (const Turned& turned : kTurned) {
    write_bytes(path, with_exif_jpeg(encode(picture, ".jpg"),
                                     gondola::test::make_exif(turned.orientation, true)));
    const cv::Mat full = read_image(path);
    const cv::Mat half = read_image_reduced(path, {full.cols / 2, full.rows / 2});
    ASSERT_EQ(half.size(), full.size() / 2);
    cv::Mat averaged;
    cv::resize(full, averaged, half.size(), 0, 0, cv::INTER_AREA);
    EXPECT_LT(cv::norm(half, averaged, cv::NORM_L1) / static_cast<double>(half.total() * 3), 4)
        << turned.orientation;
  }
}

TEST(ReadImageReduced, LeavesOtherFormatsAsTheyAre) {
  const TempDir dir;
  write_bytes(dir / "picture.png", encode(make_picture(90, 70), ".png"));
  expect_same(read_image_reduced(dir / "picture.png", {9, 7}), make_picture(90, 70));
}

}  // namespace
