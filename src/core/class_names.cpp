#include "gondola/core/class_names.hpp"

#include <algorithm>
#include <utility>

namespace gondola {

ClassNames::ClassNames(std::vector<std::string> names) : names_(std::move(names)) {}

std::string ClassNames::name(int class_id) const {
  const auto index = static_cast<std::size_t>(class_id);
  if (class_id >= 0 && index < names_.size() && !names_[index].empty()) return names_[index];
  return "class" + std::to_string(class_id);
}

std::optional<int> ClassNames::find(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<int>(found - names_.begin());
}

}  // namespace gondola
