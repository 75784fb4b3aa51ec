// Speed of gondola::store with a million counts, on one core.
//
//   cmake --preset release && cmake --build --preset release --target store_bench
//   build/release/bench/store_bench [FOLDER]
//
// Fills a store with 10,000 audits of 100 counts each (25 products in 4 rows), 4 cameras in each of
// 5 stores, over 500 days, and times what a report asks of it: the best of five, and the
// processor's time beside it. Adding waits for the disk, which is that of FOLDER (default: the
// temporary folder).

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>

#include "gondola/store/sqlite_store.hpp"

namespace {

namespace fs = std::filesystem;
using gondola::store::AuditRecord;
using gondola::store::EventStore;
using gondola::store::Grouping;
using gondola::store::Query;
using gondola::store::UtcMilliseconds;

constexpr UtcMilliseconds kDay = 24 * 3'600'000;
constexpr int kStores = 5;
constexpr int kCameras = 4;
constexpr int kDays = 500;
constexpr int kProducts = 25;
constexpr int kRows = 4;
constexpr int kCounts = kStores * kCameras * kDays * kProducts * kRows;

struct Seconds {
  double wall = 0;
  double processor = 0;
};

Seconds measure(const std::function<void()>& work) {
  const std::clock_t processor = std::clock();
  const auto wall = std::chrono::steady_clock::now();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count(),
          static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

Seconds best_of_five(const std::function<void()>& work) {
  Seconds best{std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  for (int i = 0; i < 5; ++i) {
    const Seconds seconds = measure(work);
    best = {std::min(best.wall, seconds.wall), std::min(best.processor, seconds.processor)};
  }
  return best;
}

AuditRecord made_audit(int store, int camera, int day) {
  AuditRecord audit;
  audit.store = "store " + std::to_string(store);
  audit.camera = "camera " + std::to_string(camera);
  audit.source = "rtsp://camera/" + std::to_string(camera);
  audit.taken_at = 1'700'000'000'000 + day * kDay + camera * 1000;
  audit.content = std::to_string(audit.taken_at) + audit.store;
  audit.image = {3840, 2160};
  audit.model = "shelf-n";
  for (int product = 0; product < kProducts; ++product) {
    for (int row = 0; row < kRows; ++row) {
      const int facings = (product + row + day) % 7;
      audit.counts.push_back({"product " + std::to_string(product), row, facings, 2 * facings});
      audit.facings += facings;
    }
  }
  return audit;
}

void fill(EventStore& store) {
  for (int day = 0; day < kDays; ++day) {
    for (int shop = 0; shop < kStores; ++shop) {
      for (int camera = 0; camera < kCameras; ++camera) store.add(made_audit(shop, camera, day));
    }
  }
}

void print(const std::string& what, const Seconds& seconds, std::size_t lines) {
  std::printf("%-46s %8.3f %8.3f %8zu\n", what.c_str(), seconds.wall, seconds.processor, lines);
}

void print_summary(const EventStore& store, const std::string& what, const Query& query,
                   const Grouping& grouping) {
  std::size_t lines = 0;
  const Seconds best = best_of_five([&] { lines = store.summarize(query, grouping).size(); });
  print(what, best, lines);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path();
  const fs::path path = folder / "gondola-store-bench.db";
  fs::remove(path);
  {
    const auto store = gondola::store::open_store(path);
    std::printf("%-46s %8s %8s %8s\n", "seconds", "wall", "cpu", "lines");
    constexpr int kAudits = kStores * kCameras * kDays;
    const Seconds filling = measure([&] { fill(*store); });
    print("add " + std::to_string(kAudits) + " audits, " + std::to_string(kCounts) + " counts",
          filling, 0);
    std::printf("%-46s %8.0f %8.0f\n", "audits a second", kAudits / filling.wall,
                kAudits / filling.processor);

    Grouping by_label;
    print_summary(*store, "summarize by label", {}, by_label);
    Grouping by_store = by_label;
    by_store.store = true;
    print_summary(*store, "by label and store", {}, by_store);
    Grouping by_day = by_store;
    by_day.step = kDay;
    print_summary(*store, "by label, store and day", {}, by_day);
    Grouping by_all = by_day;
    by_all.camera = by_all.row = true;
    print_summary(*store, "by label, store, camera, row and day", {}, by_all);

    Query last_week;
    last_week.from = 1'700'000'000'000 + (kDays - 7) * kDay;
    print_summary(*store, "the last 7 days by label, store and day", last_week, by_day);
    Query one_store;
    one_store.stores = {"store 3"};
    print_summary(*store, "one store by label and day", one_store, by_day);
    Query one_label;
    one_label.labels = {"product 7"};
    print_summary(*store, "one label by store and day", one_label, by_day);
    std::size_t audits = 0;
    const Seconds listing = best_of_five([&] { audits = store->audits({}, false).size(); });
    print("list all audits without details", listing, audits);
  }
  std::printf("%-46s %8.1f MB\n", "size of the file",
              static_cast<double>(fs::file_size(path)) / 1e6);
  fs::remove(path);
  return 0;
}
