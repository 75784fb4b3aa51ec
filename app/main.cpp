#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <malloc.h>
#include <sys/mman.h>

#include "command.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "programs.hpp"
#include "version.hpp"
#include "yaml_options.hpp"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// Page faults cost more than the network if nothing is done about them.
void prepare_heap() {
  // Freed activations stay inside the process. With glibc's defaults every layer's output goes back
  // to the kernel and is faulted in again by the next picture, a tenth to a quarter of the
  // network's time.
  constexpr int kOneGigabyte = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kOneGigabyte);
  mallopt(M_TRIM_THRESHOLD, kOneGigabyte);

  // The heap takes huge pages: one fault for 2 MiB instead of 512, half the time of a process that
  // looks at one picture. A block that is freed at once lends its addresses, and no memory.
  constexpr std::size_t kHugePage = std::size_t{2} << 20U;
  constexpr std::size_t kHeap = 128 * kHugePage;
  void* const block = std::malloc(kHeap);
  void* start = block;
  std::size_t space = kHeap;
  if (block != nullptr && std::align(kHugePage, kHugePage, start, space) != nullptr) {
    madvise(start, space, MADV_HUGEPAGE);
  }
  std::free(block);
}

// Exceptions from LibTorch and OpenCV span many lines; the first says what is wrong.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The first argument that nobody takes, plus what the user may have meant by it.
std::string unknown_argument(const std::string& argument, const CLI::App& command) {
  const std::string word = argument.substr(0, argument.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(sub->get_name());
  }
  const auto nearest = gondola::nearest_name(word, known);
  return gondola::concat("unknown argument '", word, "'",
                         nearest ? gondola::concat(" (did you mean '", *nearest, "'?)") : "");
}

int run(int argc, char** argv) {
  CLI::App app{"Gondola: object detection and shelf counting", "gondola"};
  app.set_version_flag("--version", gondola::app::kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  gondola::app::LogOptions log_options;
  auto* quiet = app.add_flag("--quiet", log_options.quiet, "Errors only");
  app.add_flag("--verbose", log_options.verbose, "Details too")->excludes(quiet);
  app.add_flag("--log-json", log_options.json, "Messages as one JSON object a line");
  const std::vector<gondola::app::Command> commands = {
      gondola::app::add_detect_command(app),   gondola::app::add_track_command(app),
      gondola::app::add_count_command(app),    gondola::app::add_cameras_command(app),
      gondola::app::add_info_command(app),     gondola::app::add_convert_command(app),
      gondola::app::add_synth_command(app),    gondola::app::add_train_command(app),
      gondola::app::add_val_command(app),      gondola::app::add_bench_command(app),
      gondola::app::add_quantize_command(app), gondola::app::add_report_command(app),
      gondola::app::add_catalog_command(app),
  };

  std::string option_file;
  for (const auto& any : commands) {
    any.parser->add_option("--config", option_file, "YAML file with any of the command's options")
        ->type_name(gondola::app::kFile);
  }

  const auto chosen = [&]() -> const gondola::app::Command* {
    for (const auto& command : commands) {
      if (command.parser->parsed()) return &command;
    }
    return nullptr;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    return app.exit(request);  // --help, --version
  } catch (const CLI::ParseError& error) {
    const auto* command = chosen();
    const CLI::App& parser = command != nullptr ? *command->parser : app;
    const std::string name =
        command != nullptr ? "gondola " + parser.get_name() : std::string("gondola");
    const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
    const std::string what =
        unknown.empty() ? first_line(error.what()) : unknown_argument(unknown.front(), parser);
    std::cerr << "error: " << name << ": " << what << "; see " << name << " --help\n";
    return kWrongUsage;
  }

  gondola::app::Context context{gondola::app::make_logger(log_options), log_options};
  const gondola::app::Command& command = *chosen();
  const auto continue_where_it_can_run = [&] {
    if (command.need) gondola::app::continue_where_it_can_run(command.need(), argv);
  };
  try {
    continue_where_it_can_run();
    if (!option_file.empty()) {
      gondola::app::apply_option_file(*command.parser, option_file);
      continue_where_it_can_run();
    }
    return command.run(context);
  } catch (const gondola::ConfigError& error) {
    context.log->error(error.what());
    return kWrongUsage;
  } catch (const gondola::Error& error) {
    context.log->error(error.what());
  } catch (const std::bad_alloc&) {
    context.log->error("out of memory; try a smaller --imgsz, --tile or --batch");
  } catch (const std::exception& error) {
    context.log->error("internal error: {}", first_line(error.what()));
  }
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  prepare_heap();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    // Before there is a logger: the options themselves could not be set up.
    std::fprintf(stderr, "error: %s\n", error.what());
    return kFailed;
  }
}
