#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/camera_list.hpp"

namespace gondola::app {
namespace {

/// `1920x1080, 1280x720, ...`: the largest few.
std::string sizes_text(const std::vector<Size>& sizes) {
  constexpr std::size_t kShown = 4;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < sizes.size() && i < kShown; ++i)
    texts.push_back(fmt::format("{}x{}", sizes[i].width, sizes[i].height));
  return join(texts, ", ") + (sizes.size() > kShown ? ", ..." : "");
}

void print(const std::vector<media::CameraInfo>& cameras) {
  for (const media::CameraInfo& camera : cameras) {
    fmt::print("{}  {}{}\n", camera.path, camera.name.empty() ? "(no name)" : camera.name,
               camera.is_usable() ? "" : "\n    cannot be used: " + camera.problem);
    for (const media::CameraFormat& format : camera.formats) {
      fmt::print("    {} ({}){}{}\n", format.code, format.description,
                 format.sizes.empty() ? "" : ": ", sizes_text(format.sizes));
    }
  }
}

void print_json(const std::vector<media::CameraInfo>& cameras) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const media::CameraInfo& camera : cameras) {
    nlohmann::ordered_json entry = {
        {"path", camera.path}, {"name", camera.name}, {"usable", camera.is_usable()}};
    if (!camera.is_usable()) entry["problem"] = camera.problem;
    for (const media::CameraFormat& format : camera.formats) {
      nlohmann::ordered_json sizes = nlohmann::ordered_json::array();
      for (const Size& size : format.sizes) sizes.push_back({size.width, size.height});
      entry["formats"].push_back({{"code", format.code}, {"sizes", std::move(sizes)}});
    }
    list.push_back(std::move(entry));
  }
  fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

Command add_cameras_command(CLI::App& app) {
  CLI::App* parser = app.add_subcommand("cameras", kCamerasDescription);
  auto json = std::make_shared<bool>(false);
  parser->add_flag("--json", *json, "As JSON");
  parser->footer(concat(kCommonHelp, "\nExample: gondola cameras"));
  return {parser, [json](Context& context) {
            const std::vector<media::CameraInfo> cameras = media::list_cameras();
            if (*json)
              print_json(cameras);
            else
              print(cameras);
            if (cameras.empty() && !*json) {
              context.log->info(
                  "no camera: there is no /dev/video*; plug one in, or give the container or "
                  "virtual machine access to it");
            }
            return 0;
          }};
}

}  // namespace gondola::app
