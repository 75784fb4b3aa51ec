#include "gondola/count/interval_recorder.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

IntervalRecorder recorder_for(double interval_s, double max_gap_s = 5) {
  IntervalOptions options;
  options.interval_s = interval_s;
  options.max_gap_s = max_gap_s;
  return IntervalRecorder(options,
                          {{ScopeKind::kLine, "door", {0}},
                           {ScopeKind::kZone, "till", {}},
                           {ScopeKind::kUnique, "", {}}},
                          ClassNames({"person", "dog"}));
}

constexpr std::size_t kLine = 0;
constexpr std::size_t kZone = 1;
constexpr std::size_t kUnique = 2;

/// The rows of one place and label.
std::vector<CountRow> rows_of(const std::vector<CountRow>& rows, ScopeKind scope,
                              const std::string& label = "") {
  std::vector<CountRow> found;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(found),
               [&](const CountRow& row) { return row.scope == scope && row.label == label; });
  return found;
}

TEST(IntervalRecorder, WhatHappensAtAnEdgeBelongsToTheLaterInterval) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.advance(3);  // intervals begin here: [3, 13), [13, 23)
  recorder.add_crossing(kLine, 0, true);
  recorder.advance(8);
  recorder.advance(12.999);
  recorder.add_crossing(kLine, 0, true);
  EXPECT_TRUE(recorder.take_rows().empty());
  recorder.advance(13);
  recorder.add_crossing(kLine, 1, false);
  const std::vector<CountRow> first = recorder.take_rows();
  const std::vector<CountRow> doors = rows_of(first, ScopeKind::kLine);
  ASSERT_EQ(doors.size(), 1U);
  EXPECT_DOUBLE_EQ(doors[0].start_s, 3);
  EXPECT_DOUBLE_EQ(doors[0].end_s, 13);
  EXPECT_DOUBLE_EQ(doors[0].watched_s, 10);
  EXPECT_EQ(doors[0].name, "door");
  EXPECT_EQ(doors[0].in, 2U);
  EXPECT_EQ(doors[0].out, 0U);
  EXPECT_EQ(rows_of(first, ScopeKind::kLine, "person").at(0).in, 2U);
  EXPECT_TRUE(rows_of(first, ScopeKind::kLine, "dog").empty());

  recorder.advance(15.5);
  recorder.finish();
  const std::vector<CountRow> last = recorder.take_rows();
  EXPECT_DOUBLE_EQ(rows_of(last, ScopeKind::kLine).at(0).end_s, 15.5) << "its true end";
  EXPECT_EQ(rows_of(last, ScopeKind::kLine).at(0).out, 1U);
  EXPECT_EQ(rows_of(last, ScopeKind::kLine, "dog").at(0).out, 1U);
  EXPECT_EQ(rows_of(last, ScopeKind::kLine, "person").at(0).in, 0U);

  const std::vector<CountRow> totals = recorder.totals();
  EXPECT_DOUBLE_EQ(rows_of(totals, ScopeKind::kLine).at(0).start_s, 3);
  EXPECT_DOUBLE_EQ(rows_of(totals, ScopeKind::kLine).at(0).end_s, 15.5);
  EXPECT_EQ(rows_of(totals, ScopeKind::kLine).at(0).in, 2U);
  EXPECT_EQ(rows_of(totals, ScopeKind::kLine).at(0).out, 1U);
}

TEST(IntervalRecorder, RowsComeInOrderOfPlacesAllClassesFirst) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.advance(0);
  recorder.add_entry(kZone, 1);
  recorder.advance(1);
  recorder.finish();
  const std::vector<CountRow> rows = recorder.take_rows();
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].name + rows[0].label, "door");
  EXPECT_EQ(rows[1].name + rows[1].label, "doorperson");
  EXPECT_EQ(rows[2].name + rows[2].label, "till");
  EXPECT_EQ(rows[3].name + rows[3].label, "tilldog");
  EXPECT_EQ(rows[4].scope, ScopeKind::kUnique);
}

