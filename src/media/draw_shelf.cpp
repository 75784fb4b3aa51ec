#include "gondola/media/draw_shelf.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/draw.hpp"
#include "shapes.hpp"
#include "text_pen.hpp"

namespace gondola::media {
namespace {

/// Bytes of the summary that are drawn.
constexpr std::size_t kMaxSummary = 2000;

cv::Scalar gap_color() { return {40, 150, 255}; }
cv::Scalar fault_color() { return {50, 50, 225}; }

/// Whole pixels inside the image; empty when nothing of the box is.
cv::Rect visible(const Box& box, cv::Size image) {
  if (!is_valid(box)) return {};
  const Box inside = clip(box, {image.width, image.height});
  const cv::Point from(static_cast<int>(std::lround(inside.x1)),
                       static_cast<int>(std::lround(inside.y1)));
  const cv::Point to(static_cast<int>(std::lround(inside.x2)),
                     static_cast<int>(std::lround(inside.y2)));
  return cv::Rect(from, to) & cv::Rect({}, image);
}

class ShelfPainter {
 public:
  ShelfPainter(cv::Mat& image, const std::string& font)
      : image_(image),
        width_(std::max(1, static_cast<int>(std::lround(mean_side(image.size()) / 500)))),
        small_(font, std::max(9, text_height(0, image.size()) * 3 / 4)) {}

  void draw(const FacingMark& facing) {
    const cv::Rect rect = visible(facing.box, image_.size());
    if (rect.empty()) return;
    const cv::Scalar color = class_color(facing.row);
    cv::rectangle(image_, rect, color, width_);
    const int padding = std::max(1, small_.height() / 5);
    const cv::Size label(small_.width(facing.text) + 2 * padding,
                         small_.cap_height() + 2 * padding);
    if (facing.text.empty() || label.width > rect.width || 2 * label.height > rect.height) return;
    const cv::Rect place({rect.x + (rect.width - label.width) / 2, rect.br().y - label.height},
                         label);
    fill_rounded(image_, place, padding, color);
    small_.draw(image_, facing.text, {place.x + padding, place.br().y - padding},
                text_color(color));
  }

  void draw(const BoardMark& board) {
    std::vector<cv::Point> points;
    for (const cv::Point2f& point : board.line)
      points.emplace_back(static_cast<int>(std::lround(point.x)),
                          static_cast<int>(std::lround(point.y)));
    if (points.empty()) return;
    cv::polylines(image_, points, false, class_color(board.row), 2 * width_, cv::LINE_AA);
  }

  void draw_name(const BoardMark& board) {
    if (board.line.empty()) return;
    draw_tag(board.text,
             {static_cast<int>(std::lround(board.line.front().x)),
              static_cast<int>(std::lround(board.line.front().y))},
             class_color(board.row));
  }

  void draw(const GapMark& gap) {
    const cv::Rect rect = visible(gap.box, image_.size());
    if (rect.empty()) return;
    cv::Mat part = image_(rect);
    const int step = std::max(6, static_cast<int>(std::lround(mean_side(image_.size()) / 70)));
    for (int x = -rect.height; x < rect.width; x += step)
      cv::line(part, {x, rect.height}, {x + rect.height, 0}, gap_color(), width_, cv::LINE_AA);
    cv::rectangle(image_, rect, gap_color(), 2 * width_);
    draw_tag(gap.text, {rect.x, rect.y + rect.height / 2}, gap_color());
  }

  void draw(const FaultMark& fault) {
    const cv::Rect rect = visible(fault.box, image_.size());
    if (rect.empty()) return;
    cv::rectangle(image_, rect, fault_color(), 3 * width_);
    cv::line(image_, rect.tl(), rect.br(), fault_color(), width_, cv::LINE_AA);
    cv::line(image_, {rect.x, rect.br().y}, {rect.br().x, rect.y}, fault_color(), width_,
             cv::LINE_AA);
    draw_tag(fault.text, {rect.x, rect.y + rect.height / 2}, fault_color());
  }

 private:
  /// A label that begins at a point, moved into the picture.
  void draw_tag(const std::string& raw, cv::Point at, const cv::Scalar& color) {
    if (raw.empty()) return;
    const std::string text = printable(raw);
    const int padding = std::max(2, small_.height() / 3);
    const cv::Size size(small_.width(text) + 2 * padding, small_.cap_height() + 2 * padding);
    const cv::Rect place = moved_inside({{at.x, at.y - size.height / 2}, size}, image_.size());
    fill_rounded(image_, place, padding, color);
    small_.draw(image_, text, {place.x + padding, place.br().y - padding}, text_color(color));
  }

