#include "image_collector.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>

#include "gondola/data/random.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/media/sources.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

/// FNV-1a, which is the same everywhere; std::hash is not.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 0x100000001B3U;
  return hash;
}

std::string start(const std::string& where) { return where.empty() ? "" : where + ": "; }

}  // namespace

std::optional<Size> ImageCollector::open(const fs::path& path, const std::string& where) {
  if (!seen_.insert(path.lexically_normal().string()).second) {
    log_->add(IssueKind::kDuplicateImage, start(where), "picture '", path.string(),
              "' is listed already; left out this time");
    return std::nullopt;
  }
  std::error_code failed;
  if (!fs::exists(path, failed)) {
    log_->add(IssueKind::kMissingImage, start(where), "there is no picture '", path.string(),
              "'; left out");
    return std::nullopt;
  }
  try {
    const Size size = media::read_image_size(path.string());
    if (decode_) media::read_image(path.string());
    return size;
  } catch (const IoError& error) {
    log_->add(IssueKind::kBrokenImage, start(where), error.what(), "; left out");
    return std::nullopt;
  }
}

std::vector<LabelledImage> ImageCollector::release() && {
  // Only files of one length can be equal, so few have to be read.
  std::map<std::uintmax_t, std::vector<const LabelledImage*>> by_length;
  for (const LabelledImage& image : images_) {
    std::error_code failed;
    const std::uintmax_t length = fs::file_size(image.path, failed);
    if (!failed) by_length[length].push_back(&image);
  }
  for (const auto& [length, images] : by_length) {
    if (images.size() < 2) continue;
    std::map<std::uint64_t, const LabelledImage*> first_with;
    for (const LabelledImage* image : images) {
      const auto [first, is_new] = first_with.emplace(hash_of(read_text_file(image->path)), image);
      if (!is_new) {
        log_->add(IssueKind::kDuplicateImage, "picture '", image->path, "' has the same bytes as '",
                  first->second->path, "'; both are kept");
      }
    }
  }
  return std::move(images_);
}

std::string read_text_file(const fs::path& path) {
  const auto fail = [&path](const std::string& reason) {
    return IoError(concat("cannot read '", path.string(), "': ", reason));
  };
  std::error_code failed;
  if (fs::is_directory(path, failed)) throw fail("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw fail(std::strerror(errno));
  const std::uintmax_t length = fs::file_size(path, failed);
  if (failed) throw fail(failed.message());
  if (length > std::uintmax_t{1} << 32U) throw fail("it has more than 4 GiB");
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw fail(std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<fs::path> images_below(const fs::path& folder) {
  std::vector<fs::path> images;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink,
                                         failed);
  for (const fs::recursive_directory_iterator end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code gone;
    if (media::has_image_extension(entry->path().string()) && entry->is_regular_file(gone))
      images.push_back(entry->path());
  }
  if (failed)
    throw IoError(concat("cannot read the folder '", folder.string(), "': ", failed.message()));
  std::sort(images.begin(), images.end());
  return images;
}

bool is_in_share(const fs::path& image, const std::string& split, double val_share) {
  if (val_share <= 0 || split.empty()) return true;
  const bool is_val = Random(hash_of(image.filename().string())).unit() < val_share;
  return is_val == (split == "val");
}

}  // namespace gondola::data