TEST(IntervalRecorder, OccupancyIsHeldAcrossAnEdge) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.advance(0);
  recorder.advance(4);
  recorder.add_entry(kZone, 0);
  recorder.add_entry(kZone, 0);
  recorder.advance(8);
  recorder.add_end(kZone, 0, 3, true);
  recorder.advance(12);
  recorder.add_end(kZone, 0, 9, false);
  recorder.advance(15);
  recorder.finish();
  const std::vector<CountRow> rows = rows_of(recorder.take_rows(), ScopeKind::kZone);
  ASSERT_EQ(rows.size(), 2U);
  // 0 for 4 s, 2 for 4 s, 1 for 2 s; then 1 for 2 s, 0 for 3 s.
  EXPECT_DOUBLE_EQ(rows[0].occupancy_mean, 1.0);
  EXPECT_EQ(rows[0].occupancy_max, 2U);
  EXPECT_EQ(rows[0].occupancy_last, 1U);
  EXPECT_EQ(rows[0].entries, 2U);
  EXPECT_EQ(rows[0].exits, 1U);
  EXPECT_DOUBLE_EQ(rows[0].dwell_mean_s, 3);
  EXPECT_DOUBLE_EQ(rows[1].occupancy_mean, 0.4);
  EXPECT_EQ(rows[1].occupancy_max, 1U);
  EXPECT_EQ(rows[1].lost, 1U);
  EXPECT_DOUBLE_EQ(rows[1].dwell_mean_s, 9);
  const std::vector<CountRow> totals = rows_of(recorder.totals(), ScopeKind::kZone);
  EXPECT_DOUBLE_EQ(totals.at(0).occupancy_mean, 12 / 15.0);
  EXPECT_DOUBLE_EQ(totals.at(0).dwell_mean_s, 6);
  EXPECT_DOUBLE_EQ(totals.at(0).dwell_max_s, 9);
}

TEST(IntervalRecorder, IntervalsWithoutPicturesGiveNoRows) {
  IntervalRecorder recorder = recorder_for(10, 3);
  recorder.advance(0);
  recorder.advance(2);
  recorder.add_entry(kZone, 0);
  recorder.advance(1e9 + 4);  // the stream was away for thirty years
  recorder.add_end(kZone, 0, 2, true);
  recorder.advance(1e9 + 6);
  recorder.finish();
  const std::vector<CountRow> rows = rows_of(recorder.take_rows(), ScopeKind::kZone);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_DOUBLE_EQ(rows[0].start_s, 0);
  EXPECT_DOUBLE_EQ(rows[0].end_s, 10);
  EXPECT_DOUBLE_EQ(rows[0].watched_s, 5) << "the pause counts as 3 s";
  EXPECT_DOUBLE_EQ(rows[0].occupancy_mean, 3 / 5.0);
  EXPECT_DOUBLE_EQ(rows[1].start_s, 1e9);
  EXPECT_DOUBLE_EQ(rows[1].end_s, 1e9 + 6);
  EXPECT_DOUBLE_EQ(rows[1].watched_s, 2);
  EXPECT_EQ(rows[1].exits, 1U);
}

TEST(IntervalRecorder, AGapWithinTheLongestFillsTheIntervalsItSpans) {
  IntervalRecorder recorder = recorder_for(1, 3);
  recorder.advance(0);
  recorder.add_entry(kZone, 0);
  recorder.advance(2.5);
  recorder.finish();
  const std::vector<CountRow> rows = rows_of(recorder.take_rows(), ScopeKind::kZone);
  ASSERT_EQ(rows.size(), 3U);
  for (const CountRow& row : rows) EXPECT_DOUBLE_EQ(row.occupancy_mean, 1);
  EXPECT_DOUBLE_EQ(rows[2].end_s, 2.5);
}

