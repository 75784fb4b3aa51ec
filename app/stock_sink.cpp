#include "stock_sink.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "frame_time.hpp"
#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/media/draw_shelf.hpp"
#include "gondola/media/place_likeness.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/report/local_time.hpp"
#include "gondola/shelf/rows.hpp"
#include "words.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;

/// Seconds between frames that are remembered as evidence, how many are at most, and at least where
/// frames are few.
constexpr double kEvidenceStep = 0.5;
constexpr double kMostEvidence = 160;
constexpr std::size_t kLeastEvidence = 32;
/// Of those, how many are kept decoded while they are asked for.
constexpr std::size_t kMostDecoded = 12;
constexpr int kEvidenceQuality = 85;
/// Likeness from which a place is taken to be unchanged.
constexpr double kSameLook = 0.9;

/// 08:31:02 for the clock on the wall, 1:02:03.4 for the place in a file.
std::string time_text(const media::Frame& frame, double time_s, store::UtcMilliseconds time) {
  if (frame.kind == media::SourceKind::kCamera || frame.kind == media::SourceKind::kStream)
    return report::local_iso(time).substr(11, 8);
  const auto tenths = static_cast<std::int64_t>(time_s * 10);
  return fmt::format("{}:{:02}:{:02}.{}", tenths / 36000, tenths / 600 % 60, tenths / 10 % 60,
                     tenths % 10);
}

/// For names of files: no sign that any file system refuses, and no two seconds the same.
std::string file_text(store::UtcMilliseconds time) {
  std::string text = report::utc_iso(time);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }),
             text.end());
  return text;
}

/// Where on the shelf a box is, such as "row 2, facing 5", empty facings counted, too.
std::string place_of(const std::vector<count::StockWatch::Facing>& facings, const Box& box) {
  std::vector<Box> boxes{box};
  for (const auto& facing : facings)
    if (iou(facing.box, box) < 0.5F) boxes.push_back(facing.box);
  const shelf::Placement place = shelf::find_rows(boxes).placements.front();
  if (place.facing < 0) return {};
  return concat("row ", place.row + 1, ", facing ", place.facing + 1);
}

/// The last frames, as JPEG, so that what was before a change can be shown, and compared with what
/// is now.
class Evidence {
 public:
  explicit Evidence(double memory_s)
      : memory_s_(memory_s), step_s_(std::max(kEvidenceStep, memory_s / kMostEvidence)) {}

  void keep(const cv::Mat& image, double time_s) {
    if (!looks_.empty() && time_s - looks_.back().time_s < step_s_) return;
    looks_.push_back({time_s, media::encode_jpeg(image, kEvidenceQuality, "evidence")});
    while (looks_.size() > kLeastEvidence && time_s - looks_.front().time_s > memory_s_)
      looks_.pop_front();
    decoded_.clear();
  }

  struct Look {
    double time_s = 0;
    std::vector<unsigned char> jpeg;
  };

  /// Whether a place looks as it did at a time; false if that is not remembered.
  bool shows_the_same(const cv::Mat& now, const Box& place, double then_s) {
    if (looks_.empty() || looks_.front().time_s > then_s) return false;
    const Look& look = at(then_s);
    if (decoded_.size() >= kMostDecoded && decoded_.count(look.time_s) == 0) decoded_.clear();
    cv::Mat& then = decoded_[look.time_s];
    if (then.empty()) then = image_of(look);
    return media::place_likeness(then, now, place) >= kSameLook;
  }

  static cv::Mat image_of(const Look& look) {
    return media::decode_image(look.jpeg.data(), look.jpeg.size(), "evidence");
  }

  /// The last one up to a time, else the first. Requires: one has been kept.
  const Look& at(double time_s) const {
    const Look* last = &looks_.front();
    for (const Look& look : looks_)
      if (look.time_s <= time_s) last = &look;
    return *last;
  }

 private:
  double memory_s_;
  double step_s_;
  std::deque<Look> looks_;
  std::map<double, cv::Mat> decoded_;  // by their time
};

}  // namespace

struct StockSink::Source {
  count::StockWatch watch;
  Evidence evidence;
  Size picture;
  media::Frame last;  // the newest
  double begun_s = 0;
  std::optional<double> audited_s;
};

StockSink::StockSink(StockOptions options, std::unique_ptr<AuditSink> audits,
                     const ClassNames& names, std::shared_ptr<spdlog::logger> log)
    : options_(std::move(options)),
      audits_(std::move(audits)),
      names_(names),
      log_(std::move(log)) {
  // Also where no frame ever comes: what is wrong with the options is told at once.
  (void)count::StockWatch(options_.watch, names_, {1, 1});
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_.names()[i] == options_.gap_label) gap_class_ = static_cast<int>(i);
  if (!audits_->outputs().folder.empty())
    make_folder(fs::path(audits_->outputs().folder) / "events");
  if (!options_.events.empty())
    events_ = std::make_unique<pipeline::StockEventFile>(options_.events, names_);
}

StockSink::~StockSink() = default;

