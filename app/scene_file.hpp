#pragma once

#include <filesystem>

#include "gondola/config/yaml.hpp"
#include "gondola/count/scene_options.hpp"

namespace gondola::app {

/// Reads what is to be counted in the pictures of a camera or video; configs/scenes/entrance.yaml
/// shows every key.
///
/// Throws: IoError when the file cannot be read; ConfigError with file and line for unknown keys
/// and for whatever count::validate() refuses.
count::SceneOptions read_scene_file(const std::filesystem::path& path);

/// The same from a document.
count::SceneOptions read_scene(const config::Node& node);

}  // namespace gondola::app
