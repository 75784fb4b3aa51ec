#pragma once

#include <filesystem>

#include <CLI/CLI.hpp>

namespace gondola::app {

// Type names that mark an option's value as a path: such values in an option file are relative to
// it.
inline constexpr const char* kFile = "FILE";
inline constexpr const char* kFolder = "DIR";

/// Gives a parsed command the options of a YAML file that were not given on the command line.
///
/// Keys are the options' long names without dashes; lists give several values. Throws ConfigError
/// (file:line first) for a key that is no option of the command, or a value the option refuses.
void apply_option_file(CLI::App& command, const std::filesystem::path& path);

}  // namespace gondola::app
