#include "html_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "gondola/core/error.hpp"
#include "html_text.hpp"
#include "number_text.hpp"

namespace gondola::report {
namespace {

using store::AuditRecord;

/// Colours of the style sheet that rows take in turn.
constexpr int kRowColours = 6;

std::string rect_html(const Box& box) {
  const auto pixel = [](float value) { return std::lround(value); };
  return concat("<rect x=\"", pixel(box.x1), "\" y=\"", pixel(box.y1), "\" width=\"",
                pixel(box.x2) - pixel(box.x1), "\" height=\"", pixel(box.y2) - pixel(box.y1),
                "\"/>");
}

std::string row_text(int row) { return row < 0 ? "no row" : concat("row ", row + 1); }

/// One box of the overlay. `text` is what a click shows and a screen reader says.
std::string mark_html(const std::string& classes, const std::string& attributes, const Box& box,
                      const std::string& text) {
  return concat("<g class=\"box ", classes, "\" role=\"button\" tabindex=\"-1\"", attributes,
                " aria-label=\"", escape_html(text), "\"><title>", escape_html(text), "</title>",
                rect_html(box), "</g>");
}

std::string product_html(const store::StoredDetection& product) {
  std::string text = concat(product.label, " \u00b7 score ", percent_text(product.score),
                            " \u00b7 ", row_text(product.row));
  if (product.facing >= 0) text += concat(" \u00b7 facing ", product.facing + 1);
  const std::string colour =
      product.row < 0 ? "off-row" : concat("row-", product.row % kRowColours);
  return mark_html(colour, concat(" data-label=\"", escape_html(product.label), "\""), product.box,
                   text);
}

std::string gap_html(const store::StoredGap& gap, std::size_t shelf, std::size_t index) {
  const std::string text = concat("Gap \u00b7 ", row_text(gap.row), " \u00b7 room for ",
                                  gap.facings, gap.facings == 1 ? " facing" : " facings");
  return mark_html(
      "gap", concat(" id=\"", gap_id(shelf, index), "\" style=\"fill:url(#hatch-", shelf, ")\""),
      gap.box, text);
}

/// The number of every row at its first product.
std::string row_numbers_html(const AuditRecord& audit) {
  std::map<int, Box> first;
  for (const store::StoredDetection& product : audit.detections) {
    if (product.row < 0) continue;
    const auto [place, is_new] = first.emplace(product.row, product.box);
    if (!is_new && product.box.x1 < place->second.x1) place->second = product.box;
  }
  const int height = std::max(12, audit.image.width / 40);
  std::string html;
  for (const auto& [row, box] : first) {
    const auto x = std::lround(std::max(0.0F, box.x1)) + height / 5;
    const auto y = std::lround(box.y2) - height / 4;
    html += concat("<text class=\"row-number\" aria-hidden=\"true\" font-size=\"", height,
                   "\" x=\"", x, "\" y=\"", y, "\">", row + 1, "</text>");
  }
  return html;
}

std::string overlay_html(const AuditRecord& audit, std::size_t shelf) {
  const int hatch = std::max(6, audit.image.width / 80);
  std::string html =
      concat("<svg class=\"overlay\" viewBox=\"0 0 ", audit.image.width, " ", audit.image.height,
             "\" role=\"group\" aria-label=\"Boxes; arrow keys go "
             "from one to the next\"><defs><pattern id=\"hatch-",
             shelf, "\" class=\"hatch\" width=\"", hatch, "\" height=\"", hatch,
             "\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"",
             hatch, "\" height=\"", hatch, "\"/><line y2=\"", hatch, "\" stroke-width=\"",
             hatch * 0.6, "\"/></pattern></defs>");
  // What is small lies on top, so that it can be clicked.
  std::vector<const store::StoredDetection*> products;
  products.reserve(audit.detections.size());
  for (const store::StoredDetection& product : audit.detections) products.push_back(&product);
  std::stable_sort(products.begin(), products.end(),
                   [](const auto* a, const auto* b) { return area(a->box) > area(b->box); });
  for (std::size_t i = 0; i < audit.gaps.size(); ++i) html += gap_html(audit.gaps[i], shelf, i);
  for (const store::StoredDetection* product : products) html += product_html(*product);
  return html + row_numbers_html(audit) + "</svg>";
}

}  // namespace

std::string shelf_id(std::size_t shelf) { return concat("shelf-", shelf + 1); }

std::string gap_id(std::size_t shelf, std::size_t gap) {
  return concat(shelf_id(shelf), "-gap-", gap + 1);
}

std::string picture_html(const std::string& path, int longest_side, const std::string& alternative,
                         const PictureReader& read) {
  if (path.empty() || !read) return "";
  const std::string bytes = read(path, longest_side);
  if (bytes.empty()) return "";
  return concat("<img alt=\"", escape_html(alternative), "\"", " src=\"data:image/jpeg;base64,",
                base64(bytes), "\">");
}

std::string shelf_picture_html(const Summary& summary, std::size_t shelf,
                               const HtmlOptions& options) {
  const AuditRecord& audit = summary.shelves[shelf].last;
  if (audit.image.width <= 0 || audit.image.height <= 0) return "";
  const std::string alternative =
      concat("Shelf with ", audit.detections.size(), " products and ", audit.gaps.size(),
             audit.gaps.size() == 1 ? " gap" : " gaps");
  std::string ground =
      picture_html(audit.picture, options.picture_side, alternative, options.read_picture);
  std::string note;
  if (ground.empty()) {
    ground = concat("<svg class=\"ground\" aria-hidden=\"true\" viewBox=\"0 0 ", audit.image.width,
                    " ", audit.image.height, "\"></svg>");
    note = audit.picture.empty() ? std::string("No picture was kept; these are the boxes.")
                                 : concat("The picture ", name_html(audit.picture),
                                          " is not there any more; these are the boxes.");
    note = concat("<p class=\"note\">", note, "</p>");
  }
  const std::string toggle = concat("boxes-", shelf + 1);
  return concat(
      "<figure class=\"picture\"><p class=\"legend\"><label for=\"", toggle,
      "\"><input type=\"checkbox\" checked id=\"", toggle,
      "\"> Boxes</label> <span class=\"key\"><i class=\"key-product\"></i> product, a colour and a "
      "number for each row</span> <span class=\"key\"><i class=\"key-gap\"></i> gap</span></p>"
      "<div class=\"frame\">",
      ground, overlay_html(audit, shelf),
      "</div><figcaption class=\"picked\" aria-live=\"polite\">Click a box to see what it "
      "is.</figcaption>",
      note, "</figure>");
}

}  // namespace gondola::report
