#include <cstdio>
#include <filesystem>

#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "gondola/pipeline/result_names.hpp"
#include "gondola/pipeline/result_stream.hpp"

namespace gondola::pipeline {
namespace {

namespace fs = std::filesystem;

class TxtSink : public DetectionSink {
 public:
  explicit TxtSink(const std::string& folder) : folder_(folder) { make_folder(folder); }

  void write(const FrameDetections& result) override {
    AtomicFile file(folder_ / names_.claim(result.frame, ".txt"));
    const double width = result.frame.image.cols;
    const double height = result.frame.image.rows;
    for (const Detection& detection : result.detections) {
      const CxCyWh box = xyxy_to_cxcywh(detection.box);
      char line[256];
      std::snprintf(line, sizeof line, "%d %.6f %.6f %.6f %.6f %.6f\n", detection.class_id,
                    box.cx / width, box.cy / height, box.w / width, box.h / height,
                    detection.score);
      file.stream() << line;
    }
    file.commit();
  }

  void finish() override {}

 private:
  fs::path folder_;
  ResultNames names_;
};

class PictureSink : public DetectionSink {
 public:
  PictureSink(const std::string& folder, std::shared_ptr<Annotator> annotator,
              const media::WriteOptions& options)
      : folder_(folder), annotator_(std::move(annotator)), options_(options) {
    make_folder(folder);
  }

  void write(const FrameDetections& result) override {
    const media::Frame& frame = result.frame;
    if (frame.kind != media::SourceKind::kImage) return;
    const std::string extension = media::is_writable_image(frame.source)
                                      ? fs::path(frame.source).extension().string()
                                      : std::string(".jpg");
    const fs::path target = folder_ / names_.claim(frame, extension);
    std::error_code one_is_missing;
    if (fs::equivalent(target, frame.source, one_is_missing)) {
      throw ConfigError(concat("the annotated picture would replace the picture '", frame.source,
                               "' itself; name another output folder"));
    }
    media::write_image(target.string(), annotator_->annotated(result), options_);
  }

  void finish() override {}

 private:
  fs::path folder_;
  std::shared_ptr<Annotator> annotator_;
  media::WriteOptions options_;
  ResultNames names_;
};

}  // namespace

std::unique_ptr<DetectionSink> make_txt_sink(const std::string& folder) {
  return std::make_unique<TxtSink>(folder);
}

std::unique_ptr<DetectionSink> make_picture_sink(const std::string& folder,
                                                 std::shared_ptr<Annotator> annotator,
                                                 const media::WriteOptions& options) {
  return std::make_unique<PictureSink>(folder, std::move(annotator), options);
}

}  // namespace gondola::pipeline
