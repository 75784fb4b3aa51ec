#include "gondola/media/sources.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include <glob.h>

#include "gondola/core/text.hpp"
#include "gondola/media/image_source.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;

constexpr std::array kImageExtensions = {".jpg",  ".jpeg", ".jpe", ".jfif", ".png",
                                         ".webp", ".bmp",  ".dib", ".tif",  ".tiff",
                                         ".ppm",  ".pgm",  ".pbm", ".pnm",  ".jp2"};
constexpr std::array kVideoExtensions = {".mp4",  ".avi",   ".mkv",  ".mov", ".m4v",
                                         ".webm", ".mpg",   ".mpeg", ".ts",  ".wmv",
                                         ".flv",  ".mjpeg", ".mjpg", ".3gp"};
constexpr std::array kStreamSchemes = {"rtsp", "rtsps", "rtmp", "udp", "http", "https"};

std::string to_lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <typename Names>
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_video(const fs::path& path) {
  return contains(kVideoExtensions, to_lower(path.extension().string()));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Order of people rather than bytes: runs of digits compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
      continue;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    const std::size_t i_start = i;
    const std::size_t j_start = j;
    while (i < a.size() && is_digit(a[i])) ++i;
    while (j < b.size() && is_digit(b[j])) ++j;
    if (i - i_start != j - j_start) return i - i_start < j - j_start;
    const int order = a.compare(i_start, i - i_start, b, j_start, j - j_start);
    if (order != 0) return order < 0;
  }
  if (i < a.size() || j < b.size()) return j < b.size();
  return a < b;  // differ in leading zeros alone
}

std::optional<std::string> scheme_of(const std::string& text) {
  const std::size_t end = text.find("://");
  if (end == std::string::npos || end == 0) return std::nullopt;
  return to_lower(text.substr(0, end));
}

SourceItem stream_item(const std::string& address, const std::string& scheme) {
  if (!contains(kStreamSchemes, scheme)) {
    throw ConfigError(concat("source '", address, "': unknown scheme '", scheme,
                             "://'; expected rtsp, rtsps, rtmp, udp, http or https, or a path"));
  }
  return {SourceKind::kStream, address};
}

bool is_camera(const std::string& text) {
  return text.rfind("/dev/video", 0) == 0 || std::all_of(text.begin(), text.end(), is_digit);
}

bool is_glob(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

SourceItem file_item(const std::string& path) {
  return {is_video(path) ? SourceKind::kVideo : SourceKind::kImage, path};
}

IoError missing(const std::string& path, const std::string& where) {
  const fs::path parent = fs::path(path).parent_path();
  const fs::path folder = parent.empty() ? fs::path(".") : parent;
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) {
    return IoError(concat(where, "no such file or folder '", path, "': the folder '",
                          folder.string(), "' does not exist"));
  }
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed))
    names.push_back(entry->path().filename().string());
  std::string message = concat(where, "no such file or folder '", path, "'");
  if (const auto name = nearest_name(fs::path(path).filename().string(), names))
    message += concat(" (did you mean '", (parent / *name).string(), "'?)");
  return IoError(message);
}

/// The kind of thing that exists at a path; throws when nothing does.
fs::file_type type_of(const std::string& path, const std::string& where) {
  std::error_code failed;
  const fs::file_type type = fs::status(path, failed).type();
  if (type == fs::file_type::not_found) throw missing(path, where);
  if (type == fs::file_type::none)
    throw IoError(concat(where, "cannot look at '", path, "': ", failed.message()));
  return type;
}

std::string image_extensions() {
  std::string text;
  for (const char* extension : kImageExtensions) text += concat(text.empty() ? "" : " ", extension);
  return text;
}

/// Collects sources argument by argument.
class Resolver {
 public:
  void add(const std::string& argument) {
    if (argument.empty())
      throw ConfigError("a source is empty; expected a file, folder, glob, camera or address");
    std::error_code ignored;
    if (is_gstreamer_pipeline(argument)) {
      list_.items.push_back({SourceKind::kStream, argument});
    } else if (const auto scheme = scheme_of(argument)) {
      list_.items.push_back(stream_item(argument, *scheme));
    } else if (is_camera(argument)) {
      list_.items.push_back({SourceKind::kCamera, argument});
    } else if (is_glob(argument) && !fs::exists(argument, ignored)) {
      add_glob(argument);
    } else if (type_of(argument, "") == fs::file_type::directory) {
      add_folder(argument);
    } else if (to_lower(fs::path(argument).extension().string()) == ".txt") {
      add_list(argument);
    } else {
      list_.items.push_back(file_item(argument));
    }
  }

  SourceList take() { return std::move(list_); }

