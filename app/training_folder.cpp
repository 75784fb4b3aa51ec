#include "training_folder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <opencv2/imgproc.hpp>
#include <spdlog/fmt/fmt.h>

#include "evaluation_report.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/media/chart.hpp"
#include "gondola/media/draw.hpp"
#include "gondola/media/write_image.hpp"

namespace gondola::app {
namespace {

constexpr const char* kLossChart = "loss.png";
constexpr const char* kMeasuresChart = "measures.png";

// The page's pictures in their order; those that are not there are left out.
struct Picture {
  const char* file;
  const char* caption;
};
constexpr std::array kPictures = {
    Picture{kMeasuresChart, "Precision, recall, AP50 and AP after each epoch"},
    Picture{kLossChart,
            "Loss after each epoch: training, and validation with the averaged weights"},
    Picture{"precision_recall.png", "Precision over recall, IoU 0.5, best weights"},
    Picture{"f1.png", "F1 over confidence"},
    Picture{"precision.png", "Precision over confidence"},
    Picture{"recall.png", "Recall over confidence"},
    Picture{"count_error.png", "Error of the count over confidence"},
    Picture{"confusion.png", "Confusion matrix"},
    Picture{"val_labels.jpg", "Validation pictures as labelled"},
    Picture{"val_found.jpg", "The same as found, above the confidence that counts best"},
    Picture{"train_batch_1.jpg", "The first training batch, as the network sees it"},
    Picture{"train_batch_2.jpg", "The second"},
    Picture{"train_batch_3.jpg", "The third"},
};

constexpr const char* kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}figure{margin:2rem 0}img{max-width:100%;height:auto}"
    "figcaption{color:#666}table{border-collapse:collapse}td,th{padding:.2rem .8rem;"
    "text-align:right;border-bottom:1px solid #ccc}pre{overflow:auto}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}figcaption{color:#999}}"
    "@media print{figure{break-inside:avoid}}";

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string html_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto byte = i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
      three = three << 8U | byte;
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[three >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

std::string data_url(const std::filesystem::path& picture) {
  return concat("data:image/", picture.extension() == ".png" ? "png" : "jpeg", ";base64,",
                base64(read_bytes(picture)));
}

// One line of a chart from those epochs that have the number.
template <typename Number>
media::Series series_of(const std::vector<train::EpochRecord>& records, const char* name,
                        const Number& number) {
  media::Series series;
  series.name = name;
  for (const train::EpochRecord& record : records) {
    if (const std::optional<double> value = number(record)) {
      series.points.emplace_back(record.epoch + 1, *value);
    }
  }
  return series;
}

std::vector<media::Series> loss_series(const std::vector<train::EpochRecord>& records) {
  struct Part {
    const char* training;
    const char* validation;
    double train::LossParts::*member;
  };
  constexpr std::array kParts = {
      Part{"box", "box, val", &train::LossParts::box},
      Part{"class", "class, val", &train::LossParts::classification},
      Part{"dfl", "dfl, val", &train::LossParts::dfl},
  };
  std::vector<media::Series> series;
  for (const Part& part : kParts) {
    series.push_back(series_of(records, part.training,
                               [&](const train::EpochRecord& record) -> std::optional<double> {
                                 return record.loss.*part.member;
                               }));
    series.push_back(series_of(records, part.validation,
                               [&](const train::EpochRecord& record) -> std::optional<double> {
                                 if (!record.measures) return std::nullopt;
                                 return record.measures->loss.*part.member;
                               }));
  }
  return series;
}

struct Measure {
  const char* name;
  double train::EpochMeasures::*member;
};
constexpr std::array kMeasures = {
    Measure{"precision", &train::EpochMeasures::precision},
    Measure{"recall", &train::EpochMeasures::recall},
    Measure{"AP50", &train::EpochMeasures::ap50},
    Measure{"AP", &train::EpochMeasures::ap},
};

std::vector<media::Series> measure_series(const std::vector<train::EpochRecord>& records) {
  std::vector<media::Series> series;
  for (const Measure& measure : kMeasures) {
    series.push_back(series_of(records, measure.name,
                               [&](const train::EpochRecord& record) -> std::optional<double> {
                                 if (!record.measures) return std::nullopt;
                                 return *record.measures.*measure.member;
                               }));
  }
  return series;
}

std::string summary_table(const std::vector<train::EpochRecord>& records) {
  const train::EpochRecord* best = nullptr;
  for (const train::EpochRecord& record : records) {
    if (record.measures && (best == nullptr || record.measures->ap > best->measures->ap)) {
      best = &record;
    }
  }
  if (best == nullptr) return {};
  const train::EpochMeasures& measures = *best->measures;
  std::string head = "<th>epoch</th>";
  std::string row = concat("<td>", best->epoch + 1, "</td>");
  for (const Measure& measure : kMeasures) {
    head += concat("<th>", measure.name, "</th>");
    row += fmt::format("<td>{:.3f}</td>", measures.*measure.member);
  }
  head += "<th>count error</th><th>at confidence</th>";
  row += fmt::format("<td>{:.2f}</td><td>{:.3f}</td>", measures.count_error,
                     measures.count_confidence);
  return concat("<h2>Best weights</h2>\n<table><tr>", head, "</tr><tr>", row, "</tr></table>\n");
}

// Picture i of a batch as BGR of its own.
cv::Mat picture_of(const train::Batch& batch, std::size_t i) {
  const auto bytes =
      static_cast<std::size_t>(batch.size.width) * static_cast<std::size_t>(batch.size.height) * 3;
  // OpenCV has no view of constant pixels; this one is only read.
  auto* pixels = const_cast<std::uint8_t*>(batch.pixels.data()) + i * bytes;
  cv::Mat bgr;
  cv::cvtColor(cv::Mat(batch.size.height, batch.size.width, CV_8UC3, pixels), bgr,
               cv::COLOR_RGB2BGR);
  return bgr;
}

std::vector<Detection> as_detections(const std::vector<LabelledBox>& labels) {
  std::vector<Detection> detections;
  detections.reserve(labels.size());
  for (const LabelledBox& label : labels) detections.push_back({label.box, 1.0F, label.class_id});
  return detections;
}

// Up to 16 pictures of a batch side by side, with boxes.
cv::Mat draw_batch(const train::Batch& batch, const std::vector<std::vector<Detection>>& boxes,
                   const ClassNames& names, bool scores) {
  const std::size_t count = std::min<std::size_t>(batch.count(), 16);
  const int columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int rows = (static_cast<int>(count) + columns - 1) / columns;
  cv::Mat sheet(rows * batch.size.height, columns * batch.size.width, CV_8UC3,
                cv::Scalar::all(255));
  media::DrawOptions options;
  options.scores = scores;
  options.legend = false;
  for (std::size_t i = 0; i < count; ++i) {
    cv::Mat picture = picture_of(batch, i);
    media::draw_detections(picture, boxes[i], names, options);
    const auto column = static_cast<int>(i) % columns;
    const auto row = static_cast<int>(i) / columns;
    picture.copyTo(sheet(cv::Rect(column * batch.size.width, row * batch.size.height,
                                  batch.size.width, batch.size.height)));
  }
  constexpr double kWidest = 1920;
  const double shrink = std::min(1.0, kWidest / std::max(sheet.cols, sheet.rows));
  if (shrink < 1) cv::resize(sheet, sheet, {}, shrink, shrink, cv::INTER_AREA);
  return sheet;
}

}  // namespace

TrainingFolder::TrainingFolder(std::filesystem::path folder, ClassNames names)
    : folder_(std::move(folder)), names_(std::move(names)) {
  make_folder(folder_);
}

void TrainingFolder::write_options(const std::string& yaml) const {
  write_file(options_file(), yaml);
}

void TrainingFolder::write_batch(const train::Batch& batch, int number) const {
  std::vector<std::vector<Detection>> boxes;
  for (const auto& labels : batch.labels) boxes.push_back(as_detections(labels));
  media::write_image((folder_ / concat("train_batch_", number, ".jpg")).string(),
                     draw_batch(batch, boxes, names_, /*scores=*/false));
}

void TrainingFolder::write_records(const std::vector<train::EpochRecord>& records) const {
  write_file(folder_ / "results.csv", to_csv(records));
  media::write_image((folder_ / kLossChart).string(),
                     media::draw_line_chart(
                         {"Loss", {"epoch", 1, {}}, {"loss", 0, {}}, loss_series(records), {}}));
  media::write_image((folder_ / kMeasuresChart).string(),
                     media::draw_line_chart({"Measures on the validation set",
                                             {"epoch", 1, {}},
                                             {"", 0, 1},
                                             measure_series(records),
                                             {}}));
}

void TrainingFolder::write_validation(const train::Validation& validation) const {
  write_evaluation_plots(folder_.string(), validation.evaluation, names_);
  std::vector<std::vector<Detection>> truth;
  for (const auto& labels : validation.first_batch.labels) truth.push_back(as_detections(labels));
  media::write_image((folder_ / "val_labels.jpg").string(),
                     draw_batch(validation.first_batch, truth, names_, /*scores=*/false));
  const float confidence = validation.evaluation.counting.best.confidence;
  std::vector<std::vector<Detection>> found = validation.first_detections;
  for (auto& detections : found) {
    detections.erase(std::remove_if(detections.begin(), detections.end(),
                                    [&](const Detection& d) { return d.score <= confidence; }),
                     detections.end());
  }
  media::write_image((folder_ / "val_found.jpg").string(),
                     draw_batch(validation.first_batch, found, names_, /*scores=*/true));
}

void TrainingFolder::write_page(const std::string& title,
                                const std::vector<train::EpochRecord>& records) const {
  std::string body = concat("<h1>", html_text(title), "</h1>\n", summary_table(records));
  for (const Picture& picture : kPictures) {
    const std::filesystem::path path = folder_ / picture.file;
    if (!std::filesystem::exists(path)) continue;
    body += concat("<figure><img src=\"", data_url(path), "\" alt=\"", picture.caption,
                   "\"><figcaption>", picture.caption, "</figcaption></figure>\n");
  }
  body += concat("<h2>Options</h2>\n<pre>", html_text(read_bytes(options_file())), "</pre>\n");
  write_file(folder_ / "index.html",
             concat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
                    html_text(title), "</title>\n<style>", kStyle, "</style></head>\n<body>\n",
                    body, "</body></html>\n"));
}

}  // namespace gondola::app
