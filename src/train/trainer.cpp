#include "gondola/train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <torch/csrc/autograd/autograd.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/load_network.hpp"

namespace gondola::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void add(LossParts& sum, const LossParts& parts) {
  sum.box += parts.box;
  sum.classification += parts.classification;
  sum.dfl += parts.dfl;
}

LossParts divided(const LossParts& sum, std::size_t count) {
  const auto by = static_cast<double>(std::max<std::size_t>(count, 1));
  return {sum.box / by, sum.classification / by, sum.dfl / by};
}

std::string pictures_of(const Batch& batch) {
  constexpr std::size_t kNamed = 3;
  const std::size_t named = std::min(batch.sources.size(), kNamed);
  const std::vector<std::string> first(batch.sources.begin(),
                                       batch.sources.begin() + static_cast<std::ptrdiff_t>(named));
  return concat(join(first, ", "), batch.sources.size() > kNamed ? ", ..." : "");
}

// Keeps the whole network in the layout that the batches come in; convolutions then need no copies
// between their own layout and another.
void use_channels_last(const nn::Network& network) {
  for (at::Tensor& parameter : network->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

// The stage that a parameter or buffer belongs to, from its name such as model.3.conv.weight.
int stage_of(const std::string& name) {
  return std::stoi(name.substr(std::string("model.").size()));
}

nn::Network prepared(nn::Network network, int frozen_stages) {
  use_channels_last(network);
  for (const auto& item : network->named_parameters()) {
    if (stage_of(item.key()) < frozen_stages) item.value().set_requires_grad(false);
  }
  return network;
}

// The bits of all weights and statistics added up: one number that tells two networks apart.
double fingerprint(const nn::Network& network) {
  std::int64_t sum = 0;
  const auto add_bits = [&sum](const at::Tensor& tensor) {
    sum += tensor.detach().view(at::kInt).sum().item<std::int64_t>();
  };
  for (const at::Tensor& parameter : network->parameters()) add_bits(parameter);
  for (const at::Tensor& buffer : network->buffers()) add_bits(buffer);
  // Few enough bits for the fingerprints of a million processes to be added up exactly.
  return static_cast<double>(sum & 0xFFFFFFFF);
}

EpochMeasures summarize(const Validation& validation) {
  const eval::Evaluation& evaluation = validation.evaluation;
  EpochMeasures measures;
  measures.loss = validation.loss;
  measures.precision = evaluation.at_best_f1.precision;
  measures.recall = evaluation.at_best_f1.recall;
  if (evaluation.any_size()) {
    measures.ap50 = evaluation.any_size()->precision.at_50();
    measures.ap = evaluation.any_size()->precision.mean();
  }
  measures.count_error = evaluation.counting.best.mae;
  measures.count_confidence = static_cast<double>(evaluation.counting.best.confidence);
  return measures;
}

}  // namespace

Trainer::Trainer(nn::Network network, const TrainerOptions& options, BatchSource& source,
                 BatchSource* validation, ProcessGroup* group)
    : network_(prepared(std::move(network), options.frozen_stages)),
      options_(options),
      source_(source),
      validation_(validation),
      group_(group),
      optimizer_(network_, options_.optimizer),
      average_(network_, options_.ema) {
  GONDOLA_EXPECTS(
      options_.epochs > 0 && options_.batches_per_step > 0 && options_.validate_every > 0,
      "Trainer: epochs, batches_per_step and validate_every must be > 0");
  state_.settings = options_.settings;
}

void Trainer::resume(const Checkpoint& checkpoint, const std::string& source_name) {
  if (checkpoint.settings != options_.settings) {
    const auto before = split(checkpoint.settings, '\n');
    const auto now = split(options_.settings, '\n');
    std::size_t i = 0;
    while (i < before.size() && i < now.size() && before[i] == now[i]) ++i;
    throw ConfigError(concat(source_name, ": was trained with '",
                             i < before.size() ? before[i] : "nothing more", "', now it is '",
                             i < now.size() ? now[i] : "nothing more",
                             "'; a run goes on with the settings it began with"));
  }
  nn::load_tensors(network_, checkpoint.weights, source_name);
  nn::Network average = average_.network();
  nn::load_tensors(average, checkpoint.average, source_name);
  average_.set_updates(checkpoint.average_updates);
  optimizer_.load_state(checkpoint.optimizer, source_name);
  state_ = checkpoint;
  // What is in the network need not be kept a second time.
  state_.weights = {};
  state_.average = {};
  state_.optimizer = {};
}

TrainEnd Trainer::run(const std::filesystem::path& checkpoint_path,
                      const TrainCallbacks& callbacks) {
  check_weights();
  while (state_.epoch < options_.epochs) {
    if (run_epoch(checkpoint_path, callbacks) == EpochEnd::kStopped) return TrainEnd::kStopped;
    check_weights();
    const bool patient = finish_epoch(callbacks);
    save(checkpoint_path);
    if (any_process(!patient)) return TrainEnd::kEarly;
  }
  return TrainEnd::kFinished;
}

Trainer::EpochEnd Trainer::run_epoch(const std::filesystem::path& checkpoint_path,
                                     const TrainCallbacks& callbacks) {
  set_training_mode();
  const std::size_t batches = source_.batches_per_epoch();
  GONDOLA_EXPECTS(batches > 0, "Trainer: the source has no batches");
  source_.start_epoch(state_.epoch, state_.batch);

  const double seconds_before = state_.seconds;
  const auto start = Clock::now();
  auto last_save = start;
  auto waiting_since = start;
  while (std::optional<Batch> batch = source_.next()) {
    state_.waiting_seconds += seconds_since(waiting_since);
    add(state_.loss_sums, whole_batch(train_batch(*batch)));
    ++state_.batch;
    const bool at_step = state_.batch % static_cast<std::size_t>(options_.batches_per_step) == 0 ||
                         state_.batch == batches;
    if (at_step) take_step(*batch);

    state_.seconds = seconds_before + seconds_since(start);
    if (callbacks.on_batch) callbacks.on_batch(progress(batches), *batch);
    // Between steps there are gradients that a checkpoint does not hold.
    if (at_step && state_.batch < batches) {
      if (any_process(callbacks.stop_requested && callbacks.stop_requested())) {
        save(checkpoint_path);
        return EpochEnd::kStopped;
      }
      if (options_.checkpoint_seconds >= 0 &&
          seconds_since(last_save) >= options_.checkpoint_seconds) {
        save(checkpoint_path);
        last_save = Clock::now();
      }
    }
    waiting_since = Clock::now();
  }
  return EpochEnd::kComplete;
}

TrainProgress Trainer::progress(std::size_t batches) const {
  TrainProgress progress;
  progress.epoch = state_.epoch;
  progress.batch = state_.batch;
  progress.batches = batches;
  progress.loss = divided(state_.loss_sums, state_.batch);
  progress.images_per_second = static_cast<double>(state_.images) / state_.seconds;
  const auto batches_left = static_cast<double>(batches - state_.batch) +
                            static_cast<double>(batches) * (options_.epochs - state_.epoch - 1);
  progress.seconds_left = state_.seconds / static_cast<double>(state_.batch) * batches_left;
  progress.network_share = state_.network_seconds / state_.seconds;
  progress.waiting_share = state_.waiting_seconds / state_.seconds;
  return progress;
}

LossParts Trainer::train_batch(const Batch& batch) {
  const auto whole = [this](const BatchTotals& part) {
    const BatchTotals totals = whole_batch(part);
    state_.images += static_cast<std::size_t>(totals.pictures);
    return totals;
  };
  if (group_ != nullptr && batch.count() == 0) {
    whole({});
    return {};
  }
  check_batch(batch, network_->spec().class_count);
  const at::Device device = network_->parameters().front().device();
  const at::Tensor images =
      to_input(batch).to(device, options_.bfloat16 ? at::kBFloat16 : at::kFloat);
  auto since = Clock::now();
  const std::vector<at::Tensor> logits = network_->forward(images);
  state_.network_seconds += seconds_since(since);
  const DetectionLoss loss =
      detection_loss(logits, network_->spec().head, batch.labels, options_.loss, whole);
  if (!std::isfinite(loss.parts.total())) {
    throw Error(concat("epoch ", state_.epoch + 1, ", batch ", state_.batch + 1,
                       ": the loss is not finite (box ", loss.parts.box, ", class ",
                       loss.parts.classification, ", dfl ", loss.parts.dfl, "; ",
                       pictures_of(batch), "); try a lower learning rate"));
  }
  since = Clock::now();
  torch::autograd::backward(logits, loss.gradients);
  state_.network_seconds += seconds_since(since);
  return loss.parts;
}

void Trainer::take_step(const Batch& batch) {
  share_gradients();
  const double norm = optimizer_.gradient_norm();
  if (!std::isfinite(norm)) {
    throw Error(concat("epoch ", state_.epoch + 1, ", batch ", state_.batch,
                       ": the gradients are not finite (", pictures_of(batch),
                       "); try a lower learning rate"));
  }
  optimizer_.step(rates_at(options_.schedule, state_.step, total_steps()), norm);
  ++state_.step;
  if (is_first()) average_.update(network_);
}

BatchTotals Trainer::whole_batch(const BatchTotals& part) {
  if (group_ == nullptr) return part;
  std::vector<double> numbers = {part.pictures, part.quality};
  group_->sum(numbers);
  return {numbers[0], numbers[1]};
}

LossParts Trainer::whole_batch(const LossParts& part) {
  if (group_ == nullptr) return part;
  std::vector<double> numbers = {part.box, part.classification, part.dfl};
  group_->sum(numbers);
  return {numbers[0], numbers[1], numbers[2]};
}

bool Trainer::any_process(bool answer) {
  if (group_ == nullptr) return answer;
  std::vector<double> yes = {answer ? 1.0 : 0.0};
  group_->sum(yes);
  return yes[0] > 0;
}

void Trainer::share_gradients() {
  if (group_ == nullptr) return;
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& parameter : network_->parameters()) {
    if (!parameter.requires_grad()) continue;
    at::Tensor& gradient = parameter.mutable_grad();
    // A process may have had no pictures yet.
    if (!gradient.defined()) gradient = at::zeros_like(parameter);
    tensors.push_back(gradient);
  }
  // Statistics that agree after every step make a resumed run the same as one that never stopped.
  std::vector<at::Tensor> statistics;
  for (const auto& item : network_->named_buffers()) {
    if (stage_of(item.key()) >= options_.frozen_stages) statistics.push_back(item.value());
  }
  tensors.insert(tensors.end(), statistics.begin(), statistics.end());
  group_->sum(tensors);
  for (at::Tensor& statistic : statistics) statistic.div_(group_->size());
}

