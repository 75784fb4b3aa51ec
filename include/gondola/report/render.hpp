#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "gondola/report/summary.hpp"

namespace gondola::report {

/// RFC 4180, UTF-8: a heading, then one record per group and time step. Columns: from, to (RFC
/// 3339 in local time), those of store, camera, label, row that are grouped by, audits, facings,
/// products. Rows count from 1, as on pictures and in the
/// table of gondola count. What is not known is empty.
std::string to_csv(const Summary& summary);

/// Schema gondola.report/1, described in docs/report.md.
std::string to_json(const Summary& summary);

/// Bytes of a JPEG of the picture at `path`, no side longer than `longest_side` pixels; "" when it
/// cannot be read. The picture is as wide as the audited one, or scaled; it may go on below it.
using PictureReader = std::function<std::string(const std::string& path, int longest_side)>;

struct HtmlOptions {
  std::string title = "Shelf report";
  PictureReader read_picture;     ///< none for a report without pictures
  std::size_t max_pictures = 24;  ///< shelves shown with a picture, those with problems first
  std::size_t max_evidence = 12;  ///< pictures of events, the newest
  std::size_t max_events = 100;   ///< listed, the newest
  int picture_side = 1280;        ///< pixels of the longer side
  int evidence_side = 480;
};

/// One page that needs nothing else: style, script, charts and pictures are in it, and a policy in
/// its head forbids it to load anything.
///
/// Without scripts everything but the charts is there.
std::string to_html(const Summary& summary, const HtmlOptions& options);

}  // namespace gondola::report
