#pragma once

#include <string>

namespace gondola::engine {

/// Number type of the network's arithmetic. Boxes and scores are float32 in any case.
enum class Precision {
  kFloat32,
  kBFloat16,  ///< half the memory traffic, 8 bits of mantissa: scores move by about 1e-2
  kInt8,      ///< needs a quantised weights file, see `gondola quantize`
};

/// "fp32", "bf16", "int8": as typed on the command line.
std::string to_string(Precision precision);

/// Why this CPU cannot run a precision, as the end of a sentence; empty when it can.
std::string precision_problem(Precision precision);

}  // namespace gondola::engine