  cv::Mat& image_;
  int width_;
  TextPen small_;
};

/// The picture with a panel below that holds the text, on as many lines as it takes.
cv::Mat with_summary(const cv::Mat& picture, const std::string& summary, const std::string& font) {
  if (summary.empty()) return picture;
  const TextPen pen(font, text_height(0, picture.size()));
  const int padding = pen.height();
  std::vector<std::string> lines(1);
  for (const std::string& word : split(printable(summary, kMaxSummary), ' ')) {
    const std::string longer = lines.back().empty() ? word : lines.back() + ' ' + word;
    if (!lines.back().empty() && pen.width(longer) > picture.cols - 2 * padding)
      lines.push_back(word);
    else
      lines.back() = longer;
  }
  const int line_height = pen.height() * 3 / 2;
  const int panel = static_cast<int>(lines.size()) * line_height + padding;
  cv::Mat result;
  cv::copyMakeBorder(picture, result, 0, panel, 0, 0, cv::BORDER_CONSTANT, cv::Scalar::all(24));
  int baseline = picture.rows + padding / 2 + pen.height();
  for (const std::string& line : lines) {
    pen.draw(result, line, {padding, baseline}, cv::Scalar::all(245));
    baseline += line_height;
  }
  return result;
}

/// The part of a picture around a box that shows where on the shelf it is.
cv::Rect surroundings(const Box& box, cv::Size picture) {
  const float reach = 1.5F * std::max(box.width(), box.height());
  const Box around{box.center_x() - 1.5F * reach, box.center_y() - reach,
                   box.center_x() + 1.5F * reach, box.center_y() + reach};
  return visible(around, picture);
}

}  // namespace

cv::Mat draw_shelf(const cv::Mat& picture, const ShelfMarks& marks, const std::string& font) {
  GONDOLA_EXPECTS(!picture.empty() && picture.type() == CV_8UC3,
                  "draw_shelf: expected a BGR image of type CV_8UC3");
  cv::Mat image = picture.clone();
  ShelfPainter painter(image, font);
  for (const BoardMark& board : marks.boards) painter.draw(board);
  for (const FacingMark& facing : marks.facings) painter.draw(facing);
  for (const GapMark& gap : marks.gaps) painter.draw(gap);
  for (const FaultMark& fault : marks.faults) painter.draw(fault);
  for (const BoardMark& board : marks.boards) painter.draw_name(board);
  return with_summary(image, marks.summary, font);
}

cv::Mat draw_change(const ChangeLook& before, const ChangeLook& after, const Box& box,
                    const std::string& font) {
  constexpr int kWidth = 480;
  GONDOLA_EXPECTS(!before.picture.empty() && before.picture.size() == after.picture.size() &&
                      before.picture.type() == CV_8UC3 && after.picture.type() == CV_8UC3,
                  "draw_change: expected two BGR images of one size");
  const cv::Rect part = surroundings(box, before.picture.size());
  GONDOLA_EXPECTS(!part.empty(), "draw_change: ", box, " is outside the picture");
  const double scale = static_cast<double>(kWidth) / part.width;
  const cv::Size size(kWidth, std::max(1, static_cast<int>(std::lround(part.height * scale))));
  const TextPen pen(font, kWidth / 24);
  const int gap = pen.height() / 2;
  const int header = pen.height() + 2 * gap;
  cv::Mat drawn(size.height + header, 2 * size.width + gap, CV_8UC3, cv::Scalar::all(24));
  int x = 0;
  for (const ChangeLook* look : {&before, &after}) {
    cv::Mat place = drawn(cv::Rect({x, header}, size));
    cv::resize(look->picture(part), place, size, 0, 0, cv::INTER_AREA);
    const auto to_place = [&](float value, int start) {
      return static_cast<int>(std::lround((value - static_cast<float>(start)) * scale));
    };
    cv::rectangle(place, cv::Point(to_place(box.x1, part.x), to_place(box.y1, part.y)),
                  cv::Point(to_place(box.x2, part.x), to_place(box.y2, part.y)), gap_color(), 3,
                  cv::LINE_AA);
    pen.draw(drawn, printable(look->text), {x + gap, gap + pen.height()}, cv::Scalar::all(245));
    x += size.width + gap;
  }
  return drawn;
}

}  // namespace gondola::media
