#pragma once

#include <vector>

#include "gondola/eval/evaluation.hpp"
#include "gondola/nn/network.hpp"
#include "gondola/train/batch_source.hpp"
#include "gondola/train/detection_loss.hpp"

namespace gondola::train {

struct ValidationOptions {
  float score_threshold = 0.001F;  ///< 0..1; what scores less plays no part
  float iou_threshold = 0.7F;      ///< NMS
  LossOptions loss;
};

struct Validation {
  eval::Evaluation evaluation;  ///< in pixels of the batches' pictures
  LossParts loss;               ///< mean over the batches

  /// What was found in the first batch, per picture: material for sample pictures.
  Batch first_batch;
  std::vector<std::vector<Detection>> first_detections;
};

/// Runs a network in evaluation mode over a whole source and measures what it finds.
Validation validate(const nn::Network& network, BatchSource& source,
                    const ValidationOptions& options);

/// A batch's pictures as network input: [N, 3, H, W] float32, 0..1, channels last.
at::Tensor to_input(const Batch& batch);

}  // namespace gondola::train
