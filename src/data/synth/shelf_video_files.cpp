#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "gondola/core/atomic_file.hpp"
#include "gondola/data/shelf_video.hpp"
#include "gondola/media/video_writer.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Clips are there to be looked at closely: a little better than usual.
constexpr int kClipCrf = 20;

double rounded(double value) { return std::round(value * 1000) / 1000; }

std::string truth_line(const ShelfVideoFrame& frame) {
  ordered_json objects = ordered_json::array();
  for (const ShelfVideoObject& object : frame.objects) {
    const Box& box = object.box;
    objects.push_back({{"identity", object.identity},
                       {"product", object.product},
                       {"visible", rounded(object.visible)},
                       {"box", {box.x1, box.y1, box.x2, box.y2}}});
  }
  const ordered_json line = {
      {"frame", frame.number}, {"time_s", rounded(frame.time_s)}, {"objects", objects}};
  return line.dump() + "\n";
}

std::string mot_lines(const ShelfVideoFrame& frame) {
  std::string lines;
  for (const ShelfVideoObject& object : frame.objects) {
    char line[128];
    std::snprintf(line, sizeof line, "%d,%d,%.1f,%.1f,%.1f,%.1f,1,1,%.3f\n", frame.number + 1,
                  object.identity, object.box.x1, object.box.y1, object.box.width(),
                  object.box.height(), object.visible);
    lines += line;
  }
  return lines;
}

ordered_json event_json(const ShelfVideoEvent& event) {
  return {{"time_s", rounded(event.time_s)},
          {"kind", event.taken ? "taken" : "restocked"},
          {"identity", event.identity},
          {"product", event.product},
          {"facing_changed", event.facing_changed()},
          {"visible_before", event.visible_before},
          {"visible_after", event.visible_after}};
}

ordered_json products_json(const std::vector<ShelfProduct>& products) {
  ordered_json list = ordered_json::array();
  for (std::size_t i = 0; i < products.size(); ++i) {
    list.push_back({{"id", i},
                    {"name", products[i].name},
                    {"w", rounded(products[i].width)},
                    {"h", rounded(products[i].height)}});
  }
  return list;
}

}  // namespace

ShelfVideoSummary write_shelf_video(const ShelfVideoOptions& options, const std::string& path,
                                    const ShelfVideoCallbacks& callbacks) {
  ShelfVideo video(options);
  const fs::path stem = fs::path(path).replace_extension();
  const auto beside = [&](const char* ending) { return fs::path(stem.string() + ending); };
  AtomicFile truth(beside(".truth.jsonl"));
  AtomicFile mot(beside(".gt.txt"));
  AtomicFile events(beside(".events.json"));
  media::VideoWriterOptions writing;
  writing.fps = options.fps;
  writing.crf = kClipCrf;
  media::VideoWriter clip(path, options.shelf.size, writing);

  ShelfVideoSummary summary;
  std::set<int> identities;
  std::set<int> products;
  ordered_json event_list = ordered_json::array();
  while (true) {
    if (callbacks.stop_requested && callbacks.stop_requested()) {
      summary.stopped = true;
      break;
    }
    const std::optional<ShelfVideoFrame> frame = video.next();
    if (!frame) break;
    clip.write(frame->picture, frame->time_s);
    truth.stream() << truth_line(*frame);
    mot.stream() << mot_lines(*frame);
    for (const ShelfVideoObject& object : frame->objects) {
      identities.insert(object.identity);
      products.insert(object.product);
    }
    for (const ShelfVideoEvent& event : frame->events) {
      ++(event.taken ? summary.taken : summary.restocked);
      event_list.push_back(event_json(event));
    }
    ++summary.frames;
    if (callbacks.on_progress) callbacks.on_progress(summary.frames);
  }
  summary.identities = identities.size();
  const ordered_json document = {{"schema", "gondola.shelf-video/1"},
                                 {"video", fs::path(path).filename().string()},
                                 {"fps", options.fps},
                                 {"frames", summary.frames},
                                 {"identities", summary.identities},
                                 {"products_seen", products.size()},
                                 {"taken", summary.taken},
                                 {"restocked", summary.restocked},
                                 {"events", event_list},
                                 {"products", products_json(video.products())}};
  events.stream() << document.dump(2) << '\n';
  clip.finish();
  truth.commit();
  mot.commit();
  events.commit();
  return summary;
}

}  // namespace gondola::data
