#pragma once

#include <cstddef>
#include <string>

#include "gondola/report/render.hpp"
#include "gondola/report/summary.hpp"

namespace gondola::report {

/// Id of a shelf's section, and of one of its gaps, for links.
std::string shelf_id(std::size_t shelf);
std::string gap_id(std::size_t shelf, std::size_t gap);

/// `<img>` with the picture in it; "" when it cannot be read.
///
/// @param alternative  text, not HTML
std::string picture_html(const std::string& path, int longest_side, const std::string& alternative,
                         const PictureReader& read);

/// A shelf's last picture with a box to click for every product and gap. Without a picture the
/// boxes are drawn on empty ground.
std::string shelf_picture_html(const Summary& summary, std::size_t shelf,
                               const HtmlOptions& options);

}  // namespace gondola::report
