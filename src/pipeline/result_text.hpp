#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace gondola::pipeline {

/// The text with what is not UTF-8, as file names need not be, replaced by U+FFFD.
std::string to_utf8(const std::string& text);

/// One line of JSON, as valid UTF-8.
std::string to_text(const nlohmann::ordered_json& json);

/// To a number of decimals, so that the shortest text that reads back is a short one.
double rounded(double value, int decimals);

/// `2026-11-25T20:15:30.250Z`; empty for the clock's epoch, which stands for no time.
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace gondola::pipeline
