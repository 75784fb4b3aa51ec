#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/data/augment_options.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::data {

struct SamplerOptions {
  AugmentOptions augment;
  int image_size = 640;         ///< side that pictures are kept for in the cache, > 0
  std::size_t cache_bytes = 0;  ///< memory for decoded pictures; 0 = none
  std::uint64_t seed = 0;
};

/// Which sample to make.
struct SampleKey {
  int epoch = 0;
  std::size_t image = 0;    ///< of the data set, that the sample is mainly made from
  bool composition = true;  ///< whether mosaic, mixup and copy-paste may be used
};

/// Makes training samples: augmented pictures with what is on them.
///
/// A sample depends on the data set, the options and its key alone, bit for bit: not on the thread,
/// on what was made before, or on what the cache holds.
///
/// Pictures enter at most image_size pixels long, and are drawn from there right into the sample,
/// so that a mosaic costs no more than the pixels that are seen of it.
///
/// Thread-safe.
class Sampler {
 public:
  /// Requires: a data set with pictures, which is not changed any more.
  /// Throws: ConfigError for options out of range.
  Sampler(std::shared_ptr<const Dataset> dataset, const SamplerOptions& options);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Draws a sample.
  ///
  /// @param into  RGB, CV_8UC3, square; written in place, every pixel
  /// @return what is on it, in its pixels, clipped to it; crowds included
  ///
  /// A picture that cannot be read is replaced by the next of the data set that can.
  /// Throws: IoError when not one can be read.
  std::vector<LabelledBox> make(const SampleKey& key, cv::Mat& into) const;

  /// Pictures that could not be read since the last call, each named once.
  std::vector<Issue> take_issues() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gondola::data
