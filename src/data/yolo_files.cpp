#include "yolo_files.hpp"

#include <algorithm>
#include <set>

#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

/// A picture and its labels. True if there is a label file.
bool read_pair(const fs::path& image, const std::string& where, const YoloFiles& files,
               ClassTable& classes, ImageCollector& into) {
  const std::optional<Size> size = into.open(image, where);
  if (!size) return false;
  LabelCollector labels(*size, into.log());
  const fs::path label_file = yolo_label_path(image, files.labels);
  std::error_code failed;
  const bool has_labels = fs::exists(label_file, failed);
  if (has_labels) {
    std::string text;
    try {
      text = read_text_file(label_file);
    } catch (const IoError& error) {
      into.log().add(IssueKind::kBrokenLabels, error.what(), "; its picture is left out");
      return true;
    }
    parse_yolo_labels(text, label_file.string(), files.min_score, classes, labels);
  }
  into.add({image.string(), *size, image.stem().string(), std::move(labels).release()});
  return has_labels;
}

void note_orphans(const fs::path& folder, const std::vector<fs::path>& images,
                  const YoloFiles& files, ImageCollector& into) {
  // A label file is looked for by the picture's path, so this is the folder of their counterparts.
  const fs::path labels = yolo_label_path(folder / "x.jpg", files.labels).parent_path();
  std::error_code failed;
  if (labels == folder || !fs::is_directory(labels, failed)) return;
  std::set<fs::path> expected;
  for (const fs::path& image : images) expected.insert(yolo_label_path(image, files.labels));
  std::vector<fs::path> orphans;
  fs::recursive_directory_iterator entry(labels, failed);
  for (const fs::recursive_directory_iterator end; !failed && entry != end;
       entry.increment(failed)) {
    const fs::path& path = entry->path();
    const bool is_label = path.extension() == ".txt" && path.filename() != "classes.txt";
    if (is_label && expected.count(path) == 0) orphans.push_back(path);
  }
  std::sort(orphans.begin(), orphans.end());
  for (const fs::path& orphan : orphans) {
    into.log().add(IssueKind::kLabelsWithoutImage, orphan.string(),
                   ": there is no picture of this name below '", folder.string(), "'; ignored");
  }
}

}  // namespace

fs::path yolo_label_path(const fs::path& image, const std::string& labels) {
  std::vector<fs::path> parts(image.begin(), image.end());
  const auto images = std::find(parts.rbegin() + 1, parts.rend(), "images");
  if (images == parts.rend()) {
    const fs::path folder = image.parent_path() / labels;
    std::error_code failed;
    return (fs::is_directory(folder, failed) ? folder / image.filename() : fs::path(image))
        .replace_extension(".txt");
  }
  *images = labels;
  fs::path path;
  for (const fs::path& part : parts) path /= part;
  return path.replace_extension(".txt");
}

std::size_t read_yolo_folder(const fs::path& folder, const YoloFiles& files,
                             const ImageFilter& filter, ClassTable& classes, ImageCollector& into) {
  const std::vector<fs::path> images = images_below(folder);
  std::size_t labelled = 0;
  for (const fs::path& image : images)
    if (filter(image) && read_pair(image, "", files, classes, into)) ++labelled;
  note_orphans(folder, images, files, into);
  return labelled;
}

std::size_t read_yolo_list(const fs::path& list, const YoloFiles& files, const ImageFilter& filter,
                           ClassTable& classes, ImageCollector& into) {
  std::size_t labelled = 0;
  std::size_t number = 0;
  for (const std::string& line : split(read_text_file(list), '\n')) {
    ++number;
    const std::string_view name = trim(line);
    if (name.empty() || name.front() == '#') continue;
    const fs::path image = list.parent_path() / fs::path(name);
    if (name.find('\0') != std::string_view::npos) {
      into.log().add(IssueKind::kBadLine, list.string(), ':', number, ": '", printable(name),
                     "' is no path; left out");
      continue;
    }
    const std::string where = concat(list.string(), ':', number);
    if (filter(image) && read_pair(image, where, files, classes, into)) ++labelled;
  }
  return labelled;
}

}  // namespace gondola::data
