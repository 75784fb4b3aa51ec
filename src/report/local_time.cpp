#include "gondola/report/local_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::report {
namespace {

using store::UtcMilliseconds;

constexpr UtcMilliseconds kSecond = 1000;
constexpr UtcMilliseconds kHour = 3600 * kSecond;
constexpr UtcMilliseconds kDay = 24 * kHour;

constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Rounds down, before 1970 too.
std::time_t whole_seconds(UtcMilliseconds time) {
  return static_cast<std::time_t>((time - (time % kSecond + kSecond) % kSecond) / kSecond);
}

std::tm local_fields(UtcMilliseconds time) {
  const std::time_t seconds = whole_seconds(time);
  std::tm fields{};
  localtime_r(&seconds, &fields);
  return fields;
}

/// Fields may be out of their ranges, as for the 32nd of a month.
UtcMilliseconds from_local(std::tm fields) {
  return static_cast<UtcMilliseconds>(std::mktime(&fields)) * kSecond;
}

/// Midnight of a day, `days` later.
UtcMilliseconds midnight(const std::tm& day, int days = 0) {
  std::tm fields{};
  fields.tm_year = day.tm_year;
  fields.tm_mon = day.tm_mon;
  fields.tm_mday = day.tm_mday + days;
  fields.tm_isdst = -1;
  return from_local(fields);
}

TimeSpan whole_day(const std::tm& day, int days = 0) {
  return {midnight(day, days), midnight(day, days + 1)};
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The number that text[start, start + length) is, if it is digits and in its range.
std::optional<int> field(std::string_view text, std::size_t start, std::size_t length, int low,
                         int high) {
  if (text.size() < start + length) return std::nullopt;
  const std::string_view digits = text.substr(start, length);
  if (!is_digits(digits)) return std::nullopt;
  const std::optional<int> number = parse_number<int>(digits);
  return number && *number >= low && *number <= high ? number : std::nullopt;
}

std::optional<std::tm> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = field(text, 0, 4, 1970, 9999);
  const auto month = field(text, 5, 2, 1, 12);
  const auto day = field(text, 8, 2, 1, 31);
  if (!year || !month || !day) return std::nullopt;
  std::tm fields{};
  fields.tm_year = *year - 1900;
  fields.tm_mon = *month - 1;
  fields.tm_mday = *day;
  fields.tm_hour = 12;
  fields.tm_isdst = -1;
  std::tm normal = fields;
  std::mktime(&normal);
  // The calendar moved the 30th of February into March.
  if (normal.tm_mday != fields.tm_mday) return std::nullopt;
  return fields;
}

/// hh:mm or hh:mm:ss into the fields of a date.
bool parse_clock(std::string_view text, std::tm& fields) {
  if (text.size() != 5 && text.size() != 8) return false;
  if (text[2] != ':' || (text.size() == 8 && text[5] != ':')) return false;
  const auto hour = field(text, 0, 2, 0, 23);
  const auto minute = field(text, 3, 2, 0, 59);
  const auto second = text.size() == 8 ? field(text, 6, 2, 0, 59) : std::optional<int>(0);
  if (!hour || !minute || !second) return false;
  fields.tm_hour = *hour;
  fields.tm_min = *minute;
  fields.tm_sec = *second;
  return true;
}

/// "7d" or "12h" for the units d and h.
std::optional<int> parse_ago(std::string_view text, char unit) {
  if (text.size() < 2 || text.size() > 6 || text.back() != unit) return std::nullopt;
  return field(text, 0, text.size() - 1, 0, 99999);
}

/// Start of the step of the calendar that holds a time.
UtcMilliseconds step_start(UtcMilliseconds time, TimeStep step) {
  std::tm fields = local_fields(time);
  switch (step) {
    case TimeStep::kHour:
      return static_cast<UtcMilliseconds>(whole_seconds(time)) * kSecond -
             (fields.tm_min * 60 + fields.tm_sec) * kSecond;
    case TimeStep::kDay:
      return midnight(fields);
    case TimeStep::kWeek:
      return midnight(fields, -((fields.tm_wday + 6) % 7));
    case TimeStep::kMonth:
      fields.tm_mday = 1;
      return midnight(fields);
  }
  return time;
}

UtcMilliseconds next_step(UtcMilliseconds start, TimeStep step) {
  std::tm fields = local_fields(start);
  switch (step) {
    case TimeStep::kHour:
      return start + kHour;
    case TimeStep::kDay:
      return midnight(fields, 1);
    case TimeStep::kWeek:
      return midnight(fields, 7);
    case TimeStep::kMonth:
      fields.tm_mday = 1;
      ++fields.tm_mon;
      return midnight(fields);
  }
  return start;
}

std::string formatted(const char* format, const std::tm& fields) {
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &fields)};
}

}  // namespace

