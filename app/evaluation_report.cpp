#include "evaluation_report.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "gondola/core/folder.hpp"
#include "gondola/media/chart.hpp"
#include "gondola/media/write_image.hpp"
#include "table.hpp"

namespace gondola::app {
namespace {

using Json = nlohmann::ordered_json;

std::string share_text(double share) { return fmt::format("{:.3f}", share); }

std::string confidence_text(float confidence) { return fmt::format("{:.3f}", confidence); }

std::string percent_text(std::optional<double> percent) {
  return percent ? fmt::format("{:.1f}%", *percent) : "-";
}

std::vector<std::string> class_row(const std::string& name, std::size_t images, std::size_t objects,
                                   const eval::PrecisionRecall& point, double f1,
                                   const eval::AveragePrecision& precision) {
  return {name,
          std::to_string(images),
          std::to_string(objects),
          share_text(point.precision),
          share_text(point.recall),
          share_text(f1),
          share_text(precision.at_50()),
          share_text(precision.at_75()),
          share_text(precision.mean())};
}

std::string class_table(const eval::Evaluation& evaluation, const ClassNames& names) {
  Table table({{"class", Align::kLeft},
               {"images", Align::kRight},
               {"objects", Align::kRight},
               {"P", Align::kRight},
               {"R", Align::kRight},
               {"F1", Align::kRight},
               {"AP50", Align::kRight},
               {"AP75", Align::kRight},
               {"AP", Align::kRight}});
  table.add(class_row("all", evaluation.images, evaluation.objects, evaluation.at_best_f1,
                      evaluation.best_f1, evaluation.any_size()->precision));
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const eval::ClassEvaluation& one = evaluation.classes[i];
    if (!one.any_size()) continue;
    table.add(class_row(names.name(static_cast<int>(i)), one.images, one.objects, one.at_best_f1,
                        one.at_best_f1.f1(), one.any_size()->precision));
  }
  return table.text();
}

std::string size_table(const eval::Evaluation& evaluation) {
  Table table({{"size", Align::kLeft},
               {"objects", Align::kRight},
               {"AP50", Align::kRight},
               {"AP75", Align::kRight},
               {"AP", Align::kRight},
               {"AR 1", Align::kRight},
               {"AR 10", Align::kRight},
               {"AR 100", Align::kRight},
               {"AR 300", Align::kRight},
               {"AR all", Align::kRight}});
  for (std::size_t i = 0; i < eval::kObjectSizes.size(); ++i) {
    const std::optional<eval::SizeEvaluation>& size = evaluation.by_size[i];
    if (!size) continue;
    const auto& [objects, precision, recall] = *size;
    table.add({std::string(eval::name_of(eval::kObjectSizes[i])), std::to_string(objects),
               share_text(precision.at_50()), share_text(precision.at_75()),
               share_text(precision.mean()), share_text(recall.best_1), share_text(recall.best_10),
               share_text(recall.best_100), share_text(recall.best_300), share_text(recall.all)});
  }
  return table.text();
}

std::string counting_table(const eval::CountingEvaluation& counting) {
  Table table({{"counted at", Align::kLeft},
               {"confidence", Align::kRight},
               {"mean count", Align::kRight},
               {"MAE", Align::kRight},
               {"MAE %", Align::kRight},
               {"RMSE", Align::kRight},
               {"bias", Align::kRight}});
  const auto add = [&](const std::string& name, const eval::CountingError& error) {
    table.add({name, confidence_text(error.confidence),
               fmt::format("{:.2f}", counting.mean_objects), fmt::format("{:.2f}", error.mae),
               percent_text(counting.percent_of_mean(error.mae)), fmt::format("{:.2f}", error.rmse),
               fmt::format("{:+.2f}", error.bias)});
  };
  add("conf in use", counting.asked);
  add("best conf", counting.best);
  return table.text();
}

/// Enough decimals for any use, few enough to be read.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }

template <typename Values, typename Get>
Json list_of(const Values& values, const Get& get) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(rounded(get(value)));
  return list;
}

template <typename Values>
Json list_of(const Values& values) {
  return list_of(values, [](double value) { return value; });
}

