#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <spdlog/logger.h>

#include "logging.hpp"

namespace gondola::app {

/// What a command is given to work with besides its own options.
struct Context {
  std::shared_ptr<spdlog::logger> log;
  LogOptions log_options;
};

/// The programs that are made of this folder; see programs.hpp.
enum class Program { kFast, kVideo, kLibTorch };

/// What an invocation asks of the program that runs it.
struct Need {
  Program program = Program::kFast;
  std::string asked_for;  ///< what of it needs that, such as "detect --device cuda"
};

/// One subcommand: its options on the command line and what it does. main() adds --config, and has
/// applied the file it names when run() is called.
struct Command {
  CLI::App* parser = nullptr;
  /// Returns the exit code: 0 done, 1 it failed. Throws gondola::Error for what stops it.
  std::function<int(Context&)> run;
  /// What the command needs, as its options are; no function for nothing special.
  std::function<Need()> need = nullptr;
};

/// The validator without its own words in --help, where ours already say the same.
inline CLI::Validator plain(CLI::Validator validator) { return validator.description(""); }

/// Last lines of every command's help.
inline constexpr const char* kCommonHelp =
    "Every command also takes --quiet, --verbose and --log-json (see gondola --help).";

// Descriptions of the commands that not every program has; all programs list them.
inline constexpr const char* kInfoDescription =
    "Show a model's layers, shapes, sizes, classes and licence";
inline constexpr const char* kSynthDescription = "Draw labelled store shelves";
inline constexpr const char* kTrackDescription =
    "Follow objects through videos, cameras and streams, and count them";
inline constexpr const char* kCamerasDescription = "List the cameras of this machine";
inline constexpr const char* kTrainDescription = "Train a network on your own data";

Command add_detect_command(CLI::App& app);
Command add_track_command(CLI::App& app);
Command add_count_command(CLI::App& app);
Command add_cameras_command(CLI::App& app);
Command add_info_command(CLI::App& app);
Command add_convert_command(CLI::App& app);
Command add_synth_command(CLI::App& app);
Command add_train_command(CLI::App& app);
Command add_bench_command(CLI::App& app);
Command add_catalog_command(CLI::App& app);
Command add_quantize_command(CLI::App& app);
Command add_report_command(CLI::App& app);
Command add_val_command(CLI::App& app);

}  // namespace gondola::app
