#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gondola/train/detection_loss.hpp"

namespace gondola::train {

/// What validation said after an epoch: a summary of eval::Evaluation.
struct EpochMeasures {
  LossParts loss;
  double precision = 0;  ///< at the confidence with the best F1, IoU 0.5
  double recall = 0;
  double ap50 = 0;
  double ap = 0;           ///< at IoU 0.50:0.95
  double count_error = 0;  ///< mean absolute error of objects per picture, at its best confidence
  double count_confidence = 0;  ///< that confidence
};

/// One line of the story of a run.
struct EpochRecord {
  int epoch = 0;             ///< from 0
  LossParts loss;            ///< mean over the batches
  double learning_rate = 0;  ///< of the last step
  double seconds = 0;        ///< without validation
  double images_per_second = 0;
  double waiting_share = 0;  ///< of the seconds, spent waiting for batches, 0..1
  double network_share = 0;  ///< of the seconds, spent in the network forward and backward, 0..1
  std::optional<EpochMeasures>
      measures;  ///< where there is a validation set and it was this epoch's turn
};

/// CSV with a header, one row per epoch, epochs counted from 1: a run folder's results.csv.
std::string to_csv(const std::vector<EpochRecord>& records);

/// JSON and back, for checkpoints. Throws WeightsError for text that to_json() did not write.
std::string to_json(const std::vector<EpochRecord>& records);
std::vector<EpochRecord> records_from_json(const std::string& text);

}  // namespace gondola::train