Json size_json(const std::optional<eval::SizeEvaluation>& size) {
  if (!size) return nullptr;
  const auto& [objects, precision, recall] = *size;
  return {{"objects", objects},
          {"ap", rounded(precision.mean())},
          {"ap50", rounded(precision.at_50())},
          {"ap75", rounded(precision.at_75())},
          {"ap_per_iou", list_of(precision.per_iou)},
          {"ar1", rounded(recall.best_1)},
          {"ar10", rounded(recall.best_10)},
          {"ar100", rounded(recall.best_100)},
          {"ar300", rounded(recall.best_300)},
          {"ar", rounded(recall.all)}};
}

Json sizes_json(const eval::SizeEvaluations& sizes) {
  Json json;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    json[std::string(eval::name_of(eval::kObjectSizes[i]))] = size_json(sizes[i]);
  }
  return json;
}

Json point_json(const eval::PrecisionRecall& point, double f1) {
  return {{"precision", rounded(point.precision)},
          {"recall", rounded(point.recall)},
          {"f1", rounded(f1)}};
}

Json counting_json(const eval::CountingEvaluation& counting) {
  const auto error_json = [&](const eval::CountingError& error) {
    const std::optional<double> percent = counting.percent_of_mean(error.mae);
    return Json{{"confidence", rounded(error.confidence)},
                {"mae", rounded(error.mae)},
                {"mae_percent", percent ? Json(rounded(*percent)) : Json(nullptr)},
                {"rmse", rounded(error.rmse)},
                {"bias", rounded(error.bias)}};
  };
  return {{"mean_objects", rounded(counting.mean_objects)},
          {"asked", error_json(counting.asked)},
          {"best", error_json(counting.best)}};
}

Json class_json(const eval::ClassEvaluation& one, int id, const ClassNames& names) {
  Json json = {{"id", id},
               {"name", names.name(id)},
               {"images", one.images},
               {"objects", one.objects},
               {"detections", one.detections},
               {"by_size", sizes_json(one.by_size)},
               {"counting", counting_json(one.counting)}};
  if (one.any_size()) {
    json["at_best_f1"] = point_json(one.at_best_f1, one.at_best_f1.f1());
    json["precision_at_recall"] = list_of(one.precision_at_recall);
  }
  return json;
}

