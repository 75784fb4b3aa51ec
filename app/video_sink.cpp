#include "video_sink.hpp"

#include <cctype>
#include <filesystem>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;

/// A file name for what may be a path, a camera's number or an address.
std::string stem_of(const media::Frame& frame) {
  if (frame.kind == media::SourceKind::kVideo) {
    const fs::path path(frame.source);
    const std::string stem = (path.has_filename() ? path : path.parent_path()).stem().string();
    return stem.empty() || stem == "." ? "video" : stem;
  }
  std::string text = frame.source;
  if (const std::size_t scheme = text.find("://"); scheme != std::string::npos) {
    text.erase(0, scheme + 3);
    // A password has no place in a file name.
    const std::size_t account = text.find('@');
    if (account != std::string::npos && account < text.find('/')) text.erase(0, account + 1);
  }
  std::string stem;
  for (const char c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_plain)
      stem += c;
    else if (!stem.empty() && stem.back() != '_')
      stem += '_';
  }
  while (!stem.empty() && stem.back() == '_') stem.pop_back();
  const bool is_number = stem.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? "camera" + stem : stem;
}

}  // namespace

VideoSink::VideoSink(std::string folder, std::shared_ptr<pipeline::Annotator> annotator,
                     std::shared_ptr<spdlog::logger> log)
    : folder_(std::move(folder)), annotator_(std::move(annotator)), log_(std::move(log)) {
  make_folder(folder_);
}

void VideoSink::write(const pipeline::FrameDetections& result) {
  const media::Frame& frame = result.frame;
  if (frame.kind == media::SourceKind::kImage) return;
  const cv::Mat picture = annotator_->annotated(result);
  std::unique_ptr<media::VideoWriter>& writer = writers_[frame.source];
  if (writer == nullptr) {
    const std::string path = path_for(frame);
    writer = std::make_unique<media::VideoWriter>(path, Size{picture.cols, picture.rows});
    if (writer->codec() != "h264" && !std::exchange(told_codec_, true)) {
      log_->warn("{}: this FFmpeg has no H.264 encoder; written as {}, which browsers do not play",
                 path, writer->codec());
    }
  }
  writer->write(picture, frame.time_s);
}

std::string VideoSink::path_for(const media::Frame& frame) {
  const fs::path path = fs::path(folder_) / file_names_.claim(stem_of(frame), ".mp4");
  std::error_code one_is_missing;
  if (fs::equivalent(path, frame.source, one_is_missing)) {
    throw ConfigError(concat("the annotated video would replace the video '", frame.source,
                             "' itself; name another output folder"));
  }
  return path.string();
}

void VideoSink::end_source(const std::string& source) {
  const auto writer = writers_.find(source);
  if (writer == writers_.end()) return;
  writer->second->finish();
  writers_.erase(writer);
}

void VideoSink::finish() {
  for (const auto& [source, writer] : writers_) writer->finish();
  writers_.clear();
}

}  // namespace gondola::app
