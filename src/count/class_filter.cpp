#include "gondola/count/class_filter.hpp"

#include <algorithm>
#include <optional>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::count {

ClassFilter::ClassFilter(const std::vector<std::string>& labels, const ClassNames& names,
                         std::string_view user) {
  for (const std::string& label : labels) {
    const std::size_t found_before = class_ids_.size();
    for (std::size_t id = 0; id < names.size(); ++id) {
      if (names.names()[id] == label) class_ids_.push_back(static_cast<int>(id));
    }
    if (class_ids_.size() > found_before) continue;
    const std::optional<std::string> meant = nearest_name(label, names.names());
    throw ConfigError(concat(user, ": the model has no class '", printable(label), "'",
                             meant ? " (did you mean '" + *meant + "'?)"
                                   : std::string("; gondola info MODEL lists its classes")));
  }
  std::sort(class_ids_.begin(), class_ids_.end());
}

bool ClassFilter::passes(int class_id) const {
  return class_ids_.empty() || std::binary_search(class_ids_.begin(), class_ids_.end(), class_id);
}

}  // namespace gondola::count
