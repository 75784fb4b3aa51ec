#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "gondola/core/class_names.hpp"
#include "gondola/eval/evaluation.hpp"

namespace gondola::app {

/// What was measured as tables for people: per class, per size, and how well things are counted.
std::string evaluation_text(const eval::Evaluation& evaluation, const ClassNames& names);

/// Everything that was measured, for programs; numbers that mean nothing are null.
nlohmann::ordered_json evaluation_json(const eval::Evaluation& evaluation, const ClassNames& names);

/// Draws the curves and the confusion matrix as pictures in a folder, made if missing:
/// precision_recall.png, f1.png, precision.png, recall.png, confusion.png, count_error.png.
///
/// Throws: IoError when that fails.
void write_evaluation_plots(const std::string& folder, const eval::Evaluation& evaluation,
                            const ClassNames& names);

}  // namespace gondola::app
