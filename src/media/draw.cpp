#include "gondola/media/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "shapes.hpp"
#include "text_pen.hpp"

namespace gondola::media {
namespace {

/// Labels may take this share of the area that the boxes spread over before they hide more than
/// they tell.
constexpr double kMaxLabelShare = 0.15;

/// So few boxes are labelled however small they are.
constexpr std::size_t kAlwaysLabelled = 8;

/// Labels that find no free place are left out; with more than this share of them, all are.
constexpr double kMaxUnplacedShare = 0.25;

constexpr std::size_t kMaxLegendEntries = 12;

/// Boxes narrower than this get no dark rim, in pixels.
constexpr int kMinRimmedSide = 16;

struct VisibleBox {
  cv::Rect rect;  ///< whole pixels inside the image, at least 1 x 1
  float score;
  int class_id;
  std::int64_t track;  ///< 0 = none

  /// What tells it apart from others: its identity, else its class.
  cv::Scalar color() const { return class_color(track > 0 ? static_cast<int>(track) : class_id); }
};

std::vector<VisibleBox> visible_boxes(const std::vector<Detection>& detections,
                                      const std::vector<std::int64_t>& tracks, cv::Size image) {
  std::vector<VisibleBox> boxes;
  boxes.reserve(detections.size());
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const Detection& detection = detections[i];
    if (!is_valid(detection.box)) continue;
    const Box inside = clip(detection.box, {image.width, image.height});
    if (!is_valid(inside)) continue;
    const int x1 = std::min(static_cast<int>(std::lround(inside.x1)), image.width - 1);
    const int y1 = std::min(static_cast<int>(std::lround(inside.y1)), image.height - 1);
    const int x2 = std::max(static_cast<int>(std::lround(inside.x2)), x1 + 1);
    const int y2 = std::max(static_cast<int>(std::lround(inside.y2)), y1 + 1);
    boxes.push_back({{cv::Point(x1, y1), cv::Point(x2, y2)},
                     detection.score,
                     detection.class_id,
                     tracks.empty() ? 0 : tracks[i]});
  }
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const VisibleBox& a, const VisibleBox& b) { return a.score < b.score; });
  return boxes;
}

double median_short_side(const std::vector<VisibleBox>& boxes) {
  std::vector<int> sides;
  sides.reserve(boxes.size());
  for (const VisibleBox& box : boxes) sides.push_back(std::min(box.rect.width, box.rect.height));
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
  std::nth_element(sides.begin(), middle, sides.end());
  return *middle;
}

int line_width(const DrawOptions& options, cv::Size image, const std::vector<VisibleBox>& boxes) {
  if (options.line_width > 0) return std::max(1, static_cast<int>(std::lround(options.line_width)));
  const double width = std::min(mean_side(image) / 360, median_short_side(boxes) / 20);
  return std::max(1, static_cast<int>(std::lround(width)));
}

/// The four strips of a frame of the given width inside a rectangle.
std::array<cv::Rect, 4> frame_strips(const cv::Rect& outer, int width) {
  const int w = std::min(width, (std::min(outer.width, outer.height) + 1) / 2);
  const int between = outer.height - 2 * w;
  return {cv::Rect(outer.x, outer.y, outer.width, w),
          cv::Rect(outer.x, outer.br().y - w, outer.width, w),
          cv::Rect(outer.x, outer.y + w, w, between),
          cv::Rect(outer.br().x - w, outer.y + w, w, between)};
}

/// Opacity of the tint that makes boxes without labels stand out. It is shared where boxes overlap,
/// or a pile of them would hide the picture.
double fill_opacity(const std::vector<VisibleBox>& boxes, cv::Size image) {
  constexpr double kSingle = 0.12;
  double covered = 0;
  for (const VisibleBox& box : boxes) covered += box.rect.area();
  return kSingle / std::max(1.0, covered / image.area());
}

void draw_box(cv::Mat& image, const VisibleBox& box, int width, double fill) {
  const cv::Scalar color = box.color();
  if (fill > 0) blend(image, box.rect, color, fill);
  // A dark rim outside keeps light colours visible on light pictures; tiny boxes have no room.
  if (std::min(box.rect.width, box.rect.height) >= kMinRimmedSide) {
    const int rim = std::max(1, width / 3);
    const cv::Rect outer(box.rect.x - rim, box.rect.y - rim, box.rect.width + 2 * rim,
                         box.rect.height + 2 * rim);
    for (const cv::Rect& strip : frame_strips(outer, rim)) blend(image, strip, {}, 0.35);
  }
  for (const cv::Rect& strip : frame_strips(box.rect, width)) {
    if (!strip.empty()) image(strip).setTo(color);
  }
}

/// Which parts of an image are taken by labels, in coarse cells, so that the cost does not grow
/// with the square of their number.
class LabelSpace {
 public:
  LabelSpace(cv::Size image, int cell)
      : cell_(cell),
        image_({}, image),
        taken_((image.height + cell - 1) / cell, (image.width + cell - 1) / cell, CV_8UC1,
               cv::Scalar(0)) {}