Json confusion_json(const eval::ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (int truth = 0; truth <= confusion.background(); ++truth) {
    Json row = Json::array();
    for (int predicted = 0; predicted <= confusion.background(); ++predicted) {
      row.push_back(confusion.at(truth, predicted));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json curves_json(const eval::Evaluation& evaluation) {
  std::vector<double> confidences;
  for (std::size_t i = 0; i < eval::kConfidences; ++i) {
    confidences.push_back(eval::confidence_at(i));
  }
  const auto& points = evaluation.precision_recall_curve;
  const auto& errors = evaluation.counting.curve;
  return {{"confidence", list_of(confidences)},
          {"precision", list_of(points, [](const auto& point) { return point.precision; })},
          {"recall", list_of(points, [](const auto& point) { return point.recall; })},
          {"f1", list_of(evaluation.f1_curve)},
          {"count_mae", list_of(errors, [](const auto& error) { return error.mae; })},
          {"count_rmse", list_of(errors, [](const auto& error) { return error.rmse; })},
          {"count_bias", list_of(errors, [](const auto& error) { return error.bias; })}};
}

/// Up to so many classes get a colour and a name of their own in a chart.
constexpr std::size_t kMostNamedClasses = 12;

/// A chart with one line per class and a strong one for all.
class ClassChart {
 public:
  ClassChart(const eval::Evaluation& evaluation, const ClassNames& names)
      : evaluation_(evaluation), names_(names) {
    for (const eval::ClassEvaluation& one : evaluation.classes) {
      if (one.any_size()) ++classes_;
    }
  }

  /// @param points_of  the line of a class, from its ClassEvaluation
  template <typename PointsOf>
  void add_classes(media::LineChart& chart, const PointsOf& points_of) const {
    // With a single class its line is that of all.
    if (classes_ < 2) return;
    const auto style =
        classes_ <= kMostNamedClasses ? media::LineStyle::kNormal : media::LineStyle::kFaint;
    for (std::size_t i = 0; i < evaluation_.classes.size(); ++i) {
      const eval::ClassEvaluation& one = evaluation_.classes[i];
      if (!one.any_size()) continue;
      chart.series.push_back({names_.name(static_cast<int>(i)), points_of(one), style});
    }
  }

  std::string all_name() const { return classes_ < 2 ? "" : "all classes"; }

 private:
  const eval::Evaluation& evaluation_;
  const ClassNames& names_;
  std::size_t classes_ = 0;
};

std::vector<cv::Point2d> recall_points(const eval::PrecisionAtRecall& precision) {
  std::vector<cv::Point2d> points;
  for (std::size_t i = 0; i < precision.size(); ++i) {
    points.emplace_back(static_cast<double>(i) / static_cast<double>(precision.size() - 1),
                        precision[i]);
  }
  return points;
}

/// Values at the confidences of confidence_at().
template <typename Values, typename Get>
std::vector<cv::Point2d> confidence_points(const Values& values, const Get& get) {
  std::vector<cv::Point2d> points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    points.emplace_back(eval::confidence_at(i), get(values[i]));
  }
  return points;
}

media::LineChart share_chart(const std::string& title, const std::string& x, const std::string& y) {
  media::LineChart chart;
  chart.title = title;
  chart.x = {x, 0.0, 1.0};
  chart.y = {y, 0.0, 1.0};
  return chart;
}

media::LineChart precision_recall_chart(const eval::Evaluation& evaluation,
                                        const ClassNames& names) {
  media::LineChart chart =
      share_chart(fmt::format("Precision against recall at IoU 0.5 (AP50 {:.3f})",
                              evaluation.any_size()->precision.at_50()),
                  "recall", "precision");
  const ClassChart classes(evaluation, names);
  classes.add_classes(chart,
                      [](const auto& one) { return recall_points(one.precision_at_recall); });
  chart.series.push_back({classes.all_name(), recall_points(evaluation.precision_at_recall),
                          media::LineStyle::kStrong});
  return chart;
}

/// Precision or recall against confidence, by `get` from a PrecisionRecall.
template <typename Get>
media::LineChart confidence_chart(const std::string& title, const std::string& y,
                                  const eval::Evaluation& evaluation, const ClassNames& names,
                                  const Get& get) {
  media::LineChart chart = share_chart(title, "confidence", y);
  const ClassChart classes(evaluation, names);
  classes.add_classes(
      chart, [&](const auto& one) { return confidence_points(one.precision_recall_curve, get); });
  chart.series.push_back({classes.all_name(),
                          confidence_points(evaluation.precision_recall_curve, get),
                          media::LineStyle::kStrong});
  return chart;
}

media::LineChart f1_chart(const eval::Evaluation& evaluation, const ClassNames& names) {
  media::LineChart chart =
      confidence_chart("F1 against confidence at IoU 0.5", "F1", evaluation, names,
                       [](const eval::PrecisionRecall& point) { return point.f1(); });
  // The mean of the classes' F1 is not the F1 of their means.
  chart.series.back().points =
      confidence_points(evaluation.f1_curve, [](double value) { return value; });
  chart.marks = {{evaluation.best_f1_confidence, fmt::format("{:.3f} at {:.3f}", evaluation.best_f1,
                                                             evaluation.best_f1_confidence)}};
  return chart;
}

media::LineChart count_error_chart(const eval::CountingEvaluation& counting) {
  media::LineChart chart;
  chart.title = fmt::format("Count error against confidence ({:.1f} objects per picture)",
                            counting.mean_objects);
  chart.x = {"confidence", 0.0, 1.0};
  chart.y.label = "objects per picture";
  const auto points_of = [&](double eval::CountingError::*member) {
    return confidence_points(counting.curve, [member](const auto& error) { return error.*member; });
  };
  // Counts explode towards confidence 0; what matters is near the least error.
  const double worst = counting.curve.empty() ? 1 : counting.curve.back().mae;
  chart.y.max = std::max({1.0, 1.5 * worst, 2 * counting.best.rmse});
  chart.y.min = -*chart.y.max;
  chart.series = {{"MAE", points_of(&eval::CountingError::mae), media::LineStyle::kStrong},
                  {"RMSE", points_of(&eval::CountingError::rmse)},
                  {"bias", points_of(&eval::CountingError::bias)}};
  chart.marks = {{counting.best.confidence, fmt::format("MAE {:.2f} at {:.3f}", counting.best.mae,
                                                        counting.best.confidence)}};
  return chart;
}

/// Classes that occur, and the background; each row shaded by its shares.
media::MatrixChart confusion_chart(const eval::ConfusionMatrix& confusion, const ClassNames& names,
                                   float confidence) {
  std::vector<int> ids;
  for (int id = 0; id < confusion.background(); ++id) {
    std::size_t count = 0;
    for (int other = 0; other <= confusion.background(); ++other) {
      count += confusion.at(id, other) + confusion.at(other, id);
    }
    if (count > 0) ids.push_back(id);
  }
  ids.push_back(confusion.background());

  media::MatrixChart chart;
  chart.title = fmt::format("Confusion at IoU 0.5, confidence {:.3f}", confidence);
  chart.row_label = "true class";
  chart.column_label = "detected as";
  for (const int truth : ids) {
    chart.rows.push_back(truth == confusion.background() ? "background" : names.name(truth));
    double sum = 0;
    for (const int predicted : ids) sum += static_cast<double>(confusion.at(truth, predicted));
    for (const int predicted : ids) {
      const auto count = static_cast<double>(confusion.at(truth, predicted));
      chart.values.push_back(count);
      chart.shades.push_back(sum > 0 ? count / sum : 0);
    }
  }
  chart.columns = chart.rows;
  return chart;
}

}  // namespace

std::string evaluation_text(const eval::Evaluation& evaluation, const ClassNames& names) {
  std::string text;
  if (evaluation.any_size()) {
    text = fmt::format("{}\n(P, R, F1 at confidence {}, where the mean F1 is highest)\n\n{}\n\n",
                       class_table(evaluation, names),
                       confidence_text(evaluation.best_f1_confidence), size_table(evaluation));
  }
  return text + counting_table(evaluation.counting);
}

nlohmann::ordered_json evaluation_json(const eval::Evaluation& evaluation,
                                       const ClassNames& names) {
  Json json = {{"images", evaluation.images},
               {"objects", evaluation.objects},
               {"detections", evaluation.detections},
               {"by_size", sizes_json(evaluation.by_size)},
               {"best_f1", nullptr},
               {"counting", counting_json(evaluation.counting)}};
  if (evaluation.any_size()) {
    json["best_f1"] = point_json(evaluation.at_best_f1, evaluation.best_f1);
    json["best_f1"]["confidence"] = rounded(evaluation.best_f1_confidence);
  }
  Json& classes = json["classes"] = Json::array();
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    classes.push_back(class_json(evaluation.classes[i], static_cast<int>(i), names));
  }
  json["confusion"] = confusion_json(evaluation.confusion);
  json["precision_at_recall"] = list_of(evaluation.precision_at_recall);
  json["curves"] = curves_json(evaluation);
  return json;
}

void write_evaluation_plots(const std::string& folder, const eval::Evaluation& evaluation,
                            const ClassNames& names) {
  make_folder(folder);
  const auto write = [&](const char* name, const cv::Mat& picture) {
    media::write_image((std::filesystem::path(folder) / name).string(), picture);
  };
  if (evaluation.any_size()) {
    write("precision_recall.png", draw_line_chart(precision_recall_chart(evaluation, names)));
    write("f1.png", draw_line_chart(f1_chart(evaluation, names)));
    write("precision.png",
          draw_line_chart(confidence_chart(
              "Precision against confidence at IoU 0.5", "precision", evaluation, names,
              [](const eval::PrecisionRecall& point) { return point.precision; })));
    write("recall.png", draw_line_chart(confidence_chart(
                            "Recall against confidence at IoU 0.5", "recall", evaluation, names,
                            [](const eval::PrecisionRecall& point) { return point.recall; })));
  }
  write("confusion.png", draw_matrix_chart(confusion_chart(evaluation.confusion, names,
                                                           evaluation.counting.asked.confidence)));
  write("count_error.png", draw_line_chart(count_error_chart(evaluation.counting)));
}

}  // namespace gondola::app
