#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gondola/store/event_store.hpp"

namespace gondola::report {

// Local time is that of the process: of the environment variable TZ, else of the machine.

/// From `from` up to, and without, `to`.
struct TimeSpan {
  store::UtcMilliseconds from = 0;
  store::UtcMilliseconds to = 0;

  friend constexpr bool operator==(const TimeSpan& a, const TimeSpan& b) {
    return a.from == b.from && a.to == b.to;
  }
};

/// The time somebody wrote, in local time. A day is the span from its midnight to the next; an
/// instant is an empty span.
///
/// Days: 2026-11-01, today, yesterday, 7d (the day seven days ago). Instants: "2026-11-01 08:00",
/// 2026-11-01T08:00:30, now, 12h (twelve hours ago).
///
/// Throws: ConfigError for anything else and for dates that no calendar has.
TimeSpan parse_local_time(std::string_view text, store::UtcMilliseconds now);

/// 2026-11-01 08:00
std::string local_minute(store::UtcMilliseconds time);

/// 2026-11-01T08:00:00+01:00, RFC 3339 with the offset at that time.
std::string local_iso(store::UtcMilliseconds time);

/// 2026-11-01T07:00:00Z
std::string utc_iso(store::UtcMilliseconds time);

/// By this machine's clock.
store::UtcMilliseconds utc_now();

/// Lengths of local time, so that a day may have 23 or 25 hours.
enum class TimeStep { kHour, kDay, kWeek, kMonth };

/// "hour", "day", "week", "month".
std::string_view name_of(TimeStep step);

/// Hours up to two days, days up to a quarter of a year, weeks up to two years, else months: never
/// much more than a hundred steps in two decades.
TimeStep step_for(const TimeSpan& span);

/// The whole steps of the calendar that a span touches, in order. Weeks begin on Mondays.
///
/// Requires: span.from < span.to (ContractViolation).
std::vector<TimeSpan> calendar_steps(const TimeSpan& span, TimeStep step);

/// What a chart writes under a step that starts then: "1 Nov 08:00", "1 Nov", "Nov 2026".
std::string step_label(store::UtcMilliseconds start, TimeStep step);

}  // namespace gondola::report
