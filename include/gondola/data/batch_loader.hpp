#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gondola/core/letterbox.hpp"
#include "gondola/data/augment_options.hpp"
#include "gondola/data/dataset.hpp"
#include "gondola/train/batch_source.hpp"

namespace gondola::data {

struct LoaderOptions {
  int image_size = 640;         ///< side of the square pictures, a multiple of 32
  std::size_t batch_size = 16;  ///< pictures per batch, > 0

  /// Threads that prepare batches; 0 = next() does it itself. More than the network leaves idle
  /// only slow it down. No effect on what is delivered.
  int workers = 1;
  std::size_t prefetch = 3;  ///< batches prepared ahead at most, > 0; each takes N*H*W*3 bytes

  /// Memory for decoded pictures, kept at the size that training needs (image_size^2 * 3 bytes or
  /// less each). Pictures that find no room are decoded every time. 0 = none.
  std::size_t cache_bytes = std::size_t{1} << 30U;

  // Training only.
  std::uint64_t seed = 0;
  int epochs = 0;  ///< of the whole run, so that close_mosaic knows the last ones; 0 = unknown

  /// Side of a batch drawn from image_size * [1 - x, 1 + x], in steps of 32; 0..0.5, 0 = always
  /// image_size. Larger = weights that serve more input sizes, at a price in each.
  double multi_scale = 0;

  /// For several processes that share each batch: the batches of part 0 to parts - 1, one after the
  /// other, are those of a loader with one part. A part of a short last batch may be empty.
  int part = 0;   ///< >= 0, < parts
  int parts = 1;  ///< > 0
};

/// Throws ConfigError naming the first field that is out of its range, its value and the range.
void validate(const LoaderOptions& options);

/// Makes batches from a data set, in threads of its own.
///
/// For training, pictures are augmented and their order is drawn anew each epoch; otherwise they
/// come as they are, letterboxed exactly as detect does it, in the data set's order: picture k of
/// batch b is image b * batch_size + k, and letterbox_of() leads from its pixels to the image's.
///
/// A picture that cannot be read is reported through take_issues() and, in training, replaced by
/// the next one that can; otherwise it comes as plain grey without labels.
///
/// OpenCV works in one thread throughout the process once a loader has been made: the threads are
/// the loader's and the network's.
///
/// Used by one thread at a time. The destructor waits for the sample that each worker is making.
class BatchLoader : public train::BatchSource {
 public:
  /// For training.
  ///
  /// Throws: ConfigError for options out of range or a data set without pictures.
  BatchLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
              const AugmentOptions& augment);

  /// For validation.
  BatchLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

  ~BatchLoader() override;
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  void start_epoch(int epoch, std::size_t first_batch = 0) override;

  /// Throws: what a worker threw while making this batch; the batch is then skipped.
  std::optional<train::Batch> next() override;

  std::size_t batches_per_epoch() const override;

  /// How validation placed an image of the data set.
  LetterboxTransform letterbox_of(std::size_t image) const;

  /// Pictures that turned out to be broken since the last call, each named once per loader.
  std::vector<Issue> take_issues();

 private:
  class Impl;
  std::shared_ptr<const Dataset> dataset_;
  int image_size_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gondola::data
