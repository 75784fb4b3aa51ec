#include "gondola/eval/tracking.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::eval {
namespace {

using testing::HasSubstr;

/// Place of an object: those of different lanes do not overlap.
Box lane(int number) {
  const auto x = 100 * static_cast<float>(number);
  return {x, 0, x + 50, 50};
}

IdentifiedBox at(int number, std::int64_t identity) { return {identity, lane(number)}; }

TEST(EvaluateTracking, GivesFullMarksWhateverTheNumbersOfTheIdentities) {
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 8; ++t) frames.push_back({{at(0, 1), at(1, 2)}, {at(1, 70), at(0, -5)}});
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.frames, 8);
  EXPECT_EQ(result.truth_boxes, 16);
  EXPECT_EQ(result.result_boxes, 16);
  EXPECT_EQ(result.truth_identities, 2);
  EXPECT_EQ(result.result_identities, 2);
  EXPECT_DOUBLE_EQ(result.clear.mota, 1);
  EXPECT_DOUBLE_EQ(result.clear.motp, 1);
  EXPECT_EQ(result.clear.mostly_tracked, 2);
  EXPECT_DOUBLE_EQ(result.identity.idf1, 1);
  EXPECT_NEAR(result.hota.mean.hota, 1, 1e-12);
  EXPECT_NEAR(result.hota.mean.localization, 1, 1e-12);
}

TEST(EvaluateTracking, CountsAChangeOfIdentity) {
  // One object for 10 frames, identity 1 for the first 4 and 2 for the other 6.
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 10; ++t) frames.push_back({{at(0, 1)}, {at(0, t < 4 ? 1 : 2)}});
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.clear.switches, 1);
  EXPECT_EQ(result.clear.fragmentations, 0);
  EXPECT_DOUBLE_EQ(result.clear.mota, 0.9);     // 1 - 1 / 10
  EXPECT_DOUBLE_EQ(result.identity.idf1, 0.6);  // 2 * 6 / (10 + 10)
  EXPECT_NEAR(result.hota.mean.detection, 1, 1e-12);
  // 4 of the 10 TPs have 4 / (10 + 4 - 4), 6 have 6 / (10 + 6 - 6): (4 * 0.4 + 6 * 0.6) / 10.
  EXPECT_NEAR(result.hota.mean.association, 0.52, 1e-12);
  EXPECT_NEAR(result.hota.mean.hota, std::sqrt(0.52), 1e-12);
}

TEST(EvaluateTracking, CountsTwoThatSwapIdentities) {
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 10; ++t) {
    frames.push_back({{at(0, 1), at(1, 2)}, {at(0, t < 5 ? 1 : 2), at(1, t < 5 ? 2 : 1)}});
  }
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.clear.switches, 2);
  EXPECT_DOUBLE_EQ(result.clear.mota, 0.9);     // 1 - 2 / 20
  EXPECT_DOUBLE_EQ(result.identity.idf1, 0.5);  // each pair has 5 of 10 frames: 2 * 10 / 40
  // Every TP has 5 / (10 + 10 - 5).
  EXPECT_NEAR(result.hota.mean.association, 1.0 / 3, 1e-12);
  EXPECT_NEAR(result.hota.mean.hota, std::sqrt(1.0 / 3), 1e-12);
}

TEST(EvaluateTracking, CountsWhatIsMissedAndWhatIsImagined) {
  // Two objects for 5 frames, one of them followed; 3 boxes of something that is not there.
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 5; ++t) {
    frames.push_back({{at(0, 1), at(1, 2)}, {at(0, 1)}});
    if (t < 3) frames.back().results.push_back(at(7, 9));
  }
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.clear.true_positives, 5);
  EXPECT_EQ(result.clear.false_negatives, 5);
  EXPECT_EQ(result.clear.false_positives, 3);
  EXPECT_DOUBLE_EQ(result.clear.mota, 0.2);  // 1 - (5 + 3) / 10
  EXPECT_EQ(result.clear.mostly_tracked, 1);
  EXPECT_EQ(result.clear.mostly_lost, 1);
  EXPECT_EQ(result.identity.true_positives, 5);
  EXPECT_DOUBLE_EQ(result.identity.precision, 5.0 / 8);
  EXPECT_DOUBLE_EQ(result.identity.recall, 0.5);
  EXPECT_DOUBLE_EQ(result.identity.idf1, 10.0 / 18);
  EXPECT_NEAR(result.hota.mean.detection, 5.0 / 13, 1e-12);  // 5 / (5 + 5 + 3)
  EXPECT_NEAR(result.hota.mean.association, 1, 1e-12);
  EXPECT_NEAR(result.hota.mean.hota, std::sqrt(5.0 / 13), 1e-12);
}

