#include "gondola/pipeline/count_files.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "gondola/core/text.hpp"
#include "gondola/pipeline/result_stream.hpp"
#include "result_text.hpp"

namespace gondola::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "gondola.counts/1";

/// The wall clock at a time of the source; no time for one that is not live.
std::chrono::system_clock::time_point wall_clock_at(const media::Frame& frame, double time_s) {
  if (frame.taken_at == std::chrono::system_clock::time_point{}) return {};
  return frame.taken_at + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                              std::chrono::duration<double>(time_s - frame.time_s));
}

/// Seconds with as many decimals as make sense.
std::string seconds(double value) { return to_text(rounded(value, 3)); }

class CountTable : public CountFile {
 public:
  explicit CountTable(const std::string& path) : out_(path, ResultStream::Mode::kDirect) {
    out_.stream() << "source,start_s,end_s,start_at,watched_s,scope,name,label,in,out,entries,"
                     "exits,lost,occupancy_mean,occupancy_max,occupancy_last,dwell_mean_s,"
                     "dwell_max_s\n";
    out_.flush();
  }

  void write(const media::Frame& frame, const count::CountRow& row) override {
    out_.stream() << csv_field(to_utf8(frame.source)) << ',' << seconds(row.start_s) << ','
                  << seconds(row.end_s) << ',' << utc_text(wall_clock_at(frame, row.start_s)) << ','
                  << seconds(row.watched_s) << ',' << name_of(row.scope) << ','
                  << csv_field(to_utf8(row.name)) << ',' << csv_field(to_utf8(row.label)) << ','
                  << row.in << ',' << row.out << ',' << row.entries << ',' << row.exits << ','
                  << row.lost << ',' << seconds(row.occupancy_mean) << ',' << row.occupancy_max
                  << ',' << row.occupancy_last << ',' << seconds(row.dwell_mean_s) << ','
                  << seconds(row.dwell_max_s) << '\n';
    out_.flush();
  }

  void finish() override { out_.finish(); }

 private:
  ResultStream out_;
};

class CountDocument : public CountFile {
 public:
  explicit CountDocument(const std::string& path) : out_(path, ResultStream::Mode::kAtomic) {
    out_.stream() << R"({"schema":")" << kSchema << R"(","counts":[)";
  }

  void write(const media::Frame& frame, const count::CountRow& row) override {
    Json entry = {{"source", frame.source},
                  {"start_s", rounded(row.start_s, 3)},
                  {"end_s", rounded(row.end_s, 3)}};
    const std::string start_at = utc_text(wall_clock_at(frame, row.start_s));
    if (!start_at.empty()) entry["start_at"] = start_at;
    entry["watched_s"] = rounded(row.watched_s, 3);
    entry["scope"] = name_of(row.scope);
    if (!row.name.empty()) entry["name"] = row.name;
    if (!row.label.empty()) entry["label"] = row.label;
    switch (row.scope) {
      case count::ScopeKind::kLine:
        entry["in"] = row.in;
        entry["out"] = row.out;
        break;
      case count::ScopeKind::kUnique:
        entry["count"] = row.entries;
        break;
      case count::ScopeKind::kZone:
        entry["entries"] = row.entries;
        entry["exits"] = row.exits;
        entry["lost"] = row.lost;
        entry["occupancy_mean"] = rounded(row.occupancy_mean, 3);
        entry["occupancy_max"] = row.occupancy_max;
        entry["occupancy_last"] = row.occupancy_last;
        entry["dwell_mean_s"] = rounded(row.dwell_mean_s, 3);
        entry["dwell_max_s"] = rounded(row.dwell_max_s, 3);
        break;
    }
    out_.stream() << separator_ << to_text(entry);
    separator_ = ",\n";
  }

  void finish() override {
    out_.stream() << "\n]}\n";
    out_.finish();
  }

 private:
  ResultStream out_;
  const char* separator_ = "\n";
};

/// The beginning of an event's line.
Json event_line(const media::Frame& frame, double time_s) {
  Json line = {{"source", frame.source}, {"frame", frame.index}, {"time_s", rounded(time_s, 3)}};
  const std::string at = utc_text(wall_clock_at(frame, time_s));
  if (!at.empty()) line["at"] = at;
  return line;
}

}  // namespace

std::unique_ptr<CountFile> make_count_file(const std::string& path) {
  if (std::filesystem::path(path).extension() == ".json")
    return std::make_unique<CountDocument>(path);
  return std::make_unique<CountTable>(path);
}

EventFile::EventFile(const std::string& path, ClassNames names)
    : out_(path, ResultStream::Mode::kDirect), names_(std::move(names)) {}

void EventFile::write(const media::Frame& frame, const count::SceneEvent& event) {
  Json line = event_line(frame, event.time_s);
  line["event"] = name_of(event.kind);
  line["name"] = event.name;
  line["label"] = names_.name(event.class_id);
  line["track"] = event.track_id;
  using Kind = count::SceneEventKind;
  if (event.kind == Kind::kLeft || event.kind == Kind::kLost)
    line["dwell_s"] = rounded(event.dwell_s, 3);
  out_.stream() << to_text(line) << '\n';
  out_.flush();
}

void EventFile::finish() { out_.finish(); }

StockEventFile::StockEventFile(const std::string& path, ClassNames names)
    : out_(path, ResultStream::Mode::kDirect), names_(std::move(names)) {}

void StockEventFile::write(const media::Frame& frame, const count::StockEvent& event,
                           const std::string& picture) {
  Json line = event_line(frame, event.time_s);
  line["event"] = name_of(event.kind);
  line["label"] = names_.name(event.class_id);
  if (!event.area.empty()) line["area"] = event.area;
  line["box"] = {rounded(event.box.x1, 1), rounded(event.box.y1, 1), rounded(event.box.x2, 1),
                 rounded(event.box.y2, 1)};
  line["before_s"] = rounded(event.before_s, 3);
  line["reported_s"] = rounded(event.reported_s, 3);
  line["facings"] = {event.count_before, event.count_after};
  if (!picture.empty()) line["picture"] = picture;
  out_.stream() << to_text(line) << '\n';
  out_.flush();
}

void StockEventFile::finish() { out_.finish(); }

}  // namespace gondola::pipeline
