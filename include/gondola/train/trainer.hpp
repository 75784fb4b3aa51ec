#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gondola/nn/network.hpp"
#include "gondola/train/batch_source.hpp"
#include "gondola/train/checkpoint.hpp"
#include "gondola/train/detection_loss.hpp"
#include "gondola/train/ema.hpp"
#include "gondola/train/epoch_record.hpp"
#include "gondola/train/optimizer.hpp"
#include "gondola/train/process_group.hpp"
#include "gondola/train/schedule.hpp"
#include "gondola/train/validate.hpp"

namespace gondola::train {

struct TrainerOptions {
  int epochs = 100;                 ///< > 0
  int batches_per_step = 1;         ///< gradients of so many batches make one step, > 0
  int frozen_stages = 0;            ///< the first so many stages of the network do not learn
  bool bfloat16 = false;            ///< feature maps in bfloat16, weights in float32
  int validate_every = 1;           ///< epochs, > 0; the last one always is
  int patience = 0;                 ///< stop after so many epochs without a better AP; 0 = never
  double checkpoint_seconds = 300;  ///< also within an epoch; < 0 = at the end of epochs only

  ScheduleOptions schedule;
  OptimizerOptions optimizer;
  EmaOptions ema;
  LossOptions loss;
  float validation_score_threshold = 0.001F;

  /// What a run must have in common with the one it resumes, as text.
  std::string settings;
};

/// Where a running epoch stands.
struct TrainProgress {
  int epoch = 0;
  std::size_t batch = 0;  ///< batches of the epoch done
  std::size_t batches = 0;
  LossParts loss;  ///< mean of the epoch so far
  double images_per_second = 0;
  double seconds_left = 0;   ///< of the whole run, without validation
  double network_share = 0;  ///< as in EpochRecord, of the epoch so far
  double waiting_share = 0;
};

/// All optional; called in the trainer's thread.
struct TrainCallbacks {
  std::function<void(const TrainProgress&, const Batch&)> on_batch;

  /// After each epoch, before its checkpoint. `validation` is null where there was none; `is_best`
  /// tells that the averaged weights are the best so far.
  std::function<void(const EpochRecord& record, const Validation* validation, bool is_best)>
      on_epoch;

  /// Asked after each batch; true in any process saves a checkpoint and ends run() in all.
  std::function<bool()> stop_requested;
};

enum class TrainEnd {
  kFinished,
  kStopped,  ///< as asked; a checkpoint has been written
  kEarly     ///< patience was over
};

/// Trains a network: batch after batch, epoch after epoch.
///
/// With the same network, options and sources, and the same number of LibTorch threads, every run
/// gives the same weights, resumed or not.
///
/// In a group of processes each trains on its part of every batch. Gradients and losses are those
/// of the whole batch; batch normalisation goes by the part, and its running statistics are the
/// mean over the processes. The weights stay the same in all of them, which is checked after each
/// epoch. The first process alone averages weights, validates and writes checkpoints.
class Trainer {
 public:
  /// The sources and the group must outlive the trainer; `validation` may be null, and is used by
  /// the first process only.
  ///
  /// @param network  on the device to train on, the same in every process; learns in place
  /// @param source   gives this process's part of each batch, which may have no pictures
  /// @param group    null to train alone
  Trainer(nn::Network network, const TrainerOptions& options, BatchSource& source,
          BatchSource* validation, ProcessGroup* group = nullptr);

  /// Goes on from a checkpoint. Call before run(). Throws WeightsError when it does not fit;
  /// ConfigError when its settings are others (names the first that differs).
  void resume(const Checkpoint& checkpoint, const std::string& source_name);

  /// Trains to the end, writing checkpoints to a file.
  ///
  /// Throws: Error naming epoch, batch and its pictures when the loss or the gradients are not
  /// finite (the last checkpoint stays as it was), or the epoch after which the processes differ;
  /// PeerLost when another process ends early; whatever the sources throw.
  TrainEnd run(const std::filesystem::path& checkpoint_path, const TrainCallbacks& callbacks);

  /// The running average of the weights: what is worth keeping.
  const nn::Network& average() const { return average_.network(); }

  const std::vector<EpochRecord>& records() const { return state_.records; }
  int best_epoch() const { return state_.best_epoch; }
  double best_score() const { return state_.best_score; }

 private:
  enum class EpochEnd { kComplete, kStopped };

  EpochEnd run_epoch(const std::filesystem::path& checkpoint_path, const TrainCallbacks& callbacks);
  LossParts train_batch(const Batch& batch);
  void take_step(const Batch& batch);
  bool is_first() const { return group_ == nullptr || group_->is_first(); }
  BatchTotals whole_batch(const BatchTotals& part);
  LossParts whole_batch(const LossParts& part);
  bool any_process(bool answer);
  void share_gradients();
  void check_weights();
  TrainProgress progress(std::size_t batches) const;
  bool finish_epoch(const TrainCallbacks& callbacks);
  void set_training_mode();
  std::int64_t total_steps() const;
  void save(const std::filesystem::path& path) const;

  nn::Network network_;
  TrainerOptions options_;
  BatchSource& source_;
  BatchSource* validation_;
  ProcessGroup* group_;
  Optimizer optimizer_;
  ExponentialAverage average_;
  Checkpoint state_;  // where the run stands; its tensors are filled in when it is saved
};

}  // namespace gondola::train
