#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "data_issues.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/data/batch_loader.hpp"
#include "gondola/engine/precision.hpp"
#include "gondola/nn/load_network.hpp"
#include "gondola/nn/runtime.hpp"
#include "gondola/train/process_group.hpp"
#include "gondola/train/trainer.hpp"
#include "gondola/train/transfer.hpp"
#include "interrupt.hpp"
#include "model_options.hpp"
#include "progress_bar.hpp"
#include "train_processes.hpp"
#include "training_folder.hpp"
#include "version.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct TrainFlags {
  std::string data;
  std::string model;
  std::string weights;
  std::string activation;
  std::string resume;
  std::string out = "gondola-train";

  int epochs = 100;
  int imgsz = 640;
  std::size_t batch = 16;
  int accumulate = 1;
  std::string optimizer = "auto";
  double lr = 0;
  double lr_final = 0.01;
  std::string schedule = "cosine";
  double warmup_epochs = 3;
  double momentum = 0;
  double weight_decay = 5e-4;
  double clip = 10;
  double ema_decay = 0.9999;
  int freeze = 0;
  int patience = 0;
  int validate_every = 1;
  std::uint64_t seed = 0;

  double val_share = 0;
  bool single_class = false;
  bool strict = false;
  std::string labels;
  double label_min_score = -1;

  std::string precision = "auto";
  std::string device = "cpu";
  int processes = 1;
  int threads = 0;
  int workers = 1;
  std::size_t cache_mb = 1024;
  double checkpoint_minutes = 5;
  double multi_scale = 0;
  std::string licence;

  data::AugmentOptions augment;
};

// An augmentation's option: its name, the field it sets, what it does.
struct AugmentFlag {
  const char* name;
  double data::AugmentOptions::*field;
  const char* help;
};

constexpr std::array kAugmentFlags = {
    AugmentFlag{"--mosaic", &data::AugmentOptions::mosaic,
                "Share of samples made of four pictures"},
    AugmentFlag{"--mixup", &data::AugmentOptions::mixup, "Share with a second sample blended in"},
    AugmentFlag{"--copy-paste", &data::AugmentOptions::copy_paste,
                "Share with objects of another picture pasted in"},
    AugmentFlag{"--degrees", &data::AugmentOptions::degrees, "Largest rotation"},
    AugmentFlag{"--translate", &data::AugmentOptions::translate,
                "Largest shift, share of the side"},
    AugmentFlag{"--scale", &data::AugmentOptions::scale, "Gain from 1-x to 1+x"},
    AugmentFlag{"--shear", &data::AugmentOptions::shear, "Largest shear in degrees"},
    AugmentFlag{"--perspective", &data::AugmentOptions::perspective,
                "Vanishing per pixel, 0..0.001"},
    AugmentFlag{"--fliplr", &data::AugmentOptions::flip_horizontal, "Share mirrored left to right"},
    AugmentFlag{"--flipud", &data::AugmentOptions::flip_vertical, "Share turned upside down"},
    AugmentFlag{"--hsv-h", &data::AugmentOptions::hue, "Change of hue, share of the colour circle"},
    AugmentFlag{"--hsv-s", &data::AugmentOptions::saturation, "Change of saturation"},
    AugmentFlag{"--hsv-v", &data::AugmentOptions::value, "Change of brightness"},
    AugmentFlag{"--grey", &data::AugmentOptions::grey, "Share without colour"},
    AugmentFlag{"--blur", &data::AugmentOptions::blur, "Share blurred"},
    AugmentFlag{"--noise", &data::AugmentOptions::noise, "Share with noise"},
    AugmentFlag{"--jpeg", &data::AugmentOptions::jpeg, "Share compressed"},
    AugmentFlag{"--cutout", &data::AugmentOptions::cutout, "Share with grey rectangles"},
};

template <typename Value>
CLI::Option* add(CLI::App& command, const char* name, Value& value, const std::string& help,
                 const char* type) {
  return command.add_option(name, value, help)->type_name(type)->capture_default_str();
}

