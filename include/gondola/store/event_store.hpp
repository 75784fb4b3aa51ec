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
///
/// A label may have a count for all rows, counts for single rows, or both; where it has no count
/// for all rows, that is the sum of its rows. None is negative, and no label has two for the same
/// row.
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
  std::string content;  ///< fingerprint of the picture's pixels or file, hexadecimal; "" for none,
                        ///< which is never recognised as known
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
  std::string picture;  ///< path of the audited picture, else of the annotated one, "" for none
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

/// Which records to look at. Empty members select everything; names that the store does not have
/// select nothing.
struct Query {
  std::optional<UtcMilliseconds> from;  ///< included
  std::optional<UtcMilliseconds> to;    ///< excluded
  std::vector<std::string> stores;
  std::vector<std::string> cameras;
  std::vector<std::string> labels;  ///< of counts and events; never narrows which audits are seen
};

/// Sums of counts: one line of a report.
///
/// A group is all audits that the query selects with the same time step, store and camera, as far
/// as these are grouped by; its lines are the labels and rows counted in any of them. An audit of
/// the group in which the line's label (or row) was not counted counts as 0 in all that follows.
struct CountSummary {
  UtcMilliseconds at = 0;  ///< start of the time step, or 0 when not grouped by time
  std::string store;       ///< "" when not grouped by it
  std::string camera;      ///< "" when not grouped by it; equal names are one, whatever their store
  std::string label;       ///< "" when not grouped by it: all selected labels together
  int row = -1;            ///< -1 when not grouped by it, or for a label that has no counts by row

  std::int64_t audits = 0;        ///< that saw it: with at least one facing or product
  std::int64_t group_audits = 0;  ///< all audits of the group, those that did not see it included
  double facings = 0;             ///< mean per audit: the sum divided by group_audits
  double products = 0;            ///< mean per audit, likewise

  /// In the first audit of the group and in the last, by time and then by id: the change. Where the
  /// group has several cameras, the sum over cameras of the first audit of each, and of the last:
  /// two cameras see different shelves, which cannot be compared with each other.
  int facings_first = 0;
  int facings_last = 0;
};

/// What counts are summed up by.
struct Grouping {
  bool store = false;
  bool camera = false;
  bool label = true;
  bool row = false;
  UtcMilliseconds step = 0;  ///< length of a time step, 0 = the whole range as one

  /// Any time at which a step begins. For days of local time, a local midnight; steps are all of
  /// the same length, whatever the clocks do in spring and autumn.
  UtcMilliseconds step_origin = 0;
};

enum class IfKnown {
  kSkip,  ///< a picture of the same content, store and camera, or the same event, is left out
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
  /// Throws: IoError naming the store and the reason (disk full, locked, read-only); the store is
  /// as it was before, and can be used on. ContractViolation for a negative count, two counts of
  /// one label and row, or a number that is not finite.
  virtual std::optional<std::int64_t> add(const AuditRecord& audit,
                                          IfKnown if_known = IfKnown::kSkip) = 0;
  /// The same for an event. It is known when all of it but its picture is, as when a video is
  /// looked at again.
  virtual std::optional<std::int64_t> add(const EventRecord& event,
                                          IfKnown if_known = IfKnown::kAdd) = 0;

  // What follows sees the store as it is at one moment, however much is being added meanwhile, and
  // throws IoError when the file cannot be read (damaged, locked, gone).

  /// Audits in order of time, then of id. `with_details` reads detections, gaps, counts and
  /// positions, too, in the order they were given in.
  virtual std::vector<AuditRecord> audits(const Query& query, bool with_details) const = 0;
  /// Events in order of time, then of id.
  virtual std::vector<EventRecord> events(const Query& query) const = 0;
  /// Lines in order of time, store, camera, label and row. A group in which nothing was counted has
  /// no line, except one of 0 when neither label nor row is grouped by.
  virtual std::vector<CountSummary> summarize(const Query& query,
                                              const Grouping& grouping) const = 0;

  /// Names in alphabetical order (of their UTF-8 bytes).
  virtual std::vector<std::string> stores() const = 0;
};

}  // namespace gondola::store