TimeSpan parse_local_time(std::string_view text, UtcMilliseconds now) {
  const std::tm today = local_fields(now);
  if (text == "now") return {now, now};
  if (text == "today") return whole_day(today);
  if (text == "yesterday") return whole_day(today, -1);
  if (const auto days = parse_ago(text, 'd')) return whole_day(today, -*days);
  if (const auto hours = parse_ago(text, 'h')) return {now - *hours * kHour, now - *hours * kHour};
  if (std::optional<std::tm> date = parse_date(text.substr(0, 10))) {
    if (text.size() == 10) return whole_day(*date);
    if ((text[10] == ' ' || text[10] == 'T') && parse_clock(text.substr(11), *date)) {
      const UtcMilliseconds instant = from_local(*date);
      return {instant, instant};
    }
  }
  throw ConfigError(concat("'", printable(text),
                           "' is no time; expected a date such as 2026-11-01 or "
                           "\"2026-11-01 08:00\", or today, yesterday, 7d, 12h, now"));
}

std::string local_minute(UtcMilliseconds time) {
  return formatted("%Y-%m-%d %H:%M", local_fields(time));
}

std::string local_iso(UtcMilliseconds time) {
  const std::tm fields = local_fields(time);
  const long minutes = fields.tm_gmtoff / 60;
  std::array<char, 16> offset{};
  std::snprintf(offset.data(), offset.size(), "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
                std::labs(minutes) / 60 % 100, std::labs(minutes) % 60);
  return formatted("%Y-%m-%dT%H:%M:%S", fields) + offset.data();
}

std::string utc_iso(UtcMilliseconds time) {
  const std::time_t seconds = whole_seconds(time);
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  return formatted("%Y-%m-%dT%H:%M:%SZ", fields);
}

std::string_view name_of(TimeStep step) {
  switch (step) {
    case TimeStep::kHour:
      return "hour";
    case TimeStep::kDay:
      return "day";
    case TimeStep::kWeek:
      return "week";
    case TimeStep::kMonth:
      return "month";
  }
  return "";
}

TimeStep step_for(const TimeSpan& span) {
  const UtcMilliseconds length = span.to - span.from;
  if (length <= 2 * kDay + kHour) return TimeStep::kHour;  // two days with an hour put back
  if (length <= 93 * kDay) return TimeStep::kDay;
  if (length <= 732 * kDay) return TimeStep::kWeek;
  return TimeStep::kMonth;
}

std::vector<TimeSpan> calendar_steps(const TimeSpan& span, TimeStep step) {
  GONDOLA_EXPECTS(span.from < span.to, "calendar_steps: from ", span.from, " to ", span.to);
  std::vector<TimeSpan> steps;
  for (UtcMilliseconds start = step_start(span.from, step); start < span.to;) {
    const UtcMilliseconds next = next_step(start, step);
    steps.push_back({start, next});
    start = next;
  }
  return steps;
}

std::string step_label(UtcMilliseconds start, TimeStep step) {
  const std::tm fields = local_fields(start);
  const char* month = kMonths[static_cast<std::size_t>(fields.tm_mon)];
  switch (step) {
    case TimeStep::kHour:
      return concat(fields.tm_mday, ' ', month, formatted(" %H:%M", fields));
    case TimeStep::kDay:
    case TimeStep::kWeek:
      return concat(fields.tm_mday, ' ', month);
    case TimeStep::kMonth:
      return concat(month, ' ', fields.tm_year + 1900);
  }
  return "";
}

store::UtcMilliseconds utc_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace gondola::report