void add_options(CLI::App& command, TrainFlags& flags) {
  add(command, "--data", flags.data, "data.yaml, folder, COCO JSON or VOC folder", kFile);
  add(command, "--model", flags.model, "Model YAML or name; weights to start from as they are",
      "NAME|FILE");
  add(command, "--weights", flags.weights, "Weights to start from; what fits is kept", kFile);
  add(command, "--activation", flags.activation,
      "Activation: " + join(nn::activation_names(), ", "), "NAME");
  add(command, "--out", flags.out, "Run folder for weights, curves, pictures", kFolder);
  add(command, "--resume", flags.resume, "Go on with the run in this folder", kFolder);

  add(command, "--epochs", flags.epochs, "Passes over the data", "N")
      ->check(plain(CLI::Range(1, 100000)));
  add(command, "--imgsz", flags.imgsz, "Side of the square network input in pixels", "N");
  add(command, "--batch", flags.batch, "Pictures per batch", "N")
      ->check(plain(CLI::Range(1, 4096)));
  add(command, "--accumulate", flags.accumulate, "Batches per optimizer step", "N")
      ->check(plain(CLI::Range(1, 1024)));
  add(command, "--optimizer", flags.optimizer, "sgd, adamw, or auto: adamw for up to 10000 steps",
      "NAME")
      ->check(plain(CLI::IsMember({"auto", "sgd", "adamw"})));
  add(command, "--lr", flags.lr, "Highest learning rate; 0 = the optimizer's usual one", "RATE")
      ->check(plain(CLI::Range(0.0, 10.0)));
  add(command, "--lr-final", flags.lr_final, "Share of --lr left at the end", "SHARE")
      ->check(plain(CLI::Range(0.0, 1.0)));
  add(command, "--schedule", flags.schedule, "cosine or linear", "NAME")
      ->check(plain(CLI::IsMember({"cosine", "linear"})));
  add(command, "--warmup-epochs", flags.warmup_epochs, "Epochs of rising rates, a third at most",
      "N")
      ->check(plain(CLI::Range(0.0, 1000.0)));
  add(command, "--momentum", flags.momentum, "Momentum, or AdamW's beta1; 0 = the usual one", "X")
      ->check(plain(CLI::Range(0.0, 0.9999)));
  add(command, "--weight-decay", flags.weight_decay, "For a step of 64 pictures", "X")
      ->check(plain(CLI::Range(0.0, 1.0)));
  add(command, "--clip", flags.clip, "Longest gradient; 0 = any", "X")
      ->check(plain(CLI::Range(0.0, 1e6)));
  add(command, "--ema-decay", flags.ema_decay, "Memory of the averaged weights", "X")
      ->check(plain(CLI::Range(0.0, 0.99999)));
  add(command, "--freeze", flags.freeze, "First stages that do not learn", "N")
      ->check(plain(CLI::Range(0, 1000)));
  add(command, "--patience", flags.patience, "Stop after N epochs without a better AP; 0 = never",
      "N")
      ->check(plain(CLI::Range(0, 100000)));
  add(command, "--validate-every", flags.validate_every, "Epochs from one validation to the next",
      "N")
      ->check(plain(CLI::Range(1, 100000)));
  add(command, "--seed", flags.seed, "Same seed, same run", "N");

  add(command, "--val-share", flags.val_share, "Share to validate on, for data without splits",
      "SHARE")
      ->check(plain(CLI::Range(0.0, 0.9)));
  command.add_flag("--single-class", flags.single_class, "Everything is one class");
  command.add_flag("--strict", flags.strict, "Stop at the first fault in the data");
  add(command, "--labels", flags.labels, "Label folder instead of labels", "NAME");
  add(command, "--label-min-score", flags.label_min_score,
      "Least score of labels that have one (sixth column)", "SCORE");

  add(command, "--precision", flags.precision,
      "fp32, bf16, or auto: bf16 where the processor has it", "TYPE")
      ->check(plain(CLI::IsMember({"auto", "fp32", "bf16"})));
  add(command, "--device", flags.device, "cpu, cuda, cuda:N, or a list: one process each",
      "DEVICE");
  add(command, "--processes", flags.processes, "Processes that share each batch, on the CPU", "N")
      ->check(plain(CLI::Range(1, 64)));
  add(command, "--threads", flags.threads,
      "Threads of the network in each process; 0 = the usable CPUs", "N")
      ->check(plain(CLI::Range(0, 1024)));
  add(command, "--workers", flags.workers, "Threads that prepare batches", "N")
      ->check(plain(CLI::Range(0, 256)));
  add(command, "--cache-mb", flags.cache_mb, "Memory for decoded pictures", "MB");
  add(command, "--checkpoint-minutes", flags.checkpoint_minutes,
      "Between checkpoints within an epoch", "MIN")
      ->check(plain(CLI::Range(0.0, 1e6)));
  add(command, "--licence", flags.licence, "Licence of the weights, to be recorded", "TEXT");

  add(command, "--multi-scale", flags.multi_scale, "Batches of sides 1-x to 1+x", "X")
      ->check(plain(CLI::Range(0.0, 0.5)))
      ->group("Augmentation");
  add(command, "--close-mosaic", flags.augment.close_mosaic,
      "Last epochs without mosaic, mixup, copy-paste", "N")
      ->check(plain(CLI::Range(0, 100000)))
      ->group("Augmentation");
  for (const AugmentFlag& flag : kAugmentFlags) {
    add(command, flag.name, flags.augment.*flag.field, flag.help, "X")->group("Augmentation");
  }
  command.footer(concat(kCommonHelp,
                        "\nExample: gondola train --data data.yaml --model yolov8n --epochs 50 "
                        "--imgsz 320 --activation relu --out runs/relu"));
}

