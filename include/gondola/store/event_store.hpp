#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::store {

/// Milliseconds since 1970-01-01 00:00 UTC.
using UtcMilliseconds = std::int64_t;

/// One thing that was found in an audited picture.
struct StoredDetection {
  std::string label;
  float score = 0;
  Box box;          ///< pixels of the picture
  int row = -1;     ///< of the reading, -1 for none
  int facing = -1;  ///< of its row, from the left; -1 for none
};

/// An empty place.
struct StoredGap {
  Box box;
  int row = -1;
  int facings = 1;  ///< that would fit
};

/// A position of the planogram as the audit saw it.
struct StoredPosition {
  std::string position;
  std::string product;
  std::string
      status;  ///< as in gondola.audit/1: correct, wrong_product, wrong_place, empty, hidden
};

/// A number of things with a label, in one row (-1 = all rows) of one audit.
struct StoredCount {
  std::string label;
  int row = -1;
  int facings = 0;
  int products = 0;  ///< stacked ones included
};

/// One look at one shelf, complete.
struct AuditRecord {
  std::int64_t id = 0;  ///< given by the store; 0 before
  std::string store;    ///< which shop, "" for an unnamed one
  std::string camera;   ///< camera or fixture within it, "" for an unnamed one
  std::string source;   ///< file, device or address
  std::string content;  ///< fingerprint of the picture's pixels or file, hexadecimal
  UtcMilliseconds taken_at = 0;
  Size image;
  std::string model;
  std::string planogram;  ///< name of the planogram it was compared with, "" for none

  std::vector<StoredDetection> detections;
  std::vector<StoredGap> gaps;
  std::vector<StoredCount> counts;
  std::vector<StoredPosition> positions;

  int facings = 0;
  std::optional<double> on_shelf_availability;  ///< 0..1
  std::optional<double> planogram_compliance;   ///< 0..1
  std::string picture;                          ///< path of the annotated picture, "" for none
};

/// Something that happened at a fixed camera.
struct EventRecord {
  std::int64_t id = 0;
  std::string store;
  std::string camera;
  UtcMilliseconds at = 0;
  std::string kind;  ///< taken, restocked, empty, low
  std::string label;
  std::string place;  ///< zone or position, "" for none
  int before = 0;
  int after = 0;
  std::string picture;  ///< evidence, "" for none
};

/// Which records to look at. Empty members select everything.
struct Query {
  std::optional<UtcMilliseconds> from;  ///< included
  std::optional<UtcMilliseconds> to;    ///< excluded
  std::vector<std::string> stores;
  std::vector<std::string> cameras;
  std::vector<std::string> labels;
};

/// Sums of counts: one line of a report.
struct CountSummary {
  UtcMilliseconds at = 0;  ///< start of the time step, or 0 when not grouped by time
  std::string store;       ///< "" when not grouped by it
  std::string camera;
  std::string label;
  int row = -1;
  std::int64_t audits = 0;  ///< that saw it
  double facings = 0;       ///< mean per audit
  double products = 0;      ///< mean per audit
  int facings_first = 0;    ///< in the first audit of the range, and in the last: the change
  int facings_last = 0;
};

/// What counts are summed up by.
struct Grouping {
  bool store = false;
  bool camera = false;
  bool label = true;
  bool row = false;
  UtcMilliseconds step = 0;  ///< length of a time step, 0 = the whole range as one
};

enum class IfKnown {
  kSkip,  ///< a picture of the same content, store and camera is not counted again
  kAdd
};

/// Where audits and events are kept. One object per thread; several processes may use one store.
class EventStore {
 public:
  EventStore() = default;
  virtual ~EventStore() = default;
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  /// Adds an audit as one transaction: all of it or nothing. Returns its id; nothing when the same
  /// picture is known and was not to be added again.
  ///
  /// Throws: IoError naming the store and the reason (disk full, locked, read-only).
  virtual std::optional<std::int64_t> add(const AuditRecord& audit,
                                          IfKnown if_known = IfKnown::kSkip) = 0;
  virtual std::int64_t add(const EventRecord& event) = 0;

  /// Audits in order of time. `with_details` reads detections, gaps, counts and positions, too.
  virtual std::vector<AuditRecord> audits(const Query& query, bool with_details) const = 0;
  virtual std::vector<EventRecord> events(const Query& query) const = 0;
  virtual std::vector<CountSummary> summarize(const Query& query,
                                              const Grouping& grouping) const = 0;

  /// Names in alphabetical order.
  virtual std::vector<std::string> stores() const = 0;
};

}  // namespace gondola::store
