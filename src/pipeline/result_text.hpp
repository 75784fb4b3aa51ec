#pragma once

#include <chrono>
#include <string>

namespace gondola::pipeline {

/// A field of a table as RFC 4180 wants it: quoted when it holds a comma, quote or line end; what
/// is not UTF-8 replaced by U+FFFD.
std::string csv_field(const std::string& text);

/// To a number of decimals, so that the shortest text that reads back is a short one.
double rounded(double value, int decimals);

/// `2026-11-25T20:15:30.250Z`; empty for the clock's epoch, which stands for no time.
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace gondola::pipeline
