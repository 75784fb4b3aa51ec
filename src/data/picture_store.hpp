#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/data/dataset.hpp"

namespace gondola::data {

/// A picture of the data set, ready to be drawn from.
struct Picture {
  cv::Mat rgb;            ///< shared with the cache: not to be written to
  std::size_t image = 0;  ///< of the data set
};

/// Decoded pictures of a data set, as many as fit the memory they may take.
///
/// What is in stays in: each epoch asks for every picture once, in an order of chance, so whatever
/// a cache throws out is as likely to be wanted as what it keeps.
///
/// Thread-safe.
class PictureStore {
 public:
  /// @param side  pictures are scaled down to have no longer side; 0 keeps them as they are
  PictureStore(std::shared_ptr<const Dataset> dataset, int side, std::size_t cache_bytes);

  /// The picture or, when it cannot be read, the next one that can. Throws: IoError when none can.
  Picture get(std::size_t image);

  /// nullopt when it cannot be read.
  std::optional<cv::Mat> try_get(std::size_t image);

  std::vector<Issue> take_issues();

 private:
  cv::Mat load(const LabelledImage& image) const;

  std::shared_ptr<const Dataset> dataset_;
  int side_;
  std::mutex mutex_;
  std::size_t bytes_left_;
  std::vector<cv::Mat> cached_;
  std::vector<bool> broken_;
  std::vector<Issue> issues_;
};

}  // namespace gondola::data
