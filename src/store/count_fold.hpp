#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gondola/store/event_store.hpp"

namespace gondola::store {

/// What a summary needs to know of an audit.
struct AuditKey {
  std::int64_t id = 0;      ///< > 0
  std::int64_t camera = 0;  ///< its id
  UtcMilliseconds taken_at = 0;
};

struct CameraName {
  std::string store;
  std::string camera;
};

/// Where the time step of `at` begins; the earliest time there is if that would lie before it.
///
/// Requires: step > 0.
UtcMilliseconds start_of_step(UtcMilliseconds at, UtcMilliseconds step, UtcMilliseconds origin);

/// Sums up counts that come in order of time, holding no more than one time step of them and the
/// lines that come out. See CountSummary for what is summed up.
class CountFold {
 public:
  /// `cameras` by id. Requires: grouping.step >= 0.
  CountFold(const Grouping& grouping, const std::map<std::int64_t, CameraName>& cameras);

  /// Requires: not before the audit that came before, by time and then id.
  void start_audit(const AuditKey& audit);

  /// Of the audit started last. `label` is the id of its name.
  void add(std::int64_t label, int row, int facings, int products);

  /// The lines, in order. To be called once, last. `label_name` gives the name of an id.
  std::vector<CountSummary> finish(const std::function<std::string(std::int64_t)>& label_name);

 private:
  /// Label and row are 0 and -1 when not grouped by.
  struct Key {
    std::int64_t place = 0;  ///< of a line, an index of places_; of a series, the camera
    std::int64_t label = 0;
    int row = -1;

    friend bool operator==(const Key& a, const Key& b) {
      return a.place == b.place && a.label == b.label && a.row == b.row;
    }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  /// What one camera saw of one label and row in the current time step.
  struct Series {
    std::int64_t first_audit = 0;
    std::int64_t last_audit = 0;
    bool is_seen_in_last = false;
    std::int64_t audits = 0;
    std::int64_t facings = 0;
    std::int64_t products = 0;
    int facings_first = 0;
    int facings_last = 0;
  };

  /// The audits of one camera in the current time step.
  struct Looks {
    std::int64_t first_audit = 0;
    std::int64_t last_audit = 0;
    std::int64_t audits = 0;
  };

  /// A CountSummary without its names.
  struct Line {
    UtcMilliseconds at = 0;
    Key key;
    std::int64_t audits = 0;
    std::int64_t group_audits = 0;
    std::int64_t facings = 0;
    std::int64_t products = 0;
    int facings_first = 0;
    int facings_last = 0;
  };

  void finish_step();

  Grouping grouping_;
  std::vector<CameraName> places_;  // what lines show of store and camera, in order
  std::unordered_map<std::int64_t, std::int64_t> place_of_camera_;
  std::unordered_map<std::int64_t, Looks> looks_;
  std::unordered_map<Key, Series, KeyHash> series_;
  std::vector<Line> lines_;
  AuditKey audit_;
  UtcMilliseconds at_ = 0;
};

}  // namespace gondola::store