// Options that change what comes out of a run. Data and start are told by what was read from them,
// wherever the files lie.
bool changes_result(const std::string& name) {
  static const std::vector<std::string> harmless = {
      "help",    "config",  "data",     "model",  "weights",  "out",
      "resume",  "threads", "workers",  "device", "cache-mb", "checkpoint-minutes",
      "licence", "strict",  "processes"};
  return std::find(harmless.begin(), harmless.end(), name) == harmless.end();
}

std::string settings_text(const CLI::App& command, const nn::ModelSpec& spec, std::size_t images,
                          int processes) {
  std::string text;
  for (const auto& [name, value] : option_values(command)) {
    if (changes_result(name)) text += concat(name, " ", value, "\n");
  }
  // However they were asked for: each normalises its own part of the batch.
  return text +
         concat("processes ", processes, "\ntraining pictures ", images, "\n", to_yaml(spec));
}

std::shared_ptr<const data::Dataset> load_split(const TrainFlags& flags, const std::string& split,
                                                Context& context) {
  data::DatasetOptions options;
  options.split = split;
  options.labels = flags.labels;
  options.label_min_score = flags.label_min_score;
  options.val_share = flags.val_share;
  options.single_class = flags.single_class;
  options.strict = flags.strict;
  auto dataset = std::make_shared<data::Dataset>(data::load_dataset(flags.data, options));
  log_issues(*dataset, split + " data", context);
  std::size_t objects = 0;
  for (const data::LabelledImage& image : dataset->images) objects += image.labels.size();
  context.log->info("{}: {} pictures, {} objects, {} classes", split, dataset->images.size(),
                    objects, dataset->names.size());
  return dataset;
}

struct Start {
  nn::ModelSpec spec;
  nn::NamedTensors tensors;  // empty: from scratch
  std::string source;        // of the tensors
};

Start choose_start(const TrainFlags& flags, const data::Dataset& dataset, Context& context) {
  Start start;
  nn::ModelRequest request;
  request.model = nn::find_model(flags.model);
  nn::WeightsFile model = nn::resolve_model(request);
  start.spec = std::move(model.description.spec);
  start.tensors = std::move(model.tensors);
  start.source = flags.model;
  nn::ActivationSpec trained_with = start.spec.activation;
  if (!flags.weights.empty()) {
    nn::WeightsFile weights = nn::read_weights(flags.weights);
    trained_with = weights.description.spec.activation;
    start.tensors = std::move(weights.tensors);
    start.source = flags.weights;
  }
  if (!flags.activation.empty()) {
    start.spec.activation = nn::parse_activation(flags.activation);
    for (nn::StageSpec& stage : start.spec.stages) stage.activation.reset();
    start.spec.head.activation.reset();
  }
  if (!start.tensors.empty() && trained_with != start.spec.activation) {
    context.log->warn("{} was trained with {}, this run uses {}: expect some epochs of relearning",
                      start.source, to_string(trained_with), to_string(start.spec.activation));
  }
  start.spec.class_count = static_cast<int>(dataset.names.size());
  start.spec.class_names = dataset.names.names();
  return start;
}

