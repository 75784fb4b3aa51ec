#include <map>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::data {

std::string_view to_string(IssueKind kind) {
  switch (kind) {
    case IssueKind::kBadLine:
      return "bad line";
    case IssueKind::kBadClass:
      return "bad class";
    case IssueKind::kEmptyBox:
      return "empty box";
    case IssueKind::kBoxOutside:
      return "box outside";
    case IssueKind::kBoxClipped:
      return "box clipped";
    case IssueKind::kDuplicateLabel:
      return "duplicate label";
    case IssueKind::kBrokenLabels:
      return "broken labels";
    case IssueKind::kLabelsWithoutImage:
      return "labels without picture";
    case IssueKind::kMissingImage:
      return "missing picture";
    case IssueKind::kBrokenImage:
      return "broken picture";
    case IssueKind::kDuplicateImage:
      return "duplicate picture";
    case IssueKind::kSizeMismatch:
      return "size mismatch";
  }
  return "unknown issue";
}

std::string count_by_kind(const std::vector<Issue>& issues) {
  std::map<IssueKind, std::size_t> counts;
  for (const Issue& issue : issues) ++counts[issue.kind];
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts) parts.push_back(concat(count, ' ', to_string(kind)));
  return join(parts, ", ");
}

}  // namespace gondola::data