  bool is_free(const cv::Rect& rect) const {
    return (rect & image_) == rect && cv::countNonZero(taken_(cells(rect))) == 0;
  }

  void take(const cv::Rect& rect) { taken_(cells(rect & image_)).setTo(1); }

 private:
  cv::Rect cells(const cv::Rect& rect) const {
    const cv::Point first = rect.tl() / cell_;
    const cv::Point last = (rect.br() - cv::Point(1, 1)) / cell_;
    return {first, last + cv::Point(1, 1)};
  }

  int cell_;
  cv::Rect image_;
  cv::Mat taken_;
};

struct Label {
  const VisibleBox* box;
  std::string text;
  cv::Size size;
  std::optional<cv::Rect> place;  ///< none when every place near the box is taken
};

int label_padding(const TextPen& pen) { return std::max(2, pen.height() * 2 / 5); }

int legend_padding(const TextPen& pen) { return pen.height() * 3 / 4; }

std::string label_text(const VisibleBox& box, const ClassNames& names, bool with_score) {
  std::string text = printable(names.name(box.class_id));
  if (box.track > 0) text += concat(" #", box.track);
  if (with_score) text += concat(' ', std::lround(100 * box.score), '%');
  return text;
}

/// Where a label may go, best first: on the box's top edge, inside it, below it.
std::vector<cv::Rect> label_places(const cv::Rect& box, cv::Size label, int line) {
  const int left = box.x;
  const int right = box.br().x - label.width;
  const int above = box.y - label.height;
  const int top = box.y + line;
  const int below = box.br().y;
  const int bottom = box.br().y - line - label.height;
  const int middle = (top + bottom) / 2;
  std::vector<cv::Rect> places;
  for (const int y : {above, top, below, bottom, middle})
    for (const int x : {left, right, (left + right) / 2}) places.push_back({{x, y}, label});
  return places;
}

std::vector<Label> make_labels(const std::vector<VisibleBox>& boxes, const ClassNames& names,
                               const DrawOptions& options, const TextPen& pen) {
  const int padding = label_padding(pen);
  std::map<std::string, int> widths;
  std::vector<Label> labels;
  labels.reserve(boxes.size());
  for (const VisibleBox& box : boxes) {
    Label label{&box, label_text(box, names, options.scores), {}, {}};
    const auto [width, is_new] = widths.try_emplace(label.text, 0);
    if (is_new) width->second = pen.width(label.text);
    label.size = {width->second + 2 * padding, pen.cap_height() + 2 * padding};
    labels.push_back(std::move(label));
  }
  return labels;
}

/// Whether labels would hide most of what they name.
bool is_crowded(const std::vector<Label>& labels) {
  double label_area = 0;
  cv::Rect spread;
  for (const Label& label : labels) {
    label_area += label.size.area();
    spread |= label.box->rect;
  }
  return label_area > kMaxLabelShare * spread.area();
}

/// Gives every label a place, the highest scores first. Returns how many found none that is free;
/// with `always` these lie over others.
std::size_t place_labels(std::vector<Label>& labels, cv::Size image, int cell, int line,
                         bool always) {
  LabelSpace space(image, cell);
  std::size_t unplaced = 0;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    const std::vector<cv::Rect> places = label_places(label->box->rect, label->size, line);
    for (const cv::Rect& place : places) {
      const cv::Rect inside = moved_inside(place, image);
      const bool is_near = std::abs(inside.y - place.y) < label->size.height;
      if (is_near && space.is_free(inside)) {
        label->place = inside;
        break;
      }
    }
    if (!label->place) ++unplaced;
    if (!label->place && always) label->place = moved_inside(places.front(), image);
    if (label->place) space.take(*label->place);
  }
  return unplaced;
}

void draw_label(cv::Mat& image, const Label& label, const TextPen& pen) {
  const cv::Scalar color = label.box->color();
  const int padding = label_padding(pen);
  fill_rounded(image, *label.place, pen.height() / 4, color);
  const cv::Point baseline(label.place->x + padding, label.place->br().y - padding);
  pen.draw(image, label.text, baseline, text_color(color));
}

/// The labels of all boxes, laid out; nothing when they would not be legible.
std::optional<std::vector<Label>> plan_labels(const std::vector<VisibleBox>& boxes,
                                              const ClassNames& names, const DrawOptions& options,
                                              cv::Size image, int line, const TextPen& pen) {
  if (options.labels == LabelMode::kNever) return std::nullopt;
  std::vector<Label> labels = make_labels(boxes, names, options, pen);
  const bool always = options.labels == LabelMode::kAlways;
  const bool may_hide = !always && labels.size() > kAlwaysLabelled;
  if (may_hide && is_crowded(labels)) return std::nullopt;
  const std::size_t unplaced =
      place_labels(labels, image, std::max(2, pen.height() / 3), line, always);
  const double unplaced_share = static_cast<double>(unplaced) / static_cast<double>(labels.size());
  if (may_hide && unplaced_share > kMaxUnplacedShare) return std::nullopt;
  return labels;
}

