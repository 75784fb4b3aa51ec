#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gondola/core/labelled_box.hpp"

namespace gondola::train {

/// Pictures of one size with what is on them, ready for the network.
struct Batch {
  Size size;                                     ///< of every picture
  std::vector<std::uint8_t> pixels;              ///< [N, H, W, 3], RGB, 0..255
  std::vector<std::vector<LabelledBox>> labels;  ///< per picture; boxes in its pixels, inside it
  std::vector<std::string> sources;  ///< per picture, the file it was (mainly) made from

  std::size_t count() const { return labels.size(); }
};

/// Checks what a batch promises: sizes that agree, boxes that enclose something, known classes.
/// Throws ContractViolation.
void check_batch(const Batch& batch, int class_count);

/// Delivers the batches of one epoch after another. The trainer sees this interface only.
///
/// Used by one thread at a time; implementations may prepare batches in threads of their own.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Begins an epoch at one of its batches, dropping what is left of the one before. What is
  /// delivered depends on the source's seed, the epoch and the batch's number alone: not on the
  /// number of threads, nor on what was delivered before, so that a run can go on where it stopped.
  ///
  /// @param epoch        from 0
  /// @param first_batch  from 0, at most batches_per_epoch()
  virtual void start_epoch(int epoch, std::size_t first_batch = 0) = 0;

  /// The next batch, or nullopt at the end of the epoch. All but the last are full.
  virtual std::optional<Batch> next() = 0;

  virtual std::size_t batches_per_epoch() const = 0;
};

}  // namespace gondola::train
