#pragma once

#include <memory>

#include <spdlog/logger.h>

namespace gondola::app {

struct LogOptions {
  bool quiet = false;    ///< errors only
  bool verbose = false;  ///< debug messages too
  bool json = false;     ///< one JSON object a line instead of text
};

/// A logger that writes to standard error: results own standard output.
std::shared_ptr<spdlog::logger> make_logger(const LogOptions& options);

}  // namespace gondola::app
