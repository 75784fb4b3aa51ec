#include "dataset_plan.hpp"

#include <array>
#include <optional>
#include <set>
#include <utility>

#include "annotation_files.hpp"
#include "data_yaml.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSplits = {"train", "val", "test"};

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

ConfigError no_such_split(const fs::path& where, const std::string& split,
                          const std::vector<std::string>& existing) {
  return ConfigError(concat("data set '", where.string(), "' has no split '", split, "'; it has ",
                            join(existing, ", ")));
}

ClassNames read_class_list(const fs::path& path) {
  if (!is_file(path)) return {};
  std::vector<std::string> names;
  for (const std::string& line : split(read_text_file(path), '\n')) names.emplace_back(trim(line));
  while (!names.empty() && names.back().empty()) names.pop_back();
  return ClassNames(std::move(names));
}

/// What tools call a split.
std::vector<std::string> aliases_of(const std::string& split) {
  if (split == "val") return {"val", "valid", "validation"};
  return {split};
}

std::optional<DatasetPart> find_yolo_split(const fs::path& folder, const std::string& split) {
  for (const std::string& name : aliases_of(split)) {
    if (is_file(folder / (name + ".txt")))
      return DatasetPart{PartKind::kList, folder / (name + ".txt"), {}};
    for (const fs::path& place : {folder / "images" / name, folder / name / "images"})
      if (is_folder(place)) return DatasetPart{PartKind::kFolder, place, {}};
  }
  return std::nullopt;
}

std::optional<DatasetPart> find_voc_split(const fs::path& folder, const std::string& split) {
  for (const std::string& name : aliases_of(split)) {
    const fs::path stems = folder / "ImageSets" / "Main" / (name + ".txt");
    if (is_file(stems)) return DatasetPart{PartKind::kVoc, folder, stems};
  }
  return std::nullopt;
}

DatasetPlan plan_folder(const fs::path& folder, const DatasetOptions& options) {
  const bool is_voc = find_voc_folder(folder).has_value();
  std::vector<std::pair<std::string, DatasetPart>> splits;
  for (const char* split : kSplits) {
    const auto part = is_voc ? find_voc_split(folder, split) : find_yolo_split(folder, split);
    if (part) splits.emplace_back(split, *part);
  }

  DatasetPlan plan;
  plan.names = read_class_list(folder / "classes.txt");
  std::vector<std::string> existing;
  for (const auto& [split, part] : splits) {
    existing.push_back(split);
    // Lists are a choice among pictures that `images` has anyway; folders are all there is.
    const bool is_all_there_is = options.split.empty() && part.kind == PartKind::kFolder;
    if (split == options.split || is_all_there_is) plan.parts.push_back(part);
  }
  if (!plan.parts.empty()) return plan;
  if (!options.split.empty() && !splits.empty())
    throw no_such_split(folder, options.split, existing);
  if (is_voc) {
    plan.parts.push_back({PartKind::kVoc, folder, {}});
  } else {
    plan.parts.push_back(
        {PartKind::kFolder, is_folder(folder / "images") ? folder / "images" : folder, {}});
  }
  plan.val_share = options.val_share;
  return plan;
}

DatasetPart part_at(const fs::path& path) {
  if (is_folder(path))
    return {find_voc_folder(path) ? PartKind::kVoc : PartKind::kFolder, path, {}};
  return {path.extension() == ".json" ? PartKind::kCoco : PartKind::kList, path, {}};
}

/// Exporters write `../train/images` for a folder beside data.yaml, so that is tried too.
fs::path entry_place(const DataYaml& yaml, const fs::path& entry) {
  fs::path place = yaml.root / entry;
  if (is_there(place) || entry.empty() || *entry.begin() != "..") return place;
  const fs::path beside = yaml.root / entry.lexically_relative("..");
  return is_there(beside) ? beside : place;
}

DatasetPlan plan_yaml(const fs::path& path, const DatasetOptions& options) {
  DataYaml yaml = load_data_yaml(path);
  DatasetPlan plan;
  plan.names = std::move(yaml.names);
  plan.labels = yaml.labels;
  plan.min_score = yaml.label_min_score;
  std::string wanted = options.split;
  const double val_share = options.val_share > 0 ? options.val_share : yaml.val_share;
  if (val_share > 0 && wanted != "test" && yaml.splits.count("val") == 0) {
    plan.val_share = val_share;
    if (wanted == "val") wanted = "train";
  }

  std::set<fs::path> taken;
  std::vector<std::string> existing;
  for (const auto& [split, entries] : yaml.splits) {
    existing.push_back(split);
    if (!wanted.empty() && split != wanted) continue;
    for (const fs::path& entry : entries) {
      const fs::path place = entry_place(yaml, entry);
      if (!is_there(place)) {
        throw ConfigError(concat(path.string(), ": ", split, ": there is no '",
                                 place.lexically_normal().string(), "'; entries are relative to '",
                                 yaml.root.string(), "'"));
      }
      if (taken.insert(place.lexically_normal()).second) plan.parts.push_back(part_at(place));
    }
  }
  if (plan.parts.empty()) throw no_such_split(path, options.split, existing);
  return plan;
}

}  // namespace

DatasetPlan plan_dataset(const fs::path& where, const DatasetOptions& options) {
  const std::string extension = where.extension().string();
  if (is_folder(where)) {
    return is_file(where / "data.yaml") ? plan_yaml(where / "data.yaml", options)
                                        : plan_folder(where, options);
  }
  if (!is_there(where)) {
    throw IoError(concat("there is no data set '", where.string(),
                         "'; expected a data.yaml, a folder or a COCO JSON file"));
  }
  if (extension == ".yaml" || extension == ".yml") return plan_yaml(where, options);
  DatasetPlan plan;
  plan.parts.push_back(part_at(where));
  plan.names = read_class_list(where.parent_path() / "classes.txt");
  plan.val_share = options.val_share;
  return plan;
}

}  // namespace gondola::data
