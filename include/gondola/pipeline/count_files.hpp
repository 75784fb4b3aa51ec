#pragma once

#include <memory>
#include <string>

#include "gondola/core/class_names.hpp"
#include "gondola/count/interval_recorder.hpp"
#include "gondola/count/scene_counter.hpp"
#include "gondola/count/stock_watch.hpp"
#include "gondola/media/frame.hpp"
#include "gondola/pipeline/result_stream.hpp"

namespace gondola::pipeline {

/// Writes counts per interval. Not thread-safe.
class CountFile {
 public:
  CountFile() = default;
  virtual ~CountFile() = default;
  CountFile(const CountFile&) = delete;
  CountFile& operator=(const CountFile&) = delete;

  /// @param frame  the last one of the interval, without pixels: says which source this is about,
  ///               and for live ones what time it was
  /// Throws: IoError.
  virtual void write(const media::Frame& frame, const count::CountRow& row) = 0;

  /// Completes the file. Throws: IoError.
  virtual void finish() = 0;
};

/// A path that ends in .json becomes one document, schema gondola.counts/1, complete or not there
/// at all; every other one, and "-" (standard output), a table headed
/// source,start_s,end_s,start_at,watched_s,scope,name,label,in,out,entries,exits,lost,
/// occupancy_mean,occupancy_max,occupancy_last,dwell_mean_s,dwell_max_s that grows line by line.
/// `start_at` is the wall clock in UTC, ISO 8601, of live sources.
///
/// Throws: IoError when it cannot be written.
std::unique_ptr<CountFile> make_count_file(const std::string& path);

/// Writes what happens at lines and zones, one JSON object a line, each flushed: source, frame,
/// time_s, at (UTC, of live sources), event, name, label, track, dwell_s (of those that leave).
class EventFile {
 public:
  /// Throws: IoError when it cannot be written.
  EventFile(const std::string& path, ClassNames names);

  /// Throws: IoError.
  void write(const media::Frame& frame, const count::SceneEvent& event);
  void finish();

 private:
  ResultStream out_;
  ClassNames names_;
};

/// Writes what changes on a watched shelf, one JSON object a line, each flushed: source, frame,
/// time_s, at (UTC, of live sources), event, label, area (that is low or empty), box, before_s,
/// reported_s, facings (before and after), picture (path of the evidence, where there is one).
class StockEventFile {
 public:
  /// Throws: IoError when it cannot be written.
  StockEventFile(const std::string& path, ClassNames names);

  /// @param frame    the one in which the event was sure
  /// @param picture  empty for none
  /// Throws: IoError.
  void write(const media::Frame& frame, const count::StockEvent& event, const std::string& picture);
  void finish();

 private:
  ResultStream out_;
  ClassNames names_;
};

}  // namespace gondola::pipeline
