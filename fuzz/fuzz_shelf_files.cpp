#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/data/mot_files.hpp"
#include "gondola/shelf/catalog.hpp"
#include "planogram_file.hpp"

namespace {

using gondola::Error;

/// A file of this process, in memory where the system has such a place.
std::filesystem::path scratch_file() {
  const bool has_memory = std::filesystem::is_directory("/dev/shm");
  return std::filesystem::path(has_memory ? "/dev/shm" : "/tmp") /
         ("gondola-fuzz-" + std::to_string(getpid()));
}

template <typename Read>
void expect_value_or_error(Read read) {
  try {
    read();
  } catch (const Error& error) {
    // One line, for somebody who reads it.
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
  }
}

}  // namespace

/// Reads the input as a planogram, a catalogue or a MOTChallenge file, as its first byte says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      expect_value_or_error([&] { gondola::app::parse_planogram(text, "input"); });
      break;
    case 1:
      expect_value_or_error([&] {
        const gondola::shelf::Catalog catalog = gondola::shelf::parse_catalog(text, "input");
        // What was read can be written and read again.
        const auto again = gondola::shelf::parse_catalog(gondola::shelf::to_json(catalog), "again");
        if (again.products().size() != catalog.products().size()) std::abort();
      });
      break;
    default: {
      static const std::filesystem::path kFile = scratch_file();
      std::ofstream(kFile, std::ios::binary) << text;
      expect_value_or_error([] { gondola::data::read_mot_file(kFile); });
    }
  }
  return 0;
}
