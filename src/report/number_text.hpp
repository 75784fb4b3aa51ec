#pragma once

#include <string>

namespace gondola::report {

/// At most so many decimals, without zeros at the end: 12, 12.5.
std::string decimal_text(double value, int decimals);

/// "93 %", from a share of 0..1.
std::string percent_text(double share);

/// "+3", "−3", "±0": never a sign alone.
std::string change_text(double change, int decimals);

}  // namespace gondola::report
