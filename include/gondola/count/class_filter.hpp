#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/class_names.hpp"

namespace gondola::count {

/// Which classes are counted. Lets every class pass unless made from labels.
class ClassFilter {
 public:
  ClassFilter() = default;

  /// Lets the classes with these labels pass, every class if there are none.
  ///
  /// @param user  what counts them, for the message, such as "line 'door'"
  /// Throws: ConfigError for a label that no class has.
  ClassFilter(const std::vector<std::string>& labels, const ClassNames& names,
              std::string_view user);

  bool passes(int class_id) const;

  /// Those that were named, ascending; empty if all pass.
  const std::vector<int>& class_ids() const { return class_ids_; }

 private:
  std::vector<int> class_ids_;
};

}  // namespace gondola::count
