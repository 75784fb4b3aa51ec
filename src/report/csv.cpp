#include <string>
#include <string_view>

#include "gondola/core/text.hpp"
#include "gondola/report/local_time.hpp"
#include "gondola/report/render.hpp"
#include "number_text.hpp"

namespace gondola::report {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? decimal_text(*value, 3) : std::string();
}

}  // namespace

std::string to_csv(const Summary& summary) {
  const GroupBy& by = summary.by;
  std::string text = "from,to,";
  text += to_text(by) + ",audits,facings,products\r\n";
  for (const GroupSummary& group : summary.groups) {
    std::string key;
    if (by.store) key += csv_field(group.key.store) + ',';
    if (by.camera) key += csv_field(group.key.camera) + ',';
    if (by.label) key += csv_field(group.key.label) + ',';
    if (by.row)
      key += (group.key.row < 0 ? std::string() : std::to_string(group.key.row + 1)) + ',';
    for (std::size_t i = 0; i < group.steps.size(); ++i) {
      const GroupStep& step = group.steps[i];
      const TimeSpan& span = summary.steps[i].span;
      text += local_iso(span.from) + ',' + local_iso(span.to) + ',' + key +
              std::to_string(step.audits) + ',' + number(step.facings) + ',' +
              number(step.products) + "\r\n";
    }
  }
  return text;
}

}  // namespace gondola::report
