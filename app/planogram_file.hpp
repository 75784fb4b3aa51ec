#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "gondola/shelf/planogram.hpp"

namespace gondola::app {

/// Reads a planogram, in YAML or JSON (which YAML includes): width, height, and lists of products
/// {id, name, w, h}, fixtures {id, x, y, w, h} and positions {id, product, fixture, x, y, facings};
/// productId and fixtureId are synonyms of product and fixture.
///
/// Throws: IoError if the file cannot be read; ConfigError, starting with file:line, for syntax,
/// unknown or missing keys and wrong types, and as shelf::make_planogram().
shelf::Planogram load_planogram(const std::filesystem::path& path);

/// The same from text.
///
/// @param source_name  stands before the line number in messages
shelf::Planogram parse_planogram(std::string_view text, const std::string& source_name);

}  // namespace gondola::app
