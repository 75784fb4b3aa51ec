#pragma once

#include <string_view>

namespace gondola::report {

// The files of web/report, and Chart.js.
extern const std::string_view kPageHtml;  // with {{names}} of what belongs where
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kChartJs;

}  // namespace gondola::report