 private:
  void add_folder(const std::string& folder) {
    std::error_code failed;
    std::vector<std::string> images;
    fs::directory_iterator entry(folder, failed);
    for (const fs::directory_iterator end; !failed && entry != end; entry.increment(failed)) {
      std::error_code gone;
      if (!entry->is_regular_file(gone)) continue;
      if (has_image_extension(entry->path()))
        images.push_back(entry->path().string());
      else
        ++list_.skipped;
    }
    if (failed) throw IoError(concat("cannot read folder '", folder, "': ", failed.message()));
    if (images.empty()) {
      throw IoError(concat("folder '", folder, "' holds no pictures (", image_extensions(),
                           "); folders inside it are not searched"));
    }
    add_in_order(std::move(images));
  }

  void add_glob(const std::string& pattern) {
    glob_t found{};
    const int status = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
    std::vector<std::string> paths;
    for (std::size_t i = 0; status == 0 && i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      std::error_code gone;
      if (!fs::is_regular_file(path, gone)) continue;
      if (has_image_extension(path) || is_video(path))
        paths.push_back(path);
      else
        ++list_.skipped;
    }
    globfree(&found);
    if (status == GLOB_NOMATCH) throw IoError(concat("no file matches '", pattern, "'"));
    if (status != 0) throw IoError(concat("cannot expand '", pattern, "': out of memory"));
    if (paths.empty()) {
      throw IoError(concat("nothing that '", pattern,
                           "' matches is a picture or video; name such a file in full, or its "
                           "folder, to read it all the same"));
    }
    add_in_order(std::move(paths));
  }

  void add_list(const std::string& list) {
    std::ifstream file(list);
    if (!file) throw IoError(concat("cannot read list '", list, "': ", std::strerror(errno)));
    const fs::path folder = fs::path(list).parent_path();
    const std::size_t before = list_.items.size();
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      if (number == 1 && line.rfind("\xEF\xBB\xBF", 0) == 0) line.erase(0, 3);
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
        line.pop_back();
      if (line.empty() || line.front() == '#') continue;
      if (const auto scheme = scheme_of(line)) {
        list_.items.push_back(stream_item(line, *scheme));
        continue;
      }
      const std::string path = (folder / line).string();
      const std::string where = concat(list, ":", number, ": ");
      if (type_of(path, where) == fs::file_type::directory)
        throw IoError(concat(where, "'", path, "' is a folder; a list holds files and addresses"));
      list_.items.push_back(file_item(path));
    }
    if (list_.items.size() == before)
      throw IoError(concat("list '", list, "' is empty; expected one path a line"));
  }

  void add_in_order(std::vector<std::string> paths) {
    std::sort(paths.begin(), paths.end(), natural_less);
    for (std::string& path : paths) list_.items.push_back(file_item(path));
  }

  SourceList list_;
};

}  // namespace

bool has_image_extension(const std::string& path) {
  return contains(kImageExtensions, to_lower(fs::path(path).extension().string()));
}

bool is_gstreamer_pipeline(const std::string& address) {
  return address.find(" ! ") != std::string::npos;
}

std::string without_password(const std::string& address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos) return address;
  const std::size_t start = scheme + 3;
  // A password may hold an '@' itself, the host and port cannot.
  const std::size_t at = address.substr(0, address.find_first_of("/?#", start)).rfind('@');
  const std::size_t colon = address.find(':', start);
  if (at == std::string::npos || at < start || colon == std::string::npos || colon > at)
    return address;
  return concat(address.substr(0, colon + 1), "***", address.substr(at));
}

std::string_view to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::kImage:
      return "picture";
    case SourceKind::kVideo:
      return "video";
    case SourceKind::kCamera:
      return "camera";
    case SourceKind::kStream:
      return "stream";
  }
  return "unknown";
}

SourceList resolve_sources(const std::vector<std::string>& arguments) {
  if (arguments.empty())
    throw ConfigError("no source given; expected a file, folder, glob, camera or address");
  Resolver resolver;
  for (const std::string& argument : arguments) resolver.add(argument);
  return resolver.take();
}

void check_output_folder(const SourceList& list, const std::string& folder) {
  std::set<fs::path> checked;
  for (const SourceItem& item : list.items) {
    if (item.kind != SourceKind::kImage) continue;
    const fs::path parent = fs::path(item.location).parent_path();
    if (!checked.insert(parent).second) continue;
    std::error_code missing_folder;
    if (fs::equivalent(parent.empty() ? "." : parent, folder, missing_folder)) {
      throw ConfigError(concat("output folder '", folder, "' holds the picture '", item.location,
                               "', which the result would replace; name another folder"));
    }
  }
}

std::unique_ptr<FrameSource> open_sources(const SourceList& list) {
  std::vector<std::string> images;
  images.reserve(list.items.size());
  for (const SourceItem& item : list.items) {
    if (item.kind != SourceKind::kImage) {
      throw ConfigError(concat("source '", item.location, "' is a ", to_string(item.kind),
                               "; here only pictures are read"));
    }
    images.push_back(item.location);
  }
  return std::make_unique<ImageSource>(std::move(images));
}

}  // namespace gondola::media
