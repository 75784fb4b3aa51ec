#include "gondola/data/mot_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::data {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MotFiles : public testing::Test {
 protected:
  std::vector<MotBox> read(const std::string& text) {
    test::write_text(dir_ / "gt.txt", text);
    return read_mot_file(dir_ / "gt.txt");
  }

  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const IoError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no exception";
  }

  const test::TempDir dir_;
};

TEST_F(MotFiles, ReadsTruthWithAllItsFields) {
  const auto boxes = read("1,25,33.5,250,46,63,1,1,0.957\n2,25,31,250,46,63,0,7,0.4\n");
  ASSERT_THAT(boxes, SizeIs(2));
  EXPECT_EQ(boxes[0].frame, 1);
  EXPECT_EQ(boxes[0].identity, 25);
  EXPECT_EQ(boxes[0].box, (Box{33.5F, 250, 79.5F, 313}));
  EXPECT_EQ(boxes[0].confidence, 1);
  EXPECT_EQ(boxes[0].class_id, 1);
  EXPECT_EQ(boxes[1].frame, 2);
  EXPECT_EQ(boxes[1].confidence, 0);
  EXPECT_EQ(boxes[1].class_id, 7);
}

TEST_F(MotFiles, BearsHowOthersWriteThem) {
  // Windows line ends, blanks, whole numbers with a point, coordinates in place of a class, no last
  // line end, few and many fields.
  const auto boxes = read(
      "1, 2, 10, 20, 30, 40\r\n\n3.0,4.000,-5.5,1e1,30,40,0.75,-1,-1,-1,9,9\r\n"
      "3,5,0,0,1,1,-1");
  ASSERT_THAT(boxes, SizeIs(3));
  EXPECT_EQ(boxes[0].box, (Box{10, 20, 40, 60}));
  EXPECT_EQ(boxes[0].confidence, 1);
  EXPECT_EQ(boxes[0].class_id, -1);
  EXPECT_EQ(boxes[1].frame, 3);
  EXPECT_EQ(boxes[1].identity, 4);
  EXPECT_EQ(boxes[1].box, (Box{-5.5F, 10, 24.5F, 50}));
  EXPECT_EQ(boxes[2].confidence, -1);
  EXPECT_THAT(read(""), IsEmpty());
}

TEST_F(MotFiles, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal("1,1,0,0,5,5\n1,2,0,0,5\n"),
            "gt.txt:2: 5 fields; expected at least 6 (frame,id,left,top,width,height)");
  EXPECT_EQ(refusal("frame,id,left,top,width,height\n"),
            "gt.txt:1: left is 'left'; expected a number");
  EXPECT_EQ(refusal("1,1,0,nan,5,5\n"), "gt.txt:1: top is 'nan'; expected a number");
  EXPECT_EQ(refusal("1,1,0,0,-5,5\n"), "gt.txt:1: width is '-5'; expected 0 or more");
  EXPECT_EQ(refusal("0,1,0,0,5,5\n"),
            "gt.txt:1: frame is '0'; expected 1 to 10000000 (frames count from 1)");
  EXPECT_EQ(refusal("1,1.5,0,0,5,5\n"), "gt.txt:1: id is '1.5'; expected a whole number");
  EXPECT_EQ(refusal("1,1,0,0,5,5,x\n"), "gt.txt:1: conf is 'x'; expected a number");
  EXPECT_EQ(refusal("1,1,0,0,5,5,1,1e12\n"), "gt.txt:1: class is '1e12'; expected a class number");
  EXPECT_EQ(refusal("7,3,0,0,5,5\n8,3,0,0,5,5\n\n7,3,9,9,5,5\n"),
            "gt.txt:4: identity 3 is in frame 7 already (line 1); each may be there once, with the "
            "number of its track");
}

TEST_F(MotFiles, SaysWhenThereIsNoFile) {
  try {
    read_mot_file(dir_ / "none.txt");
    FAIL() << "no exception";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("none.txt': no such file"));
  }
}

}  // namespace
}  // namespace gondola::data
