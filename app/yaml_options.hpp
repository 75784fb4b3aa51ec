#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

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

/// Every option of a parsed command that has a value, given or default, as (long name, text), in
/// the command's order. Several values are joined with commas.
std::vector<std::pair<std::string, std::string>> option_values(const CLI::App& command);

/// The options that were given, as a file for apply_option_file(); paths are made absolute.
std::string to_option_file(const CLI::App& command);

}  // namespace gondola::app