TEST(EvaluateTracking, MeasuresOverlapsAtEveryThreshold) {
  // Boxes of 100 x 10 and 60 x 10: IoU 0.6, enough for 0.05 ... 0.60, 12 of 19.
  const TrackedFrame frame{{{1, {0, 0, 100, 10}}}, {{1, {0, 0, 60, 10}}}};
  const TrackingEvaluation result = evaluate_tracking({frame, frame, frame});
  EXPECT_NEAR(result.clear.motp, 0.6, 1e-6);
  EXPECT_DOUBLE_EQ(result.clear.mota, 1);
  EXPECT_NEAR(result.hota.mean.hota, 12.0 / 19, 1e-12);
  EXPECT_NEAR(result.hota.mean.detection, 12.0 / 19, 1e-12);
  EXPECT_NEAR(result.hota.mean.localization, (12 * 0.6 + 7) / 19, 1e-6);
  EXPECT_NEAR(result.hota.by_threshold[11].hota, 1, 1e-12);
  EXPECT_NEAR(result.hota.by_threshold[12].hota, 0, 1e-12);
  EXPECT_DOUBLE_EQ(hota_threshold_at(0), 0.05);
  EXPECT_DOUBLE_EQ(hota_threshold_at(18), 0.95);
  // Above it, everything is wrong on both sides.
  const TrackingEvaluation strict = evaluate_tracking({frame, frame, frame}, {0.65});
  EXPECT_DOUBLE_EQ(strict.clear.mota, -1);  // 1 - (3 + 3) / 3
  EXPECT_DOUBLE_EQ(strict.identity.idf1, 0);
  EXPECT_DOUBLE_EQ(evaluate_tracking({frame}, {0.6}).clear.mota, 1);
}

TEST(EvaluateTracking, CountsInterruptionsAsFragmentations) {
  // Followed in frames 0 1 2, 5 6 and 9 of 10: two interruptions; 6 of 10 frames is neither mostly
  // tracked nor mostly lost. The identity is another one in the end: a switch, across the gap.
  std::vector<TrackedFrame> frames(10);
  for (TrackedFrame& frame : frames) frame.truth = {at(0, 1)};
  for (const std::size_t t : {0, 1, 2, 5, 6}) frames[t].results = {at(0, 1)};
  frames[9].results = {at(0, 2)};
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.clear.fragmentations, 2);
  EXPECT_EQ(result.clear.switches, 1);
  EXPECT_EQ(result.clear.partly_tracked, 1);
  EXPECT_DOUBLE_EQ(result.clear.mota, 0.5);  // 1 - (4 + 1) / 10
}

TEST(EvaluateTracking, PutsTheBordersOfMostlyTrackedAndLostBetween) {
  // 8 of 10 and 2 of 10 are not more than 0.8 and not less than 0.2; 9 and 1 are.
  std::vector<TrackedFrame> frames(10);
  for (int t = 0; t < 10; ++t) {
    const int counts[] = {8, 2, 9, 1};
    for (int object = 0; object < 4; ++object) {
      frames[std::size_t(t)].truth.push_back(at(object, object));
      if (t < counts[object]) frames[std::size_t(t)].results.push_back(at(object, object));
    }
  }
  const ClearMetrics clear = evaluate_tracking(frames).clear;
  EXPECT_EQ(clear.partly_tracked, 2);
  EXPECT_EQ(clear.mostly_tracked, 1);
  EXPECT_EQ(clear.mostly_lost, 1);
}

