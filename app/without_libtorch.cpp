#include "programs.hpp"

namespace gondola::app {

bool has_libtorch() { return false; }

void set_libtorch_threads(int /*threads*/) {}

std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(
    const nn::WeightsFile& /*weights*/, const detect::DetectorOptions& /*options*/) {
  never_reached("LibTorch as the runtime");
}

Command add_info_command(CLI::App& app) {
  return stand_in(app, "info", kInfoDescription, Program::kLibTorch);
}
Command add_train_command(CLI::App& app) {
  return stand_in(app, "train", kTrainDescription, Program::kLibTorch);
}

}  // namespace gondola::app
