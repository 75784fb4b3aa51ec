#include "tracking_report.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "gondola/core/error.hpp"
#include "gondola/data/mot_files.hpp"
#include "table.hpp"

namespace gondola::app {
namespace {

using Json = nlohmann::ordered_json;

std::string share_text(double share) { return fmt::format("{:.3f}", share); }

Json values_json(const eval::HotaMetrics::Values& values) {
  return {{"hota", values.hota},
          {"det_a", values.detection},
          {"ass_a", values.association},
          {"loc_a", values.localization}};
}

std::vector<Column> right_columns(const std::vector<std::string>& titles) {
  std::vector<Column> columns;
  for (const std::string& title : titles) columns.push_back({title, Align::kRight});
  return columns;
}

}  // namespace

eval::TrackingEvaluation measure_tracks(const std::string& truth, const std::string& results) {
  const std::vector<data::MotBox> truth_boxes = data::read_mot_file(truth);
  const std::vector<data::MotBox> result_boxes = data::read_mot_file(results);
  if (truth_boxes.empty()) throw ConfigError(concat(truth, ": there is no box in the truth"));
  std::vector<eval::TrackedFrame> frames;
  const auto frame_of = [&](const data::MotBox& one) -> eval::TrackedFrame& {
    const auto place = static_cast<std::size_t>(one.frame - 1);
    if (place >= frames.size()) frames.resize(place + 1);
    return frames[place];
  };
  for (const data::MotBox& one : truth_boxes) {
    frame_of(one).truth.push_back({one.identity, one.box, one.confidence == 0});
  }
  for (const data::MotBox& one : result_boxes) {
    frame_of(one).results.push_back({one.identity, one.box});
  }
  return evaluate_tracking(frames);
}

std::string tracking_text(const eval::TrackingEvaluation& evaluation) {
  const eval::HotaMetrics::Values& hota = evaluation.hota.mean;
  const eval::ClearMetrics& clear = evaluation.clear;
  const eval::IdentityMetrics& identity = evaluation.identity;
  Table shares(
      right_columns({"HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDP", "IDR"}));
  shares.add({share_text(hota.hota), share_text(hota.detection), share_text(hota.association),
              share_text(hota.localization), share_text(clear.mota), share_text(clear.motp),
              share_text(identity.idf1), share_text(identity.precision),
              share_text(identity.recall)});
  Table counts(right_columns({"frames", "objects", "tracks", "boxes", "TP", "FP", "FN", "switches",
                              "fragments", "mostly tracked", "partly", "mostly lost"}));
  const auto add = [](auto... numbers) {
    return std::vector<std::string>{std::to_string(numbers)...};
  };
  counts.add(add(evaluation.frames, evaluation.truth_identities, evaluation.result_identities,
                 evaluation.truth_boxes, clear.true_positives, clear.false_positives,
                 clear.false_negatives, clear.switches, clear.fragmentations, clear.mostly_tracked,
                 clear.partly_tracked, clear.mostly_lost));
  return shares.text() + "\n\n" + counts.text();
}

Json tracking_json(const eval::TrackingEvaluation& evaluation) {
  const eval::ClearMetrics& clear = evaluation.clear;
  const eval::IdentityMetrics& identity = evaluation.identity;
  Json hota = values_json(evaluation.hota.mean);
  Json& by_threshold = hota["by_threshold"] = Json::array();
  for (std::size_t i = 0; i < eval::kHotaThresholds; ++i) {
    Json one = {{"iou", eval::hota_threshold_at(i)}};
    one.update(values_json(evaluation.hota.by_threshold[i]));
    by_threshold.push_back(std::move(one));
  }
  return {
      {"frames", evaluation.frames},
      {"truth", {{"boxes", evaluation.truth_boxes}, {"identities", evaluation.truth_identities}}},
      {"results",
       {{"boxes", evaluation.result_boxes}, {"identities", evaluation.result_identities}}},
      {"hota", std::move(hota)},
      {"clear",
       {{"mota", clear.mota},
        {"motp", clear.motp},
        {"tp", clear.true_positives},
        {"fp", clear.false_positives},
        {"fn", clear.false_negatives},
        {"switches", clear.switches},
        {"fragmentations", clear.fragmentations},
        {"mostly_tracked", clear.mostly_tracked},
        {"partly_tracked", clear.partly_tracked},
        {"mostly_lost", clear.mostly_lost}}},
      {"identity",
       {{"idf1", identity.idf1},
        {"idp", identity.precision},
        {"idr", identity.recall},
        {"idtp", identity.true_positives},
        {"idfp", identity.false_positives},
        {"idfn", identity.false_negatives}}}};
}

}  // namespace gondola::app
