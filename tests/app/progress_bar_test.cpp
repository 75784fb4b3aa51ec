#include "progress_bar.hpp"

#include <gtest/gtest.h>

namespace gondola::app {
namespace {

TEST(ProgressText, ShowsBarRateAndTimeLeft) {
  // 10 of 40 in 5 s: 2/s, 30 left take 15 s; the bar is a quarter full.
  EXPECT_EQ(progress_text(10, 40, 5.0, 80),
            "[=======>                      ]  10/40  2.0/s  15 s left");
  EXPECT_EQ(progress_text(0, 40, 0.0, 80), "[>                             ]  0/40");
  EXPECT_EQ(progress_text(40, 40, 5.0, 80),
            "[==============================]  40/40  8.0/s  0 s left");
}

TEST(ProgressText, LongTimesAreInMinutesAndHours) {
  EXPECT_NE(progress_text(1, 100, 1.0, 80).find("1:39 min left"), std::string::npos);
  EXPECT_NE(progress_text(1, 10000, 1.0, 80).find("2:46 h left"), std::string::npos);
}

TEST(DurationText, NamesItsUnit) {
  EXPECT_EQ(duration_text(12.4), "12 s");
  EXPECT_EQ(duration_text(185), "3:05 min");
  EXPECT_EQ(duration_text(4800), "1:20 h");
}

TEST(ProgressText, ANarrowTerminalGetsNoBar) {
  EXPECT_EQ(progress_text(10, 40, 5.0, 25), "10/40  2.0/s  15 s left");
}

}  // namespace
}  // namespace gondola::app
