#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/train/epoch_record.hpp"
#include "gondola/train/validate.hpp"

namespace gondola::app {

/// What a training leaves behind for people: weights, curves, sample pictures and a page that shows
/// them. Every file appears complete or not at all.
class TrainingFolder {
 public:
  /// Makes the folder. Throws IoError.
  TrainingFolder(std::filesystem::path folder, ClassNames names);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path checkpoint() const { return folder_ / "checkpoint.safetensors"; }
  std::filesystem::path best_weights() const { return folder_ / "best.safetensors"; }
  std::filesystem::path last_weights() const { return folder_ / "last.safetensors"; }
  std::filesystem::path options_file() const { return folder_ / "train.yaml"; }

  void write_options(const std::string& yaml) const;

  /// A training batch as the network sees it, with its boxes: train_batch_N.jpg.
  void write_batch(const train::Batch& batch, int number) const;

  /// results.csv and the curves of loss and measures.
  void write_records(const std::vector<train::EpochRecord>& records) const;

  /// Curves over confidence, precision over recall, the confusion matrix, and the first batch as
  /// labelled and as found, in pictures.
  void write_validation(const train::Validation& validation) const;

  /// index.html, complete in itself, from what has been written so far.
  void write_page(const std::string& title, const std::vector<train::EpochRecord>& records) const;

 private:
  std::filesystem::path folder_;
  ClassNames names_;
};

}  // namespace gondola::app
