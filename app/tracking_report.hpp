#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "gondola/eval/tracking.hpp"

namespace gondola::app {

/// Measures results of tracking against truth, both files of the MOTChallenge format, frame by
/// frame up to the last one of either.
///
/// Throws: IoError as data::read_mot_file(); ConfigError when the truth holds no box.
eval::TrackingEvaluation measure_tracks(const std::string& truth, const std::string& results);

/// What was measured as tables for people.
std::string tracking_text(const eval::TrackingEvaluation& evaluation);

/// Everything that was measured, for programs.
nlohmann::ordered_json tracking_json(const eval::TrackingEvaluation& evaluation);

}  // namespace gondola::app