TEST(EvaluateTracking, KeepsAMatchThatStillHoldsThoughAnotherWouldBeBetter) {
  // In frame 1 result 2 covers the object fully and result 1 by 0.6 only, but 1 had it before.
  const std::vector<TrackedFrame> frames{
      {{{1, {0, 0, 100, 10}}}, {{1, {0, 0, 100, 10}}}},
      {{{1, {0, 0, 100, 10}}}, {{1, {0, 0, 60, 10}}, {2, {0, 0, 100, 10}}}}};
  const ClearMetrics clear = evaluate_tracking(frames).clear;
  EXPECT_EQ(clear.switches, 0);
  EXPECT_EQ(clear.false_positives, 1);
  EXPECT_NEAR(clear.motp, 0.8, 1e-6);  // (1 + 0.6) / 2
  // After a frame without it nothing is held on to.
  std::vector<TrackedFrame> interrupted = frames;
  interrupted.insert(interrupted.begin() + 1, TrackedFrame{{{1, {0, 0, 100, 10}}}, {}});
  EXPECT_EQ(evaluate_tracking(interrupted).clear.switches, 1);
}

TEST(EvaluateTracking, MatchesForTheHighestSumOfOverlaps) {
  // A is 0..100, B 10..110. Result 1 overlaps A by 90 / 102 and B by 92 / 100, result 2 A by
  // 60 / 110 and B by 70 / 100: 1 with B, its better one, would make 1.47, 1 with A makes 1.58.
  const TrackedFrame frame{{{1, {0, 0, 100, 10}}, {2, {10, 0, 110, 10}}},
                           {{1, {10, 0, 102, 10}}, {2, {40, 0, 110, 10}}}};
  const ClearMetrics clear = evaluate_tracking({frame}).clear;
  EXPECT_EQ(clear.true_positives, 2);
  EXPECT_NEAR(clear.motp, (90.0 / 102 + 0.7) / 2, 1e-6);
}

TEST(EvaluateTracking, LeavesOutWhatIsIgnored) {
  // What is found at ignored truth is neither right nor wrong; what overlaps it by less than
  // a half is wrong.
  const Box half_beside{230, 0, 265, 50};  // shares 20 of 50 + 35 - 20
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 4; ++t) {
    frames.push_back({{at(0, 1), {2, lane(1), true}, {3, lane(2), true}},
                      {at(0, 1), at(1, 8), {9, half_beside}}});
  }
  const TrackingEvaluation result = evaluate_tracking(frames);
  EXPECT_EQ(result.truth_boxes, 4);
  EXPECT_EQ(result.truth_identities, 1);
  EXPECT_EQ(result.result_boxes, 8);
  EXPECT_EQ(result.clear.true_positives, 4);
  EXPECT_EQ(result.clear.false_positives, 4);
  EXPECT_DOUBLE_EQ(result.identity.idf1, 8.0 / 12);
  EXPECT_NEAR(result.hota.mean.detection, 0.5, 1e-12);
}

TEST(EvaluateTracking, GivesARealObjectItsResultBeforeAnIgnoredOne) {
  // The result equals the real object (IoU 1) and overlaps the ignored one by 0.8.
  const TrackedFrame frame{{{2, {0, 0, 80, 10}, true}, {1, {0, 0, 100, 10}}},
                           {{5, {0, 0, 100, 10}}}};
  const TrackingEvaluation result = evaluate_tracking({frame});
  EXPECT_EQ(result.clear.true_positives, 1);
  EXPECT_EQ(result.result_boxes, 1);
}

TEST(EvaluateTracking, PairsIdentitiesForTheMostFramesInAll) {
  // Object 1 has result 1 for 6 frames, then result 2 for 5; object 2 has result 1 for 5 frames.
  // Pairing 1-1 gives 6; 1-2 and 2-1 give 5 + 5.
  std::vector<TrackedFrame> frames;
  for (int t = 0; t < 6; ++t) frames.push_back({{at(0, 1)}, {at(0, 1)}});
  for (int t = 0; t < 5; ++t) frames.push_back({{at(0, 1), at(1, 2)}, {at(0, 2), at(1, 1)}});
  const IdentityMetrics identity = evaluate_tracking(frames).identity;
  EXPECT_EQ(identity.true_positives, 10);
  EXPECT_EQ(identity.false_negatives, 6);
  EXPECT_EQ(identity.false_positives, 6);
}

TEST(EvaluateTracking, MeasuresNothingAsNothing) {
  for (const auto& frames : {std::vector<TrackedFrame>{},
                             std::vector<TrackedFrame>(3),
                             {TrackedFrame{{}, {at(0, 1)}}},
                             {TrackedFrame{{at(0, 1)}, {}}},
                             {TrackedFrame{{{1, lane(0), true}}, {at(0, 1)}}}}) {
    const TrackingEvaluation result = evaluate_tracking(frames);
    EXPECT_EQ(result.clear.mota, 0);
    EXPECT_EQ(result.clear.motp, 0);
    EXPECT_EQ(result.identity.idf1, 0);
    EXPECT_EQ(result.hota.mean.hota, 0);
  }
}