nn::Network make_network(const Start& start, std::uint64_t seed, Context& context) {
  nn::Network network(start.spec);
  nn::initialize_parameters(network, seed);
  if (start.tensors.empty()) return network;
  const train::TransferReport report =
      train::transfer_weights(network, start.tensors, start.source);
  context.log->info("started from {}: {} of {} tensors kept", start.source, report.kept,
                    report.total);
  for (const std::string& name : report.skipped) context.log->info("  new: {}", name);
  return network;
}

bool use_bfloat16(const TrainFlags& flags) {
  // What the engine needs for bfloat16 is what makes it pay in training, too.
  const std::string problem = engine::precision_problem(engine::Precision::kBFloat16);
  if (flags.precision == "auto") return flags.device != "cpu" || problem.empty();
  if (flags.precision == "bf16" && flags.device == "cpu" && !problem.empty()) {
    throw ConfigError(concat("--precision bf16: ", problem, "; use fp32"));
  }
  return flags.precision == "bf16";
}

train::TrainerOptions trainer_options(const TrainFlags& flags, std::size_t images,
                                      int class_count) {
  const double step_images = static_cast<double>(flags.batch) * flags.accumulate;
  const double steps_per_epoch = std::ceil(static_cast<double>(images) / step_images);
  const bool adamw = flags.optimizer == "adamw" ||
                     (flags.optimizer == "auto" && steps_per_epoch * flags.epochs <= 10000);

  train::TrainerOptions options;
  options.epochs = flags.epochs;
  options.batches_per_step = flags.accumulate;
  options.frozen_stages = flags.freeze;
  options.bfloat16 = use_bfloat16(flags);
  options.validate_every = flags.validate_every;
  options.patience = flags.patience;
  options.checkpoint_seconds = flags.checkpoint_minutes * 60;
  options.optimizer.kind = adamw ? train::OptimizerKind::kAdamW : train::OptimizerKind::kSgd;
  options.optimizer.weight_decay = flags.weight_decay * step_images / 64;
  options.optimizer.clip_norm = flags.clip;
  options.ema.decay = flags.ema_decay;

  train::ScheduleOptions& schedule = options.schedule;
  // The rates that the YOLO family has settled on; fewer classes stand a higher one.
  const double usual_rate = adamw ? 0.01 / (4 + class_count) : 0.01;
  schedule.learning_rate = flags.lr > 0 ? flags.lr : usual_rate;
  schedule.momentum = flags.momentum > 0 ? flags.momentum : (adamw ? 0.9 : 0.937);
  schedule.warmup_momentum = std::min(0.8, schedule.momentum);
  schedule.warmup_bias_rate = adamw ? 0.0 : 0.1;
  schedule.final_share = flags.lr_final;
  schedule.shape =
      flags.schedule == "linear" ? train::ScheduleShape::kLinear : train::ScheduleShape::kCosine;
  schedule.warmup_share = std::min(flags.warmup_epochs / flags.epochs, 1.0 / 3);
  return options;
}

std::string training_record(const CLI::App& command, const train::Trainer& trainer,
                            std::size_t images) {
  nlohmann::json record = {{"program", concat("gondola ", kVersion)}, {"pictures", images}};
  for (const auto& [name, value] : option_values(command)) record["options"][name] = value;
  record["epochs"] = nlohmann::json::parse(train::to_json(trainer.records()));
  record["best_epoch"] = trainer.best_epoch() + 1;
  return record.dump();
}

void log_epoch(const train::EpochRecord& record, int epochs, bool is_best, Context& context) {
  std::string text = fmt::format(
      "epoch {}/{}: loss {:.3f} box, {:.3f} class, {:.3f} dfl; {:.0f} s, {:.1f} pictures/s, "
      "{:.0f}% waiting",
      record.epoch + 1, epochs, record.loss.box, record.loss.classification, record.loss.dfl,
      record.seconds, record.images_per_second, record.waiting_share * 100);
  if (record.measures) {
    const train::EpochMeasures& now = *record.measures;
    text +=
        fmt::format("; AP50 {:.3f}, AP {:.3f}, P {:.2f}, R {:.2f}, count error {:.1f}{}", now.ap50,
                    now.ap, now.precision, now.recall, now.count_error, is_best ? " (best)" : "");
  }
  context.log->info(text);
}

