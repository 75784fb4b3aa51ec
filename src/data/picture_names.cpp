#include "picture_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

constexpr std::array<std::string_view, 12> kPictureExtensions = {".jpg",  ".jpeg", ".png",  ".bmp",
                                                                 ".webp", ".tif",  ".tiff", ".ppm",
                                                                 ".pgm",  ".pbm",  ".jpe",  ".jp2"};

bool is_picture_extension(std::string extension) {
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kPictureExtensions.begin(), kPictureExtensions.end(), extension) !=
         kPictureExtensions.end();
}

/// A stem as it is looked up: a number without its leading zeros.
std::string key_of(const std::string& stem) {
  const bool is_number = !stem.empty() && stem.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) return stem;
  const std::size_t first = stem.find_first_not_of('0');
  return first == std::string::npos ? "0" : stem.substr(first);
}

/// How many parts two paths have in common, counted from the end; the last one compared whole.
std::size_t common_tail(const std::filesystem::path& a, const std::filesystem::path& b) {
  const std::vector<std::filesystem::path> parts_a(a.begin(), a.end());
  const std::vector<std::filesystem::path> parts_b(b.begin(), b.end());
  const auto [end_a, end_b] =
      std::mismatch(parts_a.rbegin(), parts_a.rend(), parts_b.rbegin(), parts_b.rend());
  return static_cast<std::size_t>(end_a - parts_a.rbegin());
}

/// The longest common tail of folders first, then whether the extensions agree.
std::pair<std::size_t, bool> likeness(const std::filesystem::path& a,
                                      const std::filesystem::path& b) {
  return {common_tail(a.parent_path(), b.parent_path()), a.filename() == b.filename()};
}

}  // namespace

std::string stem_of(const std::string& path) {
  const std::filesystem::path name = std::filesystem::path(path).filename();
  return (is_picture_extension(name.extension().string()) ? name.stem() : name).string();
}

PictureNames::PictureNames(const std::vector<LabelledImage>& images) : images_(images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    by_name_[key_of(stem_of(images[i].name))].push_back(i);
    by_stem_[key_of(stem_of(images[i].path))].push_back(i);
  }
}

std::optional<std::size_t> PictureNames::find(const std::string& name,
                                              const std::string& file) const {
  const std::string stem = stem_of(name);
  const std::string key = key_of(stem);
  const bool is_file = stem != name;
  const Index& likely = is_file ? by_stem_ : by_name_;
  const Index& other = is_file ? by_name_ : by_stem_;
  auto found = likely.find(key);
  if (found == likely.end()) {
    found = other.find(key);
    if (found == other.end()) return std::nullopt;
  }
  const std::vector<std::size_t>& candidates = found->second;
  std::size_t best = candidates.front();
  bool is_unique = true;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const auto rival = likeness(images_[candidates[i]].path, name);
    const auto leader = likeness(images_[best].path, name);
    if (rival == leader) is_unique = false;
    if (rival <= leader) continue;
    best = candidates[i];
    is_unique = true;
  }
  if (!is_unique) {
    throw ConfigError(concat(file, ": picture '", printable(name), "' may be ",
                             images_[candidates[0]].path, " or ", images_[candidates[1]].path,
                             "; name pictures by their paths"));
  }
  return best;
}

}  // namespace gondola::data
