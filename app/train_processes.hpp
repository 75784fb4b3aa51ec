#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"

namespace gondola::app {

/// The device of each process of a training: as many as `--device` lists, or `processes` times the
/// CPU. One process unless asked for more.
///
/// Throws ConfigError when the two do not go together, or a device is named twice.
std::vector<std::string> training_devices(const std::string& device, int processes);

/// A process that run_training_processes() has started.
struct TrainingProcess {
  int rank = 0;                   ///< its number, from 0
  std::filesystem::path meeting;  ///< where it meets the others: see train::ProcessGroup
};

/// What this process is, if it was started so.
std::optional<TrainingProcess> this_training_process();

/// Runs the program with this one's own arguments once per device, and waits for all.
///
/// The first has this process's terminal; an error of any other is told here. When one ends with an
/// error, the others are ended. Ctrl-C and SIGTERM are passed on to the first, as SIGTERM; a second
/// one ends all at once, as does the death of this process.
///
/// @return the first one's exit code, if it ended by itself
/// Throws Error naming the process that ended with an error, and what it said.
int run_training_processes(const std::vector<std::string>& devices);

/// Exit code of a process that ended only because another one had: nothing to tell.
inline constexpr int kPeerLostExit = 3;

}  // namespace gondola::app
