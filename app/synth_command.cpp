#include <algorithm>
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
#include "gondola/data/shelf_video.hpp"
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
  std::string video;
  std::string motion = "pan";
  double seconds = data::ShelfVideoOptions{}.seconds;
  double fps = data::ShelfVideoOptions{}.fps;
  double speed = data::ShelfVideoOptions{}.speed;
  double event_interval = data::ShelfVideoOptions{}.event_interval;
  double people_interval = data::ShelfVideoOptions{}.people_interval;
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
  command
      .add_option("--video", options.video,
                  "A clip instead (.mp4, .avi), with the truth per frame beside it")
      ->type_name(kFile);
  command
      .add_option(
          "--motion", options.motion,
          "Of a clip: pan (along the aisle) or restock (a fixed camera, products come and go)")
      ->check(plain(CLI::IsMember({"pan", "restock"})))
      ->type_name("KIND")
      ->capture_default_str();
  command.add_option("--seconds", options.seconds, "Length of a clip")
      ->type_name("S")
      ->capture_default_str();
  command.add_option("--fps", options.fps, "Frames a second of a clip, 1..60")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--speed", options.speed, "Of a pan, centimetres a second, 1..300")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--event-interval", options.event_interval,
                  "Of restock: mean time between taking or putting back, seconds")
      ->type_name("S")
      ->capture_default_str();
  command
      .add_option("--people-interval", options.people_interval,
                  "Of restock: mean time between people who pass, seconds")
      ->type_name("S")
      ->capture_default_str();
  command.footer(concat(kCommonHelp,
                        "\nExample: gondola synth --out shelves --count 2000 --seed 1 --size 640\n "
                        "        gondola synth --video aisle.mp4 --seconds 20 --fps 25"));
}

Size parse_size(const std::string& text) {
  const auto number = [](const std::string& digits) {
    return parse_number<int>(digits).value_or(0);
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

data::ShelfOptions shelf_options(const SynthOptions& options) {
  data::ShelfOptions shelf;
  shelf.size = parse_size(options.size);
  shelf.seed = options.seed;
  shelf.textures = options.textures;
  shelf.texture_share = options.texture_share;
  shelf.gaps = wants_gaps(options.classes);
  return shelf;
}

int draw_pictures(const SynthOptions& options, Context& context) {
  data::ShelfDatasetOptions dataset;
  dataset.shelf = shelf_options(options);
  dataset.folder = options.out;
  dataset.count = options.count;
  dataset.val_share = options.val_share;
  dataset.threads = options.threads > 0 ? options.threads : usable_cpus();

  ProgressBar progress(context.log_options, dataset.count);
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

int draw_clip(const SynthOptions& options, Context& context) {
  data::ShelfVideoOptions clip;
  clip.shelf = shelf_options(options);
  clip.kind = options.motion == "pan" ? data::ShelfVideoKind::kPan : data::ShelfVideoKind::kRestock;
  clip.seconds = options.seconds;
  clip.fps = options.fps;
  clip.speed = options.speed;
  clip.event_interval = options.event_interval;
  clip.people_interval = options.people_interval;

  data::validate(clip);
  const std::size_t frames = data::frame_count(clip);
  ProgressBar progress(context.log_options, frames);
  const Interrupt interrupt;
  data::ShelfVideoCallbacks callbacks;
  callbacks.on_progress = [&](std::size_t done) { progress.update(done); };
  callbacks.stop_requested = [&] { return interrupt.requested(); };
  const data::ShelfVideoSummary summary = data::write_shelf_video(clip, options.video, callbacks);
  progress.clear();
  context.log->info("{}: {} frames, {} different packages, {} taken, {} put on the shelf",
                    options.video, summary.frames, summary.identities, summary.taken,
                    summary.restocked);
  if (summary.stopped) context.log->warn("stopped after {} of {} frames", summary.frames, frames);
  return summary.stopped ? 1 : 0;
}

int run_synth(const SynthOptions& options, Context& context) {
  if (options.out.empty() == options.video.empty()) {
    throw ConfigError(
        "give either --out DIR for pictures or --video FILE for a clip (gondola synth --help)");
  }
  // Pictures are drawn side by side; OpenCV's own threads would only get in their way.
  cv::setNumThreads(1);
  return options.video.empty() ? draw_pictures(options, context) : draw_clip(options, context);
}

}  // namespace

Command add_synth_command(CLI::App& app) {
  auto options = std::make_shared<SynthOptions>();
  CLI::App* parser = app.add_subcommand("synth", kSynthDescription);
  add_options(*parser, *options);
  return {parser, [options](Context& context) { return run_synth(*options, context); }};
}

}  // namespace gondola::app
