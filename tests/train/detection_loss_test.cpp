#include "gondola/train/detection_loss.hpp"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "gondola/nn/decode.hpp"

namespace gondola::train {
namespace {

constexpr int kBins = 8;
constexpr int kClasses = 3;

nn::HeadSpec head() {
  nn::HeadSpec spec;
  spec.strides = {8, 16};
  spec.reg_max = kBins;
  return spec;
}

std::vector<at::Tensor> random_logits(std::uint64_t seed, int pictures) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  std::vector<at::Tensor> logits;
  for (const int cells : {8, 4}) {
    logits.push_back(at::empty({pictures, 4 * kBins + kClasses, cells, cells})
                         .uniform_(-2, 2, generator)
                         .contiguous(at::MemoryFormat::ChannelsLast));
    logits.back().set_requires_grad(true);
  }
  return logits;
}

std::vector<std::vector<LabelledBox>> labels() {
  return {{{{4, 6, 30, 40}, 0}, {{28, 10, 60, 58}, 2}, {{33, 33, 37, 37}, 1}},
          {{{0, 0, 64, 64}, 1}}};
}

// Corners [K, 4] from rows cx, cy, w, h of decode().
at::Tensor corners(const at::Tensor& rows) {
  const at::Tensor center = rows.narrow(1, 0, 2);
  const at::Tensor half = rows.narrow(1, 2, 2) / 2;
  return at::cat({center - half, center + half}, 1);
}

at::Tensor ciou_of(const at::Tensor& p, const at::Tensor& t) {
  const auto column = [](const at::Tensor& boxes, int i) { return boxes.select(1, i); };
  const at::Tensor w = column(p, 2) - column(p, 0);
  const at::Tensor h = column(p, 3) - column(p, 1);
  const at::Tensor tw = column(t, 2) - column(t, 0);
  const at::Tensor th = column(t, 3) - column(t, 1);
  const at::Tensor shared =
      (at::minimum(column(p, 2), column(t, 2)) - at::maximum(column(p, 0), column(t, 0)))
          .clamp_min(0) *
      (at::minimum(column(p, 3), column(t, 3)) - at::maximum(column(p, 1), column(t, 1)))
          .clamp_min(0);
  const at::Tensor iou = shared / (w * h + tw * th - shared);
  const at::Tensor hull =
      at::pow(at::maximum(column(p, 2), column(t, 2)) - at::minimum(column(p, 0), column(t, 0)),
              2) +
      at::pow(at::maximum(column(p, 3), column(t, 3)) - at::minimum(column(p, 1), column(t, 1)), 2);
  const at::Tensor distance =
      (at::pow(column(p, 0) + column(p, 2) - column(t, 0) - column(t, 2), 2) +
       at::pow(column(p, 1) + column(p, 3) - column(t, 1) - column(t, 3), 2)) /
      4;
  const at::Tensor v = at::pow(at::atan(tw / th) - at::atan(w / h), 2) * (4 / (M_PI * M_PI));
  const at::Tensor alpha = (v / (1 - iou + v)).detach();
  return iou - distance / hull - alpha * v;
}

struct Reference {
  LossParts parts;
  std::size_t assigned = 0;
  std::vector<at::Tensor> gradients;
};

// The same loss as a graph of LibTorch operations, differentiated automatically.
Reference reference(const std::vector<at::Tensor>& logits,
                    const std::vector<std::vector<LabelledBox>>& truth,
                    const LossOptions& options) {
  const nn::HeadSpec spec = head();
  const at::Tensor decoded = nn::decode(logits, spec);  // [N, 4 + nc, A]
  std::vector<at::Tensor> flat;
  for (const at::Tensor& level : logits) flat.push_back(level.flatten(2));
  const at::Tensor all = at::cat(flat, 2);
  const nn::AnchorPoints points = nn::make_anchor_points(logits, spec.strides);
  const std::int64_t anchors = all.size(2);

  at::Tensor box_loss = at::zeros({});
  at::Tensor dfl_loss = at::zeros({});
  const at::Tensor targets = at::zeros({all.size(0), kClasses, anchors});
  Reference result;
  double quality_sum = 0;
  for (std::size_t image = 0; image < truth.size(); ++image) {
    const at::Tensor rows = decoded[static_cast<std::int64_t>(image)].t();
    const at::Tensor boxes = corners(rows.narrow(1, 0, 4)).detach().contiguous();
    const at::Tensor scores = rows.narrow(1, 4, kClasses).detach().contiguous();
    std::vector<Box> predicted;
    for (std::int64_t a = 0; a < anchors; ++a) {
      const float* c = boxes.data_ptr<float>() + 4 * a;
      predicted.push_back({c[0], c[1], c[2], c[3]});
    }
    for (const Assignment& assignment :
         assign({{8, 8, 8}, {4, 4, 16}}, {predicted.data(), scores.data_ptr<float>(), kClasses},
                truth[image], options.assigner)) {
      ++result.assigned;
      quality_sum += assignment.quality;
      const LabelledBox& label = truth[image][static_cast<std::size_t>(assignment.label)];
      targets[static_cast<std::int64_t>(image)][label.class_id][assignment.anchor] =
          assignment.quality;
      const at::Tensor target =
          at::tensor({label.box.x1, label.box.y1, label.box.x2, label.box.y2}).view({1, 4});
      const at::Tensor box = corners(rows.narrow(1, 0, 4))[assignment.anchor].view({1, 4});
      box_loss = box_loss + (1 - ciou_of(box, target)).sum() * assignment.quality;

      const at::Tensor center = points.centers[assignment.anchor];
      const at::Tensor stride = points.strides[assignment.anchor];
      const at::Tensor scaled = target.view({4}) / stride;
      const at::Tensor sides =
          at::cat({center - scaled.narrow(0, 0, 2), scaled.narrow(0, 2, 2) - center})
              .clamp(0, kBins - 1 - 0.01);
      const at::Tensor log_p = at::log_softmax(all[static_cast<std::int64_t>(image)]
                                                   .narrow(0, 0, 4 * kBins)
                                                   .select(1, assignment.anchor)
                                                   .view({4, kBins}),
                                               1);
      const at::Tensor left = sides.floor().to(at::kLong).view({4, 1});
      const at::Tensor share = (sides - sides.floor()).view({4, 1});
      const at::Tensor dfl =
          -(log_p.gather(1, left) * (1 - share) + log_p.gather(1, left + 1) * share);
      dfl_loss = dfl_loss + dfl.mean() * assignment.quality;
    }
  }
  const double norm = std::max(quality_sum, 1.0);
  const at::Tensor class_loss = at::binary_cross_entropy_with_logits(
      all.narrow(1, 4 * kBins, kClasses), targets, {}, {}, /*reduction: sum*/ 2);
  const at::Tensor box_part = box_loss * options.box_gain / norm;
  const at::Tensor class_part = class_loss * options.class_gain / norm;
  const at::Tensor dfl_part = dfl_loss * options.dfl_gain / norm;
  result.parts = {box_part.item<double>(), class_part.item<double>(), dfl_part.item<double>()};
  const at::Tensor total = (box_part + class_part + dfl_part) * static_cast<double>(truth.size());
  result.gradients = torch::autograd::grad({total}, logits);
  return result;
}

void expect_equal(const DetectionLoss& loss, const Reference& expected) {
  EXPECT_NEAR(loss.parts.box, expected.parts.box, 1e-4);
  EXPECT_NEAR(loss.parts.classification, expected.parts.classification, 1e-4);
  EXPECT_NEAR(loss.parts.dfl, expected.parts.dfl, 1e-4);
  EXPECT_EQ(loss.assigned, expected.assigned);
  ASSERT_EQ(loss.gradients.size(), expected.gradients.size());
  for (std::size_t level = 0; level < loss.gradients.size(); ++level) {
    EXPECT_TRUE(at::allclose(loss.gradients[level], expected.gradients[level], 1e-3, 1e-5))
        << "level " << level << ", largest difference "
        << (loss.gradients[level] - expected.gradients[level]).abs().max().item<float>();
  }
}

TEST(DetectionLoss, EqualsAutomaticDifferentiationOfTheFormulas) {
  const auto logits = random_logits(3, 2);
  LossOptions options;
  expect_equal(detection_loss(logits, head(), labels(), options),
               reference(logits, labels(), options));
  options.box_gain = 1;
  options.class_gain = 2;
  options.dfl_gain = 3;
  options.assigner.top_k = 3;
  expect_equal(detection_loss(logits, head(), labels(), options),
               reference(logits, labels(), options));
}

TEST(DetectionLoss, OfEmptyPicturesIsTheirScoresAlone) {
  const auto logits = random_logits(4, 1);
  const DetectionLoss loss = detection_loss(logits, head(), {{}});
  EXPECT_EQ(loss.parts.box, 0);
  EXPECT_EQ(loss.parts.dfl, 0);
  EXPECT_EQ(loss.assigned, 0U);
  expect_equal(loss, reference(logits, {{}}, {}));
  EXPECT_EQ(loss.gradients[0].narrow(1, 0, 4 * kBins).abs().max().item<float>(), 0);
}

TEST(DetectionLoss, DoesNotLearnCrowds) {
  const auto logits = random_logits(5, 1);
  std::vector<std::vector<LabelledBox>> with_crowd = {
      {{{0, 0, 40, 40}, 1, true}, {{4, 6, 30, 40}, 0}}};
  const std::vector<std::vector<LabelledBox>> without = {{{{4, 6, 30, 40}, 0}}};
  const DetectionLoss a = detection_loss(logits, head(), with_crowd);
  const DetectionLoss b = detection_loss(logits, head(), without);
  EXPECT_EQ(a.parts.total(), b.parts.total());
  EXPECT_TRUE(at::equal(a.gradients[0], b.gradients[0]));
}

TEST(DetectionLoss, IsTheSameWithAnyNumberOfThreads) {
  const auto logits = random_logits(6, 2);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const DetectionLoss one = detection_loss(logits, head(), labels());
  at::set_num_threads(4);
  const DetectionLoss four = detection_loss(logits, head(), labels());
  at::set_num_threads(before);
  EXPECT_EQ(one.parts.total(), four.parts.total());
  EXPECT_TRUE(at::equal(one.gradients[0], four.gradients[0]));
}

TEST(DetectionLoss, KeepsTheLogitsTypeInItsGradients) {
  std::vector<at::Tensor> logits;
  for (const at::Tensor& level : random_logits(7, 2)) {
    logits.push_back(level.detach().to(at::kBFloat16));
  }
  const DetectionLoss loss = detection_loss(logits, head(), labels());
  EXPECT_EQ(loss.gradients[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(loss.gradients[0].sizes(), logits[0].sizes());
}

TEST(DetectionLoss, RefusesLabelsForAnotherNumberOfPictures) {
  EXPECT_THROW(detection_loss(random_logits(8, 1), head(), labels()), c10::Error);
}

}  // namespace
}  // namespace gondola::train
