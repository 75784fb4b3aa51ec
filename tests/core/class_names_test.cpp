#include "gondola/core/class_names.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace gondola {
namespace {

TEST(ClassNames, NamesIdsAndFindsNames) {
  const ClassNames names({"bottle", "can", "box"});
  EXPECT_EQ(names.size(), 3U);
  EXPECT_EQ(names.name(1), "can");
  EXPECT_EQ(names.find("box"), 2);
  EXPECT_EQ(names.find("Box"), std::nullopt);
  EXPECT_EQ(names.find("jar"), std::nullopt);
}

TEST(ClassNames, MakesUpANameWhereThereIsNone) {
  const ClassNames names({"bottle", ""});
  EXPECT_EQ(names.name(1), "class1");
  EXPECT_EQ(names.name(7), "class7");
  EXPECT_EQ(names.name(-1), "class-1");
  EXPECT_EQ(names.name(std::numeric_limits<int>::max()), "class2147483647");
  EXPECT_EQ(ClassNames().name(0), "class0");
}

TEST(ClassNames, DoesNotFindMadeUpOrEmptyNames) {
  const ClassNames names({"bottle", ""});
  EXPECT_EQ(names.find("class1"), std::nullopt);
  EXPECT_EQ(names.find(""), std::nullopt);
}

TEST(ClassNames, FindsTheFirstOfTwins) { EXPECT_EQ(ClassNames({"a", "b", "b"}).find("b"), 1); }

TEST(ClassNames, ComparesByNames) {
  EXPECT_EQ(ClassNames({"a"}), ClassNames({"a"}));
  EXPECT_NE(ClassNames({"a"}), ClassNames());
  EXPECT_TRUE(ClassNames().empty());
}

}  // namespace
}  // namespace gondola
