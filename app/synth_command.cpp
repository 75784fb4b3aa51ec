#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/data/shelf_dataset.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct SynthOptions {
  std::string out;
  std::size_t count = 100;
  std::uint64_t seed = 0;
  std::string size = "640";
  std::vector<std::string> textures;
  double texture_share = data::ShelfOptions{}.texture_share;
  std::vector<std::string> classes = {"product", "gap"};
  double val_share = data::ShelfDatasetOptions{}.val_share;
  int threads = 0;
};

void add_options(CLI::App& command, SynthOptions& options) {
  command.add_option("--out", options.out, "Folder for images/, labels/, truth/ and data.yaml")
      ->type_name(kFolder);
  command.add_option("--count", options.count, "Pictures")
      ->check(plain(CLI::Range(1, 9'999'999)))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--seed", options.seed,
                  "Picture i of a seed is the same whatever the count or the threads")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--size", options.size, "Pixels: N for a square, or WxH")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      .add_option("--textures", options.textures,
                  "Data sets (images/ and labels/) or folders of pictures to print on packages")
      ->type_name(kFolder);
  command
      .add_option("--texture-share", options.texture_share,
                  "Packages printed with such a picture, 0..1")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SHARE")
      ->capture_default_str();
  command.add_option("--classes", options.classes, "product, or product,gap (empty facings)")
      ->delimiter(',')
      ->type_name("A,B")
      ->capture_default_str();
  command.add_option("--val-share", options.val_share, "Pictures listed in val.txt, 0..1")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SHARE")
      ->capture_default_str();
  command
      .add_option("--threads", options.threads,
                  "Pictures drawn at once; 0 = the CPUs this process may use")
      ->check(plain(CLI::Range(0, 1024)))
      ->type_name("N")
      ->capture_default_str();
  command.footer(concat(kCommonHelp,
                        "\nExample: gondola synth --out shelves --count 2000 --seed 1 --size 640"));
}

Size parse_size(const std::string& text) {
  const auto number = [](std::string_view digits) {
    int value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() ? value : 0;
  };
  const std::vector<std::string> sides = split(text, 'x');
  const Size size = sides.size() == 2 ? Size{number(sides[0]), number(sides[1])}
                                      : Size{number(text), number(text)};
  if (size.width <= 0 || size.height <= 0) {
    throw ConfigError(
        concat("--size ", text, ": expected pixels as N or WxH, such as 640 or 480x640"));
  }
  return size;
}

bool wants_gaps(const std::vector<std::string>& classes) {
  if (classes == std::vector<std::string>{"product"}) return false;
  if (classes == std::vector<std::string>{"product", "gap"}) return true;
  throw ConfigError(concat("--classes ", join(classes, ","), ": expected product, or product,gap"));
}

data::ShelfDatasetOptions dataset_options(const SynthOptions& options) {
  data::ShelfDatasetOptions dataset;
  dataset.shelf.size = parse_size(options.size);
  dataset.shelf.seed = options.seed;
  dataset.shelf.textures = options.textures;
  dataset.shelf.texture_share = options.texture_share;
  dataset.shelf.gaps = wants_gaps(options.classes);
  dataset.folder = options.out;
  dataset.count = options.count;
  dataset.val_share = options.val_share;
  dataset.threads = options.threads > 0 ? options.threads : usable_cpus();
  return dataset;
}

int run_synth(const SynthOptions& options, Context& context) {
  if (options.out.empty())
    throw ConfigError("no --out given; name a folder (gondola synth --help)");
  const data::ShelfDatasetOptions dataset = dataset_options(options);
  // Pictures are drawn side by side; OpenCV's own threads would only get in their way.
  cv::setNumThreads(1);

  const LogOptions& log = context.log_options;
  ProgressBar progress(!log.quiet && !log.json && stderr_is_terminal(), dataset.count);
  const Interrupt interrupt;
  data::ShelfDatasetCallbacks callbacks;
  callbacks.on_progress = [&](std::size_t pictures) { progress.update(pictures); };
  callbacks.stop_requested = [&] { return interrupt.requested(); };
  const data::ShelfDatasetSummary summary = data::write_shelf_dataset(dataset, callbacks);
  progress.clear();
  context.log->info("{} pictures with {} products and {} gaps are in {}", summary.pictures,
                    summary.objects, summary.gaps, dataset.folder);
  if (summary.stopped) {
    context.log->warn("stopped after {} of {} pictures", summary.pictures, dataset.count);
  }
  return summary.stopped ? 1 : 0;
}

}  // namespace

Command add_synth_command(CLI::App& app) {
  auto options = std::make_shared<SynthOptions>();
  CLI::App* parser = app.add_subcommand("synth", "Draw labelled store shelves");
  add_options(*parser, *options);
  return {parser, [options](Context& context) { return run_synth(*options, context); }};
}

}  // namespace gondola::app
