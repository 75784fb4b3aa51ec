#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "audit_sink.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/count/stock_watch.hpp"
#include "gondola/pipeline/count_files.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/pipeline/result_names.hpp"
#include "gondola/store/event_store.hpp"

namespace gondola::app {

/// How shelves are watched, and what becomes of what is seen.
struct StockOptions {
  count::StockWatchOptions watch;
  std::vector<std::string> occluders;  ///< labels of what may stand before the shelf
  std::string gap_label;               ///< of detections that are no products
  double interval_s = 300;             ///< from audit to audit, > 0

  std::string events;  ///< file for a line each; empty for none
};

/// Watches shelves through cameras that stand still: tells what is taken, put back, low and empty,
/// with a picture of before and after, and audits what stands there at the start, at every interval
/// and at the end.
class StockSink : public pipeline::DetectionSink {
 public:
  /// @param audits  where audits go, and in the same folder and store, pictures of events and
  /// events Throws: ConfigError for options out of their ranges; IoError when something cannot be
  /// written.
  StockSink(StockOptions options, std::unique_ptr<AuditSink> audits, const ClassNames& names,
            std::shared_ptr<spdlog::logger> log);
  ~StockSink() override;

  void write(const pipeline::FrameDetections& result) override;
  void end_source(const std::string& source) override;
  void finish() override;

 private:
  struct Source;

  void report(Source& source, const count::StockEvent& event);
  std::string write_evidence(Source& source, const count::StockEvent& event,
                             store::UtcMilliseconds time);
  void audit(Source& source);
  void end(Source& source);

  StockOptions options_;
  std::unique_ptr<AuditSink> audits_;
  ClassNames names_;
  std::shared_ptr<spdlog::logger> log_;
  std::unique_ptr<pipeline::StockEventFile> events_;
  pipeline::ResultNames file_names_;
  std::optional<int> gap_class_;
  std::map<std::string, std::unique_ptr<Source>> sources_;
};

}  // namespace gondola::app
