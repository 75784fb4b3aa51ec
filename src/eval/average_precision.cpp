#include "gondola/eval/average_precision.hpp"

#include <algorithm>
#include <numeric>

#include "gondola/core/error.hpp"

namespace gondola::eval {

PrecisionAtRecall precision_at_recall(const std::vector<Outcome>& outcomes, std::size_t objects) {
  GONDOLA_EXPECTS(objects > 0, "precision_at_recall: there are no objects");
  std::vector<double> precision;  // [n - 1]: when the n-th object is found
  std::size_t seen = 0;
  for (const Outcome outcome : outcomes) {
    if (outcome == Outcome::kIgnored) continue;
    ++seen;
    if (outcome == Outcome::kFalse) continue;
    precision.push_back(static_cast<double>(precision.size() + 1) / static_cast<double>(seen));
  }
  for (std::size_t n = precision.size(); n-- > 1;) {
    precision[n - 1] = std::max(precision[n - 1], precision[n]);
  }
  PrecisionAtRecall result{};
  const std::size_t intervals = result.size() - 1;
  for (std::size_t i = 0; i < result.size(); ++i) {
    // Recall is reached with the first n for which n / objects >= i / intervals.
    const std::size_t n = std::max<std::size_t>(1, (i * objects + intervals - 1) / intervals);
    if (n <= precision.size()) result[i] = precision[n - 1];
  }
  return result;
}

double average_precision(const PrecisionAtRecall& precision) {
  return std::accumulate(precision.begin(), precision.end(), 0.0) /
         static_cast<double>(precision.size());
}

}  // namespace gondola::eval
