#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "command.hpp"
#include "gondola/core/error.hpp"
#include "libtorch.hpp"

namespace gondola::app {
namespace {

/// A command that gondola-torch has: known by name, so that the help lists it and typing errors
/// find it; what follows the name is gondola-torch's to read, --help included.
Command stand_in(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* parser = app.add_subcommand(name, description);
  parser->fallthrough(false);
  parser->allow_extras();
  parser->set_help_flag();
  Command command;
  command.parser = parser;
  command.needs_libtorch = [name] { return name; };
  return command;
}

[[noreturn]] void never_reached(const std::string& what) {
  throw ContractViolation(concat(what, " in the program without LibTorch"));
}

}  // namespace

void continue_with_libtorch(char** arguments, const std::string& asked_for) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "gondola-torch";
  // LibTorch allocates a map for every layer: in huge pages training is a fifth faster. Read at a
  // program's start only; what the user has set stays.
  setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", /*overwrite=*/0);
  execv(program.c_str(), arguments);
  const int reason = errno;
  throw IoError(concat("gondola ", asked_for, " needs ", program.string(), ": ",
                       std::strerror(reason),
                       "; install it beside gondola (it is built where LibTorch is)"));
}

void set_libtorch_threads(int /*threads*/) {}

std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(
    const nn::WeightsFile& /*weights*/, const detect::DetectorOptions& /*options*/) {
  never_reached("LibTorch as the runtime");
}

std::unique_ptr<pipeline::DetectionSink> make_window_sink(const ClassNames& /*names*/) {
  never_reached("a window");
}

Command add_info_command(CLI::App& app) { return stand_in(app, "info", kInfoDescription); }
Command add_synth_command(CLI::App& app) { return stand_in(app, "synth", kSynthDescription); }
Command add_train_command(CLI::App& app) { return stand_in(app, "train", kTrainDescription); }

}  // namespace gondola::app