TEST(IntervalRecorder, UniqueObjectsMoveBetweenClassesOnlyInTheirOwnInterval) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.advance(0);
  recorder.add_unique(kUnique, 0);
  recorder.add_unique(kUnique, 0);
  recorder.advance(5);
  recorder.change_unique(kUnique, 0, 1, 0);
  recorder.advance(10);
  recorder.change_unique(kUnique, 0, 1, 0);
  recorder.advance(11);
  recorder.finish();
  const std::vector<CountRow> rows = recorder.take_rows();
  EXPECT_EQ(rows_of(rows, ScopeKind::kUnique).at(0).entries, 2U);
  EXPECT_EQ(rows_of(rows, ScopeKind::kUnique, "person").at(0).entries, 1U);
  EXPECT_EQ(rows_of(rows, ScopeKind::kUnique, "dog").at(0).entries, 1U);
  EXPECT_EQ(rows_of(rows, ScopeKind::kUnique, "person").at(1).entries, 0U);
  EXPECT_EQ(rows_of(rows, ScopeKind::kUnique, "dog").at(1).entries, 0U);
  EXPECT_EQ(rows_of(recorder.totals(), ScopeKind::kUnique, "person").at(0).entries, 0U);
  EXPECT_EQ(rows_of(recorder.totals(), ScopeKind::kUnique, "dog").at(0).entries, 2U);
}

TEST(IntervalRecorder, WithoutAnyFrameThereAreNoRows) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.finish();
  EXPECT_TRUE(recorder.take_rows().empty());
}

TEST(IntervalRecorder, RefusesTimesThatFallAndFramesAfterTheEnd) {
  IntervalRecorder recorder = recorder_for(10);
  recorder.advance(1);
  EXPECT_THROW(recorder.advance(0.5), ContractViolation);
  recorder.finish();
  EXPECT_THROW(recorder.advance(2), ContractViolation);
  EXPECT_THROW(recorder_for(0), ConfigError);
}

TEST(IntervalRecorder, RowsAddUpToTheTotalsAtAnyFrameRate) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 20; ++round) {
    const double interval_s = 0.3 + 3 * unit(random);
    IntervalRecorder recorder = recorder_for(interval_s);
    std::size_t occupancy = 0;
    double occupancy_seconds = 0;
    std::vector<double> entry_times;
    double time_s = 7 * unit(random);
    const double first_s = time_s;
    for (int frame = 0; frame < 300; ++frame) {
      recorder.advance(time_s);
      if (random() % 2 == 0) {
        recorder.add_entry(kZone, 0);
        entry_times.push_back(time_s);
        ++occupancy;
      } else if (occupancy > 0) {
        recorder.add_end(kZone, 0, 1, true);
        --occupancy;
      }
      const double step_s = frame == 299 ? 0 : unit(random) * (frame % 7 == 0 ? 4 : 0.2);
      occupancy_seconds += static_cast<double>(occupancy) * step_s;
      time_s += step_s;
    }
    recorder.finish();
    const std::vector<CountRow> rows = rows_of(recorder.take_rows(), ScopeKind::kZone);
    double watched_s = 0;
    double row_seconds = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_NEAR(rows[i].start_s, first_s + static_cast<double>(i) * interval_s, 1e-9);
      watched_s += rows[i].watched_s;
      row_seconds += rows[i].occupancy_mean * rows[i].watched_s;
      const bool is_last = i + 1 == rows.size();
      const auto entries = std::count_if(entry_times.begin(), entry_times.end(), [&](double t) {
        return t >= rows[i].start_s && (is_last || t < rows[i].end_s);
      });
      EXPECT_EQ(rows[i].entries, static_cast<std::size_t>(entries));
    }
    EXPECT_NEAR(watched_s, time_s - first_s, 1e-9);
    EXPECT_NEAR(row_seconds, occupancy_seconds, 1e-9);
    EXPECT_EQ(rows_of(recorder.totals(), ScopeKind::kZone).at(0).entries, entry_times.size());
  }
}

}  // namespace
}  // namespace gondola::count
