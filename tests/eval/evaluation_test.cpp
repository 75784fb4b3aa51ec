#include "gondola/eval/evaluation.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>

#include <gtest/gtest.h>

#include "eval/random_scenes.hpp"
#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "support/shared_data.hpp"

namespace gondola::eval {
namespace {

constexpr Box kLeft{0, 0, 100, 100};
constexpr Box kRight{200, 0, 300, 100};
constexpr Box kElsewhere{500, 500, 600, 600};

/// COCO's evaluation as its paper and API describe it, one pair of class, range and IoU at a time,
/// every detection against every object, curves point by point.
class BruteForce {
 public:
  BruteForce(const std::vector<ImageEvaluation>& images, int class_id, AreaRange range,
             float threshold, std::size_t max_detections)
      : range_(range), threshold_(threshold) {
    for (const ImageEvaluation& image : images) add(image, class_id, max_detections);
    std::stable_sort(ranked_.begin(), ranked_.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  }

  std::size_t objects() const { return objects_; }

  double average_precision() const {
    std::vector<std::pair<std::size_t, double>> points;  // found so far, precision
    std::size_t right = 0;
    std::size_t seen = 0;
    for (const Ranked& one : ranked_) {
      if (one.ignored) continue;
      ++seen;
      if (one.right) ++right;
      points.emplace_back(right, static_cast<double>(right) / static_cast<double>(seen));
    }
    double sum = 0;
    for (std::size_t percent = 0; percent <= 100; ++percent) {
      double best = 0;
      for (const auto& [found, precision] : points) {
        if (found * 100 >= percent * objects_) best = std::max(best, precision);
      }
      sum += best;
    }
    return sum / 101;
  }

  double recall() const {
    const auto right =
        std::count_if(ranked_.begin(), ranked_.end(), [](const Ranked& one) { return one.right; });
    return static_cast<double>(right) / static_cast<double>(objects_);
  }

 private:
  struct Ranked {
    float score;
    bool right;
    bool ignored;
  };

  void add(const ImageEvaluation& image, int class_id, std::size_t max_detections) {
    std::vector<LabelledBox> objects;
    std::vector<bool> ignored;
    // Objects that count first: the search below stops at the first that does not once it has one.
    for (const bool wanted : {false, true}) {
      for (const LabelledBox& object : image.truth) {
        const bool ignore =
            object.crowd || object_area(object) < range_.min || object_area(object) > range_.max;
        if (object.class_id != class_id || ignore != wanted) continue;
        objects.push_back(object);
        ignored.push_back(ignore);
        if (!ignore) ++objects_;
      }
    }
    std::vector<Detection> detections;
    for (const Detection& one : image.detections) {
      if (one.class_id == class_id) detections.push_back(one);
    }
    std::stable_sort(detections.begin(), detections.end(),
                     [](const Detection& a, const Detection& b) { return a.score > b.score; });
    if (max_detections > 0 && detections.size() > max_detections) {
      detections.resize(max_detections);
    }

    std::vector<bool> taken(objects.size(), false);
    for (const Detection& detection : detections) {
      int match = -1;
      float best = threshold_;
      for (std::size_t g = 0; g < objects.size(); ++g) {
        if (taken[g] && !objects[g].crowd) continue;
        if (match >= 0 && !ignored[static_cast<std::size_t>(match)] && ignored[g]) break;
        const float overlap = overlap_of(detection.box, objects[g]);
        if (overlap < best) continue;
        best = overlap;
        match = static_cast<int>(g);
      }
      if (match < 0) {
        const double own = area(detection.box);
        ranked_.push_back({detection.score, false, own < range_.min || own > range_.max});
        continue;
      }
      const auto g = static_cast<std::size_t>(match);
      taken[g] = true;
      ranked_.push_back({detection.score, !ignored[g], ignored[g]});
    }
  }

  static float overlap_of(const Box& box, const LabelledBox& object) {
    if (object.crowd) return area(intersection(box, object.box)) / area(box);
    return iou(box, object.box);
  }

  AreaRange range_;
  float threshold_;
  std::size_t objects_ = 0;
  std::vector<Ranked> ranked_;
};

double mean_recall(const std::vector<ImageEvaluation>& images, int class_id, AreaRange range,
                   std::size_t max_detections) {
  double sum = 0;
  for (std::size_t t = 0; t < kIouThresholds; ++t) {
    sum += BruteForce(images, class_id, range, iou_threshold_at(t), max_detections).recall();
  }
  return sum / kIouThresholds;
}

TEST(Evaluate, AgreesWithBruteForce) {
  constexpr int kClasses = 3;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<ImageEvaluation> images = test::random_scenes(seed, 6, kClasses);
    const Evaluation result = evaluate(images, kClasses);
    for (int id = 0; id < kClasses; ++id) {
      for (std::size_t size = 0; size < kObjectSizes.size(); ++size) {
        const AreaRange range = area_range(kObjectSizes[size]);
        const auto& actual = result.classes[static_cast<std::size_t>(id)].by_size[size];
        for (std::size_t t = 0; t < kIouThresholds; ++t) {
          const BruteForce expected(images, id, range, iou_threshold_at(t), 0);
          ASSERT_EQ(actual.has_value(), expected.objects() > 0) << seed << ' ' << id << ' ' << size;
          if (!actual) continue;
          EXPECT_EQ(actual->objects, expected.objects());
          EXPECT_NEAR(actual->precision.per_iou[t], expected.average_precision(), 1e-12)
              << "seed " << seed << " class " << id << " size " << size << " IoU " << t;
        }
        if (!actual) continue;
        EXPECT_NEAR(actual->recall.best_1, mean_recall(images, id, range, 1), 1e-12);
        EXPECT_NEAR(actual->recall.all, mean_recall(images, id, range, 0), 1e-12);
      }
    }
  }
}

TEST(Evaluate, KeepsTheBestDetectionsPerImageAndClass) {
  const std::vector<ImageEvaluation> images = test::random_scenes(3, 8, 2);
  EvaluationOptions options;
  options.max_detections = 2;
  const Evaluation result = evaluate(images, 2, options);
  for (int id = 0; id < 2; ++id) {
    EXPECT_NEAR(result.classes[static_cast<std::size_t>(id)].any_size()->precision.at_50(),
                BruteForce(images, id, {}, 0.5F, 2).average_precision(), 1e-12);
  }
}

TEST(Evaluate, HasNoLimitUnlessAsked) {
  // 600 objects in one image, all found: 1, 10, 100, 300 and 600 of them by the best so many.
  ImageEvaluation image;
  for (int i = 0; i < 600; ++i) {
    const auto x = static_cast<float>(10 * i);
    image.truth.push_back({{x, 0, x + 9, 9}, 0});
    image.detections.push_back({image.truth.back().box, 0.5F, 0});
  }
  const Evaluation result = evaluate({image}, 1);
  EXPECT_DOUBLE_EQ(result.any_size()->precision.mean(), 1);
  const AverageRecall& recall = result.any_size()->recall;
  EXPECT_NEAR(recall.best_1, 1.0 / 600, 1e-12);
  EXPECT_NEAR(recall.best_10, 10.0 / 600, 1e-12);
  EXPECT_NEAR(recall.best_100, 100.0 / 600, 1e-12);
  EXPECT_NEAR(recall.best_300, 300.0 / 600, 1e-12);
  EXPECT_NEAR(recall.all, 1, 1e-12);
}

TEST(Evaluate, AveragesOverTheClassesThatHaveObjects) {
  // Class 0 is found, class 1 missed, class 2 only imagined and class 3 absent: (1 + 0) / 2.
  const Evaluation result =
      evaluate({{{{kLeft, 0}, {kRight, 1}}, {{kLeft, 0.9F, 0}, {kElsewhere, 0.9F, 2}}}}, 4);
  EXPECT_DOUBLE_EQ(result.any_size()->precision.mean(), 0.5);
  EXPECT_DOUBLE_EQ(result.any_size()->recall.all, 0.5);
  EXPECT_EQ(result.any_size()->objects, 2U);
  EXPECT_EQ(result.objects, 2U);
  EXPECT_EQ(result.detections, 2U);
  EXPECT_EQ(result.classes[1].images, 1U);
  EXPECT_EQ(result.classes[2].detections, 1U);
  EXPECT_FALSE(result.classes[2].any_size());
  EXPECT_FALSE(result.classes[3].any_size());
}

TEST(Evaluate, TellsSizesApart) {
  // The large object is found, the small one is not; there is no medium one.
  const Evaluation result =
      evaluate({{{{kLeft, 0}, {{0, 200, 10, 210}, 0}}, {{kLeft, 0.9F, 0}}}}, 1);
  EXPECT_DOUBLE_EQ(result.by_size[1]->precision.mean(), 0);
  EXPECT_FALSE(result.by_size[2]);
  EXPECT_DOUBLE_EQ(result.by_size[3]->precision.mean(), 1);
}

TEST(Evaluate, DescribesPrecisionAndRecallAgainstConfidence) {
  // From the top: right (0.8), wrong (0.6), right (0.4), of 3 objects. F1 above 0.8, 0.6, 0.4, 0:
  // 0, 2 * 1 * 1/3 / (4/3) = 1/2, 2/5, 2/3.
  const Evaluation result =
      evaluate({{{{kLeft, 0}, {kRight, 0}, {{0, 500, 9, 509}, 0}},
                 {{kLeft, 0.8F, 0}, {kElsewhere, 0.6F, 0}, {kRight, 0.4F, 0}}}},
               1);
  const std::vector<PrecisionRecall>& curve = result.classes[0].precision_recall_curve;
  ASSERT_EQ(curve.size(), kConfidences);
  EXPECT_DOUBLE_EQ(curve[900].precision, 1);
  EXPECT_DOUBLE_EQ(curve[900].recall, 0);
  EXPECT_DOUBLE_EQ(curve[700].recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(curve[500].precision, 0.5);
  EXPECT_DOUBLE_EQ(curve[0].precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(curve[0].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.f1_curve[700], 0.5);
  EXPECT_DOUBLE_EQ(result.f1_curve[500], 0.4);
  EXPECT_DOUBLE_EQ(result.best_f1, 2.0 / 3);
  EXPECT_EQ(result.best_f1_confidence, 0.0F);
  EXPECT_DOUBLE_EQ(result.at_best_f1.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.classes[0].at_best_f1.precision, 2.0 / 3);
}

TEST(Evaluate, CountsOnlyScoresAboveAConfidence) {
  // As the detector: a score equal to its threshold is not reported.
  const float confidence = confidence_at(333);
  EvaluationOptions options;
  options.confidence = confidence;
  const Evaluation result = evaluate({{{{kLeft, 0}}, {{kLeft, confidence, 0}}}}, 1, options);
  EXPECT_DOUBLE_EQ(result.f1_curve[333], 0);
  EXPECT_DOUBLE_EQ(result.f1_curve[332], 1);
  EXPECT_EQ(result.confusion.at(0, 0), 0U);
  EXPECT_DOUBLE_EQ(result.counting.asked.bias, -1);
}

TEST(Evaluate, RanksEqualScoresInTheOrderTheyCome) {
  const Detection right{kLeft, 0.5F, 0};
  const Detection wrong{kElsewhere, 0.5F, 0};
  const std::vector<LabelledBox> truth = {{kLeft, 0}};
  EXPECT_DOUBLE_EQ(evaluate({{truth, {right, wrong}}}, 1).any_size()->precision.at_50(), 1);
  EXPECT_DOUBLE_EQ(evaluate({{truth, {wrong, right}}}, 1).any_size()->precision.at_50(), 0.5);
  EXPECT_DOUBLE_EQ(evaluate({{truth, {right}}, {{}, {wrong}}}, 1).any_size()->precision.at_50(), 1);
  EXPECT_DOUBLE_EQ(evaluate({{{}, {wrong}}, {truth, {right}}}, 1).any_size()->precision.at_50(),
                   0.5);
}

TEST(Evaluate, CountsAThingSeenAsTwoClassesOnce) {
  const ImageEvaluation image{{{kLeft, 0}}, {{kLeft, 0.4F, 1}, {kLeft, 0.7F, 0}}};
  const Evaluation result = evaluate({image}, 2);
  EXPECT_DOUBLE_EQ(result.counting.asked.bias, 0);
  EXPECT_DOUBLE_EQ(result.classes[1].counting.asked.bias, 0);
  EXPECT_EQ(result.confusion.at(2, 1), 0U);
  // Twice the same class is a mistake to be seen.
  const Evaluation doubled = evaluate({{{{kLeft, 0}}, {{kLeft, 0.4F, 0}, {kLeft, 0.7F, 0}}}}, 1);
  EXPECT_DOUBLE_EQ(doubled.counting.asked.bias, 1);
}

TEST(Evaluate, CountsNeitherCrowdsNorWhatIsInThem) {
  const LabelledBox crowd{kLeft, 0, true};
  const Evaluation result =
      evaluate({{{crowd, {kRight, 0}}, {{{10, 10, 20, 20}, 0.9F, 0}, {kRight, 0.9F, 0}}}}, 1);
  EXPECT_DOUBLE_EQ(result.counting.mean_objects, 1);
  EXPECT_DOUBLE_EQ(result.counting.asked.mae, 0);
  EXPECT_DOUBLE_EQ(result.any_size()->precision.mean(), 1);
  EXPECT_EQ(result.objects, 1U);
}

TEST(Evaluate, HasNothingToSayWithoutObjects) {
  const Evaluation nothing = evaluate({}, 2);
  EXPECT_FALSE(nothing.any_size());
  EXPECT_TRUE(nothing.f1_curve.empty());
  EXPECT_DOUBLE_EQ(nothing.counting.asked.mae, 0);

  const Evaluation imagined = evaluate({{{}, {{kLeft, 0.9F, 1}}}}, 2);
  EXPECT_FALSE(imagined.any_size());
  EXPECT_EQ(imagined.confusion.at(2, 1), 1U);
  EXPECT_DOUBLE_EQ(imagined.classes[1].counting.asked.bias, 1);
  EXPECT_DOUBLE_EQ(imagined.classes[1].counting.best.mae, 0);
}

TEST(Evaluate, CountsTheClassesThatHaveObjects) {
  const Evaluation result =
      evaluate({{{{kLeft, 0}}, {{kLeft, 0.9F, 0}, {kRight, 0.9F, 0}, {kElsewhere, 0.9F, 1}}}}, 2);
  EXPECT_DOUBLE_EQ(result.counting.asked.bias, 1);
}

TEST(Evaluate, GivesZeroWithoutDetections) {
  const Evaluation result = evaluate({{{{kLeft, 0}}, {}}}, 1);
  EXPECT_DOUBLE_EQ(result.any_size()->precision.mean(), 0);
  EXPECT_DOUBLE_EQ(result.any_size()->recall.all, 0);
  EXPECT_DOUBLE_EQ(result.best_f1, 0);
  EXPECT_EQ(result.confusion.at(0, 1), 1U);
  EXPECT_DOUBLE_EQ(result.counting.asked.bias, -1);
}

TEST(Evaluate, RefusesUnknownClassesAndScores) {
  EXPECT_THROW(evaluate({}, 0), ContractViolation);
  EXPECT_THROW(evaluate({{{{kLeft, 2}}, {}}}, 2), ContractViolation);
  EXPECT_THROW(evaluate({{{}, {{kLeft, 0.5F, -1}}}}, 2), ContractViolation);
  EXPECT_THROW(evaluate({{{}, {{kLeft, std::numeric_limits<float>::infinity(), 0}}}}, 2),
               ContractViolation);
}

/// The images of a ground truth and a detections table of box-fixtures.
std::vector<ImageEvaluation> read_tables(const std::string& truth, const std::string& detections) {
  std::map<std::string, ImageEvaluation> images;
  const auto read = [&](const std::string& name, const auto& take) {
    std::ifstream file(test::shared_dir() / "data/box-fixtures" / name);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      const std::vector<std::string> cells = split(trim(line), ',');
      const Box box{std::stof(cells.at(1)), std::stof(cells.at(2)), std::stof(cells.at(3)),
                    std::stof(cells.at(4))};
      take(images[cells.at(0)], box, cells);
    }
  };
  read(truth, [](ImageEvaluation& image, const Box& box, const auto&) {
    image.truth.push_back({box, 0});
  });
  read(detections, [](ImageEvaluation& image, const Box& box, const auto& cells) {
    image.detections.push_back({box, std::stof(cells.at(6)), 0});
  });
  std::vector<ImageEvaluation> list;
  for (auto& entry : images) list.push_back(std::move(entry.second));
  return list;
}

struct Published {
  std::string truth;
  std::string detections;
  double ap;
  double ap50;
  double ap75;
};

class EvaluatePublished : public testing::TestWithParam<Published> {};

TEST_P(EvaluatePublished, ReproducesTheFiguresOfADenseShelfDataSet) {
  GONDOLA_REQUIRE_SHARED("data/box-fixtures");
  EvaluationOptions options;
  options.max_detections = 300;
  const Evaluation result =
      evaluate(read_tables(GetParam().truth, GetParam().detections), 1, options);
  EXPECT_NEAR(result.any_size()->precision.mean(), GetParam().ap, 0.002);
  EXPECT_NEAR(result.any_size()->precision.at_50(), GetParam().ap50, 0.002);
  EXPECT_NEAR(result.any_size()->precision.at_75(), GetParam().ap75, 0.002);
}

INSTANTIATE_TEST_SUITE_P(BoxFixtures, EvaluatePublished,
                         testing::Values(Published{"Grocery_products_coco_gt_object.csv",
                                                   "Grocery_products_coco_pred_object_GP_25_5.csv",
                                                   0.234, 0.596, 0.125},
                                         Published{"Holoselecta_coco_gt_object.csv",
                                                   "Holoselecta_coco_pred_object_Holoselecta.csv",
                                                   0.239, 0.707, 0.072}));

}  // namespace
}  // namespace gondola::eval
