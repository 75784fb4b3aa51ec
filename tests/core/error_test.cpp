#include "gondola/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola {
namespace {

TEST(Error, ConcatJoinsWhatCanBePrinted) { EXPECT_EQ(concat("a", 1, ':', 2.5), "a1:2.5"); }

TEST(Error, EverythingFromOutsideIsAnError) {
  EXPECT_THROW(throw ConfigError("x"), Error);
  EXPECT_THROW(throw IoError("x"), Error);
  EXPECT_THROW(throw WeightsError("x"), Error);
}

TEST(Error, ExpectsThrowsWithTheExpressionAndTheValues) {
  const int sides = 3;
  try {
    GONDOLA_EXPECTS(sides == 4, "a box with ", sides, " sides");
    FAIL() << "nothing thrown";
  } catch (const ContractViolation& error) {
    EXPECT_STREQ(error.what(), "a box with 3 sides (requirement broken: sides == 4)");
  }
  EXPECT_NO_THROW(GONDOLA_EXPECTS(sides == 3, "never seen"));
}

}  // namespace
}  // namespace gondola
