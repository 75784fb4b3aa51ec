#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "gondola/core/class_names.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/pipeline/result_names.hpp"
#include "gondola/pipeline/result_stream.hpp"
#include "gondola/shelf/audit.hpp"
#include "gondola/store/event_store.hpp"

namespace gondola::app {

/// What becomes of audits.
struct AuditOutputs {
  std::string folder;  ///< for the annotated picture and the audit of each picture; empty for none
  std::string json;    ///< the audit, or with several pictures all of them; empty for none
  std::string csv;     ///< a row for each label and row of each picture; empty for none
  bool several = false;  ///< more than one picture is to come
  bool endless = false;  ///< the table is to be read while it grows, and not only at the end

  store::EventStore* store = nullptr;  ///< null for none
  std::string store_file;              ///< for the log
  store::IfKnown if_known = store::IfKnown::kSkip;
  std::string shop;                                ///< as the store calls it
  std::string camera;                              ///< camera or fixture
  std::optional<store::UtcMilliseconds> taken_at;  ///< of files; see taken_at()
};

/// Reads the shelf on every frame, and draws, writes and keeps what it found.
class AuditSink : public pipeline::DetectionSink {
 public:
  /// @param planogram  what should be there; outlives this; null for none
  /// Throws: IoError when something cannot be written.
  AuditSink(AuditOutputs outputs, shelf::AuditOptions options, const shelf::Planogram* planogram,
            std::string planogram_name, const ClassNames& names, std::string model,
            std::shared_ptr<spdlog::logger> log);

  void write(const pipeline::FrameDetections& result) override;
  /// The same under another name than pipeline::result_stem().
  /// @param keep  whether the store gets it
  void write(const pipeline::FrameDetections& result, const std::string& stem, bool keep = true);
  void finish() override;

  const AuditOutputs& outputs() const { return outputs_; }

 private:
  /// Returns the path of the picture that the store is to know; empty for none.
  std::string write_picture(const media::Frame& frame, const std::string& stem,
                            const shelf::Audit& audit, const std::string& json, bool keep);
  void write_rows(const shelf::Audit& audit);
  void add_to_store(const media::Frame& frame, const shelf::Audit& audit,
                    store::UtcMilliseconds taken_at, const std::string& picture);

  AuditOutputs outputs_;
  shelf::AuditOptions options_;
  const shelf::Planogram* planogram_;
  std::string planogram_name_;
  std::vector<std::string> labels_;  // by class id
  std::string model_;
  std::shared_ptr<spdlog::logger> log_;

  pipeline::ResultNames file_names_;
  std::unique_ptr<pipeline::ResultStream> json_;
  std::unique_ptr<pipeline::ResultStream> csv_;
  std::int64_t written_ = 0;  // audits
  std::int64_t kept_ = 0;     // of those, in the store
};

}  // namespace gondola::app