void StockSink::write(const pipeline::FrameDetections& result) {
  const media::Frame& frame = result.frame;
  const Size picture{frame.image.cols, frame.image.rows};
  std::unique_ptr<Source>& known = sources_[frame.source];
  if (known != nullptr && known->picture != picture) {
    log_->warn("{}: its pictures are {} x {} now; watching begins anew", frame.source,
               picture.width, picture.height);
    end(*known);
    known = nullptr;
  }
  if (known == nullptr) {
    const count::StockWatchOptions& watch = options_.watch;
    known = std::make_unique<Source>(Source{count::StockWatch(watch, names_, picture),
                                            Evidence(watch.crowd_hold_s + 5 * watch.window_s),
                                            picture,
                                            {},
                                            frame.time_s,
                                            {}});
  }
  Source& source = *known;
  source.last = frame;
  std::vector<Detection> products;
  std::vector<Box> occluders;
  for (const Detection& detection : result.detections) {
    const std::string label = names_.name(detection.class_id);
    const auto& hides = options_.occluders;
    if (std::find(hides.begin(), hides.end(), label) != hides.end()) {
      if (detection.score >= options_.watch.sure_score) occluders.push_back(detection.box);
    } else if (detection.class_id != gap_class_) {
      products.push_back(detection);
    }
  }
  const auto looks_the_same = [&](const Box& place, double then_s) {
    return source.evidence.shows_the_same(frame.image, place, then_s);
  };
  const auto events = source.watch.update(products, occluders, frame.time_s, looks_the_same);
  source.evidence.keep(frame.image, frame.time_s);
  for (const count::StockEvent& event : events) report(source, event);

  const double since_s = frame.time_s - source.audited_s.value_or(source.begun_s);
  const double wait_s = source.audited_s ? options_.interval_s : 2 * options_.watch.window_s;
  if (since_s >= wait_s && source.watch.is_settled()) audit(source);
}

void StockSink::report(Source& source, const count::StockEvent& event) {
  const store::UtcMilliseconds now = taken_at(source.last, audits_->outputs().taken_at);
  const store::UtcMilliseconds time =
      now - static_cast<store::UtcMilliseconds>((source.last.time_s - event.time_s) * 1000);
  const std::string label = names_.name(event.class_id);
  const std::string kind(name_of(event.kind));
  const std::string picture = write_evidence(source, event, time);
  const std::string change =
      event.count_before == event.count_after
          ? fmt::format("{} facings as before", event.count_after)
          : fmt::format("{} -> {} facings", event.count_before, event.count_after);
  log_->info("{} {}: {} {} ({})", source.last.source, time_text(source.last, event.time_s, time),
             event.area.empty() ? label : event.area, kind, change);
  if (events_ != nullptr) events_->write(source.last, event, picture);
  if (audits_->outputs().store == nullptr) return;
  store::EventRecord record;
  record.store = audits_->outputs().shop;
  record.camera = audits_->outputs().camera;
  record.at = time;
  record.kind = kind;
  record.label = label;
  record.place = event.area.empty() ? place_of(source.watch.facings(), event.box) : event.area;
  record.before = static_cast<int>(event.count_before);
  record.after = static_cast<int>(event.count_after);
  if (!picture.empty()) record.picture = fs::absolute(picture).lexically_normal().string();
  audits_->outputs().store->add(record, audits_->outputs().if_known);
}

std::string StockSink::write_evidence(Source& source, const count::StockEvent& event,
                                      store::UtcMilliseconds time) {
  if (audits_->outputs().folder.empty()) return {};
  const Evidence::Look& look = source.evidence.at(event.before_s);
  const cv::Mat before = Evidence::image_of(look);
  const auto text = [&](const char* word, double time_s) {
    const auto since = static_cast<store::UtcMilliseconds>((time_s - event.time_s) * 1000);
    return concat(word, ' ', time_text(source.last, time_s, time + since));
  };
  const cv::Mat drawn =
      media::draw_change({before, text("before", look.time_s)},
                         {source.last.image, text("after", source.last.time_s)}, event.box);
  const std::string stem = concat(pipeline::source_stem(source.last.source), '_', file_text(time),
                                  '_', name_of(event.kind));
  const fs::path path =
      fs::path(audits_->outputs().folder) / "events" / file_names_.claim(stem, ".jpg");
  media::write_image(path.string(), drawn);
  return path.string();
}

/// What stands on the shelf now, as it has been over the window, whoever stands before it.
void StockSink::audit(Source& source) {
  source.audited_s = source.last.time_s;
  pipeline::FrameDetections shelf;
  shelf.frame = source.last;
  const std::vector<count::StockWatch::Facing> facings = source.watch.facings();
  for (const auto& facing : facings) {
    if (facing.is_present)
      shelf.detections.push_back({facing.box, facing.found_share, facing.class_id});
  }
  const std::size_t products = shelf.detections.size();
  for (const auto& facing : facings) {
    if (facing.is_present || !gap_class_) continue;
    const bool is_filled = std::any_of(
        shelf.detections.begin(), shelf.detections.begin() + static_cast<std::ptrdiff_t>(products),
        [&](const Detection& product) {
          return area(intersection(product.box, facing.box)) > 0.3F * area(facing.box);
        });
    if (!is_filled) shelf.detections.push_back({facing.box, facing.found_share, *gap_class_});
  }
  const store::UtcMilliseconds time = taken_at(source.last, audits_->outputs().taken_at);
  audits_->write(shelf, concat(pipeline::source_stem(source.last.source), '_', file_text(time)));
}

void StockSink::end_source(const std::string& name) {
  const auto known = sources_.find(name);
  if (known == sources_.end()) return;
  end(*known->second);
  sources_.erase(known);
}

void StockSink::end(Source& source) {
  if (!source.watch.is_settled()) {
    log_->warn("{}: watched for {:.1f} s, which is too short to tell what is there (--window {})",
               source.last.source, source.last.time_s - source.begun_s, options_.watch.window_s);
  } else if (source.last.time_s > source.audited_s.value_or(-1)) {
    audit(source);
  }
}

void StockSink::finish() {
  if (events_ != nullptr) events_->finish();
  audits_->finish();
}

}  // namespace gondola::app