void Trainer::check_weights() {
  if (group_ == nullptr) return;
  const double mine = fingerprint(network_);
  std::vector<double> sum = {mine};
  group_->sum(sum);
  if (sum[0] != mine * group_->size()) {
    throw Error(concat("after ", state_.batch > 0 ? state_.epoch + 1 : state_.epoch,
                       " epochs: the processes have different weights; go on from the last "
                       "checkpoint, or train in one process"));
  }
}

bool Trainer::finish_epoch(const TrainCallbacks& callbacks) {
  EpochRecord record;
  record.epoch = state_.epoch;
  record.loss = divided(state_.loss_sums, state_.batch);
  record.learning_rate = rates_at(options_.schedule, state_.step - 1, total_steps()).weights;
  record.seconds = state_.seconds;
  record.images_per_second = static_cast<double>(state_.images) / std::max(state_.seconds, 1e-9);
  record.network_share = state_.network_seconds / std::max(state_.seconds, 1e-9);
  record.waiting_share = state_.waiting_seconds / std::max(state_.seconds, 1e-9);

  const bool due =
      (state_.epoch + 1) % options_.validate_every == 0 || state_.epoch + 1 == options_.epochs;
  std::optional<Validation> validation;
  bool is_best = false;
  if (validation_ != nullptr && due && is_first()) {
    ValidationOptions validation_options;
    validation_options.score_threshold = options_.validation_score_threshold;
    validation_options.loss = options_.loss;
    validation = validate(average_.network(), *validation_, validation_options);
    record.measures = summarize(*validation);
    is_best = record.measures->ap > state_.best_score;
    if (is_best) {
      state_.best_score = record.measures->ap;
      state_.best_epoch = state_.epoch;
    }
  }
  state_.records.push_back(record);
  ++state_.epoch;
  state_.batch = 0;
  state_.images = 0;
  state_.loss_sums = {};
  state_.seconds = 0;
  state_.waiting_seconds = 0;
  state_.network_seconds = 0;
  if (callbacks.on_epoch) callbacks.on_epoch(record, validation ? &*validation : nullptr, is_best);
  return options_.patience == 0 || state_.best_epoch < 0 ||
         state_.epoch - 1 - state_.best_epoch < options_.patience;
}

void Trainer::set_training_mode() {
  network_->train();
  // Frozen stages keep their statistics too.
  const auto modules = network_->named_modules();
  for (int stage = 0; stage < options_.frozen_stages; ++stage) {
    modules[concat("model.", stage)]->eval();
  }
}

std::int64_t Trainer::total_steps() const {
  const auto batches = static_cast<std::int64_t>(source_.batches_per_epoch());
  const std::int64_t per_epoch =
      (batches + options_.batches_per_step - 1) / options_.batches_per_step;
  return per_epoch * options_.epochs;
}

void Trainer::save(const std::filesystem::path& path) const {
  if (!is_first()) return;
  Checkpoint checkpoint = state_;
  checkpoint.weights = nn::extract_tensors(network_);
  checkpoint.average = nn::extract_tensors(average_.network());
  checkpoint.average_updates = average_.updates();
  checkpoint.optimizer = optimizer_.state();
  write_checkpoint(path, checkpoint);
}

}  // namespace gondola::train
