#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gondola/report/local_time.hpp"
#include "gondola/store/event_store.hpp"

namespace gondola::report {

/// What counts are summed up by.
struct GroupBy {
  bool store = false;
  bool camera = false;
  bool label = false;
  bool row = false;
};

/// "label,row" for the names of `by`, in the order store, camera, label, row.
std::string to_text(const GroupBy& by);

/// The reverse, in any order.
///
/// Throws: ConfigError for an unknown word, with the known ones, and for no word at all.
GroupBy parse_group_by(const std::vector<std::string>& words);

struct ReportOptions {
  std::optional<store::UtcMilliseconds> from;  ///< included; nothing for the first record
  std::optional<store::UtcMilliseconds> to;    ///< excluded; nothing for the last record
  std::vector<std::string> stores;             ///< which shops; none for all
  std::vector<std::string> cameras;            ///< which cameras or fixtures; none for all

  GroupBy by{false, false, true, false};

  /// Fewest facings of a label in a shop, >= 0: fewer are low. It speaks of labels that usually
  /// have that many, so that a product with one facing is not low for ever. Raising it warns
  /// earlier; at 1 and below nothing is low, only sold out.
  int fewest = 2;
  /// The same by label, whatever is usual.
  std::map<std::string, int> fewest_of;
};

/// A camera or fixture of a shop. Every audit of it looks at the same shelf.
struct ShelfKey {
  std::string store;
  std::string camera;

  friend bool operator==(const ShelfKey& a, const ShelfKey& b) {
    return a.store == b.store && a.camera == b.camera;
  }
  friend bool operator<(const ShelfKey& a, const ShelfKey& b) {
    return a.store != b.store ? a.store < b.store : a.camera < b.camera;
  }
};

/// Members that are not grouped by are empty, or -1.
struct GroupKey {
  std::string store;
  std::string camera;
  std::string label;
  int row = -1;  ///< from 0; -1 also for a label that was not counted by row

  friend bool operator<(const GroupKey& a, const GroupKey& b) {
    return std::tie(a.store, a.camera, a.label, a.row) <
           std::tie(b.store, b.camera, b.label, b.row);
  }
};

/// A group's counts in one time step.
struct GroupStep {
  std::int64_t audits = 0;  ///< of the shelves the group is on
  /// Sum over the shelves of their mean per audit. A shelf that was not looked at counts as it was
  /// seen last, or before its first audit as it was seen first. Nothing when none was looked at.
  std::optional<double> facings;
  std::optional<double> products;
};

struct GroupSummary {
  GroupKey key;
  int facings_first = 0;  ///< sum over the first audits of the shelves
  int facings_last = 0;   ///< and over the last ones
  int products_last = 0;
  double facings_usual = 0;      ///< mean of the steps that have a value
  std::vector<GroupStep> steps;  ///< one per Summary::steps
};

/// All shelves in one time step.
struct StepSummary {
  TimeSpan span;
  std::int64_t audits = 0;
  std::optional<double> facings;       ///< as GroupStep::facings
  std::optional<double> availability;  ///< 0..1, mean over the shelves of their mean per audit
  std::optional<double> compliance;    ///< 0..1, the same
  std::map<std::string, int> events;   ///< how many, by kind
};

/// A shelf as it was seen last.
struct ShelfSummary {
  ShelfKey key;
  std::int64_t audits = 0;
  int facings_first = 0;
  std::optional<double> availability_first;
  std::optional<double> compliance_first;
  store::AuditRecord last;  ///< with its details
};

/// In the order of what to do first.
enum class ProblemKind { kSoldOut, kEmptyPosition, kGap, kLow, kWrongProduct, kWrongPlace };

/// "sold_out", "empty_position", "gap", "low", "wrong_product", "wrong_place".
std::string_view name_of(ProblemKind kind);

/// Something on a shelf, as it was seen last, that somebody should look at.
struct Problem {
  ProblemKind kind = ProblemKind::kGap;
  std::string store;
  /// Index into Summary::shelves; of a label that is low or sold out, the shelf with most of it, or
  /// where it was seen last.
  std::size_t shelf = 0;
  std::string label;               ///< of the product, "" for a gap
  std::string position;            ///< of the planogram, "" for none
  int row = -1;                    ///< from 0; -1 for none
  std::optional<std::size_t> gap;  ///< index into the audit's gaps
  int facings = 0;                 ///< of a gap: that would fit; of a label: that are left
  double usual = 0;                ///< of a label: facings in the mean of the range
};

struct Totals {
  std::int64_t audits = 0;
  int facings_first = 0;  ///< sums over the first and over the last audits of the shelves
  int facings_last = 0;
  int gaps = 0;                              ///< of the last audits
  int gap_facings = 0;                       ///< that would fit into them
  std::optional<double> availability_first;  ///< 0..1, means over the shelves
  std::optional<double> availability_last;
  std::optional<double> compliance_first;
  std::optional<double> compliance_last;
  int positions = 0;                  ///< of the last audits, those that are hidden not counted
  int positions_wrong = 0;            ///< of them, not correct
  std::map<std::string, int> events;  ///< how many, by kind
};

/// Everything a report says. docs/report.md defines every number.
struct Summary {
  TimeSpan range;  ///< what was asked for; where nothing was, the first and after the last record
  TimeSpan seen;   ///< from the first to after the last record in it
  GroupBy by;
  TimeStep step = TimeStep::kDay;
  Totals totals;
  std::vector<StepSummary> steps;  ///< that `seen` touches, cut to what was asked for; never empty
  std::vector<GroupSummary> groups;        ///< in the order of their keys
  std::vector<ShelfSummary> shelves;       ///< in the order of their keys
  std::vector<Problem> problems;           ///< in the order of their kinds, shelves and rows
  std::vector<store::EventRecord> events;  ///< in order of time
};

/// Sums up what a store holds about a range of time.
///
/// Throws: ConfigError when it holds nothing about it, with the range that it has; IoError from the
/// store.
/// Cost: one query per time step and two per shelf; details of the first and the last audit of
/// every shelf are kept in memory, and the heads of all audits of the range.
Summary make_summary(const store::EventStore& store, const ReportOptions& options);

}  // namespace gondola::report
