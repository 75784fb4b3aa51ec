#include "gondola/report/local_time.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "report/local_zone.hpp"

namespace gondola::report {
namespace {

using testing::ElementsAre;

constexpr store::UtcMilliseconds kHourMs = 3'600'000;

// 2026-11-01 00:00 UTC: 20758 days after 1970-01-01.
constexpr store::UtcMilliseconds kNovember = 20'758 * 24 * kHourMs;
constexpr store::UtcMilliseconds kNoon = kNovember + 12 * kHourMs;

std::string error_of(const std::string& text) {
  try {
    parse_local_time(text, kNoon);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(LocalTime, ReadsADayAsItsLocalMidnights) {
  const LocalZone zone(kCentralEurope);
  // One hour ahead of UTC in winter.
  EXPECT_EQ(parse_local_time("2026-11-01", kNoon),
            (TimeSpan{kNovember - kHourMs, kNovember + 23 * kHourMs}));
}

TEST(LocalTime, TheDayOnWhichClocksGoBackHas25Hours) {
  const LocalZone zone(kCentralEurope);
  const TimeSpan day = parse_local_time("2026-10-25", kNoon);
  EXPECT_EQ(day.to - day.from, 25 * kHourMs);
}

TEST(LocalTime, ReadsInstants) {
  const LocalZone zone(kCentralEurope);
  const store::UtcMilliseconds eight = kNovember + 7 * kHourMs;
  EXPECT_EQ(parse_local_time("2026-11-01 08:00", kNoon), (TimeSpan{eight, eight}));
  EXPECT_EQ(parse_local_time("2026-11-01T08:00", kNoon), (TimeSpan{eight, eight}));
  EXPECT_EQ(parse_local_time("2026-11-01 08:00:30", kNoon),
            (TimeSpan{eight + 30'000, eight + 30'000}));
  EXPECT_EQ(parse_local_time("now", kNoon), (TimeSpan{kNoon, kNoon}));
  EXPECT_EQ(parse_local_time("12h", kNoon), (TimeSpan{kNovember, kNovember}));
}

TEST(LocalTime, ReadsDaysFromToday) {
  const LocalZone zone("UTC0");
  constexpr store::UtcMilliseconds kDayMs = 24 * kHourMs;
  EXPECT_EQ(parse_local_time("today", kNoon), (TimeSpan{kNovember, kNovember + kDayMs}));
  EXPECT_EQ(parse_local_time("yesterday", kNoon), (TimeSpan{kNovember - kDayMs, kNovember}));
  EXPECT_EQ(parse_local_time("7d", kNoon),
            (TimeSpan{kNovember - 7 * kDayMs, kNovember - 6 * kDayMs}));
  EXPECT_EQ(parse_local_time("0d", kNoon), parse_local_time("today", kNoon));
}

TEST(LocalTime, RefusesWhatNoCalendarHas) {
  const LocalZone zone("UTC0");
  for (const char* text :
       {"2026-02-30", "2026-13-01", "2026-00-10", "2026-04-31", "2025-02-29", "2026-11-01 24:00",
        "2026-11-01 8:00", "2026-11-01x08:00", "2026-11-01 08:00:60", "2026-1-1", "01.11.2026", "",
        " 2026-11-01", "-7d", "d", "tomorrow", "2026-11-01 ", "123456d"}) {
    EXPECT_THAT(error_of(text), testing::HasSubstr("is no time; expected a date")) << text;
  }
  EXPECT_EQ(error_of("2026-02-30"),
            "'2026-02-30' is no time; expected a date such as 2026-11-01 or \"2026-11-01 08:00\", "
            "or today, yesterday, 7d, 12h, now");
  EXPECT_EQ(error_of("2024-02-29"), "no error");
}

TEST(LocalTime, WritesLocalAndUtcTimes) {
  {
    const LocalZone zone(kCentralEurope);
    EXPECT_EQ(local_minute(kNovember), "2026-11-01 01:00");
    EXPECT_EQ(local_iso(kNovember), "2026-11-01T01:00:00+01:00");
    // A hundred days earlier it is summer.
    EXPECT_EQ(local_iso(kNovember - 100 * 24 * kHourMs), "2026-07-24T02:00:00+02:00");
  }
  {
    const LocalZone zone("NST3:30");
    EXPECT_EQ(local_iso(kNovember), "2026-10-31T20:30:00-03:30");
  }
  EXPECT_EQ(utc_iso(kNovember), "2026-11-01T00:00:00Z");
  EXPECT_EQ(utc_iso(-1), "1969-12-31T23:59:59Z");
}

TEST(LocalTime, ChoosesTheStepByTheLengthOfTheSpan) {
  constexpr store::UtcMilliseconds kDayMs = 24 * kHourMs;
  EXPECT_EQ(step_for({0, 1}), TimeStep::kHour);
  EXPECT_EQ(step_for({0, 2 * kDayMs}), TimeStep::kHour);
  EXPECT_EQ(step_for({0, 3 * kDayMs}), TimeStep::kDay);
  EXPECT_EQ(step_for({0, 92 * kDayMs}), TimeStep::kDay);
  EXPECT_EQ(step_for({0, 100 * kDayMs}), TimeStep::kWeek);
  EXPECT_EQ(step_for({0, 1000 * kDayMs}), TimeStep::kMonth);
}

TEST(LocalTime, StepsFollowTheCalendar) {
  const LocalZone zone(kCentralEurope);
  // From Saturday the 24th of October, 12:00, over the night in which clocks go back.
  const store::UtcMilliseconds noon = parse_local_time("2026-10-24 12:00", kNoon).from;
  const store::UtcMilliseconds midnight = noon + 12 * kHourMs;
  const store::UtcMilliseconds monday = midnight + 25 * kHourMs;
  const TimeSpan span{noon, midnight + 30 * kHourMs};
  EXPECT_THAT(calendar_steps(span, TimeStep::kDay),
              ElementsAre(TimeSpan{noon - 12 * kHourMs, midnight}, TimeSpan{midnight, monday},
                          TimeSpan{monday, monday + 24 * kHourMs}));
  EXPECT_THAT(calendar_steps(span, TimeStep::kWeek),
              ElementsAre(TimeSpan{midnight - 6 * 24 * kHourMs, monday},
                          TimeSpan{monday, monday + 7 * 24 * kHourMs}));
  // The 1st of October is 24 days before the 25th, that of November 6 days after the 26th.
  EXPECT_THAT(calendar_steps(span, TimeStep::kMonth),
              ElementsAre(TimeSpan{midnight - 24 * 24 * kHourMs, monday + 6 * 24 * kHourMs}));
  // The hour from two to three comes twice.
  const std::vector<TimeSpan> hours =
      calendar_steps({midnight, midnight + 25 * kHourMs}, TimeStep::kHour);
  ASSERT_EQ(hours.size(), 25U);
  EXPECT_EQ(step_label(hours[2].from, TimeStep::kHour), "25 Oct 02:00");
  EXPECT_EQ(step_label(hours[3].from, TimeStep::kHour), "25 Oct 02:00");
}

TEST(LocalTime, HoursStartOnTheHourWhereTheZoneIsHalfAnHourOff) {
  const LocalZone zone("IST-5:30");
  const store::UtcMilliseconds start = kNovember + 15 * 60'000;  // 05:45 there
  EXPECT_THAT(calendar_steps({start, start + kHourMs}, TimeStep::kHour),
              ElementsAre(TimeSpan{kNovember - 30 * 60'000, kNovember + 30 * 60'000},
                          TimeSpan{kNovember + 30 * 60'000, kNovember + 90 * 60'000}));
}

TEST(LocalTime, NoStepsOfNoTime) {
  EXPECT_THROW(calendar_steps({5, 5}, TimeStep::kDay), ContractViolation);
}

}  // namespace
}  // namespace gondola::report
