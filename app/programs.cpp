#include "programs.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola::app {

void continue_where_it_can_run(const Need& need, char** arguments) {
  const bool has_it = need.program == Program::kLibTorch ? has_libtorch()
                      : need.program == Program::kVideo  ? has_video()
                                                         : true;
  if (has_it) return;
  const bool libtorch = need.program == Program::kLibTorch;
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                       (libtorch ? "gondola-torch" : "gondola-video");
  // LibTorch allocates a map for every layer: in huge pages training is a fifth faster. Read at a
  // program's start only; what the user has set stays.
  if (libtorch) setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", /*overwrite=*/0);
  execv(program.c_str(), arguments);
  const int reason = errno;
  throw IoError(concat("gondola ", need.asked_for, " needs ", program.string(), ": ",
                       std::strerror(reason), "; install it beside gondola",
                       libtorch ? " (it is built where LibTorch is)" : ""));
}

Command stand_in(CLI::App& app, const std::string& name, const std::string& description,
                 Program program) {
  CLI::App* parser = app.add_subcommand(name, description);
  parser->fallthrough(false);
  parser->allow_extras();
  parser->set_help_flag();
  Command command;
  command.parser = parser;
  command.need = [name, program] { return Need{program, name}; };
  return command;
}

void never_reached(const std::string& what) {
  throw ContractViolation(concat(what, " in a program without it"));
}

}  // namespace gondola::app
