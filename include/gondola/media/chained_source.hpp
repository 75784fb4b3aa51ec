#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gondola/media/frame_source.hpp"

namespace gondola::media {

/// One source after another, each opened when its turn comes.
class ChainedSource : public FrameSource {
 public:
  struct Part {
    std::string name;                                    ///< for FrameError::source()
    std::function<std::unique_ptr<FrameSource>()> open;  ///< throws IoError when it cannot
  };

  explicit ChainedSource(std::vector<Part> parts) : parts_(std::move(parts)) {}

  /// Throws: FrameError, with the message of open(), for a source that cannot be opened, or with
  /// its own for one that breaks off; the next one follows.
  std::optional<Frame> next() override;

  void stop() override;

 private:
  std::shared_ptr<FrameSource> open_next();
  void put_away();

  std::vector<Part> parts_;
  std::size_t opened_ = 0;

  std::mutex mutex_;  // of what follows, against stop()
  std::shared_ptr<FrameSource> current_;
  bool stopped_ = false;
};

}  // namespace gondola::media