struct LegendEntry {
  cv::Scalar color;
  std::string text;
  cv::Point place;  ///< top left corner of the colour mark, within the panel
};

struct Legend {
  std::vector<LegendEntry> entries;
  cv::Size panel;
};

/// "bottle 132", the most frequent class first; what exceeds the longest legend is summed up.
std::vector<LegendEntry> legend_entries(const std::vector<VisibleBox>& boxes,
                                        const ClassNames& names) {
  std::map<int, int> counts;
  for (const VisibleBox& box : boxes) ++counts[box.class_id];
  std::vector<std::pair<int, int>> by_count(counts.begin(), counts.end());
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });

  std::vector<LegendEntry> entries;
  const std::size_t shown =
      by_count.size() > kMaxLegendEntries ? kMaxLegendEntries - 1 : by_count.size();
  int rest = 0;
  for (std::size_t i = 0; i < by_count.size(); ++i) {
    const auto [class_id, count] = by_count[i];
    if (i < shown)
      entries.push_back(
          {class_color(class_id), concat(printable(names.name(class_id)), ' ', count), {}});
    else
      rest += count;
  }
  if (rest > 0) {
    entries.push_back(
        {cv::Scalar::all(160), concat(by_count.size() - shown, " more classes ", rest), {}});
  }
  return entries;
}

/// Sets the entries in lines that fit the width, as words are.
Legend lay_out_legend(std::vector<LegendEntry> entries, int max_width, const TextPen& pen) {
  const int padding = legend_padding(pen);
  const int mark = pen.cap_height();
  Legend legend;
  cv::Point at(padding, padding);
  for (LegendEntry& entry : entries) {
    const int width = mark + mark / 2 + pen.width(entry.text);
    if (at.x > padding && at.x + width + padding > max_width)
      at = {padding, at.y + pen.height() * 3 / 2};
    entry.place = at;
    legend.panel.width = std::max(legend.panel.width, at.x + width + padding);
    at.x += width + pen.height() * 5 / 4;
  }
  legend.panel.height = at.y + mark + padding;
  legend.entries = std::move(entries);
  return legend;
}

/// The corner of the image where a panel hides the fewest boxes.
cv::Rect quietest_corner(cv::Size panel, cv::Size image, int margin,
                         const std::vector<VisibleBox>& boxes) {
  const int right = image.width - margin - panel.width;
  const int bottom = image.height - margin - panel.height;
  cv::Rect best;
  std::size_t fewest = boxes.size() + 1;
  for (const cv::Point corner : {cv::Point(margin, margin), cv::Point(right, margin),
                                 cv::Point(margin, bottom), cv::Point(right, bottom)}) {
    const cv::Rect place(corner, panel);
    const auto hidden = static_cast<std::size_t>(
        std::count_if(boxes.begin(), boxes.end(),
                      [&](const VisibleBox& box) { return !(box.rect & place).empty(); }));
    if (hidden < fewest) {
      fewest = hidden;
      best = place;
    }
  }
  return best;
}

void draw_legend(cv::Mat& image, const std::vector<VisibleBox>& boxes, const ClassNames& names,
                 const TextPen& pen) {
  const int margin = legend_padding(pen);
  const Legend legend = lay_out_legend(legend_entries(boxes, names), image.cols - 2 * margin, pen);
  const cv::Rect place = quietest_corner(legend.panel, image.size(), margin, boxes);
  blend(image, place, cv::Scalar::all(24), 0.78);
  const int mark = pen.cap_height();
  for (const LegendEntry& entry : legend.entries) {
    const cv::Point corner = place.tl() + entry.place;
    fill_rounded(image, {corner, cv::Size(mark, mark)}, mark / 4, entry.color);
    pen.draw(image, entry.text, corner + cv::Point(mark + mark / 2, mark), cv::Scalar::all(245));
  }
}

}  // namespace

void draw_detections(cv::Mat& image, const std::vector<Detection>& detections,
                     const ClassNames& names, const DrawOptions& options,
                     const std::vector<std::int64_t>& tracks) {
  GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3,
                  "draw_detections: expected a BGR image of type CV_8UC3, got type ", image.type(),
                  " of ", image.cols, " x ", image.rows);
  GONDOLA_EXPECTS(tracks.empty() || tracks.size() == detections.size(),
                  "draw_detections: ", tracks.size(), " tracks for ", detections.size(),
                  " detections");
  const std::vector<VisibleBox> boxes = visible_boxes(detections, tracks, image.size());
  if (boxes.empty()) return;

  const int line = line_width(options, image.size(), boxes);
  const TextPen pen(options.font, text_height(options.text_height, image.size()));
  const auto labels = plan_labels(boxes, names, options, image.size(), line, pen);

  const double fill = labels ? 0.0 : fill_opacity(boxes, image.size());
  for (const VisibleBox& box : boxes) draw_box(image, box, line, fill);
  if (labels) {
    for (const Label& label : *labels)
      if (label.place) draw_label(image, label, pen);
  } else if (options.legend) {
    draw_legend(image, boxes, names, pen);
  }
}

}  // namespace gondola::media
