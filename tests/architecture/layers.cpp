#include "architecture/layers.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

namespace gondola::test {
namespace {

namespace fs = std::filesystem;

struct HeaderOwner {
  std::string_view prefix;  ///< of the path in the include
  std::string_view owner;   ///< as the table spells it
};

constexpr std::string_view kSystem = "the operating system";

constexpr std::array kHeaderOwners{
    HeaderOwner{"ATen/", "LibTorch"},      HeaderOwner{"c10/", "LibTorch"},
    HeaderOwner{"torch/", "LibTorch"},     HeaderOwner{"opencv2/", "OpenCV"},
    HeaderOwner{"yaml-cpp/", "yaml-cpp"},  HeaderOwner{"nlohmann/", "nlohmann-json"},
    HeaderOwner{"oneapi/dnnl/", "oneDNN"}, HeaderOwner{"jpeglib.h", "libjpeg"},
    HeaderOwner{"jerror.h", "libjpeg"},    HeaderOwner{"png.h", "libpng"},
    HeaderOwner{"libexif/", "libexif"},    HeaderOwner{"zip.h", "libzip"},
    HeaderOwner{"zlib.h", "zlib"},         HeaderOwner{"sqlite3.h", "SQLite"},
    HeaderOwner{"SQLiteCpp/", "SQLite"},   HeaderOwner{"CLI/", "CLI11"},
    HeaderOwner{"pugixml.hpp", "pugixml"}, HeaderOwner{"spdlog/", "spdlog"},
    HeaderOwner{"sys/", kSystem},          HeaderOwner{"linux/", kSystem},
    HeaderOwner{"arpa/", kSystem},         HeaderOwner{"netinet/", kSystem},
    HeaderOwner{"cpuid.h", kSystem},       HeaderOwner{"dirent.h", kSystem},
    HeaderOwner{"dlfcn.h", kSystem},       HeaderOwner{"fcntl.h", kSystem},
    HeaderOwner{"glob.h", kSystem},        HeaderOwner{"immintrin.h", kSystem},
    HeaderOwner{"malloc.h", kSystem},      HeaderOwner{"netdb.h", kSystem},
    HeaderOwner{"onnx/", "ONNX"},          HeaderOwner{"libav", "FFmpeg"},
    HeaderOwner{"libswscale/", "FFmpeg"},  HeaderOwner{"poll.h", kSystem},
    HeaderOwner{"pthread.h", kSystem},     HeaderOwner{"sched.h", kSystem},
    HeaderOwner{"signal.h", kSystem},      HeaderOwner{"termios.h", kSystem},
    HeaderOwner{"unistd.h", kSystem},
};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The standard library's headers, and no others, have neither folder nor ending.
bool is_standard_header(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

std::optional<std::string_view> third_party_owner(std::string_view header) {
  for (const HeaderOwner& known : kHeaderOwners) {
    if (starts_with(header, known.prefix)) return known.owner;
  }
  return std::nullopt;
}

struct CMakeArgument {
  std::string text;
  std::size_t line = 0;
};

/// The arguments of every `gondola_add_library(...)` and `target_link_libraries(...)`.
std::vector<std::vector<CMakeArgument>> library_commands(const fs::path& cmake_file) {
  const std::string text =
      std::regex_replace(read_file(cmake_file), std::regex("#[^\n]*"), std::string());
  static const std::regex command(R"((gondola_add_library|target_link_libraries)\s*\(([^()]*)\))");
  static const std::regex word(R"(\S+)");
  std::vector<std::vector<CMakeArgument>> commands;
  for (std::sregex_iterator match(text.begin(), text.end(), command), end; match != end; ++match) {
    std::vector<CMakeArgument> arguments;
    const auto first = text.begin() + match->position(2);
    for (std::sregex_iterator it(first, first + match->length(2), word); it != end; ++it) {
      const auto line = std::count(text.begin(), first + it->position(), '\n') + 1;
      arguments.push_back({it->str(), static_cast<std::size_t>(line)});
    }
    if (!arguments.empty()) commands.push_back(std::move(arguments));
  }
  return commands;
}

class Checker {
 public:
  Checker(const fs::path& root, const std::vector<Layer>& allowed) : root_(root) {
    for (const Layer& layer : allowed) allowed_.emplace(layer.name, &layer);
  }

  std::vector<std::string> run() {
    const std::set<std::string> folders = library_folders();
    for (const std::string& folder : folders) read_targets(folder);
    for (const std::string& folder : folders) {
      check_files(root_ / "include/gondola" / folder, folder, true);
      check_files(root_ / "src" / folder, folder, false);
    }
    check_files(root_ / "app", "app", false);
    std::sort(violations_.begin(), violations_.end());
    return std::move(violations_);
  }

 private:
  /// Folders of include/gondola/ and src/ that the table knows; the others are offences.
  std::set<std::string> library_folders() {
    std::set<std::string> known;
    for (const char* parent : {"include/gondola", "src"}) {
      if (!fs::is_directory(root_ / parent)) {
        throw std::runtime_error((root_ / parent).string() + " is not there");
      }
      for (const fs::directory_entry& entry : fs::directory_iterator(root_ / parent)) {
        const std::string name = entry.path().filename().string();
        if (allowed_.count(name) != 0) {
          known.insert(name);
        } else {
          violations_.push_back(std::string(parent) + "/" + name +
                                ": not a library of the table of layers");
        }
      }
    }
    return known;
  }

  /// Notes which target owns each source of a folder, and checks what the targets link.
  void read_targets(const std::string& folder) {
    if (!fs::is_directory(root_ / "src" / folder)) return;
    for (const fs::directory_entry& entry : fs::directory_iterator(root_ / "src" / folder)) {
      const fs::path& file = entry.path();
      if (file.filename() != "CMakeLists.txt" && file.extension() != ".cmake") continue;
      for (const std::vector<CMakeArgument>& arguments : library_commands(file)) {
        read_command(file, folder, arguments);
      }
    }
  }

  void read_command(const fs::path& file, const std::string& folder,
                    const std::vector<CMakeArgument>& arguments) {
    std::string target = arguments.front().text;
    if (starts_with(target, "gondola_")) target.erase(0, std::string_view("gondola_").size());
    for (const CMakeArgument& argument : arguments) {
      const fs::path extension = fs::path(argument.text).extension();
      if (extension == ".cpp" || extension == ".hpp") {
        owners_[folder + "/" + fs::path(argument.text).stem().string()] = target;
      } else if (starts_with(argument.text, "gondola::")) {
        const std::string used = argument.text.substr(std::string_view("gondola::").size());
        if (!may_use(target, used)) offend(file, argument.line, target, "link", argument.text);
      }
    }
  }

  void check_files(const fs::path& folder, const std::string& library, bool is_public) {
    if (!fs::is_directory(folder)) return;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".cpp") {
        check_file(entry.path(), library, is_public);
      }
    }
  }