// What a resumed run takes from its folder, and what only makes sense together.
void complete_flags(CLI::App& command, TrainFlags& flags) {
  if (!flags.resume.empty()) {
    flags.out = flags.resume;
    apply_option_file(command, std::filesystem::path(flags.resume) / "train.yaml");
  }
  if (flags.data.empty() || flags.model.empty()) {
    throw ConfigError(
        "train needs --data and --model, such as --data data.yaml --model shelf-n; or --resume "
        "DIR");
  }
  if (command.get_option("--close-mosaic")->count() == 0) {
    // A short run keeps its mosaics for most of the time.
    flags.augment.close_mosaic = std::min(flags.augment.close_mosaic, flags.epochs / 5);
  }
  data::validate(flags.augment);
}

// What this process does of a training.
struct Role {
  int rank = 0;
  int processes = 1;
  std::string device;
  std::filesystem::path meeting;  // where the processes meet, if there are several

  // The one that tells the user and writes files.
  bool is_first() const { return rank == 0; }
};

// Checks what several processes need.
void check_processes(const TrainFlags& flags, const std::vector<std::string>& devices) {
  for (const std::string& device : devices) nn::check_device(device);
  if (devices.size() == 1) return;
  train::check_process_groups();
  if (flags.batch % devices.size() != 0) {
    throw ConfigError(concat("--batch ", flags.batch, " cannot be shared evenly by ",
                             devices.size(), " processes; use a multiple of ", devices.size()));
  }
}

data::LoaderOptions loader_options(const TrainFlags& flags, const Role& role) {
  data::LoaderOptions loader;
  loader.image_size = flags.imgsz;
  loader.batch_size = flags.batch;
  loader.workers = flags.workers;
  loader.cache_bytes = (flags.cache_mb << 20U) / static_cast<std::size_t>(role.processes);
  loader.seed = flags.seed;
  loader.epochs = flags.epochs;
  loader.multi_scale = flags.multi_scale;
  loader.part = role.rank;
  loader.parts = role.processes;
  return loader;
}

void begin_or_resume(const CLI::App& command, const TrainFlags& flags, const Role& role,
                     const TrainingFolder& folder, train::Trainer& trainer, Context& context) {
  if (!flags.resume.empty()) {
    trainer.resume(train::read_checkpoint(folder.checkpoint()), folder.checkpoint().string());
    context.log->info("resumed after {} epochs", trainer.records().size());
    return;
  }
  if (std::filesystem::exists(folder.checkpoint())) {
    throw ConfigError(concat(flags.out, " holds a run already; go on with --resume ", flags.out,
                             ", or name another --out"));
  }
  if (role.is_first()) folder.write_options(to_option_file(command));
}

int report_end(train::TrainEnd end, const TrainFlags& flags, const TrainingFolder& folder,
               const train::Trainer& trainer, Context& context) {
  if (end == train::TrainEnd::kStopped) {
    context.log->warn("stopped; go on with: gondola train --resume {}", flags.out);
    return 1;
  }
  if (end == train::TrainEnd::kEarly) {
    context.log->info("stopped early: no better AP for {} epochs", flags.patience);
  }
  context.log->info("best: epoch {}, AP {:.4f}; weights in {}, curves in {}",
                    trainer.best_epoch() + 1, trainer.best_score(), folder.best_weights().string(),
                    (folder.path() / "index.html").string());
  return 0;
}

