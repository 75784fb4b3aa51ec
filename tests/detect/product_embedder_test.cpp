#include "gondola/detect/product_embedder.hpp"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/nn/tensor_shapes.hpp"

namespace gondola::detect {
namespace {

using testing::HasSubstr;

double product(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

nn::WeightsFile shelf_model() { return nn::read_weights(nn::find_model("shelf-n")); }

cv::Mat bottle(int width, int height, const cv::Scalar& color) {
  cv::Mat image(height, width, CV_8UC3, color);
  image.rowRange(height / 2, height * 3 / 4).setTo(cv::Scalar(245, 245, 245));
  cv::putText(image, "Cola", {width / 8, height * 2 / 3}, cv::FONT_HERSHEY_SIMPLEX, width / 90.0,
              cv::Scalar(20, 20, 20), std::max(1, width / 40), cv::LINE_AA);
  return image;
}

Box whole(const cv::Mat& image) {
  return {0, 0, static_cast<float>(image.cols), static_cast<float>(image.rows)};
}

TEST(ProductEmbedder, GivesVectorsOfLengthOneThatAreNearForTheSameProduct) {
  ProductEmbedder embedder(shelf_model());
  const auto of = [&](const cv::Mat& image) { return *embedder.embed(image, whole(image)); };
  const std::vector<float> near = of(bottle(120, 240, cv::Scalar(30, 30, 180)));
  const std::vector<float> far = of(bottle(60, 120, cv::Scalar(30, 30, 180)));
  const std::vector<float> other = of(bottle(120, 240, cv::Scalar(60, 160, 40)));
  EXPECT_EQ(near.size(), embedder.dimensions());
  EXPECT_NEAR(product(near, near), 1, 1e-4);
  EXPECT_GT(product(near, far), product(near, other) + 0.1);
}

TEST(ProductEmbedder, IsTheWeightedMeanOfItsParts) {
  const nn::WeightsFile weights = shelf_model();
  ProductEmbedder all(weights, {2, 1, 1});
  const cv::Mat a = bottle(80, 200, cv::Scalar(30, 30, 180));
  const cv::Mat b = bottle(90, 190, cv::Scalar(150, 60, 40));
  const auto similarity = [&](ProductEmbedder& embedder) {
    return product(*embedder.embed(a, whole(a)), *embedder.embed(b, whole(b)));
  };
  ProductEmbedder colors(weights, {1, 0, 0});
  ProductEmbedder edges(weights, {0, 1, 0});
  ProductEmbedder network(weights, {0, 0, 1});
  EXPECT_EQ(all.dimensions(), colors.dimensions() + edges.dimensions() + network.dimensions());
  EXPECT_NEAR(similarity(all),
              (2 * similarity(colors) + similarity(edges) + similarity(network)) / 4, 1e-5);
}

TEST(ProductEmbedder, LooksAtWhatTheBoxEncloses) {
  ProductEmbedder embedder(shelf_model());
  const cv::Mat product_picture = bottle(80, 200, cv::Scalar(30, 30, 180));
  cv::Mat shelf(400, 500, CV_8UC3, cv::Scalar(90, 120, 130));
  product_picture.copyTo(shelf(cv::Rect(210, 100, 80, 200)));
  EXPECT_EQ(*embedder.embed(shelf, {210, 100, 290, 300}),
            *embedder.embed(product_picture, whole(product_picture)));
  // A pixel that the box only touches belongs to it; what lies outside the picture does not.
  EXPECT_EQ(*embedder.embed(shelf, {210.2F, 100.7F, 289.5F, 299.1F}),
            *embedder.embed(shelf, {210, 100, 290, 300}));
  EXPECT_EQ(*embedder.embed(shelf, {-50, -20, 100, 60}), *embedder.embed(shelf, {0, 0, 100, 60}));
  EXPECT_FALSE(embedder.embed(shelf, {10, 10, 13, 90}));
  EXPECT_FALSE(embedder.embed(shelf, {498, 10, 560, 90}));
  EXPECT_FALSE(embedder.embed(shelf, {30, 30, 20, 20}));
}

TEST(ProductEmbedder, IsNamedByModelAndWeights) {
  const nn::WeightsFile weights = shelf_model();
  EXPECT_EQ(ProductEmbedder(weights).name(), ProductEmbedder(weights).name());
  EXPECT_THAT(ProductEmbedder(weights).name(), HasSubstr("shelf-n"));
  nn::WeightsFile trained_further = weights;
  trained_further.tensors = nn::random_tensors(weights.description.spec, /*seed=*/1);
  EXPECT_NE(ProductEmbedder(trained_further).name(), ProductEmbedder(weights).name());
  EXPECT_NE(ProductEmbedder(weights, {1, 1, 1}).name(), ProductEmbedder(weights).name());
  // Without the network, whatever the model, it is the same.
  EXPECT_EQ(ProductEmbedder(trained_further, {1, 1, 0}).name(),
            ProductEmbedder(weights, {1, 1, 0}).name());
}

TEST(ProductEmbedder, RefusesWhatItCannotWorkWith) {
  nn::WeightsFile untrained = shelf_model();
  untrained.tensors = {};
  try {
    ProductEmbedder embedder(untrained);
    FAIL() << "nothing thrown";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shelf-n has no weights"));
  }
  ProductEmbedder embedder(shelf_model());
  EXPECT_THROW(embedder.embed(cv::Mat(), {0, 0, 9, 9}), ContractViolation);
  EXPECT_THROW(embedder.embed(cv::Mat(9, 9, CV_8UC1), {0, 0, 9, 9}), ContractViolation);
  EXPECT_THROW(ProductEmbedder(shelf_model(), {0, 0, 0}), ContractViolation);
  EXPECT_THROW(ProductEmbedder(shelf_model(), {1, -1, 0}), ContractViolation);
}

}  // namespace
}  // namespace gondola::detect
