#include "gondola/train/validate.hpp"

#include <gtest/gtest.h>

#include "train/shapes_source.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

TEST(ToInput, ScalesBytesAndKeepsTheirPlaces) {
  Batch batch;
  batch.size = {2, 1};
  batch.pixels = {255, 0, 51, 0, 102, 255};
  batch.labels.resize(1);
  batch.sources.resize(1);
  const at::Tensor input = to_input(batch);
  EXPECT_EQ(input.sizes(), at::IntArrayRef({1, 3, 1, 2}));
  EXPECT_TRUE(input.is_contiguous(at::MemoryFormat::ChannelsLast));
  // Red of both pixels, then green, then blue.
  EXPECT_TRUE(
      at::allclose(input.contiguous().view({6}), at::tensor({1.0F, 0.0F, 0.0F, 0.4F, 0.2F, 1.0F})));
}

TEST(Validate, MeasuresEveryPictureAndAveragesTheLossOfTheBatches) {
  test::ShapesSource source(3, 4);
  nn::Network network = test::tiny_network();
  network->eval();
  const Validation validation = validate(network, source, {});
  EXPECT_EQ(validation.evaluation.images, 12U);
  EXPECT_EQ(validation.evaluation.objects, 12U);
  EXPECT_EQ(validation.first_batch.count(), 4U);
  EXPECT_EQ(validation.first_detections.size(), 4U);

  const at::NoGradGuard no_grad;
  LossParts sum;
  source.start_epoch(0);
  while (const auto batch = source.next()) {
    const LossParts parts =
        detection_loss(network->forward(to_input(*batch)), network->spec().head, batch->labels)
            .parts;
    sum.box += parts.box / 3;
    sum.classification += parts.classification / 3;
    sum.dfl += parts.dfl / 3;
  }
  EXPECT_NEAR(validation.loss.box, sum.box, 1e-5);
  EXPECT_NEAR(validation.loss.classification, sum.classification, 1e-5);
  EXPECT_NEAR(validation.loss.dfl, sum.dfl, 1e-5);
}

TEST(Validate, LooksOnlyAtScoresAboveTheThresholdAndInsideThePicture) {
  test::ShapesSource source(1, 2);
  nn::Network network = test::tiny_network();
  network->eval();
  ValidationOptions options;
  options.score_threshold = 0;
  options.iou_threshold = 1;
  const Validation all = validate(network, source, options);
  // 8 x 8 and 4 x 4 cells, two classes each, nothing suppressed.
  ASSERT_EQ(all.first_detections[0].size(), 160U);
  for (const Detection& detection : all.first_detections[0]) {
    EXPECT_EQ(detection.box, clip(detection.box, {64, 64}));
  }
  options.score_threshold = 1;
  EXPECT_TRUE(validate(network, source, options).first_detections[0].empty());
}

}  // namespace
}  // namespace gondola::train