int train_here(CLI::App& command, const TrainFlags& flags, const Role& role, Context& context) {
  use_threads(flags.threads > 0 ? flags.threads : std::max(1, usable_cpus() / role.processes),
              context);

  const auto train_data = load_split(flags, "train", context);
  const auto validation_data = load_split(flags, "val", context);
  if (validation_data->names != train_data->names) {
    throw ConfigError(concat(flags.data, ": train and val have different classes"));
  }
  const std::size_t images = train_data->images.size();
  const Start start = choose_start(flags, *train_data, context);
  nn::check_image_size(flags.imgsz, start.spec);

  data::LoaderOptions loader = loader_options(flags, role);
  data::BatchLoader batches(train_data, loader, flags.augment);
  loader.multi_scale = 0;
  loader.part = 0;
  loader.parts = 1;
  data::BatchLoader validation_batches(validation_data, loader);

  train::TrainerOptions options = trainer_options(flags, images, start.spec.class_count);
  options.settings = settings_text(command, start.spec, images, role.processes);
  nn::Network network = make_network(start, flags.seed, context);
  network->to(at::Device(role.device));
  std::optional<train::ProcessGroup> group;
  if (role.processes > 1) group.emplace(role.meeting, role.rank, role.processes);
  train::Trainer trainer(network, options, batches, &validation_batches, group ? &*group : nullptr);
  context.log->info("{}, {}, {}, {}, learning rate {:.4g}; run folder {}", start.spec.name,
                    to_string(start.spec.activation), options.bfloat16 ? "bf16" : "fp32",
                    options.optimizer.kind == train::OptimizerKind::kAdamW ? "AdamW" : "SGD",
                    options.schedule.learning_rate, flags.out);
  const TrainingFolder folder(flags.out, train_data->names);
  begin_or_resume(command, flags, role, folder, trainer, context);
  if (!role.is_first()) {
    trainer.run(folder.checkpoint(), {});
    return 0;
  }

  const auto write_weights = [&](const train::Validation& validation, bool is_best) {
    nn::WeightsFile file;
    file.description.spec = start.spec;
    file.description.licence = flags.licence;
    file.description.training = training_record(command, trainer, images);
    file.description.score_threshold = validation.evaluation.counting.best.confidence;
    file.tensors = nn::extract_tensors(trainer.average());
    nn::write_weights(folder.last_weights(), file);
    if (is_best) nn::write_weights(folder.best_weights(), file);
  };

  ProgressBar progress(context.log_options, batches.batches_per_epoch());
  train::TrainCallbacks callbacks;
  callbacks.on_batch = [&](const train::TrainProgress& now, const train::Batch& batch) {
    constexpr int kShownBatches = 3;
    if (now.epoch == 0 && now.batch <= kShownBatches) {
      folder.write_batch(batch, static_cast<int>(now.batch));
    }
    progress.update(now.batch,
                    fmt::format("epoch {}/{}  loss {:.2f}+{:.2f}+{:.2f}", now.epoch + 1,
                                flags.epochs, now.loss.box, now.loss.classification, now.loss.dfl),
                    fmt::format("{:.0f} pictures/s  {} left", now.images_per_second,
                                duration_text(now.seconds_left)));
  };
  callbacks.on_epoch = [&](const train::EpochRecord& record, const train::Validation* validation,
                           bool is_best) {
    progress.clear();
    log_epoch(record, flags.epochs, is_best, context);
    for (const data::Issue& issue : batches.take_issues()) context.log->warn(issue.message);
    folder.write_records(trainer.records());
    if (validation != nullptr) write_weights(*validation, is_best);
    if (is_best) folder.write_validation(*validation);
    folder.write_page(concat(start.spec.name, ", ", to_string(start.spec.activation)),
                      trainer.records());
  };
  const Interrupt interrupt;
  callbacks.stop_requested = [&] { return interrupt.requested(); };

  const train::TrainEnd end = trainer.run(folder.checkpoint(), callbacks);
  progress.clear();
  return report_end(end, flags, folder, trainer, context);
}

int run_train(CLI::App& command, TrainFlags& flags, Context& context) {
  complete_flags(command, flags);
  const std::vector<std::string> devices = training_devices(flags.device, flags.processes);
  check_processes(flags, devices);
  Role role;
  role.processes = static_cast<int>(devices.size());
  role.device = devices.front();
  if (role.processes > 1) {
    const std::optional<TrainingProcess> process = this_training_process();
    if (!process) {
      context.log->info("{} processes: {}", role.processes, join(devices, ", "));
      return run_training_processes(devices);
    }
    role.rank = process->rank;
    role.device = devices.at(static_cast<std::size_t>(role.rank));
    role.meeting = process->meeting;
  }
  if (!role.is_first()) {
    // Its errors go to the process that started it, which tells them; the rest the first one says.
    context.log_options = {};
    context.log_options.quiet = true;
    context.log = make_logger(context.log_options);
  }
  try {
    return train_here(command, flags, role, context);
  } catch (const train::PeerLost& lost) {
    context.log->debug(lost.what());
    return kPeerLostExit;
  }
}

}  // namespace

Command add_train_command(CLI::App& app) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* parser = app.add_subcommand("train", kTrainDescription);
  add_options(*parser, *flags);
  return {parser,
          [flags, parser](Context& context) { return run_train(*parser, *flags, context); }};
}

}  // namespace gondola::app
