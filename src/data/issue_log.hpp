#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::data {

/// Collects what is wrong with a data set, or stops at it.
class IssueLog {
 public:
  explicit IssueLog(bool strict) : strict_(strict) {}

  /// Throws: ConfigError with the parts as its message when strict.
  template <typename... Parts>
  void add(IssueKind kind, const Parts&... parts) {
    std::string message = concat(parts...);
    if (strict_) throw ConfigError(message);
    issues_.push_back({kind, std::move(message)});
  }

  const std::vector<Issue>& issues() const { return issues_; }
  std::vector<Issue> release() && { return std::move(issues_); }

 private:
  bool strict_;
  std::vector<Issue> issues_;
};

}  // namespace gondola::data
