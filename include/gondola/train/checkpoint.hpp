#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gondola/nn/tensor_data.hpp"
#include "gondola/train/epoch_record.hpp"

namespace gondola::train {

/// Everything a run needs to go on as if it had never stopped.
struct Checkpoint {
  nn::NamedTensors weights;    ///< the network being trained
  nn::NamedTensors average;    ///< its running average
  nn::NamedTensors optimizer;  ///< Optimizer::state()

  int epoch = 0;          ///< the one to go on with, from 0
  std::size_t batch = 0;  ///< its first batch still to come
  std::int64_t step = 0;  ///< optimizer steps done
  std::int64_t average_updates = 0;

  // The epoch so far, when batch > 0.
  LossParts loss_sums;
  std::size_t images = 0;  ///< trained on
  double seconds = 0;
  double waiting_seconds = 0;
  double network_seconds = 0;

  double best_score = -1;  ///< of any epoch; < 0 for none yet
  int best_epoch = -1;
  std::vector<EpochRecord> records;

  /// The run's settings as text: a run can only go on with the same ones.
  std::string settings;
};

/// Writes one .safetensors file, complete or not at all. Throws IoError.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws IoError when it cannot be read, WeightsError when it is no checkpoint.
Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace gondola::train