  void check_file(const fs::path& file, const std::string& library, bool is_public) {
    static const std::regex include(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
    const std::string layer = owner_of(library, file);
    std::ifstream lines(file);
    std::string text;
    for (std::size_t line = 1; std::getline(lines, text); ++line) {
      std::smatch match;
      if (!std::regex_search(text, match, include)) continue;
      const std::string header = match[1];
      const bool is_neighbour = header.find("..") == std::string::npos &&
                                (fs::exists(file.parent_path() / header) ||
                                 fs::exists(file.parent_path() / (header + ".in")));
      const bool allowed = is_neighbour ? !is_public && may_use(layer, owner_of(library, header))
                                        : may_include(layer, is_public, header);
      if (!allowed) offend(file, line, layer, "include", header);
    }
  }

  bool may_include(const std::string& layer, bool is_public, const std::string& header) const {
    if (starts_with(header, "gondola/")) {
      const fs::path path(header);
      return may_use(layer, owner_of(std::next(path.begin())->string(), path));
    }
    if (is_standard_header(header)) return true;
    const std::optional<std::string_view> owner = third_party_owner(header);
    if (!owner) return false;
    if (*owner == kSystem) return !is_public;
    const Layer& rules = *allowed_.at(layer);
    return contains(rules.in_headers, *owner) || (!is_public && contains(rules.in_sources, *owner));
  }

  bool may_use(const std::string& layer, const std::string& used) const {
    const auto rules = allowed_.find(layer);
    return layer == used || (rules != allowed_.end() && contains(rules->second->layers, used));
  }

  std::string owner_of(const std::string& library, const fs::path& file) const {
    const auto owner = owners_.find(library + "/" + file.stem().string());
    return owner == owners_.end() ? library : owner->second;
  }

  void offend(const fs::path& file, std::size_t line, const std::string& layer,
              const std::string& verb, const std::string& what) {
    violations_.push_back(file.lexically_relative(root_).string() + ":" + std::to_string(line) +
                          ": " + layer + " may not " + verb + " " + what);
  }

  fs::path root_;
  std::map<std::string, const Layer*, std::less<>> allowed_;
  std::map<std::string, std::string> owners_;  ///< `library/stem` to target
  std::vector<std::string> violations_;
};

}  // namespace

const std::vector<Layer>& allowed_layers() {
  static const std::vector<Layer> layers{
      {"core", {}, {}, {}},
      {"config", {"core"}, {}, {"yaml-cpp"}},
      // Networks and weights as descriptions, bytes and numbers: all of nn that needs no LibTorch.
      {"nn_files", {"core", "config"}, {}, {"nlohmann-json", "libzip", "zlib"}},
      {"nn", {"core", "config", "nn_files"}, {"LibTorch"}, {}},
      {"nn_onnx", {"core", "nn_files"}, {}, {"ONNX"}},
      {"engine", {"core", "nn_files"}, {}, {}},
      {"media", {"core"}, {"OpenCV"}, {"libjpeg", "libpng", "libexif"}},
      // Videos, cameras and streams: 110 libraries that a program without them need not load.
      {"media_video", {"core", "media"}, {"OpenCV"}, {"FFmpeg"}},
      {"eval", {"core"}, {}, {}},
      {"track", {"core"}, {}, {}},
      {"count", {"core", "track"}, {}, {}},
      {"shelf", {"core", "count"}, {}, {"nlohmann-json"}},
      {"pipeline", {"core", "media", "track", "count"}, {"OpenCV"}, {"nlohmann-json"}},
      {"detect", {"core", "media", "engine", "nn_files", "pipeline"}, {"OpenCV"}, {}},
      // What of detect runs LibTorch, so that a program without it starts fast.
      {"detect_torch",
       {"core", "media", "engine", "nn_files", "nn", "pipeline", "detect"},
       {"OpenCV", "LibTorch"},
       {}},
      // What passes from data to trainer, so that data needs no LibTorch.
      {"train_batches", {"core"}, {}, {}},
      {"train",
       {"core", "nn_files", "nn", "eval", "train_batches"},
       {"LibTorch"},
       {"nlohmann-json"}},
      {"data",
       {"core", "config", "media", "media_video", "train_batches"},
       {"OpenCV"},
       {"nlohmann-json", "pugixml"}},
      {"store", {"core", "shelf"}, {}, {"SQLite", "nlohmann-json"}},
      {"report", {"core", "store", "shelf"}, {}, {"nlohmann-json"}},
      {"serve", {"core", "report", "store"}, {}, {"nlohmann-json"}},
      {"app",
       {"core",         "config",        "nn_files", "nn",    "nn_onnx", "engine",   "media",
        "media_video",  "eval",          "track",    "count", "shelf",   "pipeline", "detect",
        "detect_torch", "train_batches", "train",    "data",  "store",   "report",   "serve"},
       {"LibTorch", "OpenCV", "nlohmann-json", "CLI11", "spdlog"},
       {}},
  };
  return layers;
}

std::vector<std::string> find_violations(const fs::path& root, const std::vector<Layer>& allowed) {
  return Checker(root, allowed).run();
}

}  // namespace gondola::test
