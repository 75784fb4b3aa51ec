#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gondola/store/event_store.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "support/shared_data.hpp"

namespace gondola::report {

inline constexpr store::UtcMilliseconds kHour = 3'600'000;
inline constexpr store::UtcMilliseconds kDay = 24 * kHour;

/// 2026-11-02 00:00 UTC, a Monday: 20759 days after 1970-01-01.
inline constexpr store::UtcMilliseconds kMonday = 20'759 * kDay;

/// A store in a folder of its own.
struct Shop {
  test::TempDir folder;
  std::unique_ptr<store::EventStore> store = store::open_store(folder / "shop.db");
};

/// An audit that saw so many facings of each label, all of them in row 0.
inline store::AuditRecord audit_of(const std::string& shop, const std::string& camera,
                                   store::UtcMilliseconds taken_at,
                                   const std::vector<std::pair<std::string, int>>& facings) {
  store::AuditRecord audit;
  audit.store = shop;
  audit.camera = camera;
  audit.taken_at = taken_at;
  audit.image = {100, 50};
  for (const auto& [label, number] : facings) {
    audit.counts.push_back({label, -1, number, 2 * number});
    audit.counts.push_back({label, 0, number, 2 * number});
    audit.facings += number;
    for (int i = 0; i < number; ++i) {
      const auto x = static_cast<float>(10 * i);
      audit.detections.push_back({label, 0.875F, {x, 10, x + 9, 40}, 0, i});
    }
  }
  return audit;
}

inline store::EventRecord event_of(const std::string& shop, const std::string& camera,
                                   store::UtcMilliseconds at, const std::string& kind,
                                   const std::string& label) {
  store::EventRecord event;
  event.store = shop;
  event.camera = camera;
  event.at = at;
  event.kind = kind;
  event.label = label;
  event.before = 3;
  event.after = 2;
  return event;
}

}  // namespace gondola::report