TEST(EvaluateTracking, MatchesNothingWithBoxesThatEncloseNothing) {
  const Box inverted{50, 0, 0, 50};
  const TrackingEvaluation result =
      evaluate_tracking({{{{1, inverted}, at(0, 2)}, {{1, inverted}, {3, {NAN, 0, 1, 1}}}}});
  EXPECT_EQ(result.clear.true_positives, 0);
  EXPECT_EQ(result.clear.false_positives, 2);
  EXPECT_EQ(result.clear.false_negatives, 2);
}

/// Objects that walk at random, and results that lose, swap and imagine them.
std::vector<TrackedFrame> random_frames(unsigned seed) {
  std::mt19937 random(seed);
  const auto uniform = [&](float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random);
  };
  std::vector<IdentifiedBox> objects;
  std::vector<std::int64_t> identities;
  for (int i = 0; i < 12; ++i) {
    const float x = uniform(0, 300);
    const float y = uniform(0, 100);
    objects.push_back({i, {x, y, x + uniform(20, 60), y + uniform(20, 60)}});
    identities.push_back(100 + i);
  }
  std::vector<TrackedFrame> frames(60);
  for (TrackedFrame& frame : frames) {
    std::swap(identities[random() % 12], identities[random() % 12]);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      Box& box = objects[i].box;
      const float dx = uniform(-8, 8);
      box.x1 += dx;
      box.x2 += dx;
      if (random() % 8 != 0) frame.truth.push_back(objects[i]);
      if (random() % 8 != 0) {
        const float off = uniform(-12, 12);
        frame.results.push_back({identities[i], {box.x1 + off, box.y1, box.x2 + off, box.y2}});
      }
    }
  }
  return frames;
}

TEST(EvaluateTracking, IsTheSameFromTheOtherSide) {
  // DetA, AssA, LocA and IDF1 do not know which side is the truth.
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const std::vector<TrackedFrame> frames = random_frames(seed);
    std::vector<TrackedFrame> turned;
    for (const TrackedFrame& frame : frames) turned.push_back({frame.results, frame.truth});
    const TrackingEvaluation result = evaluate_tracking(frames);
    const TrackingEvaluation other = evaluate_tracking(turned);
    for (std::size_t a = 0; a < kHotaThresholds; ++a) {
      const HotaMetrics::Values& values = result.hota.by_threshold[a];
      EXPECT_NEAR(values.detection, other.hota.by_threshold[a].detection, 1e-9);
      EXPECT_NEAR(values.association, other.hota.by_threshold[a].association, 1e-9);
      EXPECT_NEAR(values.localization, other.hota.by_threshold[a].localization, 1e-9);
      EXPECT_LE(values.hota, 1);
    }
    EXPECT_GT(result.hota.mean.hota, 0.05);
    EXPECT_LT(result.hota.mean.hota, 0.8);
    EXPECT_NEAR(result.identity.idf1, other.identity.idf1, 1e-12);
    EXPECT_NEAR(result.identity.precision, other.identity.recall, 1e-12);
    // No assignment by identity has more in common than the best one of each frame.
    EXPECT_LE(result.identity.true_positives, result.clear.true_positives);
    EXPECT_GT(result.clear.switches, 0);
  }
}

TEST(EvaluateTracking, RefusesAnIdentityThatIsTwiceInAFrame) {
  const auto message_of = [](const TrackedFrame& frame, double threshold) -> std::string {
    try {
      evaluate_tracking({{}, frame}, {threshold});
    } catch (const ContractViolation& error) {
      return error.what();
    }
    return "no exception";
  };
  EXPECT_THAT(message_of({{at(0, 4), at(1, 4)}, {}}, 0.5),
              HasSubstr("identity 4 is twice in the truth of frame 1"));
  EXPECT_THAT(message_of({{}, {at(0, 4), at(1, 4)}}, 0.5),
              HasSubstr("identity 4 is twice in the results of frame 1"));
  EXPECT_THAT(message_of({}, 0), HasSubstr("iou_threshold = 0"));
}

}  // namespace
}  // namespace gondola::eval
