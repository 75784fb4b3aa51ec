#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "gondola/pipeline/result_names.hpp"
#include "gondola/pipeline/result_stream.hpp"
#include "result_text.hpp"

namespace gondola::pipeline {
namespace {

/// Keeps the order of the keys, which people read.
using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "gondola.detections/1";

void add_frame(Json& into, const FrameDetections& result, const ClassNames& names) {
  into["source"] = result.frame.source;
  into["frame"] = result.frame.index;
  into["time_s"] = rounded(result.frame.time_s, 6);
  into["width"] = result.frame.image.cols;
  into["height"] = result.frame.image.rows;
  Json& detections = into["detections"] = Json::array();
  for (std::size_t i = 0; i < result.detections.size(); ++i) {
    const auto& [box, score, class_id] = result.detections[i];
    Json detection = {
        {"class", class_id},
        {"label", names.name(class_id)},
        {"score", rounded(score, 6)},
        {"box", {rounded(box.x1, 3), rounded(box.y1, 3), rounded(box.x2, 3), rounded(box.y2, 3)}}};
    if (!result.tracks.empty()) detection["track"] = result.tracks.at(i);
    detections.push_back(std::move(detection));
  }
}

class JsonSink : public DetectionSink {
 public:
  JsonSink(const std::string& path, const std::string& model_name, ClassNames names)
      : out_(path, ResultStream::Mode::kAtomic), names_(std::move(names)) {
    out_.stream() << R"({"schema":")" << kSchema << R"(","model":)" << to_text(model_name)
                  << R"(,"images":[)";
  }

  void write(const FrameDetections& result) override {
    Json frame;
    add_frame(frame, result, names_);
    out_.stream() << separator_ << to_text(frame);
    separator_ = ",\n";
  }

  void finish() override {
    out_.stream() << "\n]}\n";
    out_.finish();
  }

 private:
  ResultStream out_;
  ClassNames names_;
  const char* separator_ = "\n";
};

class JsonlSink : public DetectionSink {
 public:
  JsonlSink(const std::string& path, std::string model_name, ClassNames names)
      : out_(path, ResultStream::Mode::kDirect),
        model_name_(std::move(model_name)),
        names_(std::move(names)) {}

  void write(const FrameDetections& result) override {
    Json line = {{"schema", kSchema}, {"model", model_name_}};
    add_frame(line, result, names_);
    out_.stream() << to_text(line) << '\n';
    out_.flush();
  }

  void finish() override { out_.finish(); }

 private:
  ResultStream out_;
  std::string model_name_;
  ClassNames names_;
};

/// A number for a stem such as COCO's 000000000139, else the stem itself.
Json coco_image_id(const std::string& stem) {
  constexpr std::size_t kMaxDigits = 18;  // what fits 64 bits
  if (stem.size() <= kMaxDigits && stem.find_first_not_of("0123456789") == std::string::npos)
    return std::strtoll(stem.c_str(), nullptr, 10);
  return stem;
}

class CocoSink : public DetectionSink {
 public:
  CocoSink(const std::string& path, CocoOptions options)
      : out_(path, ResultStream::Mode::kAtomic), options_(std::move(options)) {
    out_.stream() << '[';
  }

  void write(const FrameDetections& result) override {
    const Json image_id = coco_image_id(result_stem(result.frame));
    for (const Detection& detection : result.detections) {
      const Box& box = detection.box;
      const Json row = {{"image_id", image_id},
                        {"category_id", category_id(detection.class_id)},
                        {"bbox",
                         {rounded(box.x1, 3), rounded(box.y1, 3), rounded(box.width(), 3),
                          rounded(box.height(), 3)}},
                        {"score", rounded(detection.score, 6)}};
      out_.stream() << separator_ << to_text(row);
      separator_ = ",\n";
    }
  }

  void finish() override {
    out_.stream() << "\n]\n";
    out_.finish();
  }

 private:
  int category_id(int class_id) const {
    if (options_.category_ids.empty()) return class_id;
    GONDOLA_EXPECTS(
        class_id >= 0 && static_cast<std::size_t>(class_id) < options_.category_ids.size(),
        "COCO results: class ", class_id, " has no category id among ",
        options_.category_ids.size());
    return options_.category_ids[static_cast<std::size_t>(class_id)];
  }

  ResultStream out_;
  CocoOptions options_;
  const char* separator_ = "\n";
};

}  // namespace

std::unique_ptr<DetectionSink> make_json_sink(const std::string& path,
                                              const std::string& model_name, ClassNames names) {
  return std::make_unique<JsonSink>(path, model_name, std::move(names));
}

std::unique_ptr<DetectionSink> make_jsonl_sink(const std::string& path,
                                               const std::string& model_name, ClassNames names) {
  return std::make_unique<JsonlSink>(path, model_name, std::move(names));
}

std::unique_ptr<DetectionSink> make_coco_sink(const std::string& path, CocoOptions options) {
  return std::make_unique<CocoSink>(path, std::move(options));
}

}  // namespace gondola::pipeline
