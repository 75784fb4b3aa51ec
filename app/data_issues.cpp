#include "data_issues.hpp"

namespace gondola::app {

void log_issues(const data::Dataset& dataset, const std::string& what, Context& context) {
  if (dataset.issues.empty()) return;
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < dataset.issues.size(); ++i) {
    const auto level = i < kShown ? spdlog::level::warn : spdlog::level::debug;
    context.log->log(level, "{}", dataset.issues[i].message);
  }
  const bool all_named = dataset.issues.size() <= kShown || context.log_options.verbose;
  context.log->warn("{}: {}{}", what, data::count_by_kind(dataset.issues),
                    all_named ? "" : " (--verbose names them all)");
}

}  // namespace gondola::app
