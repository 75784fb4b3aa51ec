#include "gondola/eval/tracking.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "gondola/core/assignment.hpp"
#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola::eval {
namespace {

/// Overlaps are rounded to float: that far below a threshold, one may stand for the threshold.
constexpr double kRounding = 1e-6;

constexpr double kIgnoringOverlap = 0.5;

bool reaches(double overlap, double threshold) { return overlap >= threshold - kRounding; }

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double ratio(std::int64_t part, std::int64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

/// Numbers identities in the order in which they come, from 0.
class Numbering {
 public:
  std::uint32_t of(std::int64_t identity) {
    return numbers_.emplace(identity, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }

  std::size_t size() const { return numbers_.size(); }

 private:
  std::unordered_map<std::int64_t, std::uint32_t> numbers_;
};

/// A truth and a result of a frame that overlap.
struct Overlap {
  std::uint32_t row;     ///< of the truth in its frame
  std::uint32_t column;  ///< of the result in its frame
  std::uint32_t pair;    ///< number of the two identities together
  float iou;
};

/// A frame by the numbers of its identities.
struct NumberedFrame {
  std::vector<std::uint32_t> truth;
  std::vector<std::uint32_t> results;
  std::vector<Overlap> overlaps;
};

/// A truth and a result identity that overlap in at least one frame.
struct IdentityPair {
  std::uint32_t truth;
  std::uint32_t result;
};

struct Sequence {
  std::vector<NumberedFrame> frames;
  std::vector<IdentityPair> pairs;
  std::vector<std::int64_t> truth_boxes;  ///< by identity
  std::vector<std::int64_t> result_boxes;
  std::int64_t truth_box_count = 0;
  std::int64_t result_box_count = 0;
};

bool may_overlap(const Box& a, const Box& b) {
  return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}

template <typename Visit>
void for_each_overlap(const std::vector<IdentifiedBox>& truth,
                      const std::vector<IdentifiedBox>& results, const Visit& visit) {
  for (std::uint32_t row = 0; row < truth.size(); ++row) {
    for (std::uint32_t column = 0; column < results.size(); ++column) {
      if (!may_overlap(truth[row].box, results[column].box)) continue;
      const float overlap = iou(truth[row].box, results[column].box);
      if (overlap > 0) visit(row, column, overlap);
    }
  }
}

/// The results that are not at ignored truth.
std::vector<IdentifiedBox> counted_results(const TrackedFrame& frame) {
  const bool any_ignored = std::any_of(frame.truth.begin(), frame.truth.end(),
                                       [](const IdentifiedBox& one) { return one.ignored; });
  if (!any_ignored) return frame.results;
  std::vector<Pairing> pairings;
  for_each_overlap(frame.truth, frame.results,
                   [&](std::uint32_t row, std::uint32_t column, float overlap) {
                     if (reaches(overlap, kIgnoringOverlap)) {
                       pairings.push_back({row, column, overlap});
                     }
                   });
  const std::vector<std::uint32_t> columns =
      assign(frame.truth.size(), frame.results.size(), pairings);
  std::vector<bool> is_left_out(frame.results.size());
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (frame.truth[row].ignored && columns[row] != kUnassigned) is_left_out[columns[row]] = true;
  }
  std::vector<IdentifiedBox> results;
  for (std::size_t i = 0; i < frame.results.size(); ++i) {
    if (!is_left_out[i]) results.push_back(frame.results[i]);
  }
  return results;
}

std::vector<IdentifiedBox> counted_truth(const TrackedFrame& frame) {
  std::vector<IdentifiedBox> truth;
  std::copy_if(frame.truth.begin(), frame.truth.end(), std::back_inserter(truth),
               [](const IdentifiedBox& one) { return !one.ignored; });
  return truth;
}

/// The numbers of a frame's identities.
std::vector<std::uint32_t> numbers_of(const std::vector<IdentifiedBox>& boxes, Numbering& numbering,
                                      std::vector<std::int64_t>& counts) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(boxes.size());
  for (const IdentifiedBox& one : boxes) numbers.push_back(numbering.of(one.identity));
  counts.resize(numbering.size());
  for (const std::uint32_t number : numbers) ++counts[number];
  return numbers;
}

void expect_distinct(const std::vector<IdentifiedBox>& boxes, const char* side, std::size_t frame) {
  std::vector<std::int64_t> identities;
  for (const IdentifiedBox& one : boxes) identities.push_back(one.identity);
  std::sort(identities.begin(), identities.end());
  const auto twice = std::adjacent_find(identities.begin(), identities.end());
  GONDOLA_EXPECTS(twice == identities.end(), "evaluate_tracking: identity ", *twice,
                  " is twice in the ", side, " of frame ", frame);
}

Sequence number_identities(const std::vector<TrackedFrame>& frames) {
  Sequence sequence;
  Numbering truth_numbers;
  Numbering result_numbers;
  std::unordered_map<std::uint64_t, std::uint32_t> pair_numbers;
  for (const TrackedFrame& frame : frames) {
    expect_distinct(frame.truth, "truth", sequence.frames.size());
    expect_distinct(frame.results, "results", sequence.frames.size());
    const std::vector<IdentifiedBox> truth = counted_truth(frame);
    const std::vector<IdentifiedBox> results = counted_results(frame);
    NumberedFrame numbered;
    numbered.truth = numbers_of(truth, truth_numbers, sequence.truth_boxes);
    numbered.results = numbers_of(results, result_numbers, sequence.result_boxes);
    sequence.truth_box_count += static_cast<std::int64_t>(truth.size());
    sequence.result_box_count += static_cast<std::int64_t>(results.size());
    for_each_overlap(truth, results, [&](std::uint32_t row, std::uint32_t column, float overlap) {
      const IdentityPair both{numbered.truth[row], numbered.results[column]};
      const auto [number, is_new] =
          pair_numbers.emplace(std::uint64_t{both.truth} << 32U | both.result,
                               static_cast<std::uint32_t>(sequence.pairs.size()));
      if (is_new) sequence.pairs.push_back(both);
      numbered.overlaps.push_back({row, column, number->second, overlap});
    });
    sequence.frames.push_back(std::move(numbered));
  }
  return sequence;
}

/// What happens to one object of the truth over time.
struct ObjectHistory {
  std::optional<std::uint32_t> last_result;  ///< it was matched with
  std::int64_t matched_frames = 0;
  std::int64_t stretches = 0;  ///< of frames in a row in which it was matched
  std::size_t last_matched_frame = 0;
};

ClearMetrics measure_clear(const Sequence& sequence, double threshold) {
  ClearMetrics clear;
  std::vector<ObjectHistory> histories(sequence.truth_boxes.size());
  double overlap_sum = 0;
  for (std::size_t t = 0; t < sequence.frames.size(); ++t) {
    const NumberedFrame& frame = sequence.frames[t];
    const auto was_matched_before = [&](const ObjectHistory& history) {
      return t > 0 && history.last_result && history.last_matched_frame == t - 1;
    };
    std::vector<Pairing> pairings;
    for (const Overlap& one : frame.overlaps) {
      if (!reaches(one.iou, threshold)) continue;
      const ObjectHistory& history = histories[frame.truth[one.row]];
      const bool goes_on =
          was_matched_before(history) && history.last_result == frame.results[one.column];
      constexpr double kBeforeAnyOverlap = 1000;
      pairings.push_back({one.row, one.column, one.iou + (goes_on ? kBeforeAnyOverlap : 0)});
    }
    const auto columns = assign(frame.truth.size(), frame.results.size(), pairings);
    for (const Overlap& one : frame.overlaps) {
      if (columns[one.row] == one.column) overlap_sum += one.iou;
    }
    std::int64_t matched = 0;
    for (std::size_t row = 0; row < columns.size(); ++row) {
      if (columns[row] == kUnassigned) continue;
      ++matched;
      ObjectHistory& history = histories[frame.truth[row]];
      const std::uint32_t result = frame.results[columns[row]];
      if (history.last_result && history.last_result != result) ++clear.switches;
      if (!was_matched_before(history)) ++history.stretches;
      history.last_result = result;
      history.last_matched_frame = t;
      ++history.matched_frames;
    }
    clear.true_positives += matched;
  }
  clear.false_negatives = sequence.truth_box_count - clear.true_positives;
  clear.false_positives = sequence.result_box_count - clear.true_positives;
  for (std::size_t i = 0; i < histories.size(); ++i) {
    clear.fragmentations += std::max<std::int64_t>(0, histories[i].stretches - 1);
    constexpr double kMostly = 0.8;
    constexpr double kHardly = 0.2;
    const double share = ratio(histories[i].matched_frames, sequence.truth_boxes[i]);
    ++(share > kMostly   ? clear.mostly_tracked
       : share < kHardly ? clear.mostly_lost
                         : clear.partly_tracked);
  }
  const std::int64_t right = clear.true_positives - clear.false_positives - clear.switches;
  clear.mota = ratio(right, sequence.truth_box_count);
  clear.motp = ratio(overlap_sum, static_cast<double>(clear.true_positives));
  return clear;
}

IdentityMetrics measure_identity(const Sequence& sequence, double threshold) {
  std::vector<std::int64_t> frames_together(sequence.pairs.size());
  for (const NumberedFrame& frame : sequence.frames) {
    for (const Overlap& one : frame.overlaps) {
      frames_together[one.pair] += reaches(one.iou, threshold) ? 1 : 0;
    }
  }
  // Errors are the boxes of both sides less twice those that a pair has together: the fewest errors
  // are the most frames together.
  std::vector<Pairing> pairings;
  for (std::size_t i = 0; i < sequence.pairs.size(); ++i) {
    pairings.push_back({sequence.pairs[i].truth, sequence.pairs[i].result,
                        static_cast<double>(frames_together[i])});
  }
  const auto columns = assign(sequence.truth_boxes.size(), sequence.result_boxes.size(), pairings);
  IdentityMetrics identity;
  for (std::size_t i = 0; i < sequence.pairs.size(); ++i) {
    if (columns[sequence.pairs[i].truth] == sequence.pairs[i].result) {
      identity.true_positives += frames_together[i];
    }
  }
  identity.false_negatives = sequence.truth_box_count - identity.true_positives;
  identity.false_positives = sequence.result_box_count - identity.true_positives;
  identity.recall = ratio(identity.true_positives, sequence.truth_box_count);
  identity.precision = ratio(identity.true_positives, sequence.result_box_count);
  identity.idf1 =
      ratio(2 * identity.true_positives, sequence.truth_box_count + sequence.result_box_count);
  return identity;
}

/// How well two identities fit each other over all frames, 0..1: a soft Jaccard index, in which a
/// frame counts by the share of the overlap in all overlaps of the two boxes.
std::vector<double> global_alignments(const Sequence& sequence) {
  std::vector<double> together(sequence.pairs.size());
  for (const NumberedFrame& frame : sequence.frames) {
    std::vector<double> row_sums(frame.truth.size());
    std::vector<double> column_sums(frame.results.size());
    for (const Overlap& one : frame.overlaps) {
      row_sums[one.row] += one.iou;
      column_sums[one.column] += one.iou;
    }
    for (const Overlap& one : frame.overlaps) {
      const double all = row_sums[one.row] + column_sums[one.column] - one.iou;
      together[one.pair] += one.iou / all;
    }
  }
  for (std::size_t i = 0; i < together.size(); ++i) {
    const IdentityPair& pair = sequence.pairs[i];
    const auto boxes =
        static_cast<double>(sequence.truth_boxes[pair.truth] + sequence.result_boxes[pair.result]);
    together[i] /= boxes - together[i];
  }
  return together;
}

HotaMetrics measure_hota(const Sequence& sequence) {
  const std::vector<double> alignments = global_alignments(sequence);
  using Counts = std::array<std::int64_t, kHotaThresholds>;
  Counts true_positives{};
  std::array<double, kHotaThresholds> overlap_sums{};
  std::vector<Counts> matches(sequence.pairs.size());
  for (const NumberedFrame& frame : sequence.frames) {
    std::vector<Pairing> pairings;
    for (const Overlap& one : frame.overlaps) {
      pairings.push_back({one.row, one.column, alignments[one.pair] * one.iou});
    }
    const auto columns = assign(frame.truth.size(), frame.results.size(), pairings);
    for (const Overlap& one : frame.overlaps) {
      if (columns[one.row] != one.column) continue;
      for (std::size_t a = 0; a < kHotaThresholds && reaches(one.iou, hota_threshold_at(a)); ++a) {
        ++true_positives[a];
        overlap_sums[a] += one.iou;
        ++matches[one.pair][a];
      }
    }
  }

  HotaMetrics hota;
  for (std::size_t a = 0; a < kHotaThresholds; ++a) {
    double association_sum = 0;
    for (std::size_t i = 0; i < sequence.pairs.size(); ++i) {
      const std::int64_t together = matches[i][a];
      const std::int64_t either = sequence.truth_boxes[sequence.pairs[i].truth] +
                                  sequence.result_boxes[sequence.pairs[i].result] - together;
      association_sum += static_cast<double>(together) * ratio(together, either);
    }
    HotaMetrics::Values& values = hota.by_threshold[a];
    const auto count = static_cast<double>(true_positives[a]);
    values.detection = ratio(true_positives[a], sequence.truth_box_count +
                                                    sequence.result_box_count - true_positives[a]);
    values.association = ratio(association_sum, count);
    values.localization = count > 0 ? overlap_sums[a] / count : 1;
    values.hota = std::sqrt(values.detection * values.association);
    constexpr double kShare = 1.0 / kHotaThresholds;
    hota.mean.hota += kShare * values.hota;
    hota.mean.detection += kShare * values.detection;
    hota.mean.association += kShare * values.association;
    hota.mean.localization += kShare * values.localization;
  }
  return hota;
}

}  // namespace

double hota_threshold_at(std::size_t index) {
  GONDOLA_EXPECTS(index < kHotaThresholds, "hota_threshold_at: index ", index, "; expected below ",
                  kHotaThresholds);
  return static_cast<double>(index + 1) / 20;
}

TrackingEvaluation evaluate_tracking(const std::vector<TrackedFrame>& frames,
                                     const TrackingOptions& options) {
  GONDOLA_EXPECTS(options.iou_threshold > 0 && options.iou_threshold <= 1,
                  "evaluate_tracking: iou_threshold = ", options.iou_threshold,
                  "; expected above 0, at most 1");
  const Sequence sequence = number_identities(frames);
  TrackingEvaluation result;
  result.frames = static_cast<std::int64_t>(frames.size());
  result.truth_boxes = sequence.truth_box_count;
  result.result_boxes = sequence.result_box_count;
  result.truth_identities = static_cast<std::int64_t>(sequence.truth_boxes.size());
  result.result_identities = static_cast<std::int64_t>(sequence.result_boxes.size());
  result.clear = measure_clear(sequence, options.iou_threshold);
  result.identity = measure_identity(sequence, options.iou_threshold);
  result.hota = measure_hota(sequence);
  return result;
}

}  // namespace gondola::eval
